package managedactivedirectory

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// How account names are made (F232).
const (
	longestSAM   = 20
	refusedInSAM = `"/\[]:|<>+=;?,*`
)

// trials are how many digits follow the beginning of a name that is taken, trial
// by trial.
var trials = []int{3, 3, 3, 5, 5}

// cleanSAM makes an account name of a text.
func cleanSAM(text string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(refusedInSAM, r) || r < ' ' {
			return -1
		}
		return r
	}, text)
	name = strings.TrimSpace(cut(strings.TrimSpace(name), longestSAM))
	if before, ok := strings.CutSuffix(name, "."); ok {
		return before + "_"
	}
	return name
}

// cut gives the first n characters of a text.
func cut(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}

// freeSAM returns an account name that nobody has, made of the seed.
func freeSAM(c *engine.Call, seed string) (string, error) {
	name, err := untaken(seed, func(count int) string { return digits(c.Tx, count) }, func(name string) (bool, error) {
		_, err := c.Directory().BySAM(name)
		if errors.Is(err, state.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil || name != "" {
		return name, err
	}
	holder, err := c.Directory().BySAM(seed)
	if err != nil {
		return "", err
	}
	return "", mpf.AccountTaken.New(seed, c.Holder(holder.DN))
}

// untaken returns the seed unless it is taken, or else its beginning and digits:
// three times 17 characters and three digits, then twice 15 and five. Where all
// are taken it returns no name.
func untaken(seed string, digits func(count int) string, taken func(name string) (bool, error)) (string, error) {
	for trial := range len(trials) + 1 {
		name := seed
		if trial > 0 {
			count := trials[trial-1]
			name = cut(seed, longestSAM-count) + digits(count)
		}
		if held, err := taken(name); err != nil || !held {
			return name, err
		}
	}
	return "", nil
}

// digits gives a number of digits, at most 19, that follow from the store's
// source of GUIDs, so that a run with a fixed source can be repeated.
func digits(tx *state.Tx, count int) string {
	guid, sum := tx.NewGUID(), fnv.New64a()
	_, _ = sum.Write(guid[:])
	text := fmt.Sprintf("%019d", sum.Sum64()%1e19)
	return text[len(text)-count:]
}

func createSamObject(c *engine.Call) error {
	container, err := c.Open("container")
	if err != nil {
		return err
	}
	seed := cleanSAM(c.Text("sAMAccountName"))
	if seed == "" {
		seed = cleanSAM(c.Text("name"))
	}
	given := properties(c)
	if seed != "" {
		free, err := freeSAM(c, seed)
		if err != nil {
			return err
		}
		xmldoc.Append(given, property("sAMAccountName", free))
	}
	o, err := newObject(c, container, c.Text("class"), c.Text("name"), given)
	if err != nil {
		return err
	}
	c.OutputText("path", o.DN.ADsPath())
	return nil
}
