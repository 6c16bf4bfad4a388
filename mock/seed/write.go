package seed

import (
	"errors"
	"fmt"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// ErrAlreadySeeded is that a state has its starting content already.
var ErrAlreadySeeded = errors.New("the state already has its starting content")

// Settings of the directory: where the Exchange organization and the hosting OU
// are, and when the starting content was written.
const (
	settingExchange = "exchange organization"
	settingHosting  = "hosting"
	settingSeeded   = "seeded"
)

// writer makes the content of a seed in one transaction.
type writer struct {
	tx        *state.Tx
	directory directory.Directory
	seed      Seed
	domain    ldappath.DN
	hashes    Hashes
}

// steps are the parts in their order: each may use what those before made. What
// a seed does not name is left to the initialisers of an installation.
var steps = []struct {
	name string
	run  func(*writer) error
}{
	{"domain", (*writer).makeDomain},
	{"groups", (*writer).makeGroups},
	{"exchange", (*writer).makeExchange},
	{"hosting", (*writer).makeHosting},
	{"accounts", (*writer).makeAccounts},
	{"resources", (*writer).makeResources},
	{"plans", (*writer).makePlans},
}

// Write writes the starting content. A state that has its content already is
// refused with ErrAlreadySeeded, an invalid seed with what [Seed.Validate]
// returns. The transaction has to be dropped if it fails: a part may be
// written. Passwords are hashed here, which takes long; [Hashes.Write] takes
// those that were hashed before.
func Write(tx *state.Tx, s Seed) error { return Hashes{}.Write(tx, s) }

// Write is [Write] with passwords that [Hash] has hashed.
func (h Hashes) Write(tx *state.Tx, s Seed) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if Seeded(tx) {
		return ErrAlreadySeeded
	}
	w := &writer{tx: tx, directory: directory.In(tx), seed: s, domain: domainName(s.Domain.Name), hashes: h}
	for _, step := range steps {
		if err := step.run(w); err != nil {
			return fmt.Errorf("seed %s: %w", step.name, err)
		}
	}
	return w.directory.SetSetting(settingSeeded, tx.Now().Format(time.RFC3339))
}

// Seeded reports whether a state has its starting content.
func Seeded(tx *state.Tx) bool {
	at, err := directory.In(tx).Setting(settingSeeded)
	return err == nil && at != ""
}
