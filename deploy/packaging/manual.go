package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// writeManuals makes a manual page, compressed, for each program: its --help,
// and that of its commands.
func writeManuals(folder string, programs []string) error {
	for _, program := range programs {
		page, err := manual(program)
		if err != nil {
			return fmt.Errorf("%s: %w", program, err)
		}
		var packed bytes.Buffer
		w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := w.Write(page); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(program)+".1.gz"), packed.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// commands finds the names in the list of commands that a help text has.
var commands = regexp.MustCompile(`(?m)^  ([a-z]+)  +(.*)$`)

func manual(program string) ([]byte, error) {
	name := filepath.Base(program)
	text, err := help(program)
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(text, "\n")
	var page strings.Builder
	fmt.Fprintf(&page, ".TH %s 1\n.SH NAME\n%s \\- %s\n", strings.ToUpper(name), name, roff(first))
	section := func(title, text string) { fmt.Fprintf(&page, ".SH %s\n.nf\n%s\n.fi\n", title, roff(text)) }
	section("DESCRIPTION", text)
	_, list, found := strings.Cut(text, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	if !found {
		return []byte(page.String()), nil
	}
	for _, command := range commands.FindAllStringSubmatch(list, -1) {
		if command[1] == "completion" || command[1] == "help" {
			continue
		}
		text, err := help(program, command[1])
		if err != nil {
			return nil, err
		}
		section(strings.ToUpper(command[1]), text)
	}
	return []byte(page.String()), nil
}

func help(program string, args ...string) (string, error) {
	out, err := exec.Command(program, append(args, "--help")...).Output()
	return strings.TrimSpace(string(out)), err
}

// roff protects what would be a command of the text formatter.
func roff(text string) string {
	text = strings.ReplaceAll(text, `\`, `\e`)
	text = strings.ReplaceAll(text, "-", `\-`)
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
