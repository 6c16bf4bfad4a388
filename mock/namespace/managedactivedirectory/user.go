package managedactivedirectory

import (
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
)

// nameFields are the arguments that are attributes of a user under the same
// name.
var nameFields = []string{"displayName", "givenName", "middleName", "sn", "initials", "description"}

// createUser makes the account, without password and disabled, and its
// memberships.
func createUser(c *engine.Call) error {
	container, err := c.Open("container")
	if err != nil {
		return err
	}
	if err := fitPolicy(c, container); err != nil {
		return err
	}
	args := make([]*xmldoc.Node, 0, len(nameFields))
	for n := range xmldoc.Elements(c.Data) {
		if n.Data != "policyName" {
			args = append(args, xmldoc.Clone(n))
		}
	}
	answer, err := c.Execute(Name, "CreateUser_", args...)
	if err != nil {
		return err
	}
	user := xmldoc.Child(answer, "user")
	where, _ := xmldoc.Attr(user, "path")
	_, err = chain(c, Name, "SetGroupMemberships_", xmldoc.TextElement("path", where),
		xmldoc.TextElement("policyName", policyOf(c.Text("policyName")).name))
	if err != nil {
		return err
	}
	c.Output(user)
	return nil
}

// createAccount is createUser without memberships. The name of the object is
// the userPrincipalName; the account name is made from it if none is asked
// for.
func createAccount(c *engine.Call) error {
	container, err := c.Open("container", "organizationalUnit", "container", "domainDNS")
	if err != nil {
		return err
	}
	upn := c.Text("userPrincipalName")
	seed := c.Text("sAMAccountName")
	if seed == "" {
		seed = strings.ReplaceAll(upn, "@", "_")
	}
	given := properties(c, property("userPrincipalName", upn))
	for _, name := range nameFields {
		if text := c.Text(name); text != "" {
			xmldoc.Append(given, property(name, text))
		}
	}
	answer, err := chain(c, Name, "CreateSamObject_", path("container", container), xmldoc.TextElement("class", "user"),
		xmldoc.TextElement("name", upn), xmldoc.TextElement("sAMAccountName", seed), given)
	if err != nil {
		return err
	}
	user, err := made(c, answer)
	if err != nil {
		return err
	}
	node, err := described(c, "user", user)
	if err != nil {
		return err
	}
	c.Output(node)
	return nil
}

// setMemberships puts a user into the groups that the policy names, as far as
// the organization has them.
func setMemberships(c *engine.Call) error {
	user, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	org, err := organization.Above(c.Tx, user)
	if err != nil || org == nil {
		return err // an account outside of any organization has no groups to join
	}
	for _, wkName := range policyOf(c.Text("policyName")).users {
		if err := join(c, org, wkName, user); err != nil {
			return err
		}
	}
	return nil
}

// modifyUser sets what is given. An empty name field clears the attribute, an
// empty logon name leaves it as it is (F233).
func modifyUser(c *engine.Call) error {
	user, err := c.Open("user", "user")
	if err != nil {
		return err
	}
	given := xmldoc.Element("properties")
	for _, name := range []string{"userPrincipalName", "sAMAccountName"} {
		if text := c.Text(name); text != "" {
			xmldoc.Append(given, property(name, text))
		}
	}
	for _, name := range nameFields {
		if c.Has(name) {
			xmldoc.Append(given, property(name, c.Text(name)))
		}
	}
	if own := c.Node("properties"); own != nil {
		for n := range xmldoc.Elements(xmldoc.Clone(own)) {
			xmldoc.Append(given, n)
		}
	}
	return modify(c, user, given)
}

// setEnabled returns the function of EnableUser and DisableUser.
func setEnabled(enabled bool) func(*engine.Call) error {
	return func(c *engine.Call) error {
		user, err := c.Open("user", "user")
		if err != nil {
			return err
		}
		return c.Directory().SetEnabled(user, enabled)
	}
}

func setUserPassword(c *engine.Call) error {
	user, err := c.Open("user", "user")
	if err != nil {
		return err
	}
	_, err = direct(c, "User Set Password", path("path", user), password(c, "newPassword"))
	return err
}

func changeUserPassword(c *engine.Call) error {
	user, err := c.Open("user", "user")
	if err != nil {
		return err
	}
	_, err = direct(c, "User Change Password", path("path", user), password(c, "oldPassword"), password(c, "newPassword"))
	return err
}

// password passes a secret argument on.
func password(c *engine.Call, name string) *xmldoc.Node {
	return xmldoc.SetAttr(xmldoc.TextElement(name, c.Secret(name).Reveal()), "do-not-log", "1")
}
