package wsexchangeprovideradapter

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/exchangeprovider"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	acmeDN = "OU=acme," + enginetest.Reseller
	acme   = "LDAP://" + acmeDN
	bob    = "LDAP://CN=bob@acme.example," + acmeDN
	dc     = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
	ofBob  = "<organization>" + acme + "</organization>" + dc + "<mailbox>" + bob + "</mailbox>"
)

// start makes the organization acme with the mailbox of bob and the contact
// friend.
func start(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, slices.Concat(activedirectory.Namespaces(),
		[]engine.Namespace{managedactivedirectory.Namespace(), exchangeprovider.Namespace(), Namespace()})...)
	fill(u)
	return u
}

func fill(u *enginetest.Universe) {
	managed := managedactivedirectory.Name
	u.MustCall(managed, "CreateOrganization", "<name>acme</name><container>LDAP://"+enginetest.Reseller+"</container>")
	u.MustCall(managed, "CreateUser", "<container>"+acme+"</container><userPrincipalName>bob@acme.example</userPrincipalName>")
	u.MustCall(managed, "CreateUser", "<container>"+acme+"</container><userPrincipalName>eve@acme.example</userPrincipalName>")
	u.MustCall(managed, "CreateContact", "<container>"+acme+"</container><name>friend</name>")
	u.MustCall(provider, "CreateMailbox", "<path>"+bob+"</path><mdb>Mailbox Store 1 (EX1)</mdb><server>EX1</server><alias>bob</alias><proxyAddresses><value>bob@acme.example</value></proxyAddresses><mail><size>500</size></mail>")
}

func refused(t *testing.T, u *enginetest.Universe, cause *mpf.Cause, procedure, executeData string) {
	t.Helper()
	before := u.Dump()
	r := u.Call(Name, procedure, executeData)
	require.NotNil(t, r.Err, procedure)
	assert.Equal(t, cause.ID, r.Err.Cause, r.Err.Description)
	u.Unchanged(before)
}

func usage(t *testing.T, u *enginetest.Universe, procedure, executeData string) int {
	t.Helper()
	text, _ := xmldoc.ChildText(u.MustCall(Name, procedure, executeData).Data, "usage")
	number, err := strconv.Atoi(text)
	require.NoError(t, err)
	return number
}

