package activedirectory

import (
	"errors"

	"wsexchange/mock/engine"
	"wsexchange/mock/store"
	"wsexchange/mpf"
)

// members are the classes that can be in a group.
var members = []string{"user", "group", "contact", "publicFolder"}

func openMembership(c *engine.Call) (group, member *store.Object, err error) {
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
	err = c.Tx.AddMember(group, member)
	if errors.Is(err, store.ErrAlreadyMember) {
		return mpf.AlreadyMember.New(member.DN.ADsPath(), group.DN.ADsPath())
	}
	return err
}

func groupRemove(c *engine.Call) error {
	group, member, err := openMembership(c)
	if err != nil || c.Boolean("flagSkipAction") {
		return err
	}
	err = c.Tx.RemoveMember(group, member)
	if errors.Is(err, store.ErrNotMember) {
		return mpf.NotMember.New(member.DN.ADsPath(), group.DN.ADsPath())
	}
	return err
}

func setPassword(c *engine.Call) error {
	o, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	return c.Tx.SetPassword(o, c.Secret("newPassword").Reveal())
}

// changePassword counts a wrong old password as a logon with it would be
// counted, or guesses through here would never lock the account (F238).
func changePassword(c *engine.Call) error {
	o, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	err = c.Tx.ChangePassword(o, c.Secret("oldPassword").Reveal(), c.Secret("newPassword").Reveal())
	if errors.Is(err, store.ErrWrongPassword) {
		c.AtEnd(func(tx *store.Tx) error { return tx.CountWrongPassword(o) })
	}
	return err
}
