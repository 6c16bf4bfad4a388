package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

func TestCreateOrganizationAddressLists(t *testing.T) {
	w := withAcme(t)
	early, plain := w.user("early", "BaseMail"), w.user("plain", "")
	given := path(acme) + `<SMTPDomain>acme.example</SMTPDomain>`
	w.refused(mpf.DomainUnknown, "CreateOrganizationAddressLists", path(acme)+`<SMTPDomain>other.example</SMTPDomain>`)
	w.refused(mpf.ArgumentMissing, "CreateOrganizationAddressLists", path(acme))
	w.ok("CreateOrganizationAddressLists", given)
	assert.Len(t, w.Attr(early, "showInAddressBook"), 3)
	assert.Contains(t, w.attr(early, "msExchUseOAB"), "CN=acme OAL,")
	assert.Len(t, w.Attr(plain, "showInAddressBook"), 2, "users without a mailbox too")
	assert.Contains(t, w.attr(plain, "msExchUseOAB"), "CN=acme OAL,")
	w.ok("CreateMailbox", path(plain)+`<planName>BaseMail</planName>`)
	assert.Len(t, w.Attr(plain, "showInAddressBook"), 3)
	assert.Contains(t, w.attr(w.user("late", "BaseMail"), "msExchUseOAB"), "CN=acme OAL,")
	assert.Contains(t, w.events(acme), "AddressListsCreated")
	w.refused(mpf.AddressListsExist, "CreateOrganizationAddressLists", given)
	w.of("Exchange Provider", "DeleteOfflineAddressList", path(acme))
	w.ok("CreateOrganizationAddressLists", given)
}

func TestAddressLists_Missing(t *testing.T) {
	w := withAcme(t)
	for _, procedure := range []string{"GetOrgExchAddressLists_", "GetOrgOfflineAddressList_"} {
		e := w.CallPrivate(hostedexchange.Name, procedure, path(acme)).Err
		require.NotNil(t, e, procedure)
		assert.Equal(t, mpf.AddressListMissing.ID, e.Cause)
	}
}

func TestRebuildOfflineAddressList(t *testing.T) {
	w := withAcme(t)
	w.refused(mpf.AddressListMissing, "RebuildOfflineAddressList", path(acme))
	w.ok("CreateOrganizationAddressLists", path(acme)+`<SMTPDomain>acme.example</SMTPDomain>`)
	w.ok("RebuildOfflineAddressList", path(acme))
	w.refused(mpf.ObjectNotFound, "RebuildOfflineAddressList", path("OU=none,"+base))
}

func TestGetProperties(t *testing.T) {
	w := withAcme(t)
	name := w.user("one", "GoldMail")
	found := w.ok("GetProperties", path(name)+`<propertyList><property name="mail"/><property name="objectClass"/>`+
		`<property name="telephoneNumber"/><property name="shoeSize"/><property name="unicodePwd"/><property name="MAIL"/></propertyList>`)
	var names []string
	values := make(map[string][]string)
	for property := range xmldoc.Elements(xmldoc.Child(found, "properties")) {
		name, _ := xmldoc.Attr(property, "name")
		names = append(names, name)
		for value := range xmldoc.Children(property, "value") {
			values[name] = append(values[name], xmldoc.Text(value))
		}
	}
	assert.Equal(t, []string{"mail", "objectClass", "telephoneNumber", "shoeSize", "unicodePwd", "MAIL"}, names)
	assert.Equal(t, map[string][]string{
		"mail": {"one@acme.example"}, "MAIL": {"one@acme.example"},
		"objectClass": {"top", "person", "organizationalPerson", "user"},
	}, values)
	host := w.ok("GetProperties", `<path>LDAP://CN=EX1, CN=Computers,DC=fabrikam,DC=com</path><propertyList><property name="dNSHostName"/></propertyList>`)
	assert.Equal(t, "ex1.fabrikam.com", textAt(host, "properties", "property", "value"))
	w.refused(mpf.ObjectNotFound, "GetProperties", path("CN=none,"+acme)+`<propertyList><property name="cn"/></propertyList>`)
	w.refused(mpf.ArgumentMissing, "GetProperties", path(name)+`<propertyList/>`)
	w.refused(mpf.ArgumentMissing, "GetProperties", path(name)+`<propertyList><property/></propertyList>`)
	w.refused(mpf.ArgumentMissing, "GetProperties", path(name))
}

func TestInitialize(t *testing.T) {
	w := open(t)
	w.Update(func(tx *state.Tx) error {
		group, err := directory.In(tx).BySAM("MPSOabUpdateAccts")
		require.NoError(t, err)
		return directory.In(tx).Delete(group)
	})
	for range 2 { // again is no error
		w.ok("InitializeHostedExchange", "")
		w.View(func(tx *state.Tx) {
			_, err := directory.In(tx).BySAM("MPSOabUpdateAccts")
			assert.NoError(t, err)
		})
	}
	w.ok("InitializeNamespaceSecurity", "")
	w.refused(mpf.ArgumentRepeated, "InitializeHostedExchange", controller)
}
