package mocktest_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/mocktest"
	"wsexchange/mpf"
)

const managed = "Managed Active Directory"

// overSOAP makes a user through the SOAP endpoint.
func overSOAP(t *testing.T, e *mocktest.Emulator, name string) (*mpf.Response, error) {
	t.Helper()
	client, err := mpf.NewClient(mpf.ClientConfig{URL: e.URL, Credentials: mpf.OfAccount, Account: e.Account("hsadmin")})
	require.NoError(t, err)
	data, err := xmldoc.ParseString("<data>"+newUser(name)+"</data>", xmldoc.Limits{})
	require.NoError(t, err)
	return client.Submit(t.Context(), mpf.Simple(mpf.Target{Namespace: managed, Procedure: "CreateUser"}, data))
}

// TestFaults shows every action at every stage that it has, and that what it
// leaves is the whole request or nothing of it.
func TestFaults(t *testing.T) {
	killed := new(int)
	const code = mpf.HRESULT(0x80070005)
	p := mocktest.Prepare(t, nil, mocktest.FaultConfig(fault.Config{
		Kill:  func() { *killed++ },
		Sleep: func(context.Context, time.Duration) error { return nil },
	}))
	for name, row := range map[string]struct {
		rule fault.Rule
		done bool // the request is carried out
		err  error
		code mpf.HRESULT
	}{
		"fail before anything":    {rule: fault.Rule{Action: fault.Fail, When: engine.AtRequest, Code: "0x80070005"}, code: code},
		"fail before the write":   {rule: fault.Rule{Action: fault.Fail, Code: "0x80070005"}, code: code},
		"fail after the write":    {rule: fault.Rule{Action: fault.Fail, When: engine.AfterCall, Code: "0x80070005"}, code: code},
		"fail at a step":          {rule: fault.Rule{Action: fault.Fail, Step: 3, Code: "0x80070005"}, code: code},
		"delay":                   {rule: fault.Rule{Action: fault.Delay, Delay: &fault.Distribution{Fixed: fault.Duration(time.Second)}}, done: true},
		"drop before the write":   {rule: fault.Rule{Action: fault.Drop, When: engine.BeforeCall}, err: mpf.ErrConnectionLost},
		"drop after the write":    {rule: fault.Rule{Action: fault.Drop, When: engine.AfterCall}, err: mpf.ErrConnectionLost},
		"drop the answer":         {rule: fault.Rule{Action: fault.Drop}, done: true, err: mpf.ErrConnectionLost},
		"malformed answer":        {rule: fault.Rule{Action: fault.Malformed}, done: true, err: mpf.ErrProtocol},
		"malformed, nothing done": {rule: fault.Rule{Action: fault.Malformed, When: engine.AtRequest}, err: mpf.ErrProtocol},
		"kill":                    {rule: fault.Rule{Action: fault.Kill}, done: true}, // this one's kill lets live
	} {
		for endpoint, submit := range map[string]func(*testing.T, *mocktest.Emulator) (*mpf.Response, error){
			"over SOAP": func(t *testing.T, e *mocktest.Emulator) (*mpf.Response, error) { return overSOAP(t, e, "ann") },
			"in process": func(t *testing.T, e *mocktest.Emulator) (*mpf.Response, error) {
				data, err := xmldoc.ParseString("<data>"+newUser("ann")+"</data>", xmldoc.Limits{})
				require.NoError(t, err)
				return e.Submit(e.As("Administrator"), mpf.Simple(mpf.Target{Namespace: managed, Procedure: "CreateUser"}, data))
			},
		} {
			t.Run(name+" "+endpoint, func(t *testing.T) {
				row.rule.ID, row.rule.Times = "it", 1
				*killed = 0
				e := p.Clone(t, mocktest.Faults(row.rule))
				before := e.Dump()
				response, err := submit(t, e)
				assert.ErrorIs(t, err, row.err)
				if row.err == nil && row.code != 0 {
					require.NoError(t, err)
					require.NotNil(t, response.Err)
					assert.Equal(t, row.code, response.Err.Code)
				}
				assert.Equal(t, row.done, e.Object(dn("ann")) != nil, "what was done")
				if !row.done {
					assert.Equal(t, before, e.Dump(), "nothing is left")
				}
				assert.Equal(t, 1, e.Faults.List()[0].Hits)
				assert.Equal(t, row.rule.Action == fault.Kill, *killed == 1)

				e.Faults.Clear()
				response, err = submit(t, e)
				require.NoError(t, err, "the emulator goes on")
				assert.Equal(t, row.done, response.Err != nil, "the second time works if the first did nothing")
			})
		}
	}
}

func TestFaults_Rollback(t *testing.T) {
	var log bytes.Buffer
	e := mocktest.Start(t, mocktest.Logger(slog.New(slog.NewTextHandler(&log, nil))), mocktest.Faults(
		fault.Rule{Action: fault.Fail, When: engine.AfterCall, Procedure: "CreateUser"},
		fault.Rule{Action: fault.Fail, When: engine.AtRollback, Text: "spoiled"}))
	before := e.Dump()
	assert.NotNil(t, e.Call(managed, "CreateUser", newUser("ann")).Err)
	assert.Equal(t, before, e.Dump())
	assert.Contains(t, log.String(), "event=4108")
	assert.Contains(t, log.String(), "spoiled")
}

