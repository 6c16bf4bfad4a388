package activedirectory

import (
	"errors"
	"slices"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// members are the classes that can be in a group.
var members = []string{"user", "group", "contact", "publicFolder"}

func openMembership(c *engine.Call) (group, member *directory.Object, err error) {
	if group, err = c.Open("group", "group"); err != nil {
		return nil, nil, err
	}
	member, err = c.Open("path", members...)
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

func groupIsMember(c *engine.Call) error {
	group, err := c.Open("group", "group")
	if err != nil {
		return err
	}
	member, err := c.Open("path")
	if err != nil {
		return err
	}
	above, err := c.Directory().MemberOf(member)
	if err != nil {
		return err
	}
	answer := "0"
	if slices.ContainsFunc(above, func(o *directory.Object) bool { return o.ID == group.ID }) {
		answer = "1"
	}
	c.OutputText("isMember", answer)
	return nil
}

func groupMembers(c *engine.Call) error {
	group, err := c.Open("group", "group")
	if err != nil {
		return err
	}
	found, err := c.Directory().Members(group)
	if err != nil {
		return err
	}
	return list(c, "group", "members", "member", found)
}

func userGroups(c *engine.Call) error {
	user, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	found, err := c.Directory().MemberOf(user)
	if err != nil {
		return err
	}
	return list(c, "path", "groups", "group", found)
}

// list answers with the paths of those objects that the caller may see, written
// as the path argument is.
func list(c *engine.Call, argument, container, element string, found []*directory.Object) error {
	n := xmldoc.Element(container)
	for _, o := range found {
		sees, err := c.Sees(o.DN)
		if err != nil {
			return err
		}
		if sees && c.InBase(o.DN) {
			xmldoc.Append(n, text(element, beside(c, argument, o.DN)))
		}
	}
	c.Output(n)
	return nil
}
