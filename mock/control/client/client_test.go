package client_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wsexchange/mock"
	"wsexchange/mock/control"
	"wsexchange/mock/control/client"
	"wsexchange/mock/directory"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/ledger"
	"wsexchange/mock/mail"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/resource"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

const (
	token    = "open sesame"
	reseller = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
)

// described is what the description tells of an operation.
type described struct {
	OperationID string `yaml:"operationId"`
	Parameters  []struct{ Name, In string }
	Responses   map[string]struct {
		Content map[string]struct{ Schema schema }
	}
	method, path string
}

// schema is a part of a schema of OpenAPI.
type schema struct {
	Type       string
	Properties map[string]schema
	Items      *schema
}

// fits compares an answer with its schema.
func (s schema) fits(t *testing.T, where string, value any) {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		assert.Equal(t, "object", s.Type, where)
		for name, one := range v {
			part, ok := s.Properties[name]
			if assert.True(t, ok, "%s.%s is not described", where, name) {
				part.fits(t, where+"."+name, one)
			}
		}
	case []any:
		if assert.Equal(t, "array", s.Type, where) {
			for _, one := range v {
				s.Items.fits(t, where+"[]", one)
			}
		}
	case string:
		assert.Equal(t, "string", s.Type, where)
	case bool:
		assert.Equal(t, "boolean", s.Type, where)
	case float64:
		assert.Contains(t, []string{"number", "integer"}, s.Type, where)
	}
}

// operations gives what the description has, by method and path.
func operations(t *testing.T) []described {
	t.Helper()
	var all struct {
		Paths map[string]map[string]described
	}
	require.NoError(t, yaml.Unmarshal(control.Description(), &all))
	var list []described
	for path, item := range all.Paths {
		for method, d := range item {
			d.method, d.path = strings.ToUpper(method), path
			list = append(list, d)
		}
	}
	return list
}

// witness is a control API that holds what it is asked, and what it answers,
// to its description.
type witness struct {
	t     *testing.T
	known []described

	mu    sync.Mutex
	asked map[string]int // by operationId
}

func (w *witness) over(next http.Handler) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if d := w.find(r); assert.NotNil(w.t, d, "%s %s is not described", r.Method, r.URL.Path) {
			w.check(d, r, answer)
		}
		for name, values := range answer.Header() {
			to.Header()[name] = values
		}
		to.WriteHeader(answer.Code)
		_, _ = to.Write(answer.Body.Bytes())
	})
}

func (w *witness) find(r *http.Request) *described {
	asked := strings.Split(r.URL.EscapedPath(), "/")
	best := -1
	for i, d := range w.known {
		parts := strings.Split(d.path, "/")
		fits := d.method == r.Method && len(parts) == len(asked)
		for j := 0; fits && j < len(parts); j++ {
			fits = parts[j] == asked[j] || strings.HasPrefix(parts[j], "{")
		}
		if fits && (best < 0 || !strings.Contains(d.path, "{")) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return &w.known[best]
}

func (w *witness) check(d *described, r *http.Request, answer *httptest.ResponseRecorder) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[d.OperationID]++
	for name := range r.URL.Query() {
		assert.True(w.t, slices.ContainsFunc(d.Parameters, func(p struct{ Name, In string }) bool { return p.Name == name && p.In == "query" }),
			"%s: parameter %s is not described", d.OperationID, name)
	}
	status := fmt.Sprint(answer.Code)
	response, ok := d.Responses[status]
	if !ok && answer.Code >= 400 {
		response, ok = d.Responses["default"]
	}
	assert.True(w.t, ok, "%s: status %s is not described", d.OperationID, status)
	media, _, _ := strings.Cut(answer.Header().Get("Content-Type"), ";")
	content, ok := response.Content[media]
	assert.Equal(w.t, answer.Body.Len() > 0, ok, "%s: media type %q", d.OperationID, media)
	var value any
	if media == "application/json" && assert.NoError(w.t, json.Unmarshal(answer.Body.Bytes(), &value)) {
		content.Schema.fits(w.t, d.OperationID, value)
	}
}

