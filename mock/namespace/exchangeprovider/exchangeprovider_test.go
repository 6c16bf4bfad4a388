package exchangeprovider

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	acmeDN   = "OU=acme," + enginetest.Reseller
	acme     = "LDAP://" + acmeDN
	bobDN    = "CN=bob@acme.example," + acmeDN
	bob      = "LDAP://" + bobDN
	exchange = "CN=Fabrikam,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=fabrikam,DC=com"
	serverDN = "CN=EX1,CN=Servers,CN=First Administrative Group,CN=Administrative Groups," + exchange
	storage  = "CN=First Storage Group,CN=InformationStore," + serverDN
	lists    = "CN=Address Lists Container," + exchange
	asBob    = "<alias>bob</alias><proxyAddresses><value>bob@acme.example</value></proxyAddresses>"
	asEve    = "<alias>eve</alias><proxyAddresses><value>eve@acme.example</value></proxyAddresses>"
	sized    = "<mail><size>0</size></mail>"
	inStore1 = "<mdb>Mailbox Store 1 (EX1)</mdb><server>ex1</server>"
)

// start makes the organization acme with the user bob and the contact friend.
func start(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, slices.Concat(activedirectory.Namespaces(), []engine.Namespace{managedactivedirectory.Namespace(), Namespace()})...)
	managed := managedactivedirectory.Name
	u.MustCall(managed, "CreateOrganization", "<name>acme</name><container>LDAP://"+enginetest.Reseller+"</container><policyName>customer</policyName>")
	u.MustCall(managed, "CreateUser", "<container>"+acme+"</container><userPrincipalName>bob@acme.example</userPrincipalName>")
	u.MustCall(managed, "CreateContact", "<container>"+acme+"</container><name>friend</name>")
	return u
}

// refused calls a procedure that has to fail by a cause and leave nothing.
func refused(t *testing.T, u *enginetest.Universe, cause *mpf.Cause, procedure, executeData string) *mpf.Error {
	t.Helper()
	before := u.Dump()
	r := u.Call(Name, procedure, executeData)
	require.NotNil(t, r.Err, procedure)
	assert.Equal(t, cause.ID, r.Err.Cause, r.Err.Description)
	u.Unchanged(before)
	return r.Err
}

func makeLists(u *enginetest.Universe) {
	for _, kind := range []string{"GlobalAddressList", "AddressList", "OfflineAddressList"} {
		u.MustCall(Name, "Create"+kind, "<path>"+acme+"</path><name>acme "+kind+"</name>"+
			"<readAccess>LDAP://CN=AllUsers@acme,CN=_Private,"+acmeDN+"</readAccess><readAccess>FABRIKAM\\A@acme</readAccess>")
	}
}

const (
	galDN = "CN=acme GlobalAddressList,CN=All Global Address Lists," + lists
	alDN  = "CN=acme AddressList,CN=All Address Lists," + lists
	oalDN = "CN=acme OfflineAddressList,CN=Offline Address Lists," + lists
)

func TestCreateMailbox(t *testing.T) {
	u := start(t)
	makeLists(u)
	u.MustCall(Name, "CreateMailbox", "<path>"+bob+"</path><alias>bob</alias>"+inStore1+
		"<proxyAddresses><value>bob@acme.example</value><value>smtp:robert@acme.example</value></proxyAddresses>"+
		"<mail><size>10000</size><disablePOP>0</disablePOP><disableIMAP>1</disableIMAP><recipientLimit>50</recipientLimit></mail>"+
		"<orgPath>"+acme+"</orgPath>")
	for attribute, want := range map[string][]string{
		"mailNickname": {"bob"}, "mail": {"bob@acme.example"},
		"proxyAddresses":       {"SMTP:bob@acme.example", "smtp:robert@acme.example", "X400:c=us;a= ;p=Fabrikam;o=Exchange;s=bob;"},
		"textEncodedORAddress": {"c=us;a= ;p=Fabrikam;o=Exchange;s=bob;"},
		"homeMDB":              {"CN=Mailbox Store 1 (EX1)," + storage},
		"homeMTA":              {"CN=Microsoft MTA," + serverDN},
		"msExchHomeServerName": {"/o=Fabrikam/ou=First Administrative Group/cn=Configuration/cn=Servers/cn=EX1"},
		"legacyExchangeDN":     {"/o=Fabrikam/ou=First Administrative Group/cn=Recipients/cn=bob"},
		"showInAddressBook":    {alDN, galDN}, "msExchUseOAB": {oalDN}, "msExchUserAccountControl": {"0"},
		"otherWellKnownObjects": {"B:32:" + directory.WellKnownOwningOrganization + ":" + acmeDN},
		"mDBOverQuotaLimit":     {"10000"}, "mDBStorageQuota": {"9000"}, "mDBOverHardQuotaLimit": {"50000"}, "mDBUseDefaults": {"FALSE"},
		"msExchRecipLimit": {"50"},
		"protocolSettings": {"POP3§1§1§4§ISO-8859-1§0§1§0§0", "IMAP4§0§1§4§ISO-8859-1§0§1§0§0"},
	} {
		assert.Equal(t, want, u.Attr(bobDN, attribute), attribute)
	}
	assert.Len(t, u.Attr(bobDN, "msExchMailboxGuid"), 1)
	assert.Equal(t, []string{bobDN}, u.Attr("CN=Mailbox Store 1 (EX1),"+storage, "homeMDBBL"))
}

