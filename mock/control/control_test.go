package control_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
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
	"wsexchange/mock/mail"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/resource"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

var update = flag.Bool("update", false, "rewrite openapi.yaml")

const (
	token    = "open sesame"
	reseller = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	ann      = "CN=ann@fabrikam.com," + reseller
)

func start(t *testing.T) (*mocktest.Emulator, *client.Client, string) {
	t.Helper()
	e := mocktest.Start(t)
	handler, err := control.New(e.Emulator, token)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return e, client.New(server.URL, token), server.URL
}

func createAnn(e *mocktest.Emulator) {
	e.Call("Managed Active Directory", "CreateUser", "<container>LDAP://"+reseller+"</container>"+
		"<userPrincipalName>ann@fabrikam.com</userPrincipalName><sAMAccountName>ann</sAMAccountName>")
}

// TestDescription holds openapi.yaml to the rows.
func TestDescription(t *testing.T) {
	var want bytes.Buffer
	require.NoError(t, control.WriteDescription(&want))
	if *update {
		require.NoError(t, os.WriteFile("openapi.yaml", want.Bytes(), 0o600))
	}
	assert.Equal(t, want.String(), string(control.Description()), "run the test with -update")
}

// TestClient_HasEveryEndpoint compares the description with the client's
// methods: they have the same names but for their spelling.
func TestClient_HasEveryEndpoint(t *testing.T) {
	_, c, _ := start(t)
	var text bytes.Buffer
	require.NoError(t, c.OpenAPI(t.Context(), &text))
	var described struct {
		Paths map[string]map[string]struct {
			OperationID string `yaml:"operationId"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text.Bytes(), &described))
	named := map[string]string{
		"listSnapshots": "Snapshots", "listStores": "Stores", "searchObjects": "Objects", "listJournal": "Journal", "journalEntry": "Entry",
		"exportJournal": "Export", "listFaults": "Faults", "openapi": "OpenAPI",
	}
	methods := 0
	for path, item := range described.Paths {
		for method, operation := range item {
			name := named[operation.OperationID]
			if name == "" {
				name = strings.ToUpper(operation.OperationID[:1]) + operation.OperationID[1:]
			}
			_, ok := reflect.TypeOf(c).MethodByName(name)
			assert.True(t, ok, "%s %s has no method %s", method, path, name)
			methods++
		}
	}
	assert.Equal(t, reflect.TypeOf(c).NumMethod(), methods)
}

func TestSnapshotsAndDifference(t *testing.T) {
	e, c, _ := start(t)
	require.NoError(t, c.TakeSnapshot(t.Context(), "empty directory"))
	createAnn(e)
	names, err := c.Snapshots(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"empty directory", mock.StartSnapshot}, names)
	d, err := c.Difference(t.Context(), "empty directory", "")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(d.Text, "created "+ann+"\n"), d.Text)
	assert.Equal(t, state.Created, d.Changes[0].Kind)
	require.NoError(t, c.RestoreSnapshot(t.Context(), "empty directory"))
	assert.Nil(t, e.Object(ann))
	require.NoError(t, c.DropSnapshot(t.Context(), "empty directory"))
	assert.True(t, client.Missing(c.RestoreSnapshot(t.Context(), "empty directory")))
	assert.Error(t, c.DropSnapshot(t.Context(), mock.StartSnapshot))
}

func TestResetAndSeed(t *testing.T) {
	e, c, _ := start(t)
	createAnn(e)
	_, err := c.AddFault(t.Context(), fault.Rule{Action: fault.Fail})
	require.NoError(t, err)
	require.NoError(t, c.Reset(t.Context()))
	assert.Nil(t, e.Object(ann))
	assert.Empty(t, e.Faults.List())
	assert.Empty(t, e.Journal.List(journal.Filter{}))

	seed := strings.ReplaceAll(string(seed.DefaultYAML()), "Reseller1", "OurReseller")
	require.NoError(t, c.Seed(t.Context(), strings.NewReader(seed)))
	assert.NotNil(t, e.Object("OU=OurReseller,OU=Hosting,DC=fabrikam,DC=com"))
	assert.Nil(t, e.Object(reseller))
	err = c.Seed(t.Context(), strings.NewReader("domain: {name: x}"))
	assert.ErrorContains(t, err, "domain.controllers is empty")
	assert.NotNil(t, e.Object("OU=OurReseller,OU=Hosting,DC=fabrikam,DC=com"), "a bad seed changes nothing")
	require.NoError(t, c.Reset(t.Context()))
	assert.NotNil(t, e.Object(reseller))
}

func TestState(t *testing.T) {
	e, c, _ := start(t)
	createAnn(e)
	require.NoError(t, seed.Inventory{Organizations: 2, Users: 1000}.Generate(t.Context(), e.Store.Update, nil))
	want := e.Dump()
	var whole bytes.Buffer
	require.NoError(t, c.State(t.Context(), &whole))
	text := whole.String()
	require.Greater(t, len(text), 2<<20, "other bodies are not so long")
	require.NoError(t, c.Reset(t.Context()))
	require.Nil(t, e.Object(ann))

	createBob := "<container>LDAP://" + reseller + "</container><userPrincipalName>bob@fabrikam.com</userPrincipalName><sAMAccountName>bob</sAMAccountName>"
	e.Call("Managed Active Directory", "CreateUser", createBob)
	before := e.Dump()
	for name, row := range map[string]struct{ text, want string }{
		"truncated":  {text[:len(text)/2], "import: line "},
		"nothing":    {"", "the stream is empty"},
		"no content": {`{"format":"mockmpf-state","version":1,"tables":[]}` + "\n" + `{"end":{"rows":0,"tables":{}}}`, directory.ErrNotSeeded.Error()},
	} {
		assert.ErrorContains(t, c.SetState(t.Context(), strings.NewReader(row.text)), row.want, name)
		assert.Equal(t, before, e.Dump(), name)
	}
	_, err := c.AddFault(t.Context(), fault.Rule{Action: fault.Fail, Procedure: "None"})
	require.NoError(t, err)
	require.NoError(t, c.SetState(t.Context(), strings.NewReader(text)))
	assert.Equal(t, want, e.Dump())
	assert.NotNil(t, e.Object(ann))
	assert.NotEmpty(t, e.Faults.List())
	assert.NotEmpty(t, e.Journal.List(journal.Filter{}), "as after restoring a snapshot")
	e.Call("Managed Active Directory", "CreateUser", createBob)
}

// TestState_IsSeenByEveryController replaces the state while a controller has
// not seen what was written at the other.
func TestState_IsSeenByEveryController(t *testing.T) {
	e := mocktest.Start(t, mocktest.Controllers("dc2.fabrikam.com"), mocktest.Replication(time.Hour))
	handler, err := control.New(e.Emulator, token)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c := client.New(server.URL, token)
	createAnn(e)
	at := func(controller string) int {
		found, err := c.Objects(t.Context(), control.Search{Filter: "(sAMAccountName=ann)", Controller: controller})
		require.NoError(t, err)
		return len(found.Objects)
	}
	assert.Equal(t, 1, at("dc1.fabrikam.com"))
	assert.Zero(t, at("dc2.fabrikam.com"))
	var whole bytes.Buffer
	require.NoError(t, c.State(t.Context(), &whole))
	require.NoError(t, c.SetState(t.Context(), &whole))
	assert.Equal(t, 1, at("dc1.fabrikam.com"))
	assert.Equal(t, 1, at("dc2.fabrikam.com"))
}

func TestState_Bounds(t *testing.T) {
	handler, err := control.New(mocktest.Start(t).Emulator, token)
	require.NoError(t, err)
	for length, want := range map[int64]int{control.LargestState: http.StatusBadRequest, control.LargestState + 1: http.StatusRequestEntityTooLarge} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/_mock/state", strings.NewReader("no export\n"))
		request.ContentLength = length
		request.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		assert.Equal(t, want, answer.Code, "%d bytes: %s", length, answer.Body)
	}
}

func TestContent(t *testing.T) {
	e, c, _ := start(t)
	createAnn(e)
	for _, name := range []string{ann, "LDAP://" + ann, "ann@fabrikam.com"} {
		require.NoError(t, c.SetMailboxUsage(t.Context(), name, 42))
	}
	e.View(func(tx *state.Tx) {
		o, err := directory.In(tx).BySAM("ann")
		require.NoError(t, err)
		used, set, err := mail.In(tx).MailboxUsage(o)
		require.NoError(t, err)
		assert.True(t, set)
		assert.Equal(t, int64(42), used)
	})
	assert.True(t, client.Missing(c.SetMailboxUsage(t.Context(), "nobody", 1)))
	assert.Error(t, c.SetMailboxUsage(t.Context(), ann, -1))

	want := control.Policy{MinimumLength: 12, History: 3, MaximumAge: fault.Duration(24 * time.Hour)}
	require.NoError(t, c.SetPasswordPolicy(t.Context(), want))
	got, err := c.PasswordPolicy(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Error(t, c.SetPasswordPolicy(t.Context(), control.Policy{History: -1}))

	stores, err := c.Stores(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, stores)
	stores[0].Megabytes += 7
	require.NoError(t, c.ResizeStore(t.Context(), stores[0]))
	again, err := c.Stores(t.Context())
	require.NoError(t, err)
	assert.Equal(t, stores, again)
	assert.True(t, client.Missing(c.ResizeStore(t.Context(), control.Store{Kind: resource.MailStore, Server: "none"})))

	found, err := c.Objects(t.Context(), control.Search{Filter: "(sAMAccountName=ann)"})
	require.NoError(t, err)
	require.Len(t, found.Objects, 1)
	assert.Equal(t, ann, found.Objects[0].DN)
	assert.Contains(t, found.Objects[0].Attributes, control.Attribute{Name: "sAMAccountName", Values: []string{"ann"}})
	found, err = c.Objects(t.Context(), control.Search{Base: reseller, Scope: "base"})
	require.NoError(t, err)
	assert.Len(t, found.Objects, 1)
	_, err = c.Objects(t.Context(), control.Search{Scope: "sideways"})
	assert.ErrorContains(t, err, "sideways")
	_, err = c.Objects(t.Context(), control.Search{Filter: "(("})
	assert.Error(t, err)
	found, err = c.Objects(t.Context(), control.Search{Limit: 2})
	require.NoError(t, err)
	assert.True(t, found.More)
}

func TestJournal(t *testing.T) {
	e, c, _ := start(t)
	waited := make(chan journal.Entry, 1)
	go func() {
		entry, err := c.Wait(t.Context(), journal.Filter{Code: "E-OBJECT-EXISTS"}, time.Minute)
		assert.NoError(t, err)
		waited <- entry
	}()
	createAnn(e)
	createAnn(e)
	entry := <-waited
	assert.True(t, entry.Failed())
	all, last, err := c.Journal(t.Context(), journal.Filter{Tenant: "Reseller1", Limit: 10})
	require.NoError(t, err)
	assert.Len(t, all, 2)
	assert.Equal(t, int64(2), last)
	same, err := c.Entry(t.Context(), entry.TransactionID)
	require.NoError(t, err)
	assert.Equal(t, entry, same)
	why, err := c.Explain(t.Context(), entry.TransactionID)
	require.NoError(t, err)
	assert.Equal(t, "LDAP://"+ann, why.Object)
	var archive bytes.Buffer
	require.NoError(t, c.Export(t.Context(), &archive, journal.Filter{}))
	assert.True(t, bytes.HasPrefix(archive.Bytes(), []byte("PK")))
	require.NoError(t, c.ClearJournal(t.Context()))
	_, err = c.Entry(t.Context(), entry.TransactionID)
	assert.True(t, client.Missing(err))
	_, err = c.Explain(t.Context(), "none")
	assert.True(t, client.Missing(err))
	_, err = c.Wait(t.Context(), journal.Filter{ID: "never"}, time.Nanosecond)
	assert.True(t, client.TimedOut(err), "%v", err)
	_, err = c.Wait(t.Context(), journal.Filter{}, time.Hour)
	assert.ErrorContains(t, err, "timeout")
}

func TestFaults(t *testing.T) {
	e, c, _ := start(t)
	added, err := c.AddFault(t.Context(), fault.Rule{Action: fault.Delay, Delay: &fault.Distribution{Fixed: fault.Duration(time.Nanosecond)}, Procedure: "CreateUser"})
	require.NoError(t, err)
	assert.Equal(t, "rule-1", added.ID)
	createAnn(e)
	rules, err := c.Faults(t.Context())
	require.NoError(t, err)
	require.Len(t, rules, 1)
	assert.Equal(t, added, rules[0].Rule)
	assert.Equal(t, 1, rules[0].Hits)
	_, err = c.AddFault(t.Context(), fault.Rule{Action: fault.Kill})
	assert.ErrorContains(t, err, "may not be killed")
	require.NoError(t, c.RemoveFault(t.Context(), "rule-1"))
	assert.True(t, client.Missing(c.RemoveFault(t.Context(), "rule-1")))
	require.NoError(t, c.ClearFaults(t.Context()))
}

func TestNew_Refuses(t *testing.T) {
	e, _, address := start(t)
	_, err := control.New(e.Emulator, "")
	assert.ErrorContains(t, err, "token")
	_, err = control.New(&mock.Emulator{}, token)
	assert.ErrorIs(t, err, control.ErrNotTesting)

	send := func(method, path, sent string, body io.Reader) int {
		request, err := http.NewRequestWithContext(t.Context(), method, address+path, body)
		require.NoError(t, err)
		request.Header.Set("Authorization", sent)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	ask := func(method, path, sent, body string) int { return send(method, path, sent, strings.NewReader(body)) }
	const good = "Bearer " + token
	assert.Equal(t, http.StatusUnauthorized, ask("GET", "/_mock/faults", "", ""))
	assert.Equal(t, http.StatusUnauthorized, ask("GET", "/_mock/faults", "Bearer wrong", ""))
	assert.Equal(t, http.StatusOK, ask("GET", "/_mock/faults", good, ""))
	assert.Equal(t, http.StatusOK, ask("GET", "/_mock//faults", good, ""), "the address of the banner ends with a slash")
	assert.Equal(t, http.StatusNotFound, ask("GET", "/_mock/nothing", good, ""))
	assert.Equal(t, http.StatusBadRequest, ask("POST", "/_mock/wait", good, ""))
	assert.Equal(t, http.StatusMethodNotAllowed, ask("PATCH", "/_mock/faults", good, ""))
	assert.Equal(t, http.StatusBadRequest, ask("POST", "/_mock/faults", good, `{"action":"fail","colour":"red"}`))
	assert.Equal(t, http.StatusBadRequest, ask("POST", "/_mock/faults", good, `{"action":"fail"} {}`))
	long := strings.Repeat(" ", 3<<20)
	assert.Equal(t, http.StatusRequestEntityTooLarge, ask("POST", "/_mock/faults", good, long))
	unknown := io.MultiReader(strings.NewReader(long)) // of which net/http knows no length
	assert.Equal(t, http.StatusRequestEntityTooLarge, send("POST", "/_mock/faults", good, unknown))
	assert.Equal(t, http.StatusBadRequest, ask("GET", "/_mock/journal?colour=red", good, ""))
	assert.Equal(t, http.StatusBadRequest, ask("GET", "/_mock/journal?limit=many", good, ""))
}

func TestNew_AnswersInItsOwnWords(t *testing.T) {
	_, _, address := start(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, address+"/_mock/faults", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var refused control.Failure
	require.NoError(t, json.NewDecoder(response.Body).Decode(&refused))
	assert.Equal(t, "PATCH /_mock/faults: method not allowed", refused.Error)
	assert.Equal(t, "DELETE, GET, HEAD, POST", response.Header.Get("Allow"))
}
