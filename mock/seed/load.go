package seed

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the built-in seed
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"wsexchange/mock/directory"
)

//go:embed default.yaml
var defaultSeed []byte

// maxSeed is the longest seed read, in bytes.
const maxSeed = 1 << 20

// Load reads a seed of at most 1 MiB from YAML and validates it. Unknown keys
// and wrong types are refused, all at once, with line and key of each.
func Load(r io.Reader) (Seed, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSeed+1))
	if err != nil {
		return Seed{}, fmt.Errorf("seed: %w", err)
	}
	if len(text) > maxSeed {
		return Seed{}, fmt.Errorf("seed: longer than %d bytes", maxSeed)
	}
	seed := Seed{Domain: Domain{PasswordPolicy: directory.DefaultPasswordPolicy()}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&seed); err != nil {
		return Seed{}, fmt.Errorf("seed: %w", named(err, text))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Seed{}, errors.New("seed: more than one YAML document")
	}
	if seed.Domain.NetBIOS == "" {
		label, _, _ := strings.Cut(seed.Domain.Name, ".")
		seed.Domain.NetBIOS = strings.ToUpper(label)
	}
	if err := seed.Validate(); err != nil {
		return Seed{}, err
	}
	return seed, nil
}

// LoadFile is Load for a file, which its errors name.
func LoadFile(path string) (Seed, error) {
	file, err := os.Open(path)
	if err != nil {
		return Seed{}, fmt.Errorf("seed: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	seed, err := Load(file)
	if err != nil {
		return Seed{}, fmt.Errorf("seed %s: %w", path, err)
	}
	return seed, nil
}

// Default returns the built-in seed: the domain fabrikam.com with a reseller,
// an Exchange server, stores and plans that suit H-Sphere. It panics if the
// built-in text is invalid, which a test rules out. The caller may change it.
func Default() Seed {
	seed, err := Load(bytes.NewReader(defaultSeed))
	if err != nil {
		panic(err)
	}
	for i := range seed.Accounts {
		seed.Accounts[i].published = sha256.Sum256([]byte(seed.Accounts[i].Password))
	}
	return seed
}

// Demo is [Default], read once in a process. It must not be changed.
func Demo() *Seed { return demo() }

var demo = sync.OnceValue(func() *Seed {
	seed := Default()
	return &seed
})

// DefaultYAML returns the text of the built-in seed, to be changed.
func DefaultYAML() []byte { return bytes.Clone(defaultSeed) }