func TestFaults_Matching(t *testing.T) {
	e := mocktest.Start(t)
	fails := func(rule fault.Rule) bool {
		t.Helper()
		rule.Action, rule.ID = fault.Fail, "it"
		_, err := e.Faults.Add(rule)
		require.NoError(t, err)
		defer e.Faults.Remove("it")
		failed := e.Call(managed, "CreateUser", newUser("ann")).Err != nil
		require.NoError(t, e.Snapshots.Restore(t.Context(), "start"))
		return failed
	}
	for name, row := range map[string]struct {
		rule fault.Rule
		want bool
	}{
		"namespace":              {fault.Rule{Namespace: "managed active directory"}, true},
		"other namespace":        {fault.Rule{Namespace: "Hosted Exchange"}, false},
		"inner procedure":        {fault.Rule{Procedure: "Create Object"}, true},
		"other procedure":        {fault.Rule{Procedure: "DeleteUser"}, false},
		"step":                   {fault.Rule{Step: 2, Procedure: "CreateUser_"}, true},
		"other step":             {fault.Rule{Step: 3, Procedure: "CreateUser_"}, false},
		"tenant by name":         {fault.Rule{Tenant: "reseller1"}, true},
		"tenant by path":         {fault.Rule{Tenant: "LDAP://" + reseller}, true},
		"other tenant":           {fault.Rule{Tenant: "Hosting"}, false},
		"caller":                 {fault.Rule{Caller: `FABRIKAM\administrator`}, true},
		"caller without domain":  {fault.Rule{Caller: "Administrator"}, true},
		"other caller":           {fault.Rule{Caller: "hsadmin"}, false},
		"skipped":                {fault.Rule{Procedure: "CreateUser", Skip: 1}, false},
		"at the request":         {fault.Rule{Procedure: "CreateUser", When: engine.AtRequest}, true},
		"at the inner's request": {fault.Rule{Procedure: "CreateUser_", When: engine.AtRequest}, false},
	} {
		assert.Equal(t, row.want, fails(row.rule), name)
	}
}

func TestFaults_Probability(t *testing.T) {
	pattern := func(seed uint64) (hits string) {
		e := mocktest.Start(t, mocktest.Faults(fault.Rule{Action: fault.Fail, When: engine.AtRequest, Probability: 0.5, Seed: seed}))
		for range 40 {
			hits += map[bool]string{true: "x", false: "."}[e.Call("Windows-based Hosting", "QueryPlans", "").Err != nil]
		}
		return hits
	}
	first := pattern(1)
	assert.Equal(t, first, pattern(1))
	assert.NotEqual(t, first, pattern(2))
	assert.Contains(t, first, "x")
	assert.Contains(t, first, ".")
}

func TestFaults_Header(t *testing.T) {
	ask := func(e *mocktest.Emulator, header string) *http.Response {
		body := `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` +
			`<provisioning xmlns="http://maps/specs/prov.xml"><namespace>Windows-based Hosting</namespace><procedure>QueryPlans</procedure></provisioning>` +
			`</soap:Header><soap:Body><request><data/></request></soap:Body></soap:Envelope>`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL, strings.NewReader(body))
		require.NoError(t, err)
		account := e.Account("hsadmin")
		request.SetBasicAuth(account.Domain+`\`+account.Username, account.Password.Reveal())
		request.Header.Set("Content-Type", "text/xml; charset=utf-8")
		if header != "" {
			request.Header.Set(fault.Header, header)
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	const rule = `{"action":"fail","code":"0x80070005"}`
	open, closed := mocktest.Start(t, mocktest.FaultConfig(fault.Config{Header: true})), mocktest.Start(t)
	assert.Equal(t, http.StatusOK, ask(open, rule).StatusCode)
	assert.Equal(t, "0x80070005", open.WaitFor(journal.Filter{}).Code)
	assert.Equal(t, http.StatusOK, ask(open, "").StatusCode)
	assert.Equal(t, "0x00000000", open.WaitFor(journal.Filter{After: 1}).Code, "the rule was of one request")
	assert.Equal(t, http.StatusBadRequest, ask(open, `{"action":"explode"}`).StatusCode)
	assert.Equal(t, http.StatusBadRequest, ask(open, `{"action":"fail","colour":"red"}`).StatusCode)
	assert.Equal(t, http.StatusBadRequest, ask(open, `{"action":"kill"}`).StatusCode, "killing is not allowed")
	assert.Equal(t, http.StatusForbidden, ask(closed, rule).StatusCode)
	assert.Empty(t, closed.Journal.List(journal.Filter{}))
}

func TestFaults_Metrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	e := mocktest.Start(t, mocktest.Registerer(registry), mocktest.Faults(fault.Rule{Action: fault.Fail, When: engine.AtRequest, Times: 2}))
	for range 4 {
		e.Call("Windows-based Hosting", "QueryPlans", "")
	}
	assert.Equal(t, 2, e.Faults.List()[0].Hits)
	assert.Equal(t, 4, e.Faults.List()[0].Seen)
	metrics, err := registry.Gather()
	require.NoError(t, err)
	hits := 0.0
	for _, family := range metrics {
		for _, m := range family.GetMetric() {
			if family.GetName() == "mockmpf_faults_total" {
				hits += m.GetCounter().GetValue()
			}
		}
	}
	assert.Equal(t, 2.0, hits)
	problems, err := testutil.GatherAndLint(registry, "mockmpf_faults_total", "mockmpf_fault_rules")
	require.NoError(t, err)
	assert.Empty(t, problems)
}
