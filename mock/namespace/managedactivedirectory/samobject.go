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
	fewestDigits = 3
	trials       = 3 // of each number of digits
	refusedInSAM = `"/\[]:|<>+=;?,*`
)

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

// freeSAM gives an account name that nobody has: the seed, or else one made of
// its beginning and three digits. Where all three trials are taken, more
// digits stand in for more of the seed, so that many of one name find one each.
func freeSAM(c *engine.Call, seed string) (string, error) {
	holder, err := c.Directory().BySAM(seed)
	if errors.Is(err, state.ErrNotFound) {
		return seed, nil
	}
	if err != nil {
		return "", err
	}
	for count := fewestDigits; count < longestSAM; count++ {
		for range trials {
			name := cut(seed, longestSAM-count) + digits(c.Tx, count)
			_, err := c.Directory().BySAM(name)
			if errors.Is(err, state.ErrNotFound) {
				return name, nil
			}
			if err != nil {
				return "", err
			}
		}
	}
	return "", mpf.AccountTaken.New(seed, c.Holder(holder.DN))
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
