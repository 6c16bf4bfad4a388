package seed

import (
	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
)

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

// makeExchange makes the Exchange organization in the configuration and the
// computer accounts of its servers. F111.
func (w *writer) makeExchange() error {
	exchange := w.seed.Exchange
	if exchange.Organization == "" {
		return nil
	}
	services := w.domain.Child("CN", "Configuration").Child("CN", "Services")
	top := services.Child("CN", "Microsoft Exchange")
	organization := top.Child("CN", exchange.Organization)
	above, err := w.directory.Get(services)
	if err != nil {
		return err
	}
	_, err = w.plant(above, branch{"Microsoft Exchange", "msExchConfigurationContainer", nil, []branch{
		{exchange.Organization, "msExchOrganizationContainer", directory.Attributes{
			value("legacyExchangeDN", "/o="+exchange.Organization), value("msExchMixedMode", "FALSE"),
		}, []branch{
			addressListsBranch(),
			{recipientPolicies, "msExchRecipientPolicyContainer", nil, []branch{
				{"Default Policy", "msExchRecipientPolicy", directory.Attributes{
					value("gatewayProxy", "SMTP:@"+w.seed.Domain.Name),
					value("purportedSearch", "(mailnickname=*)"), value("msExchPolicyOrder", "2147483647"),
				}, nil},
			}},
			{adminGroups, "msExchAdminGroupContainer", nil, []branch{
				{exchange.AdministrativeGroup, "msExchAdminGroup", directory.Attributes{value("legacyExchangeDN", adminGroupName(exchange))}, []branch{
					{hierarchies, "msExchContainer", nil, []branch{
						{publicFolders, "msExchPFTree", directory.Attributes{value("msExchPFTreeType", "1")}, nil},
					}},
					{"Servers", "msExchServersContainer", nil, nil},
				}},
			}},
		}},
	}})
	if err != nil {
		return err
	}
	if err := w.directory.SetSetting(settingExchange, organization.String()); err != nil {
		return err
	}
	if err := w.linkLists(top, organization); err != nil {
		return err
	}
	for i, server := range exchange.Servers {
		if err := w.makeServer(organization, server, i == 0); err != nil {
			return err
		}
	}
	return nil
}

func adminGroupName(exchange Exchange) string {
	return "/o=" + exchange.Organization + "/ou=" + exchange.AdministrativeGroup
}

func addressListsBranch() branch {
	return branch{addressLists, "msExchAddressListsContainer", nil, []branch{
		{allAddressLists, "addressBookContainer", nil, nil},
		{allGlobalLists, "addressBookContainer", nil, []branch{
			{defaultGlobalList, "addressBookContainer", directory.Attributes{value("purportedSearch",
				"(& (mailnickname=*) (| (objectCategory=person)(objectCategory=group)(objectCategory=publicFolder) ))")}, nil},
		}},
		{offlineLists, "msExchContainer", nil, []branch{
			{defaultOfflineList, "msExchOAB", directory.Attributes{value("msExchOABDefault", "TRUE")}, nil},
		}},
	}}
}

// linkLists names the default lists where clients look for them.
func (w *writer) linkLists(top, organization ldappath.DN) error {
	container, err := w.directory.Get(top)
	if err != nil {
		return err
	}
	lists := organization.Child("CN", addressLists)
	if err := w.directory.Set(container, "addressBookRoots", lists.Child("CN", allAddressLists).String()); err != nil {
		return err
	}
	global := lists.Child("CN", allGlobalLists).Child("CN", defaultGlobalList).String()
	if err := w.directory.Set(container, "globalAddressList", global); err != nil {
		return err
	}
	offline, err := w.directory.Get(lists.Child("CN", offlineLists).Child("CN", defaultOfflineList))
	if err != nil {
		return err
	}
	return w.directory.Set(offline, "offLineABContainers", global)
}

