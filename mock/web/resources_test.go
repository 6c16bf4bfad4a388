package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

const stores = "/ResourceManagerWebClient/QueryResources.aspx"

// business is the address of the tab of business mail stores.
const business = stores + "?dc=dc1.fabrikam.com&tab=business"

func TestResources_FirstTheDomainController(t *testing.T) {
	s := open(t)
	body := s.get(t, "/resourcemanagerwebclient/queryresources.ASPX")
	assert.Contains(t, textOf(body), "Preferred Domain Controller")
	assert.Contains(t, body, `name="dc" value="dc1.fabrikam.com"`)
	assert.Contains(t, textOf(s.get(t, stores+"?dc=dc1.fabrikam.com")), "Exchange Resource Manager")
	unknown := s.send(httptest.NewRequest(http.MethodGet, stores+"?dc=dc9.fabrikam.com", nil))
	assert.Equal(t, http.StatusBadRequest, unknown.Code)
	assert.Contains(t, textOf(unknown.Body.String()), "no domain controller dc9.fabrikam.com, only dc1.fabrikam.com")
	text := textOf(s.get(t, business))
	for _, tab := range []string{"Business Mailstores", "Consumer Mailstores", "Public Stores", "OAB Servers", "Front End Servers"} {
		assert.Contains(t, text, tab)
	}
}

func TestResources_AreForAdministrators(t *testing.T) {
	s := open(t)
	r := httptest.NewRequest(http.MethodGet, business, nil)
	r.SetBasicAuth(clerk, clerkPassword)
	refused := s.send(r)
	assert.Equal(t, http.StatusForbidden, refused.Code)
	assert.Contains(t, textOf(refused.Body.String()), `FABRIKAM\clerk is not one`)
}

// store returns a registered store.
func (s *site) store(t testing.TB, kind resource.ResourceKind, server, name string) (found *resource.Resource, err error) {
	t.Helper()
	err = s.Store.View(t.Context(), func(tx *state.Tx) error {
		found, err = resource.In(tx).Resource(kind, server, name)
		return err
	})
	return found, err
}

func TestResources_AddModifyRemove(t *testing.T) {
	s := open(t)
	const name = "Mailbox Store 4 (EX1)"
	form := s.get(t, business)
	assert.Contains(t, form, `<option value="1" selected>1</option> <option value="0">0</option>`, "shared begins with 1")
	assert.Contains(t, textOf(form), "shared must always be 1")
	do := func(tab, action string, fields ...string) string {
		t.Helper()
		fields = append([]string{"dc", "dc1.fabrikam.com", "tab", tab, "action", action, "serverName", "EX1"}, fields...)
		w := s.post(t, business, stores, fields...)
		require.Equal(t, http.StatusOK, w.Code, textOf(w.Body.String()))
		return textOf(w.Body.String())
	}
	assert.Contains(t, do("business", "add", "storeName", name, "megabytes", "5000", "shared", "1"), "The request succeeded")
	added, err := s.store(t, resource.MailStore, "EX1", name)
	require.NoError(t, err)
	assert.Equal(t, int64(5000), added.Megabytes)
	assert.True(t, added.Shared)
	assert.Contains(t, do("business", "add", "storeName", name, "megabytes", "5000", "shared", "1"), "E-STORE-EXISTS", "it is there already")

	do("business", "modify", "storeName", name, "megabytes", "-1500")
	changed, err := s.store(t, resource.MailStore, "EX1", name)
	require.NoError(t, err)
	assert.Equal(t, int64(3500), changed.Megabytes, "by a difference")
	do("business", "provisionable", "storeName", name, "provisionable", "0")
	closed, err := s.store(t, resource.MailStore, "EX1", name)
	require.NoError(t, err)
	assert.False(t, closed.Provisionable)

	do("business", "remove", "storeName", name)
	_, err = s.store(t, resource.MailStore, "EX1", name)
	assert.ErrorIs(t, err, state.ErrNotFound)
	do("public", "modify", "storeName", "Public Folder Store (EX1)", "megabytes", "7")
	public, err := s.store(t, resource.PublicStore, "EX1", "Public Folder Store (EX1)")
	require.NoError(t, err)
	assert.Equal(t, int64(1000007), public.Megabytes)
	do("consumer", "modify", "storeName", "Mailbox Store 3 (EX1)", "megabytes", "9")
	consumer, err := s.store(t, resource.ConsumerStore, "EX1", "Mailbox Store 3 (EX1)")
	require.NoError(t, err)
	assert.Equal(t, int64(100009), consumer.Megabytes)
	assert.Contains(t, do("frontend", "add"), "The request succeeded")
}

// organize makes an organization with a user by the demo's forms.
func (s *site) organize(t testing.TB) {
	t.Helper()
	const form = "/MPSSampleWeb/HostedExchange/CreateBusinessOrganization"
	text := textOf(s.post(t, form, form, "container", "LDAP://OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", "name", "acme", "SMTPDomain", "acme.example",
		"preferredDomainController", "dc1.fabrikam.com", "mailStore", "<megabytes>100</megabytes><shared>1</shared>",
		"publicStore", "<megabytes>10</megabytes>", "availablePlans", "<planName>GoldMail</planName>", "createSMTPDomain", "1").Body.String())
	require.Contains(t, text, "The request succeeded", text)
	const user = "/MPSSampleWeb/HostedExchange/CreateBusinessUser"
	text = textOf(s.post(t, user, user, "container", "LDAP://OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", "userPrincipalName", "jo@acme.example",
		"preferredDomainController", "dc1.fabrikam.com", "isAdmin", "1", "planName", "GoldMail", "newPassword", "Jo-s-Passw0rd",
		"displayName", "Jo Smith", "givenName", "Jo", "sn", "Smith").Body.String())
	require.Contains(t, text, "The request succeeded", text)
}

func TestResources_OrganizationsOnAStore(t *testing.T) {
	s := open(t)
	s.organize(t)
	text := textOf(s.get(t, business+"&server=EX1&store=Mailbox+Store+1+%28EX1%29"))
	assert.Contains(t, text, "Organizations on Mailbox Store 1 (EX1)")
	assert.Contains(t, text, "acme OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")
	refused := textOf(s.post(t, business, stores, "dc", "dc1.fabrikam.com", "tab", "business", "action", "remove",
		"serverName", "EX1", "storeName", "Mailbox Store 1 (EX1)").Body.String())
	assert.Contains(t, refused, "E-STORE-IN-USE", "what has a share is not removed")
}
