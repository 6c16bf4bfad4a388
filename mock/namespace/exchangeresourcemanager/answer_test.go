package exchangeresourcemanager_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	erm "wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// guidForms are the forms of GUIDs in answers, each with what stands for it in
// the expectations.
var guidForms = []struct {
	form *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}`), "{braced}"},
	{regexp.MustCompile(`>[0-9a-fA-F]{32}<`), ">bare<"},
}

func masked(answer string) string {
	for _, g := range guidForms {
		answer = g.form.ReplaceAllString(answer, g.name)
	}
	answer = strings.ReplaceAll(answer, "LDAP://"+alpine, "ALPINE")
	return strings.ReplaceAll(answer, "LDAP://"+contoso, "CONTOSO")
}

// Answers hold the arguments and, beside them, the results.
func TestAnswers(t *testing.T) {
	const none = `<mailStore><GUID>bare</GUID><serverName>-</serverName><mailStoreName>-</mailStoreName><megabytes>0</megabytes><megabytesFree>0</megabytesFree><shared>0</shared></mailStore>`
	const one = `<mailStore><GUID>bare</GUID><serverName>EX1</serverName><mailStoreName>Mailbox Store 1 (EX1)</mailStoreName><megabytes>20</megabytes><megabytesFree>10</megabytesFree><shared>1</shared></mailStore>`
	const two = `<mailStore><GUID>bare</GUID><serverName>EX1</serverName><mailStoreName>Mailbox Store 2 (EX1)</mailStoreName><megabytes>5</megabytes><megabytesFree>5</megabytesFree><shared>1</shared></mailStore>`
	second := step{"ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("allocate", 2, "5")) + "</mailStore>"}
	for _, row := range []struct {
		name      string
		before    []step
		procedure string
		data      string
		want      string
	}{
		{
			"all stores", equipped, "QueryAllStores", "",
			`<data><publicStores><publicStore provisionable="1"><GUID>{braced}</GUID><serverName>EX1</serverName><megabytes>50</megabytes><megabytesFree>40</megabytesFree></publicStore></publicStores>` +
				`<mailStores>` +
				`<mailStore provisionable="1"><GUID>{braced}</GUID><serverName>EX1</serverName><mailStoreName>Mailbox Store 1 (EX1)</mailStoreName><megabytes>100</megabytes><megabytesFree>80</megabytesFree><shared>1</shared></mailStore>` +
				`<mailStore provisionable="1"><GUID>{braced}</GUID><serverName>EX1</serverName><mailStoreName>Mailbox Store 2 (EX1)</mailStoreName><megabytes>300</megabytes><megabytesFree>300</megabytesFree><shared>1</shared></mailStore>` +
				`<mailStore provisionable="1"><GUID>{braced}</GUID><serverName>EX1</serverName><mailStoreName>Mailbox Store 3 (EX1)</mailStoreName><megabytes>200</megabytes><megabytesFree>200</megabytesFree><shared>0</shared></mailStore>` +
				`</mailStores></data>`,
		},
		{
			"resources of two stores", append(equipped[:3:3], second), "QueryResourcesByOrganization", org + "<GUID>Alpine</GUID>",
			`<data><organization>ALPINE</organization><GUID>Alpine</GUID><orgResources>` + one +
				`<mailStores megabytes="25" megabytesFree="15">` + one + two + `</mailStores>` +
				`<publicStore><GUID>bare</GUID><serverName>EX1</serverName><megabytes>10</megabytes><megabytesFree>6</megabytesFree></publicStore></orgResources></data>`,
		},
		{
			"resources of nothing", nil, "QueryResourcesByOrganization", org,
			`<data><organization>ALPINE</organization><orgResources>` + none + `<mailStores megabytes="0" megabytesFree="0"></mailStores>` +
				`<publicStore><GUID>bare</GUID><serverName>-</serverName><megabytes>0</megabytes><megabytesFree>0</megabytesFree></publicStore></orgResources></data>`,
		},
		{
			"consumers", equipped, "QueryConsumersByOrganization", org,
			`<data><organization>ALPINE</organization><mailboxes><mailbox><GUID>{braced}</GUID><path>LDAP://` + bob + `</path><kilobytes>10000</kilobytes></mailbox></mailboxes>` +
				`<publicFolders><publicFolder><GUID>{braced}</GUID><folderPath>/Alpine</folderPath><megabytes>4</megabytes></publicFolder></publicFolders></data>`,
		},
		{
			"consumers of nothing", nil, "QueryConsumersByOrganization", org,
			`<data><organization>ALPINE</organization><mailboxes></mailboxes>` +
				`<publicFolders><publicFolder><GUID>{braced}</GUID><folderPath>/Alpine</folderPath><megabytes>0</megabytes></publicFolder></publicFolders></data>`,
		},
		{
			"all organizations", equipped, "QueryAllOrganizations", "",
			`<data><organizations><organization><GUID>{braced}</GUID><path>ALPINE</path></organization></organizations></data>`,
		},
		{
			"organizations by mail store", equipped, "QueryOrganizationsByMailstore", "<mailStore><mailStoreName>mailbox store 1 (ex1)</mailStoreName><serverName>ex1</serverName></mailStore>",
			`<data><mailStore><mailStoreName>mailbox store 1 (ex1)</mailStoreName><serverName>ex1</serverName></mailStore>` +
				`<organizations><organization><GUID>bare</GUID><path>ALPINE</path><megabytes>20</megabytes></organization></organizations></data>`,
		},
		{
			"organizations by an unused mail store", equipped, "QueryOrganizationsByMailstore", "<mailStore><mailStoreName>Mailbox Store 2 (EX1)</mailStoreName></mailStore>",
			`<data><mailStore><mailStoreName>Mailbox Store 2 (EX1)</mailStoreName></mailStore><organizations></organizations></data>`,
		},
		{
			"organizations by public store", equipped, "QueryOrganizationsByPublicstore", "<publicStore><serverName>EX1</serverName></publicStore>",
			`<data><publicStore><serverName>EX1</serverName></publicStore>` +
				`<organizations><organization><GUID>bare</GUID><path>ALPINE</path><megabytes>10</megabytes></organization></organizations></data>`,
		},
		{
			"allocated organization", nil, "AllocateOrganization", org + public("10") + grow("20", "1"),
			`<data><organization>ALPINE</organization><publicStore><megabytes>10</megabytes></publicStore><mailStore><megabytes>20</megabytes><shared>1</shared>` +
				`<sourceMailStores><sourceMailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 1 (EX1)</mailStoreName><megabytes>20</megabytes></sourceMailStore></sourceMailStores></mailStore></data>`,
		},
		{
			"allocated mailbox", equipped[:1], "AllocateMailbox", org + box(bob) + kb("100"),
			`<data><organization>ALPINE</organization><mailbox>LDAP://` + bob + `</mailbox><kilobytes>100</kilobytes><mailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 1 (EX1)</mailStoreName></mailStore></data>`,
		},
		{
			"allocated folder", equipped[:1], "AllocatePublicFolder", org + folder("/Alpine", "4"),
			`<data><organization>ALPINE</organization><publicStore><folderPath>/Alpine</folderPath><megabytes>4</megabytes></publicStore>` +
				`<publicStorePath>LDAP://CN=Public Folder Store (EX1),CN=First Storage Group,CN=InformationStore,CN=EX1,CN=Servers,CN=First Administrative Group,CN=Administrative Groups,CN=Fabrikam,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=fabrikam,DC=com</publicStorePath></data>`,
		},
		{
			"mailbox", equipped, "QueryMailboxAllocation", box(bob),
			`<data><mailbox><GUID>bare</GUID><path>LDAP://` + bob + `</path><kilobytes>10000</kilobytes></mailbox><mailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 1 (EX1)</mailStoreName></mailStore></data>`,
		},
		{
			"mailbox without allocation", nil, "QueryMailboxAllocation", box(bob),
			`<data><mailbox><GUID>bare</GUID><path>LDAP://` + bob + `</path><kilobytes>0</kilobytes></mailbox></data>`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := pool(t)
			for _, s := range row.before {
				must(t, u, s.procedure, s.data)
			}
			got, want := masked(must(t, u, row.procedure, row.data)), row.want
			for _, empty := range []string{"GUID", "serverName", "mailStoreName", "mailboxes", "organizations"} {
				want = strings.ReplaceAll(want, "<"+empty+"></"+empty+">", "<"+empty+"/>")
			}
			want = strings.ReplaceAll(want, `megabytesFree="0"></mailStores>`, `megabytesFree="0"/>`)
			assert.Equal(t, want, got)
		})
	}
}

