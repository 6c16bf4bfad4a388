package seed

import (
	"context"
	"crypto/sha256"
	"fmt"

	"wsexchange/mock/directory"
)

// accountFlags are NORMAL_ACCOUNT and DONT_EXPIRE_PASSWORD.
const accountFlags = "66048"

// published is a password of the built-in seed: its sum, and a hash of the
// lowest cost. Everybody can read the password, and hashing it would be most of
// what a start takes.
type published struct {
	sum  [sha256.Size]byte
	hash directory.PasswordHash
}

// publishedHashes are the hashes of the built-in seed's passwords by accounts.
// A test holds them to the passwords.
var publishedHashes = map[string]directory.PasswordHash{
	"Administrator": "$2a$04$/Cc8iUw9uPT/DBdc2c3Ti.gLFbprehKI/IWTgZTEi8.8fjsOLlWSu",
	"hsadmin":       "$2a$04$rgQbw2o1pLMW00dEQzQqS.fpuI9bzm7LeKDO..WgkUIzbzSibZdr2",
}

// Hashes are the passwords of a seed's accounts, hashed. The zero value has
// none.
type Hashes struct{ prepared []*directory.Prepared }

// Hash hashes the passwords of a seed's accounts outside of any transaction,
// several at a time. Those that are in the built-in seed have hashes of the
// lowest cost already. If passwords is nil, the others are left to the
// transaction. If ctx ends before, its cause is returned.
func Hash(ctx context.Context, passwords *directory.Passwords, s Seed) (Hashes, error) {
	var (
		own  []string
		made Hashes
	)
	for _, account := range s.Accounts {
		if ready := account.Ready(); ready != nil {
			made.prepared = append(made.prepared, ready)
		} else if account.Password != "" {
			own = append(own, string(account.Password))
		}
	}
	if passwords == nil {
		return made, ctx.Err()
	}
	secret, err := passwords.Prepare(ctx, own...)
	made.prepared = append(made.prepared, secret)
	return made, err
}

// Ready returns the password with its hash if both are those of the built-in
// seed, else nil.
func (a Account) Ready() *directory.Prepared {
	if a.published.hash == "" || sha256.Sum256([]byte(a.Password)) != a.published.sum {
		return nil
	}
	return directory.Ready(string(a.Password), a.published.hash)
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
