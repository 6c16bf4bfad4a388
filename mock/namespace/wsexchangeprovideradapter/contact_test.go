package wsexchangeprovideradapter

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/exchangeprovider"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mpf"
)

// enableContact makes a contact of acme and mail-enables it.
func enableContact(t *testing.T, u *enginetest.Universe, cn, asked string) string {
	t.Helper()
	u.MustCall(managedactivedirectory.Name, "CreateContact", "<container>"+acme+"</container><name>"+cn+"</name>")
	r := u.MustCall(Name, "MailEnableContact", "<path>"+acme+"</path><cn>"+cn+"</cn>"+
		"<targetAddress>"+cn+"@outside.example</targetAddress><proxyAddress>"+asked+"</proxyAddress>")
	got, _ := xmldoc.ChildText(r.Data, "proxyAddress")
	mail := u.Attr("CN="+cn+","+acmeDN, "mail")
	require.Equal(t, []string{strings.TrimPrefix(got, "smtp:")}, mail, "the answer has the address")
	return got
}

// The panel asks for the local part of the outside address: a forward from bob
// to bob elsewhere always asks for bob's own.
func TestMailEnableContact_GetsTheNextFreeAddress(t *testing.T) {
	u := start(t)
	assert.Equal(t, "bob2@acme.example", enableContact(t, u, "c1", "bob@acme.example"))
	assert.Equal(t, "Bob3@acme.example", enableContact(t, u, "c2", "Bob@acme.example"))
	assert.Equal(t, "carol@acme.example", enableContact(t, u, "c3", "carol@acme.example"))
	long := strings.Repeat("x", 64)
	assert.Equal(t, long+"@acme.example", enableContact(t, u, "c4", long+"@acme.example"))
	assert.Equal(t, long[:63]+"2@acme.example", enableContact(t, u, "c5", long+"@acme.example"), "a local part stays as short as it has to be")
	assert.Equal(t, []string{"bob@acme.example"}, u.Attr(strings.TrimPrefix(bob, "LDAP://"), "mail"), "the holder keeps it")
}

func TestMailEnableContact_RefusesAnAddressOfAnotherOrganization(t *testing.T) {
	u := start(t)
	managed := managedactivedirectory.Name
	u.MustCall(managed, "CreateOrganization", "<name>other</name><container>LDAP://"+enginetest.Reseller+"</container>")
	u.MustCall(managed, "CreateContact", "<container>LDAP://OU=other,"+enginetest.Reseller+"</container><name>c</name>")
	refused(t, u, mpf.AddressTaken, "MailEnableContact", "<path>LDAP://OU=other,"+enginetest.Reseller+"</path><cn>c</cn>"+
		"<targetAddress>c@outside.example</targetAddress><proxyAddress>bob@acme.example</proxyAddress>")
	friend := "<path>" + acme + "</path><cn>friend</cn><targetAddress>f@outside.example</targetAddress>"
	refused(t, u, mpf.AddressInvalid, "MailEnableContact", friend+"<proxyAddress>no address</proxyAddress>")
}

func TestMailEnableContact_PolicyRefuses(t *testing.T) {
	u := enginetest.Open(t, engine.Config{
		Policies: engine.Policies{RefuseTakenContactAddresses: true},
		Namespaces: slices.Concat(activedirectory.Namespaces(),
			[]engine.Namespace{managedactivedirectory.Namespace(), exchangeprovider.Namespace(), Namespace()}),
	})
	fill(u)
	refused(t, u, mpf.AddressTaken, "MailEnableContact", "<path>"+acme+"</path><cn>friend</cn>"+
		"<targetAddress>friend@outside.example</targetAddress><proxyAddress>bob@acme.example</proxyAddress>")
}
