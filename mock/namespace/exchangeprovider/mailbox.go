package exchangeprovider

import (
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mpf"
)

// mailboxAttributes are what deleteMailbox takes from a user beside
// mailAttributes.
var mailboxAttributes = []string{
	"homeMDB", "homeMTA", "msExchHomeServerName", "msExchMailboxGuid", "msExchUserAccountControl",
	"msExchUseOAB", "msExchQueryBaseDN", "msExchMailboxFolderSet", "msExchOmaAdminWirelessEnable", "msExchRecipLimit",
	"mDBStorageQuota", "mDBOverQuotaLimit", "mDBOverHardQuotaLimit", "mDBUseDefaults", "protocolSettings",
	"submissionContLength", "delivContLength", "altRecipient", "deliverAndRedirect",
}

// hasMailbox tells whether a user has a mailbox.
func hasMailbox(c *engine.Call, user *directory.Object) (bool, error) {
	home, err := c.Directory().Value(user, "homeMDB")
	return home != "", err
}

// openMailbox gives the user at path, who must have a mailbox.
func openMailbox(c *engine.Call) (*directory.Object, error) {
	user, err := c.Open("path", "user")
	if err != nil {
		return nil, err
	}
	has, err := hasMailbox(c, user)
	if err == nil && !has {
		err = mpf.MailboxMissing.New(user.DN.ADsPath())
	}
	return user, err
}

// owner gives the container whose address lists a mailbox goes by: orgPath, or
// the user's own.
func owner(c *engine.Call, user *directory.Object) (*directory.Object, error) {
	if c.Text("orgPath") != "" {
		return c.Open("orgPath")
	}
	return c.Directory().Parent(user)
}

// createMailbox asks for all that the reference does not call optional (F363).
func createMailbox(c *engine.Call) error {
	user, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	if has, err := hasMailbox(c, user); err != nil || has {
		if has {
			err = mpf.MailboxExists.New(user.DN.ADsPath())
		}
		return err
	}
	wanted, err := readSettings(c.Node("mail"))
	if err != nil {
		return err
	}
	if _, sized := wanted.numbers["size"]; !sized {
		return mpf.ArgumentMissing.New("mail/size")
	}
	container, err := owner(c, user)
	if err != nil {
		return err
	}
	addresses, err := readAddresses(c.Node("proxyAddresses"))
	if err != nil {
		return err
	}
	if len(addresses) == 0 {
		return mpf.ArgumentMissing.New("proxyAddresses/value")
	}
	if err := enable(c, user, c.Text("alias"), addresses); err != nil {
		return err
	}
	set := directory.Attributes{}.With("msExchMailboxGuid", directory.GUID(c.Tx.NewGUID()).Octets()).With("msExchUserAccountControl", "0").
		With("mDBUseDefaults", "TRUE")
	if err := c.Directory().SetAll(user, set); err != nil {
		return err
	}
	if err := house(c, user); err != nil {
		return err
	}
	if err := wanted.apply(c, user); err != nil {
		return err
	}
	if err := stamp(c, user, container); err != nil {
		return err
	}
	offline, err := organization.Optional(c.Tx, container, organization.OfflineAddressList)
	if err != nil || offline == nil {
		return err
	}
	return c.Directory().Set(user, "msExchUseOAB", offline.DN.String())
}

// house puts a mailbox into the store that mdb and server name.
func house(c *engine.Call, user *directory.Object) error {
	mdb, server, err := openStore(c, c.Text("mdb"), c.Text("server"))
	if err != nil {
		return err
	}
	name, err := c.Directory().Value(server, "legacyExchangeDN")
	if err != nil {
		return err
	}
	set := directory.Attributes{}.With("homeMDB", mdb.DN.String()).With("msExchHomeServerName", name)
	mta, err := c.Directory().Exists(server.DN.Child("CN", "Microsoft MTA"))
	if err != nil {
		return err
	}
	if mta {
		set = set.With("homeMTA", server.DN.Child("CN", "Microsoft MTA").String())
	}
	return c.Directory().SetAll(user, set)
}

func deleteMailbox(c *engine.Call) error {
	user, err := openMailbox(c)
	if err != nil {
		return err
	}
	container, err := owner(c, user)
	if err != nil {
		return err
	}
	if err := unstamp(c, user, container); err != nil {
		return err
	}
	if err := disable(c, user, mailAttributes); err != nil {
		return err
	}
	if err := c.Mail().ClearMailboxUsage(user); err != nil {
		return err
	}
	return disable(c, user, mailboxAttributes)
}

func deleteMailboxes(c *engine.Call) error {
	container, err := c.Open("path", "organizationalUnit", "container")
	if err != nil {
		return err
	}
	for user, err := range c.Directory().Descendants(container, "user", "inetOrgPerson") {
		if err != nil {
			return err
		}
		has, err := hasMailbox(c, user)
		if err != nil {
			return err
		}
		if !has {
			continue
		}
		if _, err := c.Execute(Name, "DeleteMailbox", xmldoc.TextElement("path", user.DN.ADsPath())); err != nil {
			return err
		}
	}
	return nil
}

func editMailbox(c *engine.Call) error {
	user, err := openMailbox(c)
	if err != nil {
		return err
	}
	wanted, err := readSettings(c.Node("mail"))
	if err != nil {
		return err
	}
	return wanted.apply(c, user)
}

func moveMailbox(c *engine.Call) error {
	user, err := openMailbox(c)
	if err != nil {
		return err
	}
	return house(c, user)
}
