package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/adapter/auth"
	"wsexchange/internal/drift"
	"wsexchange/internal/secret"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// logon returns the way to try users' passwords: the emulator's, else the domain
// controllers of auth.ldap.
func (s *session) logon(cfg *Config) (drift.Logon, error) {
	if s.backend != nil {
		return s.backend.tryPassword, nil
	}
	if len(cfg.Auth.LDAP.Servers) == 0 {
		return nil, errors.New("check-passwords: auth.ldap.servers names no domain controller to log on at")
	}
	return cfg.tryPassword, nil
}

// wrongPassword are the errors of the emulator that a password is not accepted.
var wrongPassword = []error{directory.ErrWrongPassword, directory.ErrPasswordExpired, state.ErrNotFound}

func (b *backend) tryPassword(ctx context.Context, principal string, password secret.String) (bool, error) {
	_, err := b.emulator.Logon(ctx, principal, password.Reveal())
	if slices.ContainsFunc(wrongPassword, func(known error) bool { return errors.Is(err, known) }) {
		return false, nil
	}
	return err == nil, err
}

// tryPassword binds at the first domain controller that answers.
func (c *Config) tryPassword(ctx context.Context, principal string, password secret.String) (bool, error) {
	var failures []error
	for _, server := range c.Auth.LDAP.Servers {
		conn, err := dial(ctx, c, server, auth.Security(c.Auth.LDAP.Security))
		if err != nil {
			failures = append(failures, fmt.Errorf("domain controller %s: %w", server, err))
			continue
		}
		err = conn.Bind(principal, password.Reveal())
		_ = conn.Close()
		if ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
			return false, nil
		}
		return err == nil, err
	}
	return false, errors.Join(failures...)
}
