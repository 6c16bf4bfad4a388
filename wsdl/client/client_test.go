package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/wsdl/client"
	"wsexchange/wsdl/hostedexchange"
	"wsexchange/wsdl/managedactivedirectory"
	"wsexchange/wsdl/mpsgeneral"
)

const (
	start = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`
	end   = `</soap:Body></soap:Envelope>`
	space = `xmlns="http://provisioning.microsoft.com/webservices"`
)

// exchange is a service that gives one answer and keeps what it was sent.
type exchange struct {
	*client.Client
	request string
	header  http.Header
}

func startService(t *testing.T, status int, answer string) *exchange {
	t.Helper()
	x := new(exchange)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		x.request, x.header = string(body), r.Header
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	x.Client = &client.Client{URL: server.URL}
	return x
}

func TestCall_WritesTheRequestExactly(t *testing.T) {
	x := startService(t, 200, start+`<ModifyUserResponse `+space+`><ModifyUserResult>false</ModifyUserResult>`+
		`<errorReturn>kein Zugriff für &lt;joe&gt;</errorReturn></ModifyUserResponse>`+end)
	answer, err := managedactivedirectory.NewManagedActiveDirectorySoap(x.Client).ModifyUser(t.Context(),
		&managedactivedirectory.ModifyUser{
			User:        new("LDAP://CN=joe,DC=fabrikam,DC=com"),
			DisplayName: new("Zoë & <co>"),
			Initials:    new(""),
			PropertyXml: &client.AnyType{InnerXML: `<properties><property name="l">Köln</property></properties>`},
		})
	require.NoError(t, err)
	assert.Equal(t, start+`<ModifyUser `+space+`><user>LDAP://CN=joe,DC=fabrikam,DC=com</user>`+
		`<displayName>Zoë &amp; &lt;co&gt;</displayName><initials></initials>`+
		`<propertyXml><properties xmlns=""><property name="l">Köln</property></properties></propertyXml>`+
		`<sendCredentials>false</sendCredentials></ModifyUser>`+end, x.request)
	assert.Equal(t, `"http://provisioning.microsoft.com/webservices/ModifyUser"`, x.header.Get("SOAPAction"))
	assert.Equal(t, "text/xml; charset=utf-8", x.header.Get("Content-Type"))
	assert.Empty(t, x.header.Get("Authorization"))
	assert.False(t, answer.ModifyUserResult)
	require.NotNil(t, answer.ErrorReturn)
	assert.Equal(t, "kein Zugriff für <joe>", *answer.ErrorReturn)
}

func TestCall_ReadsXMLAndTellsNullFromEmpty(t *testing.T) {
	const response = `<response xmlns=""><data><plan>Zoë &amp; co</plan></data></response>`
	for name, c := range map[string]struct {
		errorReturn string
		want        *string
	}{
		"null":  {"", nil},
		"empty": {"<errorReturn />", new("")},
		"text":  {"<errorReturn>no</errorReturn>", new("no")},
	} {
		t.Run(name, func(t *testing.T) {
			x := startService(t, 200, start+`<SubmitMpsRequestResponse `+space+`><SubmitMpsRequestResult>`+response+
				`</SubmitMpsRequestResult>`+c.errorReturn+`</SubmitMpsRequestResponse>`+end)
			answer, err := mpsgeneral.NewMPSGeneralSoap(x.Client).SubmitMpsRequest(t.Context(), &mpsgeneral.SubmitMpsRequest{})
			require.NoError(t, err)
			assert.Equal(t, response, answer.SubmitMpsRequestResult.InnerXML)
			assert.Equal(t, c.want, answer.ErrorReturn)
		})
	}
}

