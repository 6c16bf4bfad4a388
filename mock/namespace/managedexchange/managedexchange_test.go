package managedexchange

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/exchangeprovider"
	"wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	acmeDN = "OU=acme," + enginetest.Reseller
	acme   = "LDAP://" + acmeDN
	bobDN  = "CN=bob@acme.example," + acmeDN
	bob    = "<path>LDAP://" + bobDN + "</path>"
	dc     = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
)

// start makes the organization acme, with 2 MB of mail and 3 MB of folders,
// and the user bob.
func start(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, slices.Concat(activedirectory.Namespaces(), exchangeresourcemanager.Namespaces(),
		[]engine.Namespace{managedactivedirectory.Namespace(), exchangeprovider.Namespace(), Namespace()})...)
	u.MustCall(managedactivedirectory.Name, "CreateOrganization",
		"<name>acme</name><container>LDAP://"+enginetest.Reseller+"</container><policyName>customer</policyName>")
	u.MustCall(managedactivedirectory.Name, "CreateUser", "<container>"+acme+"</container><userPrincipalName>bob@acme.example</userPrincipalName>")
	u.MustCall(resources, "AllocateOrganization", "<organization>"+acme+"</organization><mailStore><megabytes>2</megabytes><shared>1</shared></mailStore>"+
		"<publicStore><megabytes>3</megabytes></publicStore>"+dc)
	return u
}

func refused(t *testing.T, u *enginetest.Universe, cause *mpf.Cause, procedure, executeData string) {
	t.Helper()
	before := u.Dump()
	r := u.Call(Name, procedure, executeData)
	require.NotNil(t, r.Err, procedure)
	assert.Equal(t, cause.ID, r.Err.Cause, r.Err.Description)
	u.Unchanged(before)
}

func TestMailEnableGroup(t *testing.T) {
	u := start(t)
	admins := "<path>" + acme + "</path><cn>Admins@acme</cn><proxyAddress>Admins@acme.example</proxyAddress>" + dc
	u.MustCall(Name, "MailEnableGroup", admins)
	u.MustCall(Name, "MailEnableGroup", "<path>LDAP://CN=_Private,"+acmeDN+"</path><cn>AllUsers@acme</cn><proxyAddress>AllUsers@acme.example</proxyAddress>"+dc)
	assert.Equal(t, []string{"Admins@acme.example"}, u.Attr("CN=Admins@acme,"+acmeDN, "mail"))
	assert.Equal(t, []string{"AllUsers@acme.example"}, u.Attr("CN=AllUsers@acme,CN=_Private,"+acmeDN, "mail"))
	before := u.Dump()
	u.MustCall(Name, "MailEnableGroup", admins)
	u.Unchanged(before)
	refused(t, u, mpf.MailEnabledAlready, "MailEnableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn><proxyAddress>other@acme.example</proxyAddress>")
	refused(t, u, mpf.ObjectNotFound, "MailEnableGroup", "<path>"+acme+"</path><cn>none</cn><proxyAddress>other@acme.example</proxyAddress>")
	u.User(acmeDN, "plain", "Secret-01")
	r := u.CallAs(`FABRIKAM\plain`, Name, "MailEnableGroup", admins)
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.RoleMissing.ID, r.Err.Cause)
}

func TestMailboxes(t *testing.T) {
	u := start(t)
	full := bob + "<alias>bob</alias><proxyAddresses><value>bob@acme.example</value></proxyAddresses><mail><size>1024</size></mail>" + dc
	const address = "<proxyAddresses><value>bob@acme.example</value></proxyAddresses>"
	refused(t, u, mpf.ArgumentMissing, "CreateMailbox", bob+"<alias>bob</alias><mail/>"+address)
	refused(t, u, mpf.ArgumentMissing, "CreateMailbox", bob+"<alias>bob</alias><mail><size>1</size></mail>")
	refused(t, u, mpf.ArgumentMissing, "CreateMailbox", bob+"<alias>bob</alias><mail><size>1</size></mail><proxyAddresses/>")
	refused(t, u, mpf.NoRoomInOrganization, "CreateMailbox", bob+address+`<alias>bob</alias><mail><size unit="MB">3</size></mail>`)
	refused(t, u, mpf.MailboxMissing, "DeleteMailbox", bob)
	u.MustCall(Name, "CreateMailbox", full)
	assert.Equal(t, []string{"1024"}, u.Attr(bobDN, "mDBOverQuotaLimit"))
	assert.Len(t, u.Attr(bobDN, "homeMDB"), 1)
	user := u.Object(bobDN)
	u.View(func(tx *state.Tx) {
		_, err := resource.In(tx).Consumer(user.GUID)
		assert.NoError(t, err, "the organization's share is charged")
	})
	refused(t, u, mpf.MailboxExists, "CreateMailbox", full)
	u.MustCall(Name, "DeleteMailbox", bob+dc)
	assert.Empty(t, u.Attr(bobDN, "homeMDB"))
	u.View(func(tx *state.Tx) {
		_, err := resource.In(tx).Consumer(user.GUID)
		assert.ErrorIs(t, err, state.ErrNotFound)
	})
}

func TestCreateFolder(t *testing.T) {
	u := start(t)
	u.MustCall(Name, "MailEnableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn><proxyAddress>Admins@acme.example</proxyAddress>")
	folder := "<folderPath>/</folderPath><folderName>acme</folderName><owningOrg>" + acme + "</owningOrg><megabytes>2</megabytes>" +
		`<Permissions mode="set"><Permission role="Publishing Editor">LDAP://CN=Admins@acme,` + acmeDN + `</Permission></Permissions>` + dc
	u.MustCall(Name, "CreateFolder", folder)
	u.View(func(tx *state.Tx) {
		f, err := mail.In(tx).Folder("/acme")
		require.NoError(t, err)
		assert.Equal(t, int64(2048), f.PostLimitKB)
	})
	before := u.Dump()
	r := u.Call(Name, "CreateFolder", folder)
	require.NotNil(t, r.Err, "the folder exists")
	u.Unchanged(before)
}
