package mpf_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// service stands for MPSGeneral.asmx: it keeps the last message and gives the
// answer set.
type service struct {
	message, action, answer string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.message, s.action = string(body), r.Header.Get("SOAPAction")
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = io.WriteString(w, enveloped(`<SubmitMpsRequestResponse xmlns="http://provisioning.microsoft.com/webservices">`+s.answer+`</SubmitMpsRequestResponse>`))
}

var account = mpf.Caller{Domain: "FABRIKAM", Username: "joe", Password: secret.New(password)}

func serviceClient(t *testing.T) (*mpf.ServiceClient, *service) {
	t.Helper()
	s := &service{answer: `<SubmitMpsRequestResult><response xmlns=""><data/></response></SubmitMpsRequestResult><errorReturn/>`}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c, err := mpf.NewServiceClient(mpf.ClientConfig{URL: server.URL + "/MPSWS/MPSGeneral.asmx", Credentials: mpf.OfAccount, Account: account})
	require.NoError(t, err)
	return c, s
}

func TestServiceClient_WritesTheMessageExactly(t *testing.T) {
	c, s := serviceClient(t)
	wire := func(data, send string) string {
		return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"` +
			` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>` +
			`<SubmitMpsRequest xmlns="http://provisioning.microsoft.com/webservices"><mpsNamespace>Test Namespace</mpsNamespace><procedure>Echo</procedure>` +
			`<dataXmlBlob>` + data + `</dataXmlBlob><sendCredentials>` + send + `</sendCredentials></SubmitMpsRequest></soap:Body></soap:Envelope>`
	}
	data := mustParse(t, "<data><a>&lt;ü</a></data>")
	_, err := c.Submit(t.Context(), mpf.Simple(echo, data))
	require.NoError(t, err)
	assert.Equal(t, wire(`<data xmlns=""><a>&lt;ü</a></data>`, "false"), s.message)
	assert.Equal(t, `"http://provisioning.microsoft.com/webservices/SubmitMpsRequest"`, s.action)

	_, err = c.Submit(t.Context(), mpf.Simple(echo, nil))
	require.NoError(t, err)
	assert.Equal(t, wire(`<data xmlns=""/>`, "false"), s.message)

	call := &mpf.Request{
		Context: mpf.Context{
			ClientTransactionID: "id",
			Security:            &mpf.SecurityContext{Basic: &mpf.Basic{Domain: "fabrikam", Username: "Joe", Password: secret.New(password)}},
		},
		Procedure: mpf.OneCall(echo, mpf.On, mustParse(t, `<executeData><a k="1"/></executeData>`)),
	}
	_, err = c.Submit(t.Context(), call)
	require.NoError(t, err)
	assert.Equal(t, wire(`<data xmlns=""><a k="1"/></data>`, "true"), s.message)
	assert.Equal(t, "executeData", call.Procedure.Steps[0].Call.ExecuteData.Data, "the request is not changed")

	moved := &mpf.Request{Data: []*xmldoc.Node{data}, Procedure: mpf.OneCall(echo, mpf.On, nil)}
	moved.Procedure.Steps[0].Call.Before = []mpf.Transfer{{Source: mpf.DocumentData, Destination: mpf.DocumentExecuteData, Mode: mpf.Merge}}
	_, err = c.Submit(t.Context(), moved)
	require.NoError(t, err)
	assert.Equal(t, wire(`<data xmlns=""><a>&lt;ü</a></data>`, "false"), s.message, "as the service itself was asked")
}

func TestServiceClient_ReadsAnswers(t *testing.T) {
	c, s := serviceClient(t)
	result := func(text string) string { return "<SubmitMpsRequestResult>" + text + "</SubmitMpsRequestResult>" }
	for name, row := range map[string]struct{ answer, want string }{
		"success":                {result(`<response xmlns=""><data><usage>7</usage></data></response>`) + `<errorReturn/>`, `<response><data><usage>7</usage></data></response>`},
		"success, no error":      {result(`<response xmlns=""><data/></response>`), `<response><data/></response>`},
		"failure in both":        {result(`<response xmlns=""><errorContext code="0x80072030" description="x" executeSeqNo="4"/></response>`) + `<errorReturn>other</errorReturn>`, `<response><errorContext description="x" code="0x80072030" executeSeqNo="4"/></response>`},
		"failure in text":        {`<errorReturn>No such user.</errorReturn>`, `<response><errorContext description="No such user." code="0x80004005" executeSeqNo="1"/></response>`},
		"failure with code":      {`<errorReturn>No [E-PATH] (0x80005000)</errorReturn>`, `<response><errorContext description="No [E-PATH]" code="0x80005000" executeSeqNo="1"/></response>`},
		"failure, in brackets":   {`<errorReturn>No (really)</errorReturn>`, `<response><errorContext description="No (really)" code="0x80004005" executeSeqNo="1"/></response>`},
		"failure with data":      {result(`<response xmlns=""><data/></response>`) + `<errorReturn>x</errorReturn>`, `<response><data/><errorContext description="x" code="0x80004005" executeSeqNo="1"/></response>`},
		"no success by its code": {`<errorReturn>x (0x00000000)</errorReturn>`, `<response><errorContext description="x (0x00000000)" code="0x80004005" executeSeqNo="1"/></response>`},
	} {
		t.Run(name, func(t *testing.T) {
			s.answer = row.answer
			resp, err := c.Submit(t.Context(), mpf.Simple(echo, nil))
			require.NoError(t, err)
			assert.Equal(t, row.want, xmldoc.String(resp.Element()))
		})
	}
	for _, answer := range []string{"", "<errorReturn/>", result(""), result("<response/>") + "<errorReturn/>", result(`<response xmlns=""><x/></response>`)} {
		s.answer = answer
		_, err := c.Submit(t.Context(), mpf.Simple(echo, nil))
		require.ErrorIs(t, err, mpf.ErrProtocol, answer)
	}
}

