package exchangesystemmanager

import (
	"errors"
	"strings"

	"wsexchange/mock/engine"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Name is the name of the namespace.
const Name = "Exchange System Manager"

// Namespace returns the namespace.
func Namespace() engine.Namespace {
	n := engine.Namespace{
		Name: Name, Procedures: rows(), Description: "Makes the Exchange organization, servers and stores, as Exchange's own setup and console did.",
	}
	for i := range n.Procedures {
		row := &n.Procedures[i]
		row.Type, row.Access, row.Role, row.Fidelity = engine.Write, engine.Public, engine.DomainAdmin, engine.Invented
		row.Arguments = append(row.Arguments, engine.Argument{Name: "preferredDomainController", Type: engine.Controller})
	}
	return n
}

// longestName is the longest common name of an object, in characters.
const longestName = 64

func need(name string) engine.Argument {
	return engine.Argument{Name: name, Type: engine.Text, Required: true, Max: longestName}
}

func may(name string) engine.Argument {
	return engine.Argument{Name: name, Type: engine.Text, Max: longestName}
}

// server has room for a NetBIOS name.
var server = engine.Argument{Name: "serverName", Type: engine.Text, Required: true, Max: 15}

func rows() []engine.Procedure {
	return []engine.Procedure{
		{
			Name: "CreateOrganization", Summary: "Makes the Exchange organization of the directory; one that is there stays as it is.",
			Run: createOrganization, Arguments: []engine.Argument{need("name"), may("administrativeGroup")},
		},
		{
			Name: "CreateServer", Summary: "Adds an Exchange server with its computer account.",
			Run: createServer, Arguments: []engine.Argument{server, {Name: "hostName", Type: engine.Text, Max: 255}, may("storageGroup")},
		},
		{
			Name: "CreateMailStore", Summary: "Adds a mailbox store to an Exchange server.",
			Run: createMailStore, Arguments: []engine.Argument{server, need("mailStoreName")},
		},
		{
			Name: "CreatePublicStore", Summary: "Adds a public folder store to an Exchange server.",
			Run: createPublicStore, Arguments: []engine.Argument{server, may("publicStoreName")},
		},
	}
}

// firstGroup is the administrative group of an organization that names none.
const firstGroup = "First Administrative Group"

func createOrganization(c *engine.Call) error {
	domain, err := c.Directory().Domain()
	if err != nil || !domain.Exchange.IsZero() {
		return err
	}
	group := c.Text("administrativeGroup")
	if group == "" {
		group = firstGroup
	}
	return seed.InstallExchange(c.Tx, seed.Exchange{Organization: c.Text("name"), AdministrativeGroup: group})
}

func createServer(c *engine.Call) error {
	name, host := c.Text("serverName"), c.Text("hostName")
	if strings.ContainsAny(name, `"/\[]:;|=,+*?<>. `) {
		return mpf.ArgumentInvalid.New("serverName", "'"+name+"' is not a NetBIOS name")
	}
	if host == "" {
		domain, err := c.Directory().Domain()
		if err != nil {
			return err
		}
		host = strings.ToLower(name) + "." + domain.Name
	}
	return fault(seed.InstallServer(c.Tx, seed.Server{Name: name, Host: host, StorageGroup: c.Text("storageGroup")}), name)
}

func createMailStore(c *engine.Call) error {
	name := c.Text("mailStoreName")
	return createStore(c, name, seed.Server{MailStores: []string{name}})
}

func createPublicStore(c *engine.Call) error {
	name := c.Text("publicStoreName")
	if name == "" {
		name = "Public Folder Store (" + c.Text("serverName") + ")"
	}
	return createStore(c, name, seed.Server{PublicStores: []string{name}})
}

// createStore adds a store whose name is the only one of its kind in the
// directory (F273).
func createStore(c *engine.Call, name string, made seed.Server) error {
	made.Name = c.Text("serverName")
	err := seed.InstallStores(c.Tx, made)
	var taken *seed.StoreTakenError
	if errors.As(err, &taken) {
		return mpf.StoreNameTaken.New(name, c.Holder(taken.Holder))
	}
	return fault(err, made.Name)
}

// fault names what the installation refused. Others pass.
func fault(err error, server string) error {
	switch {
	case errors.Is(err, seed.ErrNoExchange):
		return mpf.ExchangeMissing.New()
	case errors.Is(err, state.ErrNotFound):
		return mpf.ServerNotInDirectory.New(server)
	}
	return err
}
