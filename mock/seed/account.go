package seed

import (
	"context"
	"crypto/sha256"
	"fmt"

	"golang.org/x/crypto/bcrypt"

	"wsexchange/mock/directory"
)

// accountFlags are NORMAL_ACCOUNT and DONT_EXPIRE_PASSWORD.
const accountFlags = "66048"

// Hashes are the passwords of a seed's accounts, hashed. The zero value has
// none.
type Hashes struct{ prepared []*directory.Prepared }

// Hash hashes the passwords of a seed's accounts outside of any transaction,
// several at a time. Those that are in the built-in seed are hashed at the
// lowest cost: everybody can read them, and the start waits for them. If
// passwords is nil, the others are left to the transaction. If ctx ends before,
// its cause is returned.
func Hash(ctx context.Context, passwords *directory.Passwords, s Seed) (Hashes, error) {
	var own, published []string
	for _, account := range s.Accounts {
		switch {
		case account.Password == "":
		case account.isPublished():
			published = append(published, string(account.Password))
		default:
			own = append(own, string(account.Password))
		}
	}
	kept, err := directory.NewPasswords(bcrypt.MinCost).Prepare(ctx, published...)
	if err != nil || passwords == nil {
		return Hashes{[]*directory.Prepared{kept}}, err
	}
	secret, err := passwords.Prepare(ctx, own...)
	return Hashes{[]*directory.Prepared{kept, secret}}, err
}

// isPublished reports whether the password is that of the built-in seed.
func (a Account) isPublished() bool { return sha256.Sum256([]byte(a.Password)) == a.published }

func (w *writer) makeAccounts() error {
	home, err := w.users()
	if err != nil {
		return err
	}
	hashes, err := w.hashes()
	if err != nil {
		return err
	}
	for _, prepared := range hashes.prepared {
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
