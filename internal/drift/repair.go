package drift

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
)

// Repairs writes the calls of findings as files for provtest, in a folder that
// only their owner can read. They are numbered in the order in which they are to
// be submitted; apply.sh submits them. Passwords are not in the requests: each is
// in a file of its own beside its request, of mode 0600.
type Repairs struct {
	folder string
	script *os.File
	number int
}

// scriptName is the script that submits the requests.
const scriptName = "apply.sh"

// script is its beginning. It stops at the first request that fails.
const script = `#!/bin/sh
# Submits the requests of this folder in their order with provtest, whose options
# for the engine and the account are those of this script, for instance
#   ./apply.sh --isapi https://mpf.example/mpf/soapisapi.dll --user 'FABRIKAM\hsadmin' --password-file secret
# Requests that were submitted are moved to the folder done, so that it can be
# repeated after a failure.
set -eu
cd "$(dirname "$0")"
mkdir -p done
submit() {
  file=$1
  shift
  [ -e "$file" ] || return 0
  echo "$file"
  if [ -e "${file%.xml}.secret" ]; then
    provtest /e --secret-file "newPassword=${file%.xml}.secret" "$@" "$file" || return 1
  else
    provtest /e "$@" "$file" || return 1
  fi
  mv "$file" done/
  rm -f "${file%.xml}.secret"
}
`

// NewRepairs makes the folder, or takes one that is empty.
func NewRepairs(folder string) (*Repairs, error) {
	const owner = 0o700
	if err := os.MkdirAll(folder, owner); err != nil {
		return nil, err
	}
	held, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	if len(held) > 0 {
		return nil, fmt.Errorf("the folder %s is not empty: requests of another comparison may be in it", folder)
	}
	if err := os.Chmod(folder, owner); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(folder, scriptName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, owner)
	if err != nil {
		return nil, err
	}
	if _, err := file.WriteString(script); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Repairs{folder: folder, script: file}, nil
}

// Add writes the calls of a result's findings.
func (r *Repairs) Add(result *Result) error {
	for i := range result.Findings {
		f := &result.Findings[i]
		for j := range f.Calls {
			if err := r.add(f, &f.Calls[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Repairs) add(f *Finding, c *Call) error {
	r.number++
	shown := secret.Redacted
	if c.Password.IsZero() {
		shown = ""
	}
	name := fmt.Sprintf("%06d-%s.xml", r.number, plain(c.Target.Procedure))
	content := "<!-- " + comment(f) + " -->\n" + xmldoc.String(c.request(shown).Element()) + "\n"
	if err := r.write(name, content); err != nil {
		return err
	}
	if c.SetsPassword() && !c.Password.IsZero() {
		if err := r.write(strings.TrimSuffix(name, ".xml")+".secret", c.Password.Reveal()+"\n"); err != nil {
			return err
		}
	}
	line := "submit " + name + ` "$@"`
	if c.Optional {
		line += " || mv " + name + " done/ # the panel goes on without it too"
	}
	_, err := r.script.WriteString(line + "\n")
	return err
}

func (r *Repairs) write(name, content string) error {
	const owner = 0o600
	return os.WriteFile(filepath.Join(r.folder, name), []byte(content), owner)
}

// Close ends the script, and returns how many requests there are.
func (r *Repairs) Close() (int, error) { return r.number, r.script.Close() }

// plain keeps of a name what is safe in a file's name.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, name)
}

// comment is what a request mends, as a comment of XML.
func comment(f *Finding) string {
	text := strings.Join(strings.Fields(printable(f.String())), " ")
	for strings.Contains(text, "--") {
		text = strings.ReplaceAll(text, "--", "- -")
	}
	return strings.TrimSuffix(text, "-")
}
