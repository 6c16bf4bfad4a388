package hostedexchange

import (
	"errors"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// maxAccount is the longest sAMAccountName of a user, in characters.
const maxAccount = 20

// personFields are the arguments that describe a person.
var personFields = []string{"displayName", "givenName", "middleName", "sn", "initials", "description", "properties"}

// createBusinessUser makes an account of an organization. Its account name is
// only a wish: the directory makes a free one of it (F340).
func createBusinessUser(c *engine.Call) error {
	account := []rune(c.Text("sAMAccountName"))
	kind, err := organizationType(c)
	if err != nil {
		return err
	}
	wish := xmldoc.TextElement("sAMAccountName", string(account[:min(len(account), maxAccount)]))
	user, err := createUser(c, "CreateUser", businessUser, wish, xmldoc.TextElement("policyName", kind))
	if err != nil {
		return err
	}
	if c.Boolean("isAdmin") {
		at, _ := xmldoc.Attr(user, "path")
		if _, err := own(c, "MakeUserAdmin", xmldoc.TextElement("path", at), xmldoc.TextElement("isAdmin", "1")); err != nil {
			return err
		}
	}
	return furnishUser(c, user, businessUser)
}

// organizationType returns the type of the organization that the container belongs
// to: the policy for its users.
func organizationType(c *engine.Call) (string, error) {
	parent, err := c.Open("container")
	if err != nil {
		return "", err
	}
	org, err := organization.Of(c.Tx, parent)
	if err != nil {
		return "", err
	}
	return organization.Type(c.Tx, org)
}

// createConsumerUser makes an account with exactly the account name given, in
// no group of the organization (F341).
func createConsumerUser(c *engine.Call) error {
	name := c.Text("sAMAccountName")
	switch holder, err := c.Directory().BySAM(name); {
	case err == nil:
		return mpf.AccountTaken.New(name, c.Holder(holder.DN))
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	user, err := createUser(c, "CreateUser_", consumerUser, pass(c, "sAMAccountName")...)
	if err != nil {
		return err
	}
	return furnishUser(c, user, consumerUser)
}

// createUser makes the account and its record, and gives the user element that
// tells of it.
func createUser(c *engine.Call, procedure, customer string, account ...*xmldoc.Node) (*xmldoc.Node, error) {
	if err := checkNewUser(c); err != nil {
		return nil, err
	}
	args := append(pass(c, "container", "userPrincipalName"), account...)
	made, err := runDirectory(c, procedure, append(args, pass(c, personFields...)...)...)
	if err != nil {
		return nil, err
	}
	user := xmldoc.Child(made, "user")
	at, _ := xmldoc.Attr(user, "path")
	_, err = own(c, "CreateCustomerRecord_", xmldoc.TextElement("path", at), xmldoc.TextElement("customerTypeName", customer))
	return user, err
}

// checkNewUser refuses a logon name that could not be an address, or that is
// in another organization's domain (F342), and mailbox arguments without a
// plan.
func checkNewUser(c *engine.Call) error {
	parent, err := c.Open("container")
	if err != nil {
		return err
	}
	org, err := organization.Of(c.Tx, parent)
	if err != nil {
		return err
	}
	name, domain, ok := strings.Cut(c.Text("userPrincipalName"), "@")
	if !ok || !localPart(name) || domain == "" {
		return mpf.ArgumentInvalid.New("userPrincipalName", "'"+c.Text("userPrincipalName")+"' is not of the form user@domain")
	}
	switch _, holder, err := c.Mail().DomainOwner(domain); {
	case err == nil && holder.ID != org.ID:
		return mpf.DomainTaken.New(domain, c.Holder(holder.DN))
	case err != nil && !errors.Is(err, state.ErrNotFound):
		return err
	}
	if c.Text("planName") != "" {
		return nil
	}
	for _, needsPlan := range []string{"mailStore", "proxyAddresses", "alias"} {
		if n := c.Node(needsPlan); n != nil && n.FirstChild != nil {
			return mpf.ArgumentMissing.New("planName")
		}
	}
	return nil
}

// furnishUser gives a new account its password, which enables it, and its
// mailbox. Without a password it stays disabled (F343).
func furnishUser(c *engine.Call, user *xmldoc.Node, customer string) error {
	at, _ := xmldoc.Attr(user, "path")
	account := xmldoc.TextElement("user", at)
	if !c.Secret("newPassword").Equal(c.Secret("")) {
		if _, err := runDirectory(c, "SetUserPassword", append(pass(c, "newPassword"), xmldoc.Clone(account))...); err != nil {
			return err
		}
		if _, err := runDirectory(c, "EnableUser", account); err != nil {
			return err
		}
	}
	if c.Text("planName") != "" {
		args := append(pass(c, "planName", "mailStore", "proxyAddresses", "alias"),
			xmldoc.TextElement("path", at), xmldoc.TextElement("customerTypeName", customer))
		if _, err := own(c, "CreateMailbox", args...); err != nil {
			return err
		}
	}
	c.Output(user)
	return nil
}

func deleteBusinessUser(c *engine.Call) error {
	user, _, err := openUser(c)
	if err != nil {
		return err
	}
	return deleteUser(c, user)
}

func deleteConsumerUser(c *engine.Call) error {
	user, org, err := openUser(c)
	if err != nil {
		return err
	}
	addresses, err := c.Directory().Values(user, "proxyAddresses")
	if err != nil {
		return err
	}
	if err := deleteUser(c, user); err != nil {
		return err
	}
	return deleteVanityDomains(c, org, addresses)
}

// deleteUser takes the record, the mailbox and the account.
func deleteUser(c *engine.Call, user *directory.Object) error {
	if err := forget(c, user); err != nil {
		return err
	}
	mailbox, err := hasMailbox(c, user)
	if err != nil {
		return err
	}
	if mailbox {
		if _, err := own(c, "DeleteMailbox_", pathTo("path", user)); err != nil {
			return err
		}
	}
	_, err = own(c, "DeleteUser_", pathTo("path", user))
	return err
}

func deleteAccount(c *engine.Call) error {
	user, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	_, err = runDirectory(c, "DeleteUser", pathTo("user", user))
	return err
}

func modifyUser(c *engine.Call) error {
	user, _, err := openUser(c)
	if err != nil {
		return err
	}
	if _, err := runDirectory(c, "ModifyUser", append(pass(c, personFields...), pathTo("user", user))...); err != nil {
		return err
	}
	return note(c, user, "CustomerModify")
}
