package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime/debug"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) < 1 || len(args) > 2 {
		return errors.New("name one program, and its version if it was built with -trimpath")
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return err
	}
	program, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	sum := sha256.Sum256(program)
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	b := billOf(info, hex.EncodeToString(sum[:]))
	if len(args) == 2 {
		b.Metadata.Component.Version = args[1]
	}
	return encoder.Encode(b)
}

// bill is what we write of CycloneDX 1.6.
type bill struct {
	Format      string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Reference  string     `json:"bom-ref"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PackageURL string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// stampFlag is the linker's flag that stamps the version of our programs. Go
// keeps it in a program only without -trimpath.
const stampFlag = "wsexchange/internal/version.Version="

func billOf(info *debug.BuildInfo, sum string) *bill {
	program := component{
		Reference: info.Path, Type: "application", Name: path.Base(info.Path), Version: info.Main.Version,
		Hashes: []hash{{"SHA-256", sum}},
	}
	for _, setting := range info.Settings {
		if _, stamp, found := strings.Cut(setting.Value, stampFlag); setting.Key == "-ldflags" && found {
			program.Version = strings.Trim(strings.Fields(stamp + " ")[0], `"'`)
		}
		program.Properties = append(program.Properties, property{"go:build:" + setting.Key, setting.Value})
	}
	b := &bill{Format: "CycloneDX", SpecVersion: "1.6", Version: 1, Metadata: metadata{program}}
	b.Components = append(b.Components, library("std", strings.TrimPrefix(info.GoVersion, "go"), ""))
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		b.Components = append(b.Components, library(module.Path, module.Version, module.Sum))
	}
	return b
}

// library is a module; sum is that of go.sum.
func library(name, version, sum string) component {
	purl := "pkg:golang/" + name + "@" + version
	c := component{Reference: purl, Type: "library", Name: name, Version: version, PackageURL: purl}
	if sum != "" {
		c.Properties = []property{{"go:sum", sum}}
	}
	return c
}