func TestCreateMailbox_WithoutLists(t *testing.T) {
	u := start(t)
	u.MustCall(Name, "CreateMailbox", "<path>"+bob+"</path>"+inStore1+asBob+sized)
	assert.Empty(t, u.Attr(bobDN, "showInAddressBook"))
	assert.Empty(t, u.Attr(bobDN, "msExchUseOAB"))
	assert.Equal(t, []string{"TRUE"}, u.Attr(bobDN, "mDBUseDefaults"))
}

func TestCreateMailbox_Refusals(t *testing.T) {
	u := start(t)
	u.MustCall(managedactivedirectory.Name, "CreateUser", "<container>"+acme+"</container><userPrincipalName>eve@acme.example</userPrincipalName>")
	eve := "<path>LDAP://CN=eve@acme.example," + acmeDN + "</path>"
	u.MustCall(Name, "CreateMailbox", "<path>"+bob+"</path>"+inStore1+asBob+sized)
	refused(t, u, mpf.MailboxExists, "CreateMailbox", "<path>"+bob+"</path>"+inStore1+asBob+sized)
	e := refused(t, u, mpf.AddressTaken, "CreateMailbox", eve+inStore1+"<alias>eve</alias>"+sized+"<proxyAddresses><value>BOB@acme.example</value></proxyAddresses>")
	assert.Equal(t, mpf.AlreadyExists, e.Code)
	assert.Contains(t, e.Description, "by user '"+bob+"'")
	e = refused(t, u, mpf.MailboxTooLarge, "CreateMailbox", eve+inStore1+asEve+"<mail><size>409601</size></mail>")
	assert.Equal(t, mpf.InvalidArg, e.Code)
	assert.Contains(t, e.Description, "ID no: c1032226")
	refused(t, u, mpf.MailboxTooLarge, "CreateMailbox", eve+inStore1+asEve+`<mail><size unit="MB">401</size></mail>`)
	refused(t, u, mpf.StoreNotInExchange, "CreateMailbox", eve+asEve+sized+"<mdb>none</mdb><server>EX1</server>")
	refused(t, u, mpf.ServerNotInDirectory, "CreateMailbox", eve+asEve+sized+"<mdb>none</mdb><server>EX9</server>")
	refused(t, u, mpf.AddressInvalid, "CreateMailbox", eve+inStore1+"<alias>eve</alias>"+sized+"<proxyAddresses><value>eve at acme</value></proxyAddresses>")
	refused(t, u, mpf.ClassWrong, "CreateMailbox", "<path>"+acme+"</path>"+inStore1+asBob+sized)
	for _, mail := range []string{
		"<size>-1</size>", "<size>big</size>", "<colour>1</colour>", "<disablePOP>2</disablePOP>",
		"<size>100</size><warningQuota>101</warningQuota>", "<size>100</size><prohibitSendAndReceiveQuota>99</prohibitSendAndReceiveQuota>",
	} {
		refused(t, u, mpf.ArgumentInvalid, "CreateMailbox", eve+inStore1+asEve+"<mail>"+mail+"</mail>")
	}
	for _, lacks := range []string{
		"<alias>eve</alias>" + sized, "<alias>eve</alias>" + sized + "<proxyAddresses/>", asEve, asEve + "<mail/>",
		sized + "<proxyAddresses><value>eve@acme.example</value></proxyAddresses>",
	} {
		refused(t, u, mpf.ArgumentMissing, "CreateMailbox", eve+inStore1+lacks)
	}
	refused(t, u, mpf.ArgumentRepeated, "CreateMailbox", eve+inStore1+asEve+"<mail><size>1</size><size>2</size></mail>")
}

