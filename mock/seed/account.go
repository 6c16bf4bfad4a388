package seed

import (
	"context"
	"crypto/sha256"
	"fmt"

	"wsexchange/mock/directory"
)

// accountFlags are NORMAL_ACCOUNT and DONT_EXPIRE_PASSWORD.
const accountFlags = "66048"

// published is the sum of a password of the built-in seed. Everybody can read
// that password, so that hashing it at more than the lowest cost protects
// nothing, and would be most of what a start takes.
type published [sha256.Size]byte

// Hashes are the passwords of a seed's accounts, hashed. The zero value has
// none.
type Hashes struct{ prepared []*directory.Prepared }

// Hash hashes the passwords of a seed's accounts outside of any transaction,
// several at a time, those of the built-in seed at the lowest cost. If passwords
// is nil, the others are left to the transaction. If ctx ends before, its cause
// is returned.
func Hash(ctx context.Context, passwords *directory.Passwords, s Seed) (Hashes, error) {
	var own, readable []string
	for _, account := range s.Accounts {
		switch {
		case account.isPublished():
			readable = append(readable, string(account.Password))
		case account.Password != "":
			own = append(own, string(account.Password))
		}
	}
	made, err := directory.NewPasswords(directory.LowestCost).Prepare(ctx, readable...)
	if err != nil || passwords == nil {
		return Hashes{[]*directory.Prepared{made}}, err
	}
	secret, err := passwords.Prepare(ctx, own...)
	return Hashes{[]*directory.Prepared{made, secret}}, err
}

// isPublished reports whether the password is the one of the built-in seed.
func (a Account) isPublished() bool {
	return a.published == sha256.Sum256([]byte(a.Password)) && a.Password != ""
}

func (w *writer) makeAccounts() error {
	home, err := w.users()
	if err != nil {
		return err
	}
	for _, prepared := range w.hashes.prepared {
		directory.UsePrepared(w.tx, prepared)
	}
	for _, account := range w.seed.Accounts {
		if err := w.makeAccount(home, account); err != nil {
			return err
		}
	}
	return w.directory.SetPasswordPolicy(w.seed.Domain.PasswordPolicy)
}

func (w *writer) makeAccount(home *directory.Object, account Account) error {
	attributes := directory.Attributes{
		value(directory.KindSAM, account.Name), value(directory.KindUPN, account.Name+"@"+w.seed.Domain.Name),
		value("userAccountControl", accountFlags),
	}
	if account.DisplayName != "" {
		attributes = attributes.With("displayName", account.DisplayName)
	}
	if account.Description != "" {
		attributes = attributes.With("description", account.Description)
	}
	o, err := w.plant(home, branch{account.Name, "user", attributes, nil})
	if err != nil {
		return err
	}
	if account.Password != "" {
		if err := w.directory.SetPassword(o, string(account.Password)); err != nil {
			return fmt.Errorf("account %s: %w", account.Name, err)
		}
	}
	if err := w.join(o, account.Groups); err != nil {
		return fmt.Errorf("account %s: %w", account.Name, err)
	}
	return nil
}
