package namespace_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace"
	"wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Names in the world of two resellers with an organization each.
const (
	hosting  = "OU=Hosting,DC=fabrikam,DC=com"
	first    = enginetest.Reseller
	second   = "OU=Reseller2," + hosting
	acme     = "OU=acme," + first
	other    = "OU=other," + second
	clerk    = "CN=clerk@acme.example," + acme
	stranger = "CN=stranger@other.example," + other
	accounts = "CN=Users,DC=fabrikam,DC=com"
	strong   = "P@ssw0rd!23"
	// hidden is in the description of everything that is the other tenant's.
	hidden = "hidden-from-acme"

	adProvider = "Active Directory Provider"
	everything = "<filter>(objectClass=*)</filter>"
	controller = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
)

// tenants are two organizations, acme and other, below two resellers.
type tenants struct {
	*enginetest.Universe
	t testing.TB
}

func newTenants(t testing.TB) *tenants {
	t.Helper()
	w := &tenants{Universe: enginetest.New(t, namespace.All()...), t: t}
	w.must(hostedexchange.Name, "CreateResellerOrganization", "<container>LDAP://"+hosting+"</container><name>Reseller2</name>"+controller)
	w.must(hostedexchange.Name, "AddAvailablePlans", path(second)+plans+controller)
	w.organization("acme", first)
	w.organization("other", second)
	w.must(hostedexchange.Name, "MakeUserAdmin", path("CN=boss@acme.example,"+acme)+"<isAdmin>true</isAdmin>"+controller)
	for group, login := range map[string]string{"CN=Admins@Reseller1,": "seller", "CN=CSRAdmins@Reseller1,": "creator"} {
		w.must(managedactivedirectory.Name, "CreateUser", "<container>LDAP://"+first+"</container>"+
			"<userPrincipalName>"+login+"@fabrikam.com</userPrincipalName><sAMAccountName>"+login+"</sAMAccountName>"+controller)
		w.must(managedactivedirectory.Name, "GroupAdd", "<group>LDAP://"+group+first+"</group>"+
			"<newMember>LDAP://CN="+login+"@fabrikam.com,"+first+"</newMember>"+controller)
	}
	for _, dn := range []string{second, other, stranger, "CN=team," + other, "CN=pal," + other} {
		w.must(adProvider, "Set Properties", path(dn)+`<properties><property name="description">`+hidden+`</property></properties>`)
	}
	return w
}

const plans = "<availablePlans><planName>GoldMail</planName><planName>BaseMail</planName></availablePlans>"

// organization makes an organization with an administrator, a user with a
// mailbox, a list, a contact and a public folder.
func (w *tenants) organization(name, container string) {
	w.t.Helper()
	dn, domain := "OU="+name+","+container, name+".example"
	user, list := "clerk", "all"
	if name == "other" {
		user, list = "stranger", "team"
	}
	w.must(hostedexchange.Name, "CreateBusinessOrganization",
		"<container>LDAP://"+container+"</container><name>"+name+"</name><SMTPDomain>"+domain+"</SMTPDomain>"+
			"<mailStore><megabytes>300</megabytes><shared>1</shared></mailStore><publicStore><megabytes>10</megabytes></publicStore>"+
			plans+"<createSMTPDomain/>"+controller)
	for login, plan := range map[string]string{"boss": "", user: "<planName>GoldMail</planName>"} {
		w.must(hostedexchange.Name, "CreateBusinessUser", "<container>LDAP://"+dn+"</container>"+
			"<userPrincipalName>"+login+"@"+domain+"</userPrincipalName>"+
			"<isAdmin>false</isAdmin><newPassword>"+strong+"</newPassword>"+plan+controller)
	}
	w.must(hostedexchange.Name, "CreateDistributionList", "<container>LDAP://"+dn+"</container><name>"+list+"</name>"+controller)
	w.must(managedactivedirectory.Name, "CreateContact", "<container>LDAP://"+dn+"</container><name>pal</name>"+controller)
	w.must(hostedexchange.Name, "CreatePublicFolder", path(dn)+"<megabytes>2</megabytes>"+controller)
}

func path(dn string) string { return "<path>LDAP://" + dn + "</path>" }

func (w *tenants) must(namespace, procedure, arguments string) *xmldoc.Node {
	w.t.Helper()
	return w.MustCall(namespace, procedure, arguments).Data
}

// as submits a simple request of a caller.
func (w *tenants) as(caller mpf.Caller, namespace, procedure, arguments string) *mpf.Response {
	w.t.Helper()
	data, err := xmldoc.ParseString("<data>"+arguments+"</data>", xmldoc.Limits{})
	require.NoError(w.t, err, arguments)
	return w.Submit(mpf.WithCaller(w.t.Context(), caller), mpf.Simple(mpf.Target{Namespace: namespace, Procedure: procedure}, data))
}

// within is the domain's administrator behind a gateway with a base.
func within(base string) mpf.Caller {
	return mpf.Caller{Domain: "FABRIKAM", Username: "Administrator", Base: ldappath.MustParseDN(base)}
}

// read writes down all that can be known of the other tenant: every attribute of
// every object below its reseller and of its address lists, its passwords, SMTP
// domains, plans, shares, consumers and folders.
func (w *tenants) read() string {
	w.t.Helper()
	var b strings.Builder
	note := func(namespace, procedure, arguments string) {
		r := w.Call(namespace, procedure, arguments)
		require.Nil(w.t, r.Err, "%s %s", procedure, arguments)
		b.WriteString(xmldoc.String(r.Data) + "\n")
	}
	note(adProvider, "Search", path(second)+everything)
	note(adProvider, "Search", path("CN=Configuration,DC=fabrikam,DC=com")+"<filter>(cn=other)</filter>")
	note(hostedexchange.Name, "GetOrganizationDomains", path(other)+controller)
	note(hostedexchange.Name, "GetAvailablePlans", path(other)+controller)
	organization := "<organization>LDAP://" + other + "</organization>"
	note(exchangeresourcemanager.Name, "QueryResourcesByOrganization", organization)
	note(exchangeresourcemanager.Name, "QueryConsumersByOrganization", organization)
	note("WS Exchange Provider Adapter", "GetFolderUsage", organization+"<folderPath>/other</folderPath>")
	note("WS Exchange Provider Adapter", "GetMailboxUsage", organization+"<mailbox>LDAP://"+stranger+"</mailbox>")
	w.View(func(tx *state.Tx) {
		for _, dn := range []string{stranger, "CN=boss@other.example," + other} {
			if o, err := directory.In(tx).Get(ldappath.MustParseDN(dn)); err == nil {
				hashes, err := directory.In(tx).PasswordHashes(o)
				fmt.Fprintln(&b, hashes, err)
			}
		}
	})
	return b.String()
}

// guid returns the GUID of an object in its braces.
func (w *tenants) guid(dn string) string { return w.Object(dn).GUID.String() }