func TestEditMailbox(t *testing.T) {
	u := start(t)
	refused(t, u, mpf.MailboxMissing, "EditMailbox", "<path>"+bob+"</path><mail><size>5</size></mail>")
	u.MustCall(Name, "CreateMailbox", "<path>"+bob+"</path>"+inStore1+asBob+"<mail><size>1000</size><outgoingSizeLimit>10</outgoingSizeLimit></mail>")
	u.MustCall(Name, "EditMailbox", "<path>"+bob+`</path><mail><size unit="MB">2</size><warningQuota>1500</warningQuota>`+
		"<outgoingSizeLimit>-1</outgoingSizeLimit><incomingSizeLimit>20</incomingSizeLimit><disablePOP>1</disablePOP></mail>")
	for attribute, want := range map[string][]string{
		"mDBOverQuotaLimit": {"2048"}, "mDBStorageQuota": {"1500"}, "mDBOverHardQuotaLimit": {"10240"},
		"submissionContLength": nil, "delivContLength": {"20"}, "protocolSettings": {"POP3§0§1§4§ISO-8859-1§0§1§0§0"},
	} {
		assert.Equal(t, want, u.Attr(bobDN, attribute), attribute)
	}
	u.MustCall(Name, "EditMailbox", "<path>"+bob+"</path><mail><size>0</size><disablePOP>0</disablePOP></mail>")
	assert.Empty(t, u.Attr(bobDN, "mDBOverQuotaLimit"))
	assert.Equal(t, []string{"TRUE"}, u.Attr(bobDN, "mDBUseDefaults"))
	assert.Equal(t, []string{"POP3§1§1§4§ISO-8859-1§0§1§0§0"}, u.Attr(bobDN, "protocolSettings"))
}

func TestMoveMailbox(t *testing.T) {
	u := start(t)
	refused(t, u, mpf.MailboxMissing, "MoveMailbox", "<path>"+bob+"</path>"+inStore1)
	u.MustCall(Name, "CreateMailbox", "<path>"+bob+"</path>"+inStore1+asBob+sized)
	u.MustCall(Name, "MoveMailbox", "<path>"+bob+"</path><mdb>mailbox store 2 (EX1)</mdb><server>EX1</server>")
	assert.Equal(t, []string{"CN=Mailbox Store 2 (EX1)," + storage}, u.Attr(bobDN, "homeMDB"))
	refused(t, u, mpf.StoreNotInExchange, "MoveMailbox", "<path>"+bob+"</path><mdb>Public Folder Store (EX1)</mdb><server>EX1</server>")
}

func TestDeleteMailbox(t *testing.T) {
	u := start(t)
	makeLists(u)
	before := u.Attr(bobDN, "displayName")
	u.MustCall(Name, "CreateMailbox", "<path>"+bob+"</path>"+inStore1+asBob+"<mail><size>100</size><disablePOP>1</disablePOP></mail>")
	u.MustCall(Name, "DeleteMailbox", "<path>"+bob+"</path>")
	assert.Empty(t, before)
	for _, attribute := range append(slices.Clone(mailAttributes), append(mailboxAttributes, "otherWellKnownObjects")...) {
		assert.Empty(t, u.Attr(bobDN, attribute), attribute)
	}
	refused(t, u, mpf.MailboxMissing, "DeleteMailbox", "<path>"+bob+"</path>")
	u.MustCall(Name, "CreateMailbox", "<path>"+bob+"</path>"+inStore1+asBob+sized)
	u.MustCall(Name, "DeleteMailboxes", "<path>"+acme+"</path>")
	assert.Empty(t, u.Attr(bobDN, "homeMDB"))
	refused(t, u, mpf.ClassWrong, "DeleteMailboxes", "<path>"+bob+"</path>")
}

