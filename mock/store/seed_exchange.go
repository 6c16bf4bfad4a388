package store

import "wsexchange/internal/ldappath"

// branch is an object of the seed with what lies below it.
type branch struct {
	name       string
	class      string
	attributes Attributes
	below      []branch
}

// plant makes the objects of a branch and gives the first. Unlike Create it
// neither looks the parent up nor can be undone alone: a seed is written as a
// whole or not at all.
func plant(t *Tx, parent *Object, b branch) (*Object, error) {
	class, _ := LookupClass(b.class) // place refuses an unknown one
	o, class, err := t.place(parent, parent.DN.Child(class.RDN, b.name), b.class)
	if err != nil {
		return nil, err
	}
	if err := t.complete(o, class, b.attributes, ""); err != nil {
		return nil, err
	}
	for _, child := range b.below {
		if _, err := plant(t, o, child); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// Names in the Exchange configuration.
const (
	addressLists       = "Address Lists Container"
	allAddressLists    = "All Address Lists"
	allGlobalLists     = "All Global Address Lists"
	defaultGlobalList  = "Default Global Address List"
	offlineLists       = "Offline Address Lists"
	defaultOfflineList = "Default Offline Address List"
	recipientPolicies  = "Recipient Policies"
	adminGroups        = "Administrative Groups"
	hierarchies        = "Folder Hierarchies"
	publicFolders      = "Public Folders"
	defaultStorage     = "First Storage Group"
)

// seedExchange makes the Exchange organization in the configuration and the
// computer accounts of its servers. F111.
func seedExchange(t *Tx, seed Seed) error {
	exchange := seed.Exchange
	services := domainName(seed.Domain.Name).Child("CN", "Configuration").Child("CN", "Services")
	top := services.Child("CN", "Microsoft Exchange")
	organization := top.Child("CN", exchange.Organization)
	above, err := t.Get(services)
	if err != nil {
		return err
	}
	_, err = plant(t, above, branch{"Microsoft Exchange", "msExchConfigurationContainer", nil, []branch{
		{exchange.Organization, "msExchOrganizationContainer", Attributes{
			value("legacyExchangeDN", "/o="+exchange.Organization), value("msExchMixedMode", "FALSE"),
		}, []branch{
			addressListsBranch(),
			{recipientPolicies, "msExchRecipientPolicyContainer", nil, []branch{
				{"Default Policy", "msExchRecipientPolicy", Attributes{
					value("gatewayProxy", "SMTP:@"+seed.Domain.Name),
					value("purportedSearch", "(mailnickname=*)"), value("msExchPolicyOrder", "2147483647"),
				}, nil},
			}},
			{adminGroups, "msExchAdminGroupContainer", nil, []branch{
				{exchange.AdministrativeGroup, "msExchAdminGroup", Attributes{value("legacyExchangeDN", adminGroupName(exchange))}, []branch{
					{hierarchies, "msExchContainer", nil, []branch{
						{publicFolders, "msExchPFTree", Attributes{value("msExchPFTreeType", "1")}, nil},
					}},
					{"Servers", "msExchServersContainer", nil, nil},
				}},
			}},
		}},
	}})
	if err != nil {
		return err
	}
	if err := t.SetSetting(settingExchange, organization.String()); err != nil {
		return err
	}
	if err := linkLists(t, top, organization); err != nil {
		return err
	}
	for i, server := range exchange.Servers {
		if err := seedServer(t, seed, organization, server, i == 0); err != nil {
			return err
		}
	}
	return nil
}

func adminGroupName(exchange SeedExchange) string {
	return "/o=" + exchange.Organization + "/ou=" + exchange.AdministrativeGroup
}

func addressListsBranch() branch {
	return branch{addressLists, "msExchAddressListsContainer", nil, []branch{
		{allAddressLists, "addressBookContainer", nil, nil},
		{allGlobalLists, "addressBookContainer", nil, []branch{
			{defaultGlobalList, "addressBookContainer", Attributes{value("purportedSearch",
				"(& (mailnickname=*) (| (objectCategory=person)(objectCategory=group)(objectCategory=publicFolder) ))")}, nil},
		}},
		{offlineLists, "msExchContainer", nil, []branch{
			{defaultOfflineList, "msExchOAB", Attributes{value("msExchOABDefault", "TRUE")}, nil},
		}},
	}}
}

// linkLists names the default lists where clients look for them.
func linkLists(t *Tx, top, organization ldappath.DN) error {
	container, err := t.Get(top)
	if err != nil {
		return err
	}
	lists := organization.Child("CN", addressLists)
	if err := t.Set(container, "addressBookRoots", lists.Child("CN", allAddressLists).String()); err != nil {
		return err
	}
	global := lists.Child("CN", allGlobalLists).Child("CN", defaultGlobalList).String()
	if err := t.Set(container, "globalAddressList", global); err != nil {
		return err
	}
	offline, err := t.Get(lists.Child("CN", offlineLists).Child("CN", defaultOfflineList))
	if err != nil {
		return err
	}
	return t.Set(offline, "offLineABContainers", global)
}

// seedServer makes a server's account under CN=Computers and its configuration.
// The first server generates the default offline address list.
func seedServer(t *Tx, seed Seed, organization ldappath.DN, server SeedServer, first bool) error {
	computers, err := t.Get(domainName(seed.Domain.Name).Child("CN", "Computers"))
	if err != nil {
		return err
	}
	if _, err := plant(t, computers, branch{server.Name, "computer", Attributes{
		value(KindSAM, server.Name+"$"), value("dNSHostName", server.Host),
		value("operatingSystem", "Windows Server 2003"),
	}, nil}); err != nil {
		return err
	}
	group := organization.Child("CN", adminGroups).Child("CN", seed.Exchange.AdministrativeGroup)
	tree := group.Child("CN", hierarchies).Child("CN", publicFolders)
	own := group.Child("CN", "Servers").Child("CN", server.Name)
	legacy := adminGroupName(seed.Exchange) + "/cn=Configuration/cn=Servers/cn=" + server.Name
	servers, err := t.Get(own.Parent())
	if err != nil {
		return err
	}
	_, err = plant(t, servers, branch{server.Name, "msExchExchangeServer", Attributes{
		value("legacyExchangeDN", legacy), value("networkAddress", "ncacn_ip_tcp:"+server.Host),
		value("serialNumber", "Version 6.5 (Build 7638.2: Service Pack 2)"),
	}, []branch{
		{"InformationStore", "msExchInformationStore", nil, []branch{
			{storageGroup(server), "msExchStorageGroup", nil, nil},
		}},
		{"Microsoft MTA", "mTA", Attributes{value("legacyExchangeDN", legacy+"/cn=Microsoft MTA")}, nil},
		{"Microsoft System Attendant", "exchangeAdminService", nil, nil},
		{"Protocols", "protocolCfgSharedContainer", nil, []branch{
			{"HTTP", "msExchProtocolCfgHTTPContainer", nil, []branch{{"1", "protocolCfgHTTPServer", nil, nil}}},
		}},
	}})
	if err != nil {
		return err
	}
	if err := seedStores(t, server, own, tree, legacy); err != nil {
		return err
	}
	if !first {
		return nil
	}
	offline, err := t.Get(organization.Child("CN", addressLists).Child("CN", offlineLists).Child("CN", defaultOfflineList))
	if err != nil {
		return err
	}
	return t.Set(offline, "offLineABServer", own.String())
}

func storageGroup(server SeedServer) string {
	if server.StorageGroup == "" {
		return defaultStorage
	}
	return server.StorageGroup
}

// seedStores makes a server's stores; mail stores point to the server's first
// public one.
func seedStores(t *Tx, server SeedServer, own, tree ldappath.DN, legacy string) error {
	storage, err := t.Get(own.Child("CN", "InformationStore").Child("CN", storageGroup(server)))
	if err != nil {
		return err
	}
	for _, name := range server.PublicStores {
		if _, err := plant(t, storage, branch{name, "msExchPublicMDB", Attributes{
			value("msExchOwningServer", own.String()), value("msExchOwningPFTree", tree.String()),
			value("legacyExchangeDN", legacy+"/cn=Microsoft Public MDB "+name),
		}, nil}); err != nil {
			return err
		}
	}
	for _, name := range server.MailStores {
		attributes := Attributes{
			value("msExchOwningServer", own.String()),
			value("legacyExchangeDN", legacy+"/cn=Microsoft Private MDB "+name),
		}
		if len(server.PublicStores) > 0 {
			attributes = attributes.With("msExchHomePublicMDB", storage.DN.Child("CN", server.PublicStores[0]).String())
		}
		if _, err := plant(t, storage, branch{name, "msExchPrivateMDB", attributes, nil}); err != nil {
			return err
		}
	}
	return nil
}
