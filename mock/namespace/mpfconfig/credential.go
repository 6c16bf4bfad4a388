package mpfconfig

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

var credentialRows = []engine.Procedure{
	{
		Name: "GetCredentials", Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented,
		Run: ofAll(getCredentials), Summary: "Lists the accounts that procedures may run as, without passwords.",
	},
	{
		Name: "SetExecuteAs", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented,
		Run: ofAll(setExecuteAs), Summary: "Makes procedures of a namespace run as an account when their caller impersonates; without username as before.",
		Arguments: []engine.Argument{
			{Name: "namespace", Type: engine.Text, Required: true},
			{Name: "username", Type: engine.Text},
			{Name: "procedure", Type: engine.Tree},
		},
	},
	{
		Name: "DefineCredential", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Invented,
		Run: ofAll(defineCredential), Summary: "Makes an account one that procedures may run as; its password is checked and not kept.",
		Arguments: []engine.Argument{
			{Name: "username", Type: engine.Text, Required: true}, {Name: "password", Type: engine.Secret, Required: true},
		},
	},
	{
		Name: "RemoveCredential", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Invented,
		Run: ofAll(removeCredential), Summary: "Takes an account from those that procedures may run as, and from the procedures that do.",
		Arguments: []engine.Argument{{Name: "username", Type: engine.Text, Required: true}},
	},
}

// ofAll makes a procedure one of the installation as a whole, which a caller who is
// held to a base cannot call (F134).
func ofAll(run func(*engine.Call) error) func(*engine.Call) error {
	return func(c *engine.Call) error {
		domain, err := c.Directory().Domain()
		if err != nil {
			return err
		}
		if err := c.TestWhole(domain.DN); err != nil {
			return err
		}
		return run(c)
	}
}

func getCredentials(c *engine.Call) error {
	all, err := c.Directory().Credentials()
	if err != nil {
		return err
	}
	list := xmldoc.Element("credentials")
	for _, one := range all {
		n, err := credentialNode(c, one)
		if err != nil {
			return err
		}
		xmldoc.Append(list, n)
	}
	c.Output(list)
	return nil
}

// credentialNode writes a credential; one whose account is gone has no names.
func credentialNode(c *engine.Call, one directory.Credential) (*xmldoc.Node, error) {
	domain, err := c.Directory().Domain()
	if err != nil {
		return nil, err
	}
	name := ""
	if one.Account != nil {
		if name, err = c.Directory().Value(one.Account, "sAMAccountName"); err != nil {
			return nil, err
		}
	}
	n := xmldoc.SetAttr(xmldoc.Element("credential"), "domain", domain.NetBIOS)
	xmldoc.SetAttr(n, "username", name)
	xmldoc.SetAttr(n, "user", domain.NetBIOS+`\`+name)
	return xmldoc.SetAttr(n, "id", strconv.FormatInt(one.ID, 10)), nil
}

// credentialOf finds the credential of an account, by any of its logon names.
func credentialOf(c *engine.Call, username string) (directory.Credential, error) {
	account, err := c.Directory().Resolve(username)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return directory.Credential{}, err
	}
	all, listing := c.Directory().Credentials()
	if listing != nil {
		return directory.Credential{}, listing
	}
	for _, one := range all {
		if err == nil && one.Account != nil && one.Account.ID == account.ID {
			return one, nil
		}
	}
	return directory.Credential{}, mpf.CredentialUnknown.New(username)
}

func defineCredential(c *engine.Call) error {
	account, err := c.Directory().Resolve(c.Text("username"))
	if errors.Is(err, state.ErrNotFound) || err == nil && !account.Is("user") {
		return mpf.CredentialsRefused.New()
	}
	if err != nil {
		return err
	}
	err = c.Guess(account, func() error { return c.Directory().CheckPassword(account, c.Secret("password").Reveal()) })
	if errors.Is(err, directory.ErrWrongPassword) {
		c.AtEnd(func(tx *state.Tx) error { return directory.In(tx).CountWrongPassword(account) })
		return mpf.CredentialsRefused.New()
	}
	if err != nil {
		return err
	}
	made, err := c.Directory().DefineCredential(account)
	if err != nil {
		return err
	}
	n, err := credentialNode(c, made)
	if err != nil {
		return err
	}
	c.Output(n)
	return nil
}

func removeCredential(c *engine.Call) error {
	held, err := credentialOf(c, c.Text("username"))
	if err != nil {
		return err
	}
	return c.Directory().RemoveCredential(held.ID)
}

// setExecuteAs applies to the named procedures of the namespace, to all where
// none is named (F218).
func setExecuteAs(c *engine.Call) error {
	wanted, err := procedures(c)
	if err != nil {
		return err
	}
	var held directory.Credential
	if username := c.Text("username"); username != "" {
		if held, err = credentialOf(c, username); err != nil {
			return err
		}
	}
	list := xmldoc.Element("procedures")
	for _, p := range wanted.Procedures {
		if err := c.Directory().SetExecuteAs(wanted.Name, p.Name, held.ID); err != nil {
			return err
		}
		n := xmldoc.SetAttr(xmldoc.Element("procedure"), "name", p.Name)
		xmldoc.SetAttr(n, "access", string(p.Access))
		xmldoc.SetAttr(n, "type", string(p.Type))
		if held.ID != 0 {
			xmldoc.SetAttr(n, "runAsCredentialID", strconv.FormatInt(held.ID, 10))
		}
		xmldoc.Append(list, n)
	}
	c.Output(list)
	if held.ID == 0 {
		return nil
	}
	n, err := credentialNode(c, held)
	if err != nil {
		return err
	}
	c.Output(n)
	return nil
}

// procedures returns the namespace that the call names, with those of its
// procedures that it names, or all.
func procedures(c *engine.Call) (engine.Namespace, error) {
	var found *engine.Namespace
	for _, ns := range c.Registered() {
		if strings.EqualFold(ns.Name, c.Text("namespace")) {
			found = &ns
			break
		}
	}
	if found == nil {
		return engine.Namespace{}, mpf.NamespaceUnknown.New(c.Text("namespace"))
	}
	wanted := engine.Namespace{Name: found.Name}
	for n := range xmldoc.Children(c.Data, "procedure") {
		row := rowOf(found, strings.TrimSpace(xmldoc.Text(n)))
		if row == nil {
			return engine.Namespace{}, mpf.ProcedureUnknown.New(strings.TrimSpace(xmldoc.Text(n)), found.Name)
		}
		wanted.Procedures = append(wanted.Procedures, *row)
	}
	if len(wanted.Procedures) == 0 {
		wanted.Procedures = found.Procedures
	}
	return wanted, nil
}

func rowOf(ns *engine.Namespace, name string) *engine.Procedure {
	for i := range ns.Procedures {
		if strings.EqualFold(ns.Procedures[i].Name, name) {
			return &ns.Procedures[i]
		}
	}
	return nil
}
