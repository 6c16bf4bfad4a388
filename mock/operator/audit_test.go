package operator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/ledger"
	"wsexchange/mock/operator"
	"wsexchange/mpf"
)

// fail submits a request that fails, with a password in it, under an id.
func (d *desk) fail(id string) {
	d.t.Helper()
	n, err := xmldoc.ParseString(`<request><context><clientContext clientTransactionId="`+id+`"/></context><data/><procedure>`+
		`<execute namespace="Managed Active Directory" procedure="SetUserPassword" impersonate="0"><executeData>`+
		`<user>LDAP://CN=a,OU=Nowhere,DC=fabrikam,DC=com</user><newPassword>h1dden-Passw0rd</newPassword>`+
		`<preferredDomainController>dc1.fabrikam.com</preferredDomainController></executeData></execute></procedure></request>`, xmldoc.Limits{})
	require.NoError(d.t, err)
	req, err := mpf.ParseRequest(n, mpf.Target{})
	require.NoError(d.t, err)
	answer, err := d.Engine.Submit(mpf.WithCaller(d.t.Context(), mpf.Caller{Domain: "FABRIKAM", Username: "hsadmin", Trusted: true}), req)
	require.NoError(d.t, err)
	require.NotNil(d.t, answer.Err)
}

func TestAudit_Request(t *testing.T) {
	d := open(t)
	d.fail("4711")
	var found operator.Audit
	status, text := d.ask("GET", "/-/audit?id=4711", &found)
	require.Equal(t, http.StatusOK, status, text)
	require.Len(t, found.Requests, 1, text)
	assert.False(t, found.More)
	one := found.Requests[0]
	assert.Equal(t, "4711", one.RequestID)
	assert.Equal(t, `FABRIKAM\hsadmin`, one.Caller)
	assert.Equal(t, "Managed Active Directory::SetUserPassword", one.Namespace+"::"+one.Procedure)
	assert.Equal(t, []string{mpf.NoSuchObject.String(), mpf.NoSuchObject.Name()}, []string{one.Code, one.Error})
	assert.NotEmpty(t, one.Description)
	assert.Contains(t, one.Request, "OU=Nowhere")
	assert.WithinDuration(t, time.Now(), one.At, time.Hour)
	require.NotEmpty(t, one.Steps)
	assert.Equal(t, []any{1, "SetUserPassword", one.Code}, []any{one.Steps[0].Step, one.Steps[0].Procedure, one.Steps[0].Code})

	status, text = d.ask("GET", "/-/audit?from=1h&id="+one.TransactionID, &found)
	require.Equal(t, http.StatusOK, status, text)
	assert.Len(t, found.Requests, 1, "the transaction's own id finds it as well")
}

func TestAudit_Filters(t *testing.T) {
	d := open(t)
	const org = "LDAP://OU=Tailspin,OU=Hosting,DC=fabrikam,DC=com"
	for i, row := range []ledger.AuditRow{
		{Organization: org, Namespace: "N", Procedure: "P"},
		{Organization: org, Namespace: "N", Procedure: "Q", Code: uint32(mpf.AccessDenied)},
		{Namespace: "M", Procedure: "P", Code: uint32(mpf.NoSuchObject)},
	} {
		row.At, row.TransactionID = time.Date(2005, time.March, 1, 9, i, 0, 0, time.UTC), string(rune('a'+i))
		require.NoError(t, d.Store.Record(t.Context(), ledger.Records{Audit: &row}))
	}
	for query, want := range map[string]string{
		"":                     "cba",
		"?limit=2":             "cb, and more",
		"?limit=3":             "cba",
		"?organization=" + org: "ba",
		"?organization=ou=tailspin,OU=HOSTING,DC=fabrikam,DC=com": "ba",
		"?code=0x80070005":                "b",
		"?code=0":                         "a",
		"?failed=true":                    "cb",
		"?failed=1&procedure=P":           "c",
		"?namespace=N&procedure=P":        "a",
		"?from=2005-03-01T09:01:00Z":      "cb",
		"?to=2005-03-01T10:01:00%2B01:00": "a",
		"?from=1h":                        "",
		"?to=1h":                          "cba",
		"?id=b":                           "b",
		"?id=nobody's":                    "",
	} {
		var found operator.Audit
		status, text := d.ask("GET", "/-/audit"+query, &found)
		require.Equal(t, http.StatusOK, status, text)
		got := ""
		for _, one := range found.Requests {
			got += one.TransactionID
		}
		if found.More {
			got += ", and more"
		}
		assert.Equal(t, want, got, query)
	}
	var found operator.Audit
	_, text := d.ask("GET", "/-/audit?id=nobody", &found)
	assert.JSONEq(t, `{"requests":[],"more":false}`, text)
}

func TestAudit_Refusals(t *testing.T) {
	d := open(t)
	for query, want := range map[string]string{
		"organisation=x":  "asked by id, organization,",
		"organization=x":  "organization: ",
		"id=":             "id: which?",
		"id=a&id=b":       "id: once is enough",
		"code=none":       `result code "none"`,
		"failed=perhaps":  `failed: "perhaps" is neither true nor false`,
		"from=yesterday":  `from: "yesterday" is neither a time`,
		"to=-5m":          `to: "-5m" is neither a time`,
		"limit=0":         `limit: "0" is not from 1 to 1000`,
		"limit=1001":      `limit: "1001" is not from 1 to 1000`,
		"limit=unlimited": `limit: "unlimited" is not`,
	} {
		var refused map[string]string
		status, _ := d.ask("GET", "/-/audit?"+query, &refused)
		assert.Equal(t, http.StatusBadRequest, status, query)
		assert.Contains(t, refused["error"], want, query)
	}
}
