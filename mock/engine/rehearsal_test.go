package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/ledger"
	"wsexchange/mpf"
)

// stage is an engine over a store that tells what a transaction changed.
type stage struct {
	*engine.Engine
	store *ledger.Store
	t     *testing.T
}

func rehearsalStage(t *testing.T, namespaces ...engine.Namespace) *stage {
	t.Helper()
	s := enginetest.New(t).Store
	made, err := engine.New(engine.Config{
		Store: s, Passwords: directory.NewPasswords(4), Namespaces: append(namespaces, space()),
		Policies: engine.Policies{IgnoreUnknownArguments: true},
	})
	require.NoError(t, err)
	return &stage{Engine: made, store: s, t: t}
}

func (s *stage) dump() string {
	var b bytes.Buffer
	require.NoError(s.t, s.store.Root().Dump(&b))
	rows, err := s.store.Audit(s.t.Context(), ledger.AuditQuery{})
	require.NoError(s.t, err)
	fmt.Fprintf(&b, "%d rows of audit", len(rows))
	return b.String()
}

// rehearse rehearses a request and holds that nothing, logs included, has
// changed.
func (s *stage) rehearse(text string) *engine.Rehearsal {
	s.t.Helper()
	root, err := xmldoc.ParseString(text, xmldoc.Limits{})
	require.NoError(s.t, err)
	req, err := mpf.ParseRequest(root, mpf.Target{})
	require.NoError(s.t, err)
	before := s.dump()
	r, err := s.Rehearse(mpf.WithCaller(s.t.Context(), mpf.Caller{Trusted: true}), req)
	require.NoError(s.t, err)
	assert.Equal(s.t, before, s.dump())
	return r
}

func execute(namespace, procedure, arguments string) string {
	return `<execute namespace="` + namespace + `" procedure="` + procedure + `"><executeData>` + arguments + `</executeData></execute>`
}

func steps(r *engine.Rehearsal) []string {
	var all []string
	for _, s := range r.Steps {
		all = append(all, strconv.Itoa(s.Seq)+" "+strconv.Itoa(s.Depth)+" "+s.Target.Procedure+" "+s.Code.String())
	}
	return all
}

func changed(r *engine.Rehearsal) []string {
	var all []string
	for _, c := range r.Changes {
		all = append(all, string(c.Kind)+" "+c.Object)
	}
	return all
}

func TestRehearse(t *testing.T) {
	outside, undone := remembering()
	s := rehearsalStage(t, outside)
	for _, row := range []struct {
		name, steps                     string
		code                            mpf.HRESULT
		calls, changes, undone, effects []string
		queued                          []engine.RehearsedJob
	}{
		{
			name: "success", steps: execute("Test", "Tree", "<name>u</name><levels>1</levels>"),
			calls:   []string{"1 0 Tree 0x00000000", "2 1 Make 0x00000000", "3 1 Tree 0x00000000", "4 2 Make 0x00000000"},
			changes: []string{"created OU=u0" + units, "created OU=u1" + units},
		},
		{
			name: "failure keeps what had been written", steps: execute("Test", "Make", "<name>a</name>") + execute("Test", "Make", "<name>b</name><fail/>"),
			code: mpf.NoSuchObject, calls: []string{"1 0 Make 0x00000000", "2 0 Make 0x80072030"},
			changes: []string{"created OU=a" + units, "created OU=b" + units},
		},
		{
			name: "a failure that was handled", code: mpf.OK,
			steps:   `<try>` + execute("Test", "Make", "<name>a</name><fail/>") + `</try><catch>` + execute("Test", "Make", "<name>b</name>") + `</catch>`,
			calls:   []string{"1 0 Make 0x80072030", "2 0 Make 0x00000000"},
			changes: []string{"created OU=b" + units},
		},
		{
			name: "outside of the database", steps: execute("Outside", "Touch", "<what>one</what>") + execute("Outside", "Touch", "<what>two</what>"),
			calls:  []string{"1 0 Touch 0x00000000", "2 0 Touch 0x00000000"},
			undone: []string{"Touch", "Touch"}, effects: []string{"two", "one"},
		},
		{
			name: "queue", steps: execute("Test", "Later", "<name>x</name>") + execute("Test", "Later", "<name>y</name><activated>1</activated>"),
			calls: []string{"1 0 Later 0x00000000", "2 0 Later 0x00000000"},
			queued: []engine.RehearsedJob{
				{Target: mpf.Target{Namespace: "Test", Procedure: "Make"}}, {Target: mpf.Target{Namespace: "Test", Procedure: "Make"}, Activated: true},
			},
		},
		{name: "reading", steps: execute("Test", "Echo", "<x>1</x>"), calls: []string{"1 0 Echo 0x00000000"}},
		{name: "refused before it begins", steps: execute("Test", "None", ""), code: mpf.UnknownProcedureCode},
	} {
		t.Run(row.name, func(t *testing.T) {
			*undone = nil
			r := s.rehearse("<request><procedure>" + row.steps + "</procedure></request>")
			code := mpf.OK
			if r.Response.Err != nil {
				code = r.Response.Err.Code
			}
			assert.Equal(t, row.code, code, r.Response.Err)
			assert.Equal(t, row.calls, steps(r))
			assert.Equal(t, row.changes, changed(r))
			assert.Equal(t, row.queued, r.Queued)
			var sources []string
			for _, u := range r.Undone {
				sources = append(sources, u.Procedure)
			}
			assert.Equal(t, row.undone, sources)
			assert.Equal(t, row.effects, *undone, "what took place was undone, last first")
		})
	}
}

func TestRehearse_Credentials(t *testing.T) {
	s := rehearsalStage(t)
	request := func(password string) string {
		return `<request><context><securityContext impersonate="1"><authentication><basic domain="FABRIKAM" username="Administrator" password="` + password +
			`"/></authentication></securityContext></context><procedure>` + execute("Test", "Domain", "") + `</procedure></request>`
	}
	r := s.rehearse(request("Fabrikam-Adm1n"))
	assert.Nil(t, r.Response.Err)
	r = s.rehearse(request("wrong"))
	require.NotNil(t, r.Response.Err)
	assert.Equal(t, mpf.CredentialsRefused.ID, r.Response.Err.Cause, "and it is not counted: rehearse compares")
	ctx, cancel := context.WithCancel(mpf.WithCaller(t.Context(), mpf.Caller{Trusted: true, Password: secret.New("x")}))
	cancel()
	_, err := s.Rehearse(ctx, &mpf.Request{Target: mpf.Target{Namespace: "Test", Procedure: "Make"}})
	assert.ErrorIs(t, err, context.Canceled)
}
