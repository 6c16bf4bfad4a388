package mpsimport

import (
	"slices"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mpf"
)

func sameName(a, b string) bool { return strings.EqualFold(a, b) }

// openUser opens the user at path and its organization.
func openUser(c *engine.Call) (user, org *directory.Object, err error) {
	if user, err = c.Open("path", "user"); err != nil {
		return nil, nil, err
	}
	org, err = organization.Of(c.Tx, user)
	return user, org, err
}

// enableUser makes a user one of its organization and answers with the new path.
func enableUser(c *engine.Call) error {
	user, org, err := openUser(c)
	if err != nil {
		return err
	}
	kind, err := organization.Type(c.Tx, org)
	if err != nil {
		return err
	}
	name := c.Text("policyName")
	if name == "" {
		name = kind
	}
	if !sameName(name, "default") && !sameName(name, kind) {
		return mpf.PolicyMisfit.New(name, user.DN.Parent().ADsPath(), kind)
	}
	upn := c.Text("userPrincipalName")
	if _, err := call(c, activeDirectory, "ModifyUser", pathTo("user", user), text("userPrincipalName", upn)); err != nil {
		return err
	}
	if _, err := call(c, activeDirectory, "EnableUser", pathTo("user", user)); err != nil {
		return err
	}
	if user.DN.RDN().Value != upn {
		if _, err := call(c, activeDirectory, "RenameUser", pathTo("user", user), text("newName", upn)); err != nil {
			return err
		}
		if user, err = c.Directory().ByID(user.ID); err != nil {
			return err
		}
	}
	if !sameName(c.Text("customerTypeName"), consumerUser) {
		if err := joinGroups(c, user, org, name); err != nil {
			return err
		}
	}
	if err := closeToStrangers(c, user); err != nil {
		return err
	}
	xmldoc.SetText(c.Node("path"), user.DN.ADsPath())
	return nil
}

// joinGroups puts a user into the groups of a policy unless it is in them.
func joinGroups(c *engine.Call, user, org *directory.Object, policy string) error {
	all, err := organization.AllUsers(c.Tx, org)
	if err != nil {
		return err
	}
	groups, err := c.Directory().MemberOf(user)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(groups, func(o *directory.Object) bool { return o.ID == all.ID }) {
		return nil
	}
	_, err = call(c, activeDirectory, "SetGroupMemberships_", pathTo("path", user), text("policyName", policy))
	return err
}

// authenticatedUsers is the identifier of all who have logged on.
const authenticatedUsers directory.SID = "S-1-5-11"

// closeToStrangers takes the entries of Authenticated Users from a user's access
// control list.
func closeToStrangers(c *engine.Call, user *directory.Object) error {
	entries, err := c.Directory().ACL(user, directory.DACL)
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(entries), func(a directory.ACE) bool { return a.Trustee == authenticatedUsers })
	if len(kept) == len(entries) {
		return nil
	}
	return c.Directory().SetACL(user, directory.DACL, kept)
}
