package adapter

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mpf"
	"wsexchange/wsdl/client"
	"wsexchange/wsdl/hostedexchange"
	"wsexchange/wsdl/managedactivedirectory"
	"wsexchange/wsdl/mpsgeneral"
)

// The clients that are generated from our own WSDL understand every reply
// shape, success and failure.
func TestGeneratedClients_ReadEveryReplyShape(t *testing.T) {
	e := outputs()
	works := e.answer
	fails := func(*mpf.Request) (*mpf.Response, error) {
		return &mpf.Response{Err: mpf.PasswordRefused.New()}, nil
	}
	server := httptest.NewServer(newHandler(t, testConfig(t, e)))
	defer server.Close()
	caller := func(service string) *client.Client {
		return &client.Client{URL: server.URL + "/MPSWS/" + service + ".asmx", User: `FABRIKAM\hsadmin`, Password: testPassword}
	}
	exchange := hostedexchange.NewHostedExchangeSoap(caller("HostedExchange"))
	directory := managedactivedirectory.NewManagedActiveDirectorySoap(caller("ManagedActiveDirectory"))
	general := mpsgeneral.NewMPSGeneralSoap(caller("MPSGeneral"))

	enable := &hostedexchange.EnableUser{LdapPath: new(userPath)}
	add := &managedactivedirectory.GroupAdd{Group: new(orgPath), NewMember: new(userPath)}
	create := &managedactivedirectory.CreateContact{
		Container: new(orgPath), Name: new("friend"), PropertyXml: &client.AnyType{InnerXML: `<properties xmlns=""><property name="cn">friend</property></properties>`},
	}
	submit := &mpsgeneral.SubmitMpsRequest{
		MpsNamespace: new("A"), Procedure: new("B"), DataXmlBlob: &client.AnyType{InnerXML: `<data xmlns=""><x>1</x></data>`},
	}
	enabled, err := exchange.EnableUser(t.Context(), enable)
	require.NoError(t, err)
	assert.Contains(t, *enabled.EnableUserResult, "<response><data><path>"+userPath)
	added, err := directory.GroupAdd(t.Context(), add)
	require.NoError(t, err)
	assert.True(t, added.GroupAddResult)
	assert.Empty(t, *added.ErrorReturn)
	created, err := directory.CreateContact(t.Context(), create)
	require.NoError(t, err)
	assert.Equal(t, "LDAP://cn=new,DC=fabrikam,DC=com", *created.CreateContactResult)
	submitted, err := general.SubmitMpsRequest(t.Context(), submit)
	require.NoError(t, err)
	assert.Contains(t, submitted.SubmitMpsRequestResult.InnerXML, "<data><x>1</x>")
	assert.Empty(t, *submitted.ErrorReturn)

	e.answer = fails
	enabled, err = exchange.EnableUser(t.Context(), enable)
	require.NoError(t, err)
	assert.Contains(t, *enabled.EnableUserResult, `code="0x800708c5" executeSeqNo="1"`)
	added, err = directory.GroupAdd(t.Context(), add)
	require.NoError(t, err)
	assert.False(t, added.GroupAddResult)
	assert.Contains(t, *added.ErrorReturn, "(0x800708c5)")
	created, err = directory.CreateContact(t.Context(), create)
	require.NoError(t, err)
	assert.Nil(t, created.CreateContactResult)
	assert.Contains(t, *created.ErrorReturn, "(0x800708c5)")
	submitted, err = general.SubmitMpsRequest(t.Context(), submit)
	require.NoError(t, err)
	assert.Contains(t, submitted.SubmitMpsRequestResult.InnerXML, "<errorContext")
	assert.Contains(t, *submitted.ErrorReturn, "(0x800708c5)")

	e.answer = works
	_, err = hostedexchange.NewHostedExchangeSoap(caller("MPSGeneral")).EnableUser(t.Context(), enable)
	var fault *client.Fault
	require.ErrorAs(t, err, &fault)
}