func TestMailEnableContact(t *testing.T) {
	u := start(t)
	makeLists(u)
	friend := "<path>" + acme + "</path><cn>friend</cn>"
	full := friend + "<targetAddress>friend@outside.example</targetAddress><proxyAddress>friend@acme.example</proxyAddress>"
	u.MustCall(Name, "MailEnableContact", full)
	dn := "CN=friend," + acmeDN
	assert.Equal(t, []string{"SMTP:friend@outside.example"}, u.Attr(dn, "targetAddress"))
	assert.Equal(t, "SMTP:friend@acme.example", u.Attr(dn, "proxyAddresses")[0])
	assert.Equal(t, []string{alDN, galDN}, u.Attr(dn, "showInAddressBook"))
	assert.Equal(t, []string{"friend"}, u.Attr(dn, "mailNickname"))
	refused(t, u, mpf.MailEnabledAlready, "MailEnableContact", full)
	refused(t, u, mpf.ObjectNotFound, "MailEnableContact", strings.ReplaceAll(full, "<cn>friend", "<cn>none"))
	refused(t, u, mpf.AddressInvalid, "MailEnableContact", strings.ReplaceAll(full, "outside.example", "out side"))

	u.MustCall(Name, "MailDisableContact", friend)
	for _, attribute := range append(slices.Clone(mailAttributes), "otherWellKnownObjects") {
		assert.Empty(t, u.Attr(dn, attribute), attribute)
	}
	refused(t, u, mpf.MailEnabledNot, "MailDisableContact", friend)
	u.MustCall(Name, "CreateMailbox", "<path>"+bob+"</path>"+inStore1+asBob+sized)
	refused(t, u, mpf.AddressTaken, "MailEnableContact", strings.ReplaceAll(full, "friend@acme", "bob@acme"))
}

func TestMailEnableGroup(t *testing.T) {
	u := start(t)
	makeLists(u)
	u.MustCall(Name, "MailEnableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn><proxyAddress>Admins@acme.example</proxyAddress>")
	dn := "CN=Admins@acme," + acmeDN
	assert.Equal(t, []string{"Admins@acme.example"}, u.Attr(dn, "mail"))
	assert.Empty(t, u.Attr(dn, "targetAddress"), "groups have none")
	assert.Equal(t, []string{alDN, galDN}, u.Attr(dn, "showInAddressBook"))
	u.MustCall(Name, "MailEnableGroup", "<path>LDAP://CN=_Private,"+acmeDN+"</path><cn>AllUsers@acme</cn><proxyAddress>AllUsers@acme.example</proxyAddress>")
	assert.Empty(t, u.Attr("CN=AllUsers@acme,CN=_Private,"+acmeDN, "showInAddressBook"), "its container names no lists")
	refused(t, u, mpf.ClassWrong, "MailEnableGroup", "<path>"+acme+"</path><cn>friend</cn><proxyAddress>a@acme.example</proxyAddress>")
	u.MustCall(Name, "MailDisableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn>")
	assert.Empty(t, u.Attr(dn, "mail"))
	refused(t, u, mpf.MailEnabledNot, "MailDisableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn>")
}