func TestMailboxUsage(t *testing.T) {
	u := start(t)
	first := usage(t, u, "GetMailboxUsage", ofBob)
	assert.Less(t, first, 500, "below the mailbox's size")
	assert.Equal(t, first, usage(t, u, "GetMailboxUsage", ofBob), "the same each time")
	u.MustCall(Name, "SetMailboxUsage", ofBob+"<kilobytes>321</kilobytes>")
	assert.Equal(t, 321, usage(t, u, "GetMailboxUsage", ofBob))
	u.MustCall(Name, "SetMailboxUsage", ofBob+"<kilobytes>9999999999</kilobytes>")
	assert.Equal(t, 2147483647, usage(t, u, "GetMailboxUsage", ofBob), "what a client can read")

	refused(t, u, mpf.MailboxMissing, "GetMailboxUsage", "<organization>"+acme+"</organization><mailbox>eve@acme.example</mailbox>")
	refused(t, u, mpf.UsageOfOtherOrg, "GetMailboxUsage", "<organization>LDAP://"+enginetest.Reseller+"</organization><mailbox>"+bob+"</mailbox>")
	refused(t, u, mpf.NotAnOrganization, "GetMailboxUsage", "<organization>LDAP://CN=_Private,"+acmeDN+"</organization><mailbox>"+bob+"</mailbox>")
	refused(t, u, mpf.ObjectNotFound, "GetMailboxUsage", "<organization>"+acme+"</organization><mailbox>LDAP://CN=none,"+acmeDN+"</mailbox>")
	refused(t, u, mpf.ArgumentInvalid, "SetMailboxUsage", ofBob+"<kilobytes>-1</kilobytes>")
	r := u.CallAs(`FABRIKAM\bob_acme.example`, Name, "SetMailboxUsage", ofBob+"<kilobytes>1</kilobytes>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause)
}

func TestFolderUsage(t *testing.T) {
	u := start(t)
	org := u.Object(acmeDN)
	u.Update(func(tx *state.Tx) error {
		_, err := mail.In(tx).CreateFolder(mail.Folder{Path: "/acme", OrganizationID: org.ID, PostLimitKB: 100})
		return err
	})
	folder := "<organization>" + acme + "</organization><folderPath>/acme</folderPath>"
	assert.Less(t, usage(t, u, "GetFolderUsage", folder), 100)
	u.MustCall(Name, "SetFolderUsage", folder+"<kilobytes>12</kilobytes>")
	assert.Equal(t, 12, usage(t, u, "GetFolderUsage", folder))
	refused(t, u, mpf.FolderUnknown, "GetFolderUsage", "<organization>"+acme+"</organization><folderPath>/none</folderPath>")
	refused(t, u, mpf.FolderUnknown, "GetFolderUsage", "<organization>LDAP://"+enginetest.Reseller+"</organization><folderPath>/acme</folderPath>")
}

func TestRecipients(t *testing.T) {
	u := start(t)
	friend := "<path>" + acme + "</path><cn>friend</cn>"
	full := friend + "<targetAddress>friend@outside.example</targetAddress><proxyAddress>friend@acme.example</proxyAddress>"
	u.MustCall(Name, "MailEnableContact", full)
	assert.Equal(t, []string{"SMTP:friend@outside.example"}, u.Attr("CN=friend,"+acmeDN, "targetAddress"))
	refused(t, u, mpf.MailEnabledAlready, "MailEnableContact", full)
	u.MustCall(Name, "MailDisableContact", friend)
	refused(t, u, mpf.MailEnabledNot, "MailDisableContact", friend)
	refused(t, u, mpf.ArgumentMissing, "MailEnableContact", friend)
	admins := "<path>" + acme + "</path><cn>Admins@acme</cn>"
	u.MustCall(Name, "MailEnableGroup", admins+"<proxyAddress>a@acme.example</proxyAddress>")
	assert.Equal(t, []string{"a@acme.example"}, u.Attr("CN=Admins@acme,"+acmeDN, "mail"))
	u.MustCall(Name, "MailDisableGroup", admins)
	refused(t, u, mpf.MailEnabledNot, "MailDisableGroup", admins)
	r := u.CallAs(`FABRIKAM\bob_acme.example`, Name, "MailEnableContact", full)
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.RoleMissing.ID, r.Err.Cause)
}

// TestRecipients_InForeignDomains holds that an organization's domain serves
// its own recipients only, whatever procedure is asked.
func TestRecipients_InForeignDomains(t *testing.T) {
	u := start(t)
	u.MustCall(managedactivedirectory.Name, "CreateOrganization", "<name>other</name><container>LDAP://"+enginetest.Reseller+"</container>")
	u.Update(func(tx *state.Tx) error {
		for name, domain := range map[string]string{"acme": "acme.example", "other": "other.example"} {
			org, err := directory.In(tx).Resolve("OU=" + name + "," + enginetest.Reseller)
			if err != nil {
				return err
			}
			if err := mail.In(tx).CreateDomain(org, domain, mail.PrimaryDomain); err != nil {
				return err
			}
		}
		return nil
	})
	contact := "<path>" + acme + "</path><cn>friend</cn><targetAddress>f@outside.example</targetAddress>"
	refused(t, u, mpf.DomainTaken, "MailEnableContact", contact+"<proxyAddress>f@Other.example</proxyAddress>")
	refused(t, u, mpf.DomainTaken, "MailEnableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn><proxyAddress>f@other.example</proxyAddress>")
	u.MustCall(Name, "MailEnableContact", contact+"<proxyAddress>f@acme.example</proxyAddress>")
	u.MustCall(Name, "MailEnableGroup", "<path>"+acme+"</path><cn>Admins@acme</cn><proxyAddress>f@nobodys.example</proxyAddress>")
}