// makeServer makes a server's account under CN=Computers and its configuration.
// The first server generates the default offline address list.
func (w *writer) makeServer(organization ldappath.DN, server Server, first bool) error {
	computers, err := w.directory.Get(w.domain.Child("CN", "Computers"))
	if err != nil {
		return err
	}
	if _, err := w.plant(computers, branch{server.Name, "computer", directory.Attributes{
		value(directory.KindSAM, server.Name+"$"), value("dNSHostName", server.Host),
		value("operatingSystem", "Windows Server 2003"),
	}, nil}); err != nil {
		return err
	}
	group := organization.Child("CN", adminGroups).Child("CN", w.seed.Exchange.AdministrativeGroup)
	tree := group.Child("CN", hierarchies).Child("CN", publicFolders)
	own := group.Child("CN", "Servers").Child("CN", server.Name)
	legacy := adminGroupName(w.seed.Exchange) + "/cn=Configuration/cn=Servers/cn=" + server.Name
	servers, err := w.directory.Get(own.Parent())
	if err != nil {
		return err
	}
	_, err = w.plant(servers, branch{server.Name, "msExchExchangeServer", directory.Attributes{
		value("legacyExchangeDN", legacy), value("networkAddress", "ncacn_ip_tcp:"+server.Host),
		value("serialNumber", "Version 6.5 (Build 7638.2: Service Pack 2)"),
	}, []branch{
		{"InformationStore", "msExchInformationStore", nil, []branch{
			{storageGroup(server), "msExchStorageGroup", nil, nil},
		}},
		{"Microsoft MTA", "mTA", directory.Attributes{value("legacyExchangeDN", legacy+"/cn=Microsoft MTA")}, nil},
		{"Microsoft System Attendant", "exchangeAdminService", nil, nil},
		{"Protocols", "protocolCfgSharedContainer", nil, []branch{
			{"HTTP", "msExchProtocolCfgHTTPContainer", nil, []branch{{"1", "protocolCfgHTTPServer", nil, nil}}},
		}},
	}})
	if err != nil {
		return err
	}
	if err := w.makeStores(server, own, tree, legacy); err != nil {
		return err
	}
	if !first {
		return nil
	}
	offline, err := w.directory.Get(organization.Child("CN", addressLists).Child("CN", offlineLists).Child("CN", defaultOfflineList))
	if err != nil {
		return err
	}
	return w.directory.Set(offline, "offLineABServer", own.String())
}

func storageGroup(server Server) string {
	if server.StorageGroup == "" {
		return defaultStorage
	}
	return server.StorageGroup
}

// makeStores makes a server's stores; mail stores point to the server's first
// public one.
func (w *writer) makeStores(server Server, own, tree ldappath.DN, legacy string) error {
	storage, err := w.directory.Get(own.Child("CN", "InformationStore").Child("CN", storageGroup(server)))
	if err != nil {
		return err
	}
	for _, name := range server.PublicStores {
		if _, err := w.plant(storage, branch{name, "msExchPublicMDB", directory.Attributes{
			value("msExchOwningServer", own.String()), value("msExchOwningPFTree", tree.String()),
			value("legacyExchangeDN", legacy+"/cn=Microsoft Public MDB "+name),
		}, nil}); err != nil {
			return err
		}
	}
	home, err := w.publicStoreOf(storage)
	if err != nil {
		return err
	}
	for _, name := range server.MailStores {
		attributes := directory.Attributes{
			value("msExchOwningServer", own.String()),
			value("legacyExchangeDN", legacy+"/cn=Microsoft Private MDB "+name),
		}
		if home != nil {
			attributes = attributes.With("msExchHomePublicMDB", home.DN.String())
		}
		if _, err := w.plant(storage, branch{name, "msExchPrivateMDB", attributes, nil}); err != nil {
			return err
		}
	}
	return nil
}

// publicStoreOf returns the first public store of a storage group, nil if it has
// none.
func (w *writer) publicStoreOf(storage *directory.Object) (*directory.Object, error) {
	stores, err := w.directory.Children(storage, "msExchPublicMDB")
	if err != nil || len(stores) == 0 {
		return nil, err
	}
	first := stores[0]
	for _, store := range stores[1:] {
		if store.ID < first.ID {
			first = store
		}
	}
	return first, nil
}