func TestAddressLists(t *testing.T) {
	u := start(t)
	makeLists(u)
	config := "CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=fabrikam,DC=com"
	assert.Contains(t, u.Attr(config, "globalAddressList"), galDN)
	marks := u.Attr(acmeDN, "otherWellKnownObjects")
	for guid, dn := range map[string]string{
		directory.WellKnownGlobalAddressList: galDN, directory.WellKnownAddressList: alDN, directory.WellKnownOfflineAddressList: oalDN,
	} {
		assert.Contains(t, marks, "B:32:"+guid+":"+dn)
	}
	assert.Equal(t, []string{"(&(mailNickname=*)(showInAddressBook=" + galDN + "))"}, u.Attr(galDN, "purportedSearch"))
	assert.Equal(t, []string{serverDN}, u.Attr(oalDN, "offLineABServer"))
	assert.Equal(t, []string{alDN}, u.Attr(oalDN, "offLineABContainers"))
	assert.Len(t, readers(u, galDN), 12)
	assert.Len(t, readers(u, oalDN), 10, "nobody opens an offline list on the server")

	refused(t, u, mpf.AddressListsExist, "CreateGlobalAddressList", "<path>"+acme+"</path>")
	u.MustCall(managedactivedirectory.Name, "CreateOrganization", "<name>apex</name><container>LDAP://"+enginetest.Reseller+"</container>")
	apex := "<path>LDAP://OU=apex," + enginetest.Reseller + "</path>"
	refused(t, u, mpf.ObjectInTheWay, "CreateAddressList", apex+"<name>acme AddressList</name>")
	refused(t, u, mpf.ObjectNotFound, "CreateAddressList", apex+"<readAccess>nobody@acme.example</readAccess>")
	refused(t, u, mpf.ArgumentInvalid, "CreateAddressList", apex+"<filter>(</filter>")
	refused(t, u, mpf.NotAnOrganization, "CreateAddressList", "<path>LDAP://OU=Domain Controllers,DC=fabrikam,DC=com</path>")
	refused(t, u, mpf.ClassWrong, "CreateOfflineAddressList", apex+"<publicMDB>CN=Mailbox Store 1 (EX1),"+storage+"</publicMDB>")
	refused(t, u, mpf.AddressListMissing, "DeleteGlobalAddressList", apex)
	refused(t, u, mpf.AddressListMissing, "RebuildOfflineAddressList", apex)
	u.MustCall(Name, "CreateAddressList", apex+"<filter>(cn=*)</filter>")
	assert.Equal(t, []string{"(cn=*)"}, u.Attr("CN=apex,CN=All Address Lists,"+lists, "purportedSearch"), "named after the organization")

	u.MustCall(Name, "RebuildOfflineAddressList", "<path>"+acme+"</path>")
	assert.Equal(t, []string{"1"}, u.Attr(oalDN, "versionNumber"))
	u.MustCall(Name, "MailEnableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn><proxyAddress>Admins@acme.example</proxyAddress>")
	for _, kind := range []string{"OfflineAddressList", "AddressList", "GlobalAddressList"} {
		u.MustCall(Name, "Delete"+kind, "<path>"+acme+"</path>")
	}
	assert.NotContains(t, u.Attr(config, "globalAddressList"), galDN)
	assert.Empty(t, u.Attr("CN=Admins@acme,"+acmeDN, "showInAddressBook"))
	assert.Len(t, u.Attr(acmeDN, "otherWellKnownObjects"), len(marks)-3)
}

func readers(u *enginetest.Universe, dn string) []string {
	o := u.Object(dn)
	var rights []string
	u.View(func(tx *state.Tx) {
		grants, err := directory.In(tx).Grants(o)
		if err != nil {
			return
		}
		for _, g := range grants {
			rights = append(rights, g.Trustee.DN.RDN().Value+": "+g.Access)
		}
	})
	return rights
}

func TestSMTPDomains(t *testing.T) {
	u := start(t)
	policies := "CN=Recipient Policies," + exchange
	hashed := "CN=Policy" + strconv.Itoa(policyNumber("acme.example")) + "," + policies
	u.MustCall(Name, "CreateSMTPDomain", "<SMTPDomains><SMTPDomain>Acme.example</SMTPDomain></SMTPDomains>")
	assert.Equal(t, []string{"smtp:@Acme.example"}, u.Attr(hashed, "gatewayProxy"))
	before := u.Dump()
	u.MustCall(Name, "CreateSMTPDomain", "<SMTPDomains><SMTPDomain>acme.EXAMPLE</SMTPDomain></SMTPDomains>")
	u.Unchanged(before)
	u.MustCall(Name, "CreateSMTPDomain", "<SMTPDomains><SMTPDomain>a.example</SMTPDomain><SMTPDomain>b.example</SMTPDomain></SMTPDomains><policyName>Own</policyName>")
	assert.Equal(t, []string{"smtp:@a.example", "smtp:@b.example"}, u.Attr("CN=Own,"+policies, "gatewayProxy"))
	u.MustCall(Name, "DeleteSMTPDomain", "<SMTPDomains><SMTPDomain>acme.example</SMTPDomain><SMTPDomain>A.example</SMTPDomain><SMTPDomain>unknown.example</SMTPDomain></SMTPDomains>")
	assert.Empty(t, u.Attr(hashed, "gatewayProxy"))
	assert.Equal(t, []string{"smtp:@b.example"}, u.Attr("CN=Own,"+policies, "gatewayProxy"))
	refused(t, u, mpf.DomainInvalid, "CreateSMTPDomain", "<SMTPDomains><SMTPDomain>ok.example</SMTPDomain><SMTPDomain>a..b</SMTPDomain></SMTPDomains>")
	refused(t, u, mpf.ArgumentEmpty, "CreateSMTPDomain", "<SMTPDomains/>")
	refused(t, u, mpf.ArgumentMissing, "DeleteSMTPDomain", "")
}