func TestCall_ReadsTrueAndAHeader(t *testing.T) {
	x := startService(t, 200, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><h xmlns=""/></e:Header>`+
		`<e:Body xmlns:w="http://provisioning.microsoft.com/webservices"><w:DeleteUserResponse>`+
		`<w:DeleteUserResult>true</w:DeleteUserResult></w:DeleteUserResponse></e:Body></e:Envelope>`)
	answer, err := managedactivedirectory.NewManagedActiveDirectorySoap(x.Client).DeleteUser(t.Context(), &managedactivedirectory.DeleteUser{})
	require.NoError(t, err)
	assert.True(t, answer.DeleteUserResult)
	assert.Nil(t, answer.ErrorReturn)
}

func TestCall_FaultIsAnError(t *testing.T) {
	for _, status := range []int{200, 401, 500} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			x := startService(t, status, start+`<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Zugriff &amp; mehr</faultstring>`+
				`<faultactor>urn:a</faultactor><detail><cause xmlns="">E1</cause></detail></soap:Fault>`+end)
			answer, err := disableUser(t, x.Client)
			assert.Nil(t, answer)
			var fault *client.Fault
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, &client.Fault{
				Code: "soap:Client", Text: "Zugriff & mehr", Actor: "urn:a",
				Detail: client.AnyType{InnerXML: `<cause xmlns="">E1</cause>`},
			}, fault)
			assert.ErrorContains(t, err, "DisableUser: soap fault soap:Client: Zugriff & mehr")
		})
	}
}

func TestCall_RefusesOtherAnswers(t *testing.T) {
	good := start + `<DisableUserResponse ` + space + `/>` + end
	for name, c := range map[string]struct {
		status       int
		answer, want string
	}{
		"status without a fault": {502, "<html>", "http status 502 Bad Gateway"},
		"answer with bad status": {404, good, "http status 404 Not Found"},
		"nothing":                {200, "", "unexpected EOF"},
		"no envelope":            {200, "<html></html>", "element html in place of the envelope"},
		"empty body":             {200, start + end, "nothing in element Body"},
		"other operation":        {200, start + `<EnableUserResponse ` + space + `/>` + end, "EnableUserResponse"},
		"other namespace":        {200, start + `<DisableUserResponse xmlns="urn:x"/>` + end, "urn:x"},
		"cut short":              {200, strings.TrimSuffix(good, end), "unexpected EOF"},
		"second payload":         {200, strings.Replace(good, end, "<more/>"+end, 1), "unexpected element more"},
		"too large":              {200, strings.Repeat(" ", client.MaxResponse+1), "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := disableUser(t, startService(t, c.status, c.answer).Client)
			assert.Nil(t, answer)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestCall_StatusErrorHasTheStatus(t *testing.T) {
	_, err := disableUser(t, startService(t, 401, "").Client)
	var status *client.StatusError
	require.ErrorAs(t, err, &status)
	assert.Equal(t, 401, status.Code)
}

func TestCall_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x := startService(t, 200, "")
	err := x.Call(ctx, "urn:a", &hostedexchange.DisableUser{}, new(hostedexchange.DisableUserResponse))
	assert.True(t, errors.Is(err, context.Canceled), "%v", err)
	assert.Empty(t, x.request)
}

func TestCall_RefusesTextThatXMLCannotCarry(t *testing.T) {
	x := startService(t, 200, "")
	_, err := hostedexchange.NewHostedExchangeSoap(x.Client).SetUserPassword(t.Context(),
		&hostedexchange.SetUserPassword{NewPassword: new("s3cret\x00")})
	require.ErrorContains(t, err, "XML cannot carry")
	assert.NotContains(t, err.Error(), "s3cret")
	assert.Empty(t, x.request)
}

func TestPasswords_AreNotPrinted(t *testing.T) {
	soap := &client.Client{URL: "http://127.0.0.1/", User: "admin", Password: "s3cret"}
	request := &hostedexchange.SetUserPassword{LdapPath: new("path"), NewPassword: new("s3cret")}
	var printed strings.Builder
	for _, v := range []any{soap, *soap, request, *request} {
		_, _ = fmt.Fprintf(&printed, "%v %+v %#v %s\n", v, v, v, v)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("m", "v", v)
		text, err := json.Marshal(v)
		require.NoError(t, err)
		printed.Write(text)
	}
	assert.NotContains(t, printed.String(), "s3cret")
	assert.Contains(t, printed.String(), "admin")
}

func disableUser(t *testing.T, soap *client.Client) (*hostedexchange.DisableUserResponse, error) {
	t.Helper()
	return hostedexchange.NewHostedExchangeSoap(soap).DisableUser(t.Context(), &hostedexchange.DisableUser{LdapPath: new("path")})
}
