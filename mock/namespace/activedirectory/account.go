package activedirectory

import (
	"errors"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// members are the classes that can be in a group.
var members = []string{"user", "group", "contact", "publicFolder"}

func openMembership(c *engine.Call) (group, member *directory.Object, err error) {
	if group, err = c.Open("path", "group"); err != nil {
		return nil, nil, err
	}
	member, err = c.Open("member", members...)
	return group, member, err
}

func groupAdd(c *engine.Call) error {
	group, member, err := openMembership(c)
	if err != nil || c.Boolean("flagSkipAction") {
		return err
	}
	if group.ID == member.ID {
		return mpf.GroupInItself.New(group.DN.ADsPath())
	}
	err = c.Directory().AddMember(group, member)
	if errors.Is(err, directory.ErrAlreadyMember) {
		return mpf.AlreadyMember.New(member.DN.ADsPath(), group.DN.ADsPath())
	}
	return err
}

func groupRemove(c *engine.Call) error {
	group, member, err := openMembership(c)
	if err != nil || c.Boolean("flagSkipAction") {
		return err
	}
	err = c.Directory().RemoveMember(group, member)
	if errors.Is(err, directory.ErrNotMember) {
		return mpf.NotMember.New(member.DN.ADsPath(), group.DN.ADsPath())
	}
	return err
}

func setPassword(c *engine.Call) error {
	o, err := c.Open("path", "user")
	if err != nil {
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
