package engine

import (
	"errors"
	"net/netip"

	"wsexchange/internal/throttle"
	"wsexchange/mock/directory"
	"wsexchange/mpf"
)

// Guess runs try, which compares a password that the caller gives with that of
// an account, and counts its directory.ErrWrongPassword in the throttle. After
// too many it is mpf.TooManyPasswords instead, for a while. Who asks is not
// known here, so that an account counts for all: it can be shut for changes of
// its password, not for logons.
func (c *Call) Guess(account *directory.Object, try func() error) error {
	t := c.run.engine.throttle
	if t == nil {
		return try()
	}
	name := "old password of " + account.GUID.String()
	if t.Begin(netip.Prefix{}, name).Wait > 0 {
		return mpf.TooManyPasswords.New()
	}
	verdict := throttle.Unknown
	defer func() { t.End(netip.Prefix{}, name, verdict) }()
	err := try()
	switch {
	case err == nil:
		verdict = throttle.Good
	case errors.Is(err, directory.ErrWrongPassword):
		verdict = throttle.Bad
	}
	return err
}
