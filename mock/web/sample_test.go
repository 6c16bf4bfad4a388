package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/journal"
	"wsexchange/mock/state"
	"wsexchange/mock/web"
)

func TestSample_EveryPublicProcedureHasItsForm(t *testing.T) {
	s := open(t)
	forms := 0
	for _, ns := range s.Engine.Namespaces() {
		for _, p := range ns.Procedures {
			path := "/MPSSampleWeb/" + strings.ReplaceAll(ns.Name, " ", "") + "/" + strings.ReplaceAll(p.Name, " ", "")
			if p.Access != engine.Public {
				assert.Equal(t, http.StatusNotFound, s.send(httptest.NewRequest(http.MethodGet, path, nil)).Code, path)
				continue
			}
			forms++
			body := s.get(t, path)
			assert.Contains(t, textOf(body), p.Summary, path)
			for _, a := range p.Arguments {
				if a.Type == engine.Ignored {
					continue
				}
				assert.Contains(t, body, ` name="`+a.Name+`"`, path)
				for _, choice := range a.OneOf {
					assert.Contains(t, body, `<option value="`+choice+`"`, path)
				}
				if a.Type == engine.Secret {
					assert.Contains(t, body, `<input type="password" id="a-`+a.Name+`"`, path)
				}
			}
		}
	}
	assert.Greater(t, forms, 150)
}

// organization returns the object of a name below the unit of all organizations.
func (s *site) organization(t testing.TB, name string) (found *directory.Object) {
	t.Helper()
	domain, err := s.Domain(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Store.View(t.Context(), func(tx *state.Tx) error {
		found, err = directory.In(tx).Get(domain.Hosting.Child("OU", name))
		return err
	}))
	return found
}

func TestSample_CreateAResellerOrganization(t *testing.T) {
	s := open(t)
	const form = "/MPSSampleWeb/General/CreateResellerOrganization"
	body := s.get(t, form)
	assert.Contains(t, textOf(body), "Create Reseller Org")
	assert.Contains(t, body, `value="LDAP://OU=Hosting,DC=fabrikam,DC=com"`, "the container, with both fields of the head empty")
	assert.Contains(t, body, `value="dc1.fabrikam.com"`, "preferredDC")
	answer := s.post(t, form, form, "container", "LDAP://OU=Hosting,DC=fabrikam,DC=com", "name", "Second <b>", "description", "it's & more",
		"properties", `<property name="l">Geneva</property>`, "preferredDomainController", "dc1.fabrikam.com")
	text := textOf(answer.Body.String())
	assert.Contains(t, text, "The request succeeded")
	assert.Contains(t, text, `<name>Second &lt;b&gt;</name>`, "the request")
	assert.Contains(t, text, "<response>", "the answer")
	assert.NotContains(t, answer.Body.String(), "Second <b>", "texts are escaped")
	require.NoError(t, s.Store.View(t.Context(), func(tx *state.Tx) error {
		place, err := directory.In(tx).Value(s.organization(t, "Second <b>"), "l")
		assert.Equal(t, "Geneva", place)
		return err
	}))
	done := s.Journal.List(journal.Filter{Limit: 1})
	require.Len(t, done, 1)
	assert.Equal(t, admin, done[0].Caller, "the visitor's own account")
}

func TestSample_ErrorsHaveTheirCause(t *testing.T) {
	s := open(t)
	const form = "/MPSSampleWeb/HostedExchange/CreateResellerOrganization"
	text := textOf(s.post(t, form, form, "container", "LDAP://OU=Nowhere,DC=fabrikam,DC=com", "name", "R2",
		"preferredDomainController", "dc1.fabrikam.com").Body.String())
	assert.Contains(t, text, "0x80072030 ERROR_DS_NO_SUCH_OBJECT")
	assert.Contains(t, text, "Cause E-")
	assert.Contains(t, text, "<errorContext")
	bad := textOf(s.post(t, form, form, "container", "LDAP://OU=Hosting,DC=fabrikam,DC=com", "name", "R2", "preferredDomainController", "dc1.fabrikam.com",
		"properties", "<a>").Body.String())
	assert.Contains(t, bad, "E-ARGUMENT-INVALID", "XML that cannot be read is told as an argument is")
}

func TestSample_WhatTheVisitorMayNotDoIsTold(t *testing.T) {
	s := open(t)
	const form = "/MPSSampleWeb/General/CreateResellerOrganization"
	asClerk := func(r *http.Request) *httptest.ResponseRecorder {
		r.SetBasicAuth(clerk, clerkPassword)
		return s.send(r)
	}
	token := formToken.FindStringSubmatch(asClerk(httptest.NewRequest(http.MethodGet, form, nil)).Body.String())[1]
	r := httptest.NewRequest(http.MethodPost, form, strings.NewReader("formToken="+token+
		"&name=R2&container=LDAP://OU=Hosting,DC=fabrikam,DC=com&preferredDomainController=dc1.fabrikam.com"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	text := textOf(asClerk(r).Body.String())
	assert.Contains(t, text, "0x80070005 E_ACCESSDENIED")
	assert.Contains(t, text, "E-ROLE")
}

func TestSample_CurrentResellerAndCustomerAreKept(t *testing.T) {
	s := open(t)
	const form = "/MPSSampleWeb/General/CreateUser"
	moved := s.post(t, form, form, "currentReseller", "Reseller1", "currentCustomer", "acme, inc", "keep", "1")
	require.Equal(t, http.StatusSeeOther, moved.Code)
	body := s.get(t, "/MPSSampleWeb/General/CreateGroup")
	assert.Contains(t, body, `value="LDAP://OU=acme\, inc,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"`)
	assert.Contains(t, s.get(t, "/MPSSampleWeb/HostedExchange"), `value="Reseller1"`, "on every page")
	s.post(t, form, form, "currentReseller", "LDAP://OU=R3,OU=Other,DC=fabrikam,DC=com", "currentCustomer", "", "keep", "1")
	assert.Contains(t, s.get(t, form), `value="LDAP://OU=R3,OU=Other,DC=fabrikam,DC=com"`, "a path")
}

func TestSample_UserPrincipalNameFromParts(t *testing.T) {
	s := open(t)
	const form = "/MPSSampleWeb/General/CreateUser"
	body := s.get(t, form)
	assert.Contains(t, body, `<option value=""></option> <option value=".com">`, "an empty ending, and those of the setting")
	text := textOf(s.post(t, form, form, "container", "LDAP://OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com",
		"upnName", "jo", "upnOrganization", "example.com", "upnEnding", ".com", "sAMAccountName", "jo").Body.String())
	assert.Contains(t, text, "<userPrincipalName>jo@example.com.com</userPrincipalName>")
}

func TestSample_PasswordsAreNotShown(t *testing.T) {
	s := open(t)
	const form, password = "/MPSSampleWeb/General/SetUserPassword", "Sh0wn-to-nobody"
	answer := s.post(t, form, form, "user", "LDAP://CN=hsadmin,CN=Users,DC=fabrikam,DC=com", "newPassword", password).Body.String()
	assert.Contains(t, textOf(answer), "XML request")
	assert.NotContains(t, answer, password)
}

func TestSample_Settings(t *testing.T) {
	s := open(t, func(c *web.Config) {
		c.PreferredDC, c.Context = "dc7.fabrikam.com", "DC=other,DC=example"
	})
	body := s.get(t, "/MPSSampleWeb/General/CreateResellerOrganization")
	assert.Contains(t, body, `value="dc7.fabrikam.com"`)
	assert.Contains(t, body, `value="LDAP://OU=Hosting,DC=other,DC=example"`)
}
