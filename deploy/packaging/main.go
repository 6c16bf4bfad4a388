package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

//go:embed packages.yaml
var description string

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}

// release is what a package is made for.
type release struct {
	version, arch string
	stage         string // folder with the files, as archives have them
	scripts       string // folder with the scripts of the package
	when          time.Time
}

func run(args []string, out io.Writer) error {
	var r release
	flags := flag.NewFlagSet("packaging", flag.ContinueOnError)
	flags.StringVar(&r.version, "version", "", "version of the release")
	flags.StringVar(&r.arch, "arch", "amd64", "architecture, as Go calls it")
	flags.StringVar(&r.stage, "stage", "", "folder with the files")
	flags.StringVar(&r.scripts, "scripts", "", "folder with the scripts that run at the installation")
	when := flags.Int64("time", 0, "time of the files, in seconds since 1970")
	into := flags.String("out", "dist", "folder for the packages")
	manual := flags.String("manual", "", "write the manual pages of the program files named as arguments into this folder, and no package")
	folder := flags.String("module", "", "write the Go module in this folder into -out, as GOPROXY wants it, and no package")
	archive := flags.String("zip", "", "write the staged folder into this file, and no package")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r.when = time.Unix(*when, 0).UTC()
	if *folder != "" {
		return writeModule(*folder, *into, r.version, r.when)
	}
	if *archive != "" {
		return writeZip(*archive, r.stage, r.when)
	}
	if *manual != "" {
		return writeManuals(*manual, flags.Args())
	}
	if r.version == "" || r.stage == "" || r.scripts == "" {
		return errors.New("-version, -stage and -scripts are required")
	}
	for _, format := range []string{"deb", "rpm"} {
		name, err := r.write(format, *into)
		if err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
		fmt.Fprintln(out, name)
	}
	return nil
}

// write makes one package and returns its name.
func (r release) write(format, folder string) (name string, err error) {
	config, err := nfpm.Parse(strings.NewReader(os.Expand(description, r.value)))
	if err != nil {
		return "", err
	}
	info, err := config.Get(format)
	if err != nil {
		return "", err
	}
	info = nfpm.WithDefaults(info)
	info.MTime = r.when
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return "", err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return "", err
	}
	name = packager.ConventionalFileName(info)
	file, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return name, packager.Package(info, file)
}

// value is what packages.yaml may name.
func (r release) value(name string) string {
	return map[string]string{"VERSION": r.packageVersion(), "ARCH": r.arch, "STAGE": r.stage, "SCRIPTS": r.scripts}[name]
}

// packageVersion is the version as packages have it: it begins with a digit.
func (r release) packageVersion() string {
	version := strings.TrimPrefix(r.version, "v")
	if version == "" || version[0] < '0' || version[0] > '9' || !strings.Contains(version, ".") {
		return "0.0.0+" + strings.ReplaceAll(version, "-", ".") // a commit without a tag
	}
	return version
}