func TestSMTPDomains_FullPolicy(t *testing.T) {
	u := start(t)
	policies := "CN=Recipient Policies," + exchange
	number := policyNumber("acme.example")
	var full []string
	for i := range maxDomains - 1 {
		full = append(full, "smtp:@d"+strconv.Itoa(i)+".example")
	}
	container := u.Object(policies)
	u.Update(func(tx *state.Tx) error {
		_, err := directory.In(tx).Create(container.DN.Child("CN", "Policy"+strconv.Itoa(number)), "msExchRecipientPolicy",
			directory.Attributes{}.With("gatewayProxy", full...))
		return err
	})
	u.MustCall(Name, "CreateSMTPDomain", "<SMTPDomains><SMTPDomain>acme.example</SMTPDomain></SMTPDomains>")
	assert.Equal(t, []string{"smtp:@acme.example"}, u.Attr("CN=Policy"+strconv.Itoa((number+1)%maxPolicies)+","+policies, "gatewayProxy"))
	refused(t, u, mpf.PoliciesFull, "CreateSMTPDomain", "<SMTPDomains><SMTPDomain>acme.example</SMTPDomain></SMTPDomains>"+
		"<policyName>Policy"+strconv.Itoa(number)+"</policyName>")
}

func TestFolders(t *testing.T) {
	u := start(t)
	mdb := "<mdbDN>LDAP://CN=Public Folder Store (EX1)," + storage + "</mdbDN>"
	admins := `<Permission role="Owner">LDAP://CN=Admins@acme,` + acmeDN + `</Permission>`
	top := mdb + "<folderpath>/</folderpath><name>acme</name>"
	refused(t, u, mpf.MailEnabledNot, "CreateFolder", top+"<Permissions>"+admins+"</Permissions>")
	u.MustCall(Name, "MailEnableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn><proxyAddress>Admins@acme.example</proxyAddress>")
	refused(t, u, mpf.ArgumentMissing, "CreateFolder", top)
	refused(t, u, mpf.ArgumentMissing, "CreateFolder", top+"<owningOrg>"+acme+"</owningOrg>")
	refused(t, u, mpf.ArgumentMissing, "CreateFolder", top+"<owningOrg>"+acme+"</owningOrg><Permissions/>")
	u.MustCall(Name, "CreateFolder", top+"<maxItemSize>100</maxItemSize><prohibitPostLimit>-1</prohibitPostLimit><Permissions>"+admins+"</Permissions>")
	org := u.Object(acmeDN)
	u.View(func(tx *state.Tx) {
		f, err := mail.In(tx).Folder("/ACME")
		require.NoError(t, err)
		assert.Equal(t, []int64{org.ID, 100, -1}, []int64{f.OrganizationID, f.MaxItemKB, f.PostLimitKB})
		permissions, err := mail.In(tx).FolderPermissions(f)
		require.NoError(t, err)
		require.Len(t, permissions, 1)
		assert.Equal(t, "owner", permissions[0].Role)
	})
	refused(t, u, mpf.FolderExists, "CreateFolder", top+"<Permissions>"+admins+"</Permissions>")
	u.MustCall(Name, "CreateFolder", mdb+"<folderpath>/acme</folderpath><name>news</name>")
	refused(t, u, mpf.FolderUnknown, "CreateFolder", mdb+"<folderpath>/none</folderpath><name>news</name>")
	refused(t, u, mpf.FolderNotEmpty, "DeleteFolder", top)

	u.MustCall(Name, "ModifyFolder", top+`<prohibitPostLimit>7</prohibitPostLimit><Permissions mode="set"/>`)
	u.View(func(tx *state.Tx) {
		f, err := mail.In(tx).Folder("/acme")
		require.NoError(t, err)
		assert.Equal(t, []int64{100, 7}, []int64{f.MaxItemKB, f.PostLimitKB})
		permissions, err := mail.In(tx).FolderPermissions(f)
		require.NoError(t, err)
		assert.Empty(t, permissions)
	})
	refused(t, u, mpf.ArgumentInvalid, "ModifyFolder", top+`<Permissions mode="add"/>`)
	refused(t, u, mpf.ArgumentInvalid, "ModifyFolder", top+`<Permissions><Permission role="king">LDAP://CN=Admins@acme,`+acmeDN+`</Permission></Permissions>`)
	refused(t, u, mpf.FolderUnknown, "ModifyFolder", mdb+"<folderpath>/</folderpath><name>none</name>")
	u.MustCall(Name, "DeleteFolder", mdb+"<folderpath>/acme</folderpath><name>news</name>")
	u.MustCall(Name, "DeleteFolder", top)
	refused(t, u, mpf.FolderUnknown, "DeleteFolder", top)
}

