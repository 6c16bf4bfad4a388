package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

func TestAudit_Levels(t *testing.T) {
	for level, want := range map[engine.AuditLevel][]string{
		engine.AuditNone:   nil,
		engine.AuditFailed: {"Make failed", "Fail failed"},
		engine.AuditWrites: {"Make failed", "Fail failed", "Make"},
		engine.AuditAll:    {"Make failed", "Fail failed", "Make", "WhoAmI"},
	} {
		u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}, Audit: level})
		u.Call("Test", "WhoAmI", "")
		u.Call("Test", "Make", "<name>a</name>")
		u.Call("Test", "Fail", "<hr>0x80070057</hr><desc>no</desc>")
		u.Call("Test", "Make", "<name>a</name>")
		var got []string
		for _, row := range u.Audit() {
			name := row.Procedure
			if row.Code != 0 {
				name += " failed"
			}
			got = append(got, name)
		}
		assert.Equal(t, want, got, string(level))
	}
}

func TestAudit_TellsWhoDidWhat(t *testing.T) {
	u := enginetest.New(t, space())
	require.Nil(t, u.Run(`<request><context><clientContext clientTransactionId="job 7"/></context><procedure>`+
		step("Tree", "<name>x</name><levels>1</levels>")+`</procedure></request>`).Err)
	require.Len(t, u.Audit(), 1)
	row := u.Audit()[0]
	assert.Equal(t, `FABRIKAM\Administrator`, row.Caller)
	assert.Equal(t, "Test::Tree", row.Namespace+"::"+row.Procedure)
	assert.Equal(t, "job 7", row.ClientID)
	assert.Equal(t, enginetest.Start(), row.At)
	assert.NotEmpty(t, row.TransactionID)
	assert.Equal(t, 4, strings.Count(row.Steps, "<step "), row.Steps)
	assert.Contains(t, row.Request, "<name>x</name>")
}

func TestAudit_TellsTheOrganization(t *testing.T) {
	u := lenient(t)
	u.Call("Test", "Users", "<path>LDAP://CN=ann,"+reseller+"</path>")
	require.Len(t, u.Audit(), 1)
	assert.Equal(t, "LDAP://"+reseller, u.Audit()[0].Organization)
}

// TestSecretsAreKeptNowhere sends a password in every place that takes one, and
// looks for it in all that the engine keeps and says.
func TestSecretsAreKeptNowhere(t *testing.T) {
	const password = "Hush-12345"
	u := lenient(t)
	u.User(reseller, "ann", password)
	login := step("Login", "<newPassword>"+password+"</newPassword><pin>"+password+"</pin>")
	failing := step("Login", "<pin>"+password+"</pin><fail/>")
	credentials := `<context><securityContext impersonate="1"><authentication><basic domain="FABRIKAM" username="ann" password="` +
		password + `"/></authentication></securityContext></context>`
	var said strings.Builder
	for _, document := range []string{
		`<request>` + credentials + `<procedure>` + login + `</procedure></request>`,
		`<request>` + credentials + `<procedure>` + failing + `</procedure></request>`,
		`<request>` + credentials + `<procedure>` + step("Panic", "") + `</procedure></request>`,
		`<request><data><pin>` + password + `</pin></data><procedure>` + failing + `</procedure></request>`,
		strings.Replace(`<request>`+credentials+`<procedure>`+login+`</procedure></request>`, `username="ann"`, `username="nobody"`, 1),
	} {
		r := u.Run(document)
		said.WriteString(xmldoc.String(r.Element()))
	}
	r := u.Call("Test", "Login", "<newPassword>"+password+"</newPassword><fail/>")
	said.WriteString(xmldoc.String(r.Element()))
	assert.NotContains(t, said.String(), password, "responses")
	assert.NotContains(t, u.Log.String(), password, "log")

	var kept strings.Builder
	require.NoError(t, u.Store.Root().Rows(func(_, _ string, row []byte) error {
		kept.Write(row)
		return nil
	}))
	for _, row := range u.Audit() {
		fmt.Fprintf(&kept, "%+v", row)
	}
	assert.NotContains(t, kept.String(), password, "store")
	assert.Contains(t, kept.String(), "[redacted]")
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	var seen []engine.Observation
	u := enginetest.Open(t, engine.Config{
		Namespaces: []engine.Namespace{space()}, Registerer: registry,
		Observe: func(o engine.Observation) { seen = append(seen, o) },
	})
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
	count, err := testutil.GatherAndCount(registry, "mockmpf_procedures_total")
	require.NoError(t, err)
	assert.Equal(t, 2*len(u.Engine.Procedures()), count, "every row has its series from the start")

	u.Call("Test", "Make", "<name>a</name>")
	u.Call("Test", "Make", "<name>a</name>")
	u.Call("Nobody", "Nothing", "")
	assert.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP mockmpf_requests_total Requests that have ended, by the way they came and their outcome.
# TYPE mockmpf_requests_total counter
mockmpf_requests_total{kind="queued",outcome="failure"} 0
mockmpf_requests_total{kind="queued",outcome="success"} 0
mockmpf_requests_total{kind="queued_trusted",outcome="failure"} 0
mockmpf_requests_total{kind="queued_trusted",outcome="success"} 0
mockmpf_requests_total{kind="simple",outcome="failure"} 2
mockmpf_requests_total{kind="simple",outcome="success"} 1
mockmpf_requests_total{kind="trusted",outcome="failure"} 0
mockmpf_requests_total{kind="trusted",outcome="success"} 0
# HELP mockmpf_rollbacks_total Requests whose transaction was rolled back.
# TYPE mockmpf_rollbacks_total counter
mockmpf_rollbacks_total 1
`), "mockmpf_requests_total", "mockmpf_rollbacks_total"))
	after, err := testutil.GatherAndCount(registry, "mockmpf_procedures_total")
	require.NoError(t, err)
	assert.Equal(t, count, after, "unknown names make no series")

	require.Len(t, seen, 5)
	assert.Equal(t, mpf.Target{Namespace: "Test", Procedure: "Make"}, seen[0].Target)
	assert.True(t, seen[0].Call)
	assert.False(t, seen[1].Call)
	assert.Equal(t, mpf.AlreadyExists, seen[3].Code)
}