func start(t *testing.T) (*mocktest.Emulator, string, *witness) {
	t.Helper()
	e := mocktest.Start(t)
	handler, err := control.New(e.Emulator, token)
	require.NoError(t, err)
	w := &witness{t: t, known: operations(t), asked: make(map[string]int)}
	server := httptest.NewServer(w.over(handler))
	t.Cleanup(server.Close)
	return e, server.URL, w
}

func createUser(e *mocktest.Emulator, name string) {
	e.Call("Managed Active Directory", "CreateUser", "<container>LDAP://"+reseller+"</container>"+
		"<userPrincipalName>"+name+"@fabrikam.com</userPrincipalName><sAMAccountName>"+name+"</sAMAccountName>")
}

// steps use every operation of the description, and look that it did what it
// says.
var steps = []struct {
	operation string
	run       func(*testing.T, *mocktest.Emulator, *client.Client)
}{
	{"openapi", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		var text bytes.Buffer
		require.NoError(t, c.OpenAPI(t.Context(), &text))
		assert.Equal(t, string(control.Description()), text.String())
	}},
	{"takeSnapshot", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.TakeSnapshot(t.Context(), "a/b c?"))
		createUser(e, "ann")
		require.NoError(t, c.TakeSnapshot(t.Context(), "with ann"))
	}},
	{"listSnapshots", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		names, err := c.Snapshots(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"a/b c?", mock.StartSnapshot, "with ann"}, names)
	}},
	{"difference", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		d, err := c.Difference(t.Context(), "a/b c?", "with ann")
		require.NoError(t, err)
		require.Len(t, d.Changes, 1)
		assert.Equal(t, state.Created, d.Changes[0].Kind)
		assert.Contains(t, d.Text, "created CN=ann@fabrikam.com,"+reseller)
		d, err = c.Difference(t.Context(), "with ann", "")
		require.NoError(t, err)
		assert.Empty(t, d.Changes)
		_, err = c.Difference(t.Context(), "none", "")
		assert.True(t, client.Missing(err))
	}},
	{"restoreSnapshot", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.RestoreSnapshot(t.Context(), "a/b c?"))
		assert.Nil(t, e.Object("CN=ann@fabrikam.com,"+reseller))
		require.NoError(t, c.RestoreSnapshot(t.Context(), "with ann"))
		assert.True(t, client.Missing(c.RestoreSnapshot(t.Context(), "none")))
	}},
	{"dropSnapshot", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.DropSnapshot(t.Context(), "a/b c?"))
		assert.True(t, client.Missing(c.DropSnapshot(t.Context(), "a/b c?")))
		assert.ErrorContains(t, c.DropSnapshot(t.Context(), mock.StartSnapshot), "needed for a reset")
	}},
	{"setMailboxUsage", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.SetMailboxUsage(t.Context(), "ann", 42))
		e.View(func(tx *state.Tx) {
			o, err := directory.In(tx).BySAM("ann")
			require.NoError(t, err)
			used, _, err := mail.In(tx).MailboxUsage(o)
			require.NoError(t, err)
			assert.Equal(t, int64(42), used)
		})
		assert.True(t, client.Missing(c.SetMailboxUsage(t.Context(), "nobody", 42)))
	}},
	{"setPasswordPolicy", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.SetPasswordPolicy(t.Context(), control.Policy{MinimumLength: 9, MaximumAge: fault.Duration(time.Hour)}))
		assert.Error(t, c.SetPasswordPolicy(t.Context(), control.Policy{MinimumLength: -1}))
	}},
	{"passwordPolicy", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		p, err := c.PasswordPolicy(t.Context())
		require.NoError(t, err)
		assert.Equal(t, control.Policy{MinimumLength: 9, MaximumAge: fault.Duration(time.Hour)}, p)
	}},
	{"resizeStore", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		stores, err := c.Stores(t.Context())
		require.NoError(t, err)
		stores[0].Megabytes = 123456
		require.NoError(t, c.ResizeStore(t.Context(), stores[0]))
		assert.True(t, client.Missing(c.ResizeStore(t.Context(), control.Store{Kind: resource.MailStore, Server: "none"})))
	}},
	{"listStores", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		stores, err := c.Stores(t.Context())
		require.NoError(t, err)
		assert.Equal(t, int64(123456), stores[0].Megabytes)
	}},
	{"searchObjects", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		found, err := c.Objects(t.Context(), control.Search{Base: reseller, Scope: "one", Filter: "(sAMAccountName=ann*)", Limit: 5})
		require.NoError(t, err)
		require.Len(t, found.Objects, 1)
		assert.Equal(t, "user", found.Objects[0].Class)
		assert.False(t, found.More)
	}},
	{"addFault", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		added, err := c.AddFault(t.Context(), fault.Rule{ID: "a/b", Procedure: "CreateUser", Action: fault.Fail, Code: "0x80070005", Times: 1})
		require.NoError(t, err)
		assert.Equal(t, "a/b", added.ID)
		createUser(e, "bob")
		_, err = c.AddFault(t.Context(), fault.Rule{ID: "other", Action: fault.Delay, Delay: &fault.Distribution{Fixed: fault.Duration(time.Second)}, Procedure: "None"})
		require.NoError(t, err)
		_, err = c.AddFault(t.Context(), fault.Rule{Action: "explode"})
		assert.ErrorContains(t, err, "explode")
	}},
	{"listFaults", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		rules, err := c.Faults(t.Context())
		require.NoError(t, err)
		require.Len(t, rules, 2)
		assert.Equal(t, []int{1, 1}, []int{rules[0].Seen, rules[0].Hits})
	}},
	{"removeFault", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.RemoveFault(t.Context(), "a/b"))
		assert.True(t, client.Missing(c.RemoveFault(t.Context(), "a/b")))
	}},
	{"clearFaults", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.ClearFaults(t.Context()))
		assert.Empty(t, e.Faults.List())
	}},
	{"listJournal", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		entries, last, err := c.Journal(t.Context(), journal.Filter{
			Tenant: "Reseller1", Namespace: "Managed Active Directory", Procedure: "CreateUser", Object: "ann", Code: "0x00000000",
			Caller: `FABRIKAM\Administrator`, Limit: 3,
		})
		require.NoError(t, err)
		require.Len(t, entries, 1)
		assert.Equal(t, int64(2), last)
		entries, _, err = c.Journal(t.Context(), journal.Filter{Operation: "EnableUser", After: 1, ID: "x"})
		require.NoError(t, err)
		assert.Empty(t, entries)
	}},
	{"wait", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		e, err := c.Wait(t.Context(), journal.Filter{Code: "0x80070005"}, 0)
		require.NoError(t, err)
		assert.True(t, e.Failed())
		_, err = c.Wait(t.Context(), journal.Filter{Operation: "Never"}, time.Nanosecond)
		assert.True(t, client.TimedOut(err), "%v", err)
		assert.False(t, client.Missing(err))
	}},
	{"journalEntry", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		want := e.Journal.List(journal.Filter{})[1]
		got, err := c.Entry(t.Context(), want.TransactionID)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		_, err = c.Entry(t.Context(), "a/b")
		assert.True(t, client.Missing(err))
	}},
	{"explain", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		want := e.Journal.List(journal.Filter{})[1]
		got, err := c.Explain(t.Context(), want.TransactionID)
		require.NoError(t, err)
		assert.Equal(t, want.Explain(), got)
	}},
	{"exportJournal", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		var got, want bytes.Buffer
		filter := journal.Filter{Procedure: "CreateUser"}
		require.NoError(t, c.Export(t.Context(), &got, filter))
		require.NoError(t, e.Journal.Export(&want, filter))
		assert.Equal(t, want.Bytes(), got.Bytes())
	}},
	{"clearJournal", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.ClearJournal(t.Context()))
		assert.Empty(t, e.Journal.List(journal.Filter{}))
	}},
	{"setReplication", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.SetReplication(t.Context(), control.Replication{Delay: fault.Duration(time.Hour)}))
		assert.Error(t, c.SetReplication(t.Context(), control.Replication{Delay: -1}))
	}},
	{"replication", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		r, err := c.Replication(t.Context())
		require.NoError(t, err)
		assert.Equal(t, fault.Duration(time.Hour), r.Delay)
	}},
	{"replicate", func(t *testing.T, _ *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.Replicate(t.Context()))
	}},
	{"state", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		var got, want bytes.Buffer
		require.NoError(t, c.State(t.Context(), &got))
		require.NoError(t, ledger.Export(t.Context(), e.Store, &want))
		assert.Equal(t, want.String(), got.String())
	}},
	{"setState", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		var whole bytes.Buffer
		require.NoError(t, c.State(t.Context(), &whole))
		before := e.Dump()
		require.NoError(t, c.SetMailboxUsage(t.Context(), "ann", 4711))
		assert.ErrorContains(t, c.SetState(t.Context(), io.LimitReader(bytes.NewReader(whole.Bytes()), 1000)), "import: line ")
		assert.NotEqual(t, before, e.Dump())
		require.NoError(t, c.SetState(t.Context(), &whole))
		assert.Equal(t, before, e.Dump())
	}},
	{"seed", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.Seed(t.Context(), strings.NewReader(strings.ReplaceAll(string(seed.DefaultYAML()), "Reseller1", "OurReseller"))))
		assert.Nil(t, e.Object(reseller))
		assert.ErrorContains(t, c.Seed(t.Context(), strings.NewReader("colour: red")), "colour")
	}},
	{"reset", func(t *testing.T, e *mocktest.Emulator, c *client.Client) {
		require.NoError(t, c.Reset(t.Context()))
		assert.NotNil(t, e.Object(reseller))
		assert.Empty(t, e.Journal.List(journal.Filter{}))
	}},
}

