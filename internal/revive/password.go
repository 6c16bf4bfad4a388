package revive

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"wsexchange/internal/secret"
)

// newPassword returns a random one of 100 bits, with letters of both cases and
// signs, as policies ask for.
func newPassword() secret.String {
	const group, groups = 5, 4
	text := rand.Text()
	parts := make([]string, 0, groups)
	for i := range groups {
		part := text[i*group : (i+1)*group]
		if i%2 == 1 {
			part = strings.ToLower(part)
		}
		parts = append(parts, part)
	}
	return secret.New(strings.Join(parts, "-") + "-7a")
}

// passwordFile is what generated passwords are appended to.
type passwordFile struct{ file *os.File }

// errReadable is that others could read the passwords.
var errReadable = errors.New("others than its owner can read it: give it mode 0600")

// write appends a line of a name and its password, and returns when it is on the
// disk.
func (p *passwordFile) write(path, principal string, password secret.String) error {
	if err := p.open(path); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.file, "%s\t%s\n", principal, password.Reveal()); err != nil {
		return err
	}
	return p.file.Sync()
}

func (p *passwordFile) open(path string) error {
	if p.file != nil {
		return nil
	}
	const owner, others = 0o600, 0o077
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, owner)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Mode().Perm()&others != 0 {
		err = fmt.Errorf("%s: %w", path, errReadable)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	p.file = file
	return nil
}

func (p *passwordFile) close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