func TestServiceClient_RefusesWhatItCannotCarry(t *testing.T) {
	c, s := serviceClient(t)
	parse := func(text string) *mpf.Request {
		req, err := mpf.ParseRequest(mustParse(t, text), mpf.Target{})
		require.NoError(t, err)
		return req
	}
	one := func(attributes, children string) *mpf.Request {
		return parse(`<request><procedure><execute namespace="N" procedure="P"` + attributes + `>` + children + `</execute></procedure></request>`)
	}
	security := func(s mpf.SecurityContext) *mpf.Request {
		return &mpf.Request{Context: mpf.Context{Security: &s}, Procedure: mpf.OneCall(echo, mpf.On, nil)}
	}
	const merge = `<after source="executeData" destination="data" mode="merge"/>`
	queued := mpf.Simple(echo, nil)
	queued.Context.Queue = &mpf.QueueContext{}
	batch := mpf.Simple(echo, xmldoc.Element("data"))
	batch.Data = append(batch.Data, xmldoc.Element("data"))
	both := &mpf.Request{Data: []*xmldoc.Node{mustParse(t, "<data><a/></data>")}, Procedure: mpf.OneCall(echo, mpf.On, xmldoc.Element("executeData"))}
	for name, row := range map[string]struct {
		req  *mpf.Request
		want string
	}{
		"queued":               {queued, "it is to be queued"},
		"batch":                {batch, "it has more than one data element"},
		"data twice":           {both, "it has both data and executeData"},
		"no steps":             {&mpf.Request{Procedure: &mpf.Procedure{}}, "it has more than one execute step"},
		"two steps":            {parse(`<request><procedure><execute namespace="N" procedure="P"/><execute namespace="N" procedure="P"/></procedure></request>`), "it has more than one execute step"},
		"try":                  {parse(`<request><procedure><try/><catch/></procedure></request>`), "it has more than one execute step"},
		"queue":                {parse(`<request><procedure><queue namespace="N" procedure="P">` + merge + `</queue></procedure></request>`), "its step is no execute"},
		"no after":             {one("", ""), "its step does not merge its result into the data"},
		"after elsewhere":      {one("", `<after source="executeData" destination="data" mode="insert"/>`), "its step does not merge its result into the data"},
		"before":               {one("", `<before source="data" destination="executeData"/>`+merge), "its step is more than one plain call"},
		"repeat":               {one("", `<repeat source="data"/>`+merge), "its step is more than one plain call"},
		"not impersonating":    {one(` impersonate="2"`, merge), "its step switches off what the service sets"},
		"trustee":              {security(mpf.SecurityContext{Trustee: "x"}), "it names a trustee"},
		"sensitive":            {security(mpf.SecurityContext{Sensitive: mpf.On}), "it sets attributes of the security context"},
		"others' credentials":  {security(mpf.SecurityContext{Basic: &mpf.Basic{Domain: "FABRIKAM", Username: "ann", Password: secret.New(password)}}), "its credentials are not those of the account that submits it"},
		"another's password":   {security(mpf.SecurityContext{Basic: &mpf.Basic{Domain: "FABRIKAM", Username: "joe", Password: secret.New("x")}}), "its credentials are not those of the account that submits it"},
		"another domain's joe": {security(mpf.SecurityContext{Basic: &mpf.Basic{Username: "joe", Password: secret.New(password)}}), "its credentials are not those of the account that submits it"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := c.Submit(t.Context(), row.req)
			require.NoError(t, err)
			require.NotNil(t, resp.Err)
			assert.True(t, mpf.NotCarried.Is(resp.Err))
			assert.Contains(t, resp.Err.Description, row.want)
			assert.NotContains(t, resp.Err.Description, password)
		})
	}
	assert.Empty(t, s.message, "nothing was sent")
}
