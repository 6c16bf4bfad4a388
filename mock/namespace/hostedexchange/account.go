package hostedexchange

import (
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/plan"
)

func enableUser(c *engine.Call) error  { return switchUser(c, "EnableUser", plan.StatusEnabled) }
func disableUser(c *engine.Call) error { return switchUser(c, "DisableUser", plan.StatusDisabled) }

// switchUser enables or disables an account and notes it. To ask for what is
// already so is no error (F344).
func switchUser(c *engine.Call, procedure, event string) error {
	user, _, err := openUser(c)
	if err != nil {
		return err
	}
	if _, err := runDirectory(c, procedure, pathTo("user", user)); err != nil {
		return err
	}
	return note(c, user, event)
}

func setUserPassword(c *engine.Call) error {
	user, _, err := openUser(c)
	if err != nil {
		return err
	}
	_, err = runDirectory(c, "SetUserPassword", append(pass(c, "newPassword"), pathTo("user", user))...)
	return err
}

func changeUserPassword(c *engine.Call) error {
	user, _, err := openUser(c)
	if err != nil {
		return err
	}
	_, err = runDirectory(c, "ChangeUserPassword", append(pass(c, "oldPassword", "newPassword"), pathTo("user", user))...)
	return err
}

// makeUserAdmin puts a user into the organization's Admins group or takes the
// user out. To ask for what is already so is no error (F344).
func makeUserAdmin(c *engine.Call) error {
	user, org, err := openUser(c)
	if err != nil {
		return err
	}
	admins, err := organization.Admins(c.Tx, org)
	if err != nil {
		return err
	}
	is, err := isIn(c, user, admins)
	if err != nil || is == c.Boolean("isAdmin") {
		return err
	}
	if is {
		_, err = runDirectory(c, "GroupRemove", pathTo("group", admins), pathTo("member", user))
		return err
	}
	_, err = runDirectory(c, "GroupAdd", pathTo("group", admins), pathTo("newMember", user))
	return err
}

// isIn tells whether an object is a direct member of a group.
func isIn(c *engine.Call, o, group *directory.Object) (bool, error) {
	groups, err := c.Directory().MemberOf(o)
	if err != nil {
		return false, err
	}
	for _, g := range groups {
		if g.ID == group.ID {
			return true, nil
		}
	}
	return false, nil
}