// What each change leaves behind.
func TestEffects(t *testing.T) {
	for _, row := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"the control panel's sign-up", []step{
			{"AllocateOrganization", org + grow("1", "1") + public("1")},
			{"ReallocateOrganizationMailNoMove", org + grow("30", "1")},
			{"ReallocateOrganizationPublic", org + public("5")},
			{"AllocatePublicFolder", org + folder("/Alpine", "5")},
		}, "1:31/0 Public:6/5120"},
		{"shrink folder, then pool", append(equipped[:3:3],
			step{"ReallocatePublicFolder", org + folder("/Alpine", "-3")},
			step{"ReallocateOrganizationPublic", org + public("-9")},
		), "1:20/10000 Public:1/1024"},
		{"shrink mail to what is used", append(equipped[:3:3], step{"ReallocateOrganizationMailNoMove", org + grow("-10", "1")}), "1:10/10000 Public:10/4096"},
		{"grow in the present store", append(equipped[:3:3], step{"ReallocateOrganizationMailNoMove", org + grow("80", "1")}), "1:100/10000 Public:10/4096"},
		{"grow into a store that has it all", append(equipped[:3:3], step{"ReallocateOrganizationMailNoMove", org + grow("81", "1")}), "1:20/10000 2:81/0 Public:10/4096"},
		{"grow over two stores", append(equipped[:3:3], step{"ReallocateOrganizationMailNoMove", org + grow("301", "1")}), "1:100/10000 2:221/0 Public:10/4096"},
		{"named stores", append(equipped[:3:3],
			step{"ReallocateOrganizationMailNoMove", org + "<mailStore><megabytes>999</megabytes>" + sources(named("allocate", 2, "7"), named("", 1, "-5")) + "</mailStore>"}), "1:15/10000 2:7/0 Public:10/4096"},
		{"a named store given back", append(equipped[:1:1],
			step{"ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("deallocate", 1, "0"), named("Allocate", 2, "3")) + "</mailStore>"}), "2:3/0 Public:10/0"},
		{"no difference", append(equipped[:3:3], step{"ReallocateOrganizationMailNoMove", org + grow("0", "0")}), "1:20/10000 Public:10/4096"},
		{"unshared", []step{{"AllocateOrganization", org + grow("20", "0")}}, "3:20/0"},
		{"mailbox on the share with most room", append(equipped[:1:1],
			step{"ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("allocate", 2, "30")) + "</mailStore>"},
			step{"AllocateMailbox", org + box(bob) + kb("100")}), "1:20/0 2:30/100 Public:10/0"},
		{"mailbox on a named share", append(equipped[:1:1],
			step{"ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("allocate", 2, "30")) + "</mailStore>"},
			step{"AllocateMailbox", org + box(bob) + kb("100") + "<mailStore><serverName>EX1</serverName><mailStoreName>" + mail(1) + "</mailStoreName></mailStore>"}), "1:20/100 2:30/0 Public:10/0"},
		{"mailbox resized", append(equipped[:2:2], step{"ReallocateMailbox", box(bob) + kb("-1")}, step{"ReallocateMailbox", box(bob) + kb("10481")}), "1:20/20480 Public:10/0"},
		{"all given back", append(equipped[:3:3],
			step{"DeallocateMailbox", box(bob)}, step{"DeallocatePublicFolder", org + folder("/alpine/", "")}, step{"DeallocateOrganization", org}), ""},
		{"giving nothing back", []step{{"DeallocateOrganization", org}}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := pool(t)
			for _, s := range row.steps {
				must(t, u, s.procedure, s.data)
			}
			assert.Equal(t, row.want, shares(t, u, alpine))
		})
	}
}

func TestAddAndModify(t *testing.T) {
	u := pool(t)
	must(t, u, "RemoveExchangeResources", storeFragment("mailStores", "EX1", mail(3), sized))
	must(t, u, "AddExchangeResources", storeFragment("mailStores", "ex1", strings.ToLower(mail(3)), "<megabytes>70</megabytes><shared>true</shared>"))
	must(t, u, "ModifyExchangeResources", storeFragment("mailStores", "EX1", mail(3), "<megabytes>-20</megabytes><shared>0</shared>")+
		`<provisionable><serverName provisionable=" False "> EX1 </serverName></provisionable>`)
	u.View(func(tx *state.Tx) {
		r, err := resource.In(tx).Resource(resource.MailStore, "EX1", mail(3))
		require.NoError(t, err)
		assert.Equal(t, mail(3), r.Name, "in the directory's spelling")
		assert.Equal(t, int64(50), r.Megabytes)
		assert.False(t, r.Shared)
		assert.False(t, r.Provisionable)
		o, err := directory.In(tx).ByGUID(r.GUID)
		require.NoError(t, err)
		assert.Equal(t, "msExchPrivateMDB", o.Class)
	})
}

// What a deleted user or organization had stays visible, without a path, until
// it is given back by GUID.
func TestOrphans(t *testing.T) {
	u := pool(t)
	for _, s := range equipped {
		must(t, u, s.procedure, s.data)
	}
	user, organization := u.Object(bob).GUID, u.Object(alpine).GUID
	r := call(u, "DeallocateMailbox", "<GUID>"+user.String()+"</GUID>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.ArgumentInvalid.ID, r.Err.Cause, "a living user is named by path")
	u.Update(func(tx *state.Tx) error {
		o, err := directory.In(tx).Get(ldappath.MustParseDN(alpine))
		require.NoError(t, err)
		return directory.In(tx).DeleteTree(o)
	})
	byGUID := "<GUID>" + organization.Octets() + "</GUID>"
	assert.Contains(t, must(t, u, "QueryAllOrganizations", ""), "<GUID>"+organization.String()+"</GUID><path/>")
	assert.Contains(t, must(t, u, "QueryConsumersByOrganization", byGUID), "<GUID>"+user.String()+"</GUID>"+
		"<path>LDAP://CN="+strings.ToLower(user.Octets())+",CN=Deleted Objects,DC=fabrikam,DC=com</path><kilobytes>10000</kilobytes>")
	assert.Contains(t, must(t, u, "QueryResourcesByOrganization", byGUID), "<megabytes>20</megabytes>")
	must(t, u, "DeallocateMailbox", "<GUID>"+user.String()+"</GUID>")
	assert.Contains(t, must(t, u, "QueryConsumersByOrganization", byGUID), "<mailboxes/>")
}

// The form of a GUID differs from procedure to procedure.
func TestGUIDForms(t *testing.T) {
	u := pool(t)
	id, err := directory.ParseGUID("{0a1b2c3d-4e5f-4a6b-8c7d-9e0fabcdef12}")
	require.NoError(t, err)
	u.Update(func(tx *state.Tx) error {
		r, err := resource.In(tx).AddResource(resource.Resource{GUID: id, Kind: resource.MailStore, Server: "EX02", Name: "M", Megabytes: 10, Shared: true})
		require.NoError(t, err)
		_, err = resource.In(tx).Allocate(id, r.ID, 1)
		return err
	})
	const lower, upper = "3d2c1b0a5f4e6b4a8c7d9e0fabcdef12", "3D2C1B0A5F4E6B4A8C7D9E0FABCDEF12"
	for _, byGUID := range []string{id.String(), lower, upper} {
		answer := must(t, u, "QueryResourcesByOrganization", "<GUID>"+byGUID+"</GUID>")
		assert.Contains(t, answer, "<mailStore><GUID>"+lower+"</GUID>")
	}
	assert.Contains(t, must(t, u, "QueryOrganizationsByMailstore", "<mailStore><serverName>EX02</serverName></mailStore>"), "<GUID>"+upper+"</GUID><path/>")
	assert.Contains(t, must(t, u, "QueryAllOrganizations", ""), "<GUID>"+id.String()+"</GUID>")
	assert.Contains(t, must(t, u, "QueryAllStores", ""), "<GUID>"+id.String()+"</GUID>")
}

func TestGetFolderUID(t *testing.T) {
	u := pool(t)
	for _, s := range equipped {
		must(t, u, s.procedure, s.data)
	}
	r := u.CallPrivate(erm.Name, "GetFolderUID_", org+"<publicStore><folderPath>/Alpine</folderPath></publicStore>")
	require.Nil(t, r.Err)
	id, _ := xmldoc.ChildText(r.Data, "GUID")
	assert.Contains(t, must(t, u, "QueryConsumersByOrganization", org), "<publicFolder><GUID>"+id+"</GUID>")
	r = call(u, "GetFolderUID_", org)
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.ProcedurePrivate.ID, r.Err.Cause)
}

func ex(u *enginetest.Universe, procedure, data string) *mpf.Response {
	return u.Call(erm.NameEx, procedure, data)
}

func TestEx(t *testing.T) {
	const dc = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
	u := pool(t)
	ok := func(procedure, data string) string {
		t.Helper()
		r := ex(u, procedure, data)
		require.Nil(t, r.Err, "%s: %v", procedure, r.Err)
		balanced(t, u)
		return masked(xmldoc.String(r.Data))
	}
	refused := func(want *mpf.Cause, procedure, data string) {
		t.Helper()
		before := u.Dump()
		r := ex(u, procedure, data)
		require.NotNil(t, r.Err, procedure)
		assert.Equal(t, want.ID, r.Err.Cause, r.Err.Description)
		u.Unchanged(before)
	}
	upn := "<userPrincipalName>bob@alpine.com</userPrincipalName>"
	front := "<frontEndServers><frontEndServer><serverName>EX1</serverName></frontEndServer></frontEndServers>"
	u.Update(func(tx *state.Tx) error {
		o, err := directory.In(tx).Get(ldappath.MustParseDN(bob))
		require.NoError(t, err)
		return directory.In(tx).Set(o, "userPrincipalName", "bob@alpine.com")
	})

	refused(mpf.NoRoom, "AllocateConsumerUserMailbox", upn+box(bob)+kb("1"))
	ok("RemoveExchangeResources", storeFragment("mailStores", "EX1", mail(3), ""))
	ok("AddExchangeResources", storeFragment("consumerMailStores", "EX1", mail(3), "<megabytes>10</megabytes>")+front)
	refused(mpf.StoreExists, "AddExchangeResources", front)
	refused(mpf.StoreExists, "AddExchangeResources", storeFragment("mailStores", "EX1", mail(3), sized))
	refused(mpf.ServerNotInDirectory, "AddExchangeResources", strings.ReplaceAll(front, "EX1", "EX09"))
	refused(mpf.ArgumentMissing, "AddExchangeResources", "<frontEndServers><frontEndServer/></frontEndServers>")
	refused(mpf.NoStoreNamed, "AddExchangeResources", "")
	assert.Equal(t, "<data><servers><server>EX1</server></servers></data>", ok("QueryAllFrontEndServers", ""))
	assert.Equal(t, "<data><servers><server>EX1</server></servers></data>", ok("QueryAllMailServers", ""))
	assert.Contains(t, ok("QueryAllExchangeResources", ""), "<frontEndServers><frontEndServer><GUID>{braced}</GUID><serverName>EX1</serverName>")

	refused(mpf.ArgumentInvalid, "AllocateConsumerUserMailbox", "<userPrincipalName>ann@contoso.com</userPrincipalName>"+box(bob)+kb("1"))
	refused(mpf.StoreUnknown, "AllocateConsumerUserMailbox", upn+box(bob)+kb("1")+"<mailStoreServer>EX09</mailStoreServer>")
	refused(mpf.NoRoomInStore, "AllocateConsumerUserMailbox", upn+box(bob)+kb("10241"))
	assert.Contains(t, ok("AllocateConsumerUserMailbox", upn+box(bob)+kb("2000")+"<mailStoreServer>ex1</mailStoreServer>"), "<mailStore><serverName>EX1</serverName><mailStoreName>"+mail(3))
	refused(mpf.AllocationExists, "AllocateConsumerUserMailbox", upn+box(bob)+kb("1"))
	const has = "<mailbox><GUID>bare</GUID><path>LDAP://" + bob + "</path><kilobytes>2000</kilobytes></mailbox>"
	assert.Equal(t, "<data>"+has+dc+"</data>", ok("QueryConsumerMailboxAllocation", box(bob)+dc))
	assert.Equal(t, "<data>"+has+dc+"<mailStore><serverName>EX1</serverName><mailStoreName>"+mail(3)+"</mailStoreName></mailStore></data>", ok("QueryMailboxAllocation", box(bob)+dc))
	refused(mpf.NoRoomInStore, "ReAllocateConsumerMailbox", box(bob)+kb("10000"))
	ok("ReAllocateConsumerMailbox", box(bob)+kb("1000"))
	refused(mpf.StoreInUse, "ReallocateConsumerMailStoreResource", storeFragment("consumerMailStores", "EX1", mail(3), "<megabytes>-8</megabytes>"))
	refused(mpf.ArgumentMissing, "ReallocateConsumerMailStoreResource", storeFragment("consumerMailStores", "EX1", mail(3), ""))
	ok("ReallocateConsumerMailStoreResource", storeFragment("consumerMailStores", "EX1", mail(3), "<megabytes>-7</megabytes>"))
	refused(mpf.StoreInUse, "RemoveExchangeResources", storeFragment("consumerMailStores", "EX1", mail(3), ""))
	ok("DeAllocateConsumerUserMailbox", box(bob))
	refused(mpf.AllocationMissing, "DeAllocateConsumerUserMailbox", box(bob))
	ok("RemoveExchangeResources", storeFragment("consumerMailStores", "EX1", mail(3), "")+front)
	refused(mpf.StoreUnknown, "RemoveExchangeResources", front)

	ok("ReallocateBusinessMailstoreResource", storeFragment("mailStores", "EX1", mail(1), "<megabytes>5</megabytes>"))
	must(t, u, equipped[0].procedure, equipped[0].data)
	assert.Contains(t, ok("ReallocateOrganizationMailNoMove", org+grow("85", "1")), "<organization>ALPINE</organization><mailStore><megabytes>85</megabytes>")
	assert.Equal(t, "1:105/0 Public:10/0", shares(t, u, alpine))
	for _, procedure := range []string{"AddExchangeResources", "RemoveExchangeResources", "QueryAllExchangeResources", "QueryAllFrontEndServers", "QueryAllMailServers"} {
		r := u.CallAs(nobody, erm.NameEx, procedure, "")
		require.NotNil(t, r.Err, procedure)
		assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause, procedure)
	}
}

// The client reads the text of each element and does not survive one that is
// empty.
func TestAnswers_HaveNoEmptyElementThatTheClientReads(t *testing.T) {
	u := pool(t)
	nothing := directory.GUID{}
	folders := must(t, u, "QueryConsumersByOrganization", org)
	assert.Contains(t, folders, "<GUID>"+nothing.String()+"</GUID>")
	stores := must(t, u, "QueryResourcesByOrganization", org)
	assert.Contains(t, stores, "<GUID>"+nothing.Octets()+"</GUID>")
	for _, s := range equipped {
		must(t, u, s.procedure, s.data)
	}
	u.Update(func(tx *state.Tx) error {
		o, err := directory.In(tx).Get(ldappath.MustParseDN(bob))
		require.NoError(t, err)
		return directory.In(tx).Delete(o)
	})
	for _, answer := range []string{folders, stores, must(t, u, "QueryConsumersByOrganization", org), must(t, u, "QueryResourcesByOrganization", org)} {
		for _, name := range []string{"GUID", "path", "kilobytes", "folderPath", "megabytes", "serverName", "megabytesFree"} {
			assert.NotContains(t, answer, "<"+name+"/>")
		}
	}
}