func TestVirtualDirectories(t *testing.T) {
	u := start(t)
	at := "<server>EX1</server><serverInstance>1</serverInstance><name>acme</name>"
	full := "<SMTPDomain>acme.example</SMTPDomain>" + at + "<sslEnable>true</sslEnable>"
	u.MustCall(Name, "CreateExchangeVirtualDirectory", full)
	dn := "CN=acme,CN=1,CN=HTTP,CN=Protocols," + serverDN
	assert.Equal(t, []string{"acme.example"}, u.Attr(dn, "msExchDefaultDomain"))
	assert.Equal(t, []string{"MBX"}, u.Attr(dn, "folderPathname"))
	assert.Equal(t, []string{sslRequired}, u.Attr(dn, "msExchAccessSSLFlags"))
	e := refused(t, u, mpf.ObjectInTheWay, "CreateExchangeVirtualDirectory", full)
	assert.Equal(t, mpf.AlreadyExists, e.Code)
	refused(t, u, mpf.ArgumentMissing, "CreateExchangeVirtualDirectory", at)
	refused(t, u, mpf.ArgumentInvalid, "CreateExchangeVirtualDirectory", strings.ReplaceAll(full, ">acme<", ">ac.me<"))
	refused(t, u, mpf.DomainInvalid, "CreateExchangeVirtualDirectory", strings.ReplaceAll(full, "acme.example", "-"))
	refused(t, u, mpf.ServerNotInDirectory, "CreateExchangeVirtualDirectory", strings.ReplaceAll(full, "EX1", "EX9"))
	refused(t, u, mpf.ObjectNotFound, "CreateExchangeVirtualDirectory", strings.ReplaceAll(full, ">1<", ">2<"))
	u.MustCall(Name, "CreateExchangeVirtualDirectory", strings.ReplaceAll(at, ">acme<", ">pf<")+`<folderPath>Public Folders\acme</folderPath>`)
	u.MustCall(Name, "DeleteExchangeVirtualDirectory", at)
	e = refused(t, u, mpf.VirtualDirectoryUnknown, "DeleteExchangeVirtualDirectory", at)
	assert.Equal(t, mpf.NoSuchObject, e.Code)
}

func TestOnlyDomainAdministrators(t *testing.T) {
	u := start(t)
	u.User(acmeDN, "plain", "Secret-01")
	for _, p := range Namespace().Procedures {
		assert.Equal(t, engine.DomainAdmin, p.Role, p.Name)
	}
	r := u.CallAs(`FABRIKAM\plain`, Name, "DeleteMailboxes", "<path>"+acme+"</path>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause)
	assert.NotNil(t, xmldoc.Child(r.Data, "path"), "the data is that at the failure")
}

func TestVirtualDirectories_AsTheReferenceSpellsThem(t *testing.T) {
	u := start(t)
	u.MustCall(Name, "CreateExchangeVirtualDirectory", "<SMTPDomain>acme.example</SMTPDomain><server>EX1</server><serverInstance>1</serverInstance><name>acme</name>")
	u.MustCall(Name, "DeleteExchangeVirtualDirectory", "<Server>EX1</Server><serverInstance>1</serverInstance><name>acme</name>")
	assert.Nil(t, u.Object("CN=acme,CN=1,CN=HTTP,CN=Protocols,"+serverDN))
}
