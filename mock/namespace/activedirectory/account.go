package activedirectory

import (
	"errors"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
)

func setPassword(c *engine.Call) error {
	o, err := c.Open("path", "user")
	if err != nil || c.Boolean("flagSkipAction") {
		return err
	}
	return c.Directory().SetPassword(o, c.Secret("newPassword").Reveal())
}

// changePassword counts a wrong old password as a logon with it would be
// counted, or guesses through here would never lock the account (F238).
func changePassword(c *engine.Call) error {
	o, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	err = c.Guess(o, func() error {
		return c.Directory().ChangePassword(o, c.Secret("oldPassword").Reveal(), c.Secret("newPassword").Reveal())
	})
	if errors.Is(err, directory.ErrWrongPassword) {
		c.AtEnd(func(tx *state.Tx) error { return directory.In(tx).CountWrongPassword(o) })
	}
	return err
}