func TestClient_EveryOperation(t *testing.T) {
	e, address, w := start(t)
	c := client.New(address+"/", token)
	var described, used []string
	for _, d := range w.known {
		described = append(described, d.OperationID)
	}
	for _, step := range steps {
		before := w.asked[step.operation]
		step.run(t, e, c)
		assert.Greater(t, w.asked[step.operation], before, "%s was not asked", step.operation)
		used = append(used, step.operation)
	}
	assert.ElementsMatch(t, described, used)
}

// TestClient_Errors looks what every operation makes of an answer that is none.
func TestClient_Errors(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	calls := map[string]func(*client.Client) error{
		"nothing to read": func(c *client.Client) error { return c.Reset(t.Context()) },
		"JSON":            func(c *client.Client) error { _, err := c.Snapshots(t.Context()); return err },
		"copied":          func(c *client.Client) error { return c.Export(t.Context(), io.Discard, journal.Filter{}) },
	}
	answering := func(status int, body string) *client.Client {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		return client.New(server.URL, token)
	}
	for name, call := range calls {
		err := call(client.New(gone.URL, token))
		assert.ErrorContains(t, err, "control API: ", name)
		assert.NotContains(t, err.Error(), token)
		var refused *client.Error
		assert.NotErrorAs(t, err, &refused, name)
		require.ErrorAs(t, call(answering(http.StatusBadGateway, "<html>")), &refused, name)
		assert.Equal(t, client.Error{Status: 502, Text: "502 Bad Gateway"}, *refused, name)
		require.ErrorAs(t, call(answering(http.StatusBadRequest, `{"error":"no"}`)), &refused, name)
		assert.Equal(t, "control API: no (400)", refused.Error(), name)
		assert.ErrorContains(t, call(client.New("://", token)), "control API: ", name)
	}
	assert.ErrorContains(t, calls["JSON"](answering(http.StatusOK, "<html>")), "control API: answer: ")
	assert.NotContains(t, fmt.Sprintf("%v %+v", client.New(gone.URL, token), *client.New(gone.URL, token)), token)

	_, address, _ := start(t)
	assert.NoError(t, client.New(address+"/_mock/", token).Reset(t.Context()), "the address of the banner")
	for name, call := range calls {
		var refused *client.Error
		require.ErrorAs(t, call(client.New(address, "guess")), &refused, name)
		assert.Equal(t, http.StatusUnauthorized, refused.Status, name)
	}
}
