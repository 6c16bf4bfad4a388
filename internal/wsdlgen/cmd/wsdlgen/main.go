// Command wsdlgen writes the generated files of package wsdl into its folder.
// It is run by go generate:
//
//	go run wsexchange/internal/wsdlgen/cmd/wsdlgen -dir wsdl
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"wsexchange/internal/wsdlgen"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// run returns the exit status: 0 written, 1 not written, 2 wrong usage.
func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("wsdlgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", ".", "folder of package wsdl")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := write(*dir); err != nil {
		_, _ = fmt.Fprintln(stderr, "wsdlgen:", err)
		return 1
	}
	return 0
}

func write(dir string) error {
	files, err := wsdlgen.Files()
	if err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
