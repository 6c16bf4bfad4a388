package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/ledger"
	"wsexchange/mpf"
)

func step(procedure, executeData string) string {
	return `<execute namespace="Test" procedure="` + procedure + `"><executeData>` + executeData + `</executeData></execute>`
}

func request(steps ...string) string {
	return `<request><procedure>` + strings.Join(steps, "") + `</procedure></request>`
}

func TestSubmit_FailureLeavesNothing(t *testing.T) {
	u := enginetest.New(t, space())
	before := u.Dump()

	r := u.Run(request(step("Make", "<name>a</name>"), step("Make", "<name>b</name>"), step("Make", "<name>c</name><fail/>")))

	require.NotNil(t, r.Err)
	assert.True(t, mpf.PlanUnknown.Is(r.Err))
	assert.Equal(t, 3, r.Err.ExecuteSeqNo)
	u.Unchanged(before)

	require.Nil(t, u.Run(request(step("Make", "<name>a</name>"), step("Make", "<name>b</name>"))).Err)
	assert.NotNil(t, u.Object("OU=a"+units))
	assert.NotNil(t, u.Object("OU=b"+units))
}

func TestSubmit_FailedCallIsUndoneWhereItsErrorIsHandled(t *testing.T) {
	u := enginetest.New(t, space())
	u.MustCall("Test", "Swallow", "")
	assert.Nil(t, u.Object("OU=lost"+units))
	assert.NotNil(t, u.Object("OU=kept"+units))
}

func TestSubmit_PanicAndUnknownErrors(t *testing.T) {
	for _, procedure := range []string{"Panic", "Break"} {
		t.Run(procedure, func(t *testing.T) {
			u := enginetest.New(t, space())
			before := u.Dump()
			r := u.Run(request(step("Make", "<name>a</name>"), "<try>"+step(procedure, "")+"</try><catch/>"))

			require.NotNil(t, r.Err)
			assert.True(t, mpf.InternalError.Is(r.Err), "no catch handles it: %v", r.Err)
			assert.Equal(t, []mpf.Source{{Namespace: "Test", Procedure: procedure}}, r.Err.Sources)
			assert.NotContains(t, r.Err.Description, "boom")
			assert.NotContains(t, r.Err.Description, "fire")
			u.Unchanged(before)
			assert.Equal(t, 1, strings.Count(u.Log.String(), "unexpected error"), u.Log.String())
			assert.Equal(t, procedure == "Panic", strings.Contains(u.Log.String(), "makeUnit") || strings.Contains(u.Log.String(), "stack="))

			u.MustCall("Test", "Make", "<name>after</name>")
		})
	}
}

func TestSubmit_ReadsCannotWrite(t *testing.T) {
	u := enginetest.New(t, space())
	before := u.Dump()
	r := u.Call("Test", "ReadThenWrite", "")
	assert.True(t, mpf.InternalError.Is(r.Err))
	u.Unchanged(before)
}

func TestSubmit_StopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stopper := engine.Namespace{Name: "Stop", Procedures: []engine.Procedure{{
		Name: "Now", Type: engine.Write, Access: engine.Public, Run: func(*engine.Call) error { cancel(); return nil },
	}}}
	u := enginetest.New(t, space(), stopper)
	before := u.Dump()
	n, err := xmldoc.ParseString(request(step("Make", "<name>a</name>"), `<try><execute namespace="Stop" procedure="Now"/></try><catch/>`,
		step("Make", "<name>b</name>")), xmldoc.Limits{})
	require.NoError(t, err)
	req, err := mpf.ParseRequest(n, mpf.Target{})
	require.NoError(t, err)

	caller, _ := mpf.CallerFrom(u.As(enginetest.Administrator))
	r, err := u.Engine.Submit(mpf.WithCaller(ctx, caller), req)
	require.NoError(t, err)
	assert.True(t, mpf.Aborted.Is(r.Err), "%v", r.Err)
	u.Unchanged(before)
	require.Len(t, u.Audit(), 1)
	assert.Equal(t, uint32(mpf.RequestAborted), u.Audit()[0].Code)

	_, err = u.Engine.Submit(ctx, req)
	assert.ErrorIs(t, err, context.Canceled, "nothing has begun")
}

func TestSubmit_Limits(t *testing.T) {
	for _, test := range []struct {
		name     string
		limits   engine.Limits
		document string
		want     string
	}{
		{"depth", engine.Limits{Depth: 5}, request(step("Deep", "")), "calls are nested more than 5 deep"},
		{"calls", engine.Limits{Calls: 3}, request(step("Tree", "<name>x</name><levels>3</levels>")), "it calls more than 3 procedures"},
		{"iterations", engine.Limits{Iterations: 3}, `<request><data><i/><i/><i/></data><procedure><transform>` +
			`<forEach name="i" root="data" path="i"/></transform></procedure></request>`, "steps were repeated more than 3 times"},
		{"repeat", engine.Limits{Iterations: 3}, `<request><data><n>999999999999</n></data><procedure><transform>` +
			`<repeat source="data" sourcePath="n"/><repeat source="data" sourcePath="n"/></transform></procedure></request>`, "repeated more than 3 times"},
		{"data", engine.Limits{DataBytes: 10000}, `<request><data><n>40</n></data><procedure><transform><repeat source="data" sourcePath="n"/>` +
			`<before source="data" destination="data"/></transform></procedure></request>`, "moved more than 10000 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}, Limits: test.limits})
			before := u.Dump()
			r := u.Run(test.document)
			require.NotNil(t, r.Err)
			assert.True(t, mpf.LimitExceeded.Is(r.Err), "%v", r.Err)
			assert.Contains(t, r.Err.Description, test.want)
			u.Unchanged(before)
		})
	}
}

func TestRollback_Order(t *testing.T) {
	outside, undone := remembering()
	u := lenient(t, outside)
	touch := func(what, more string) string {
		return `<execute namespace="Outside" procedure="Touch"><executeData><what>` + what + `</what>` + more + `</executeData></execute>`
	}

	require.Nil(t, u.Run(request(touch("a", ""), touch("b", ""))).Err)
	assert.Empty(t, *undone, "what succeeds stays")

	require.Nil(t, u.Run(request(touch("a", ""), "<try>"+touch("b", "")+touch("c", "<fail/>")+"</try><catch/>")).Err)
	assert.Equal(t, []string{"c"}, *undone, "only the call that failed is undone where its error is handled")

	*undone = nil
	require.NotNil(t, u.Run(request(touch("a", ""), touch("b", ""), touch("c", "<fail/>"))).Err)
	assert.Equal(t, []string{"c", "b", "a"}, *undone)
}

func TestRollback_StuckCompensation(t *testing.T) {
	outside, undone := remembering()
	u := lenient(t, outside)
	r := u.Run(request(
		`<execute namespace="Outside" procedure="Touch"><executeData><what>first</what></executeData></execute>`,
		`<execute namespace="Outside" procedure="Touch"><executeData><what>stuck</what></executeData></execute>`,
		step("Fail", "<hr>0x80070057</hr><desc>the reason</desc>")))
	require.NotNil(t, r.Err)
	assert.Equal(t, "the reason", r.Err.Description)
	assert.Equal(t, []string{"stuck", "first"}, *undone)
	assert.Contains(t, u.Log.String(), "event=4108")
	assert.Contains(t, u.Log.String(), "cannot undo")
}

func TestRecover(t *testing.T) {
	path := t.TempDir() + "/store.db"
	first := enginetest.OpenFile(t, path, engine.Config{Namespaces: []engine.Namespace{space()}})
	left := &ledger.LoggedTransaction{ID: "{left}", Caller: "ann", Namespace: "Test", Procedure: "Make"}
	require.NoError(t, first.Store.Record(t.Context(), ledger.Records{TransactionID: left.ID, Log: left}))
	first.Close()

	u := enginetest.OpenFile(t, path, engine.Config{Namespaces: []engine.Namespace{space()}})
	require.NoError(t, u.Engine.Recover(t.Context()))
	found, err := u.Store.LoggedTransaction(t.Context(), "{left}")
	require.NoError(t, err)
	assert.Equal(t, ledger.TransactionAborted, found.State)
	running, err := u.Store.RunningTransactions(t.Context())
	require.NoError(t, err)
	assert.Empty(t, running)
	require.Len(t, u.Audit(), 1)
	assert.Equal(t, "{left}", u.Audit()[0].TransactionID)
	assert.Equal(t, uint32(mpf.RequestAborted), u.Audit()[0].Code)
}

func TestSubmit_LogsTransactions(t *testing.T) {
	u := enginetest.New(t, space())
	require.Nil(t, u.Run(request(step("Tree", "<name>x</name><levels>1</levels>"))).Err)
	require.NotNil(t, u.Run(request(step("Make", "<name>y</name><fail/>"))).Err)
	committed, err := u.Store.LoggedTransactions(t.Context(), ledger.TransactionCommitted)
	require.NoError(t, err)
	require.Len(t, committed, 1)
	steps, err := u.Store.LoggedSteps(t.Context(), committed[0].ID)
	require.NoError(t, err)
	assert.Len(t, steps, 4)
	aborted, err := u.Store.LoggedTransactions(t.Context(), ledger.TransactionAborted)
	require.NoError(t, err)
	require.Len(t, aborted, 1)
	assert.Equal(t, uint32(mpf.NoSuchObject), aborted[0].Code)
}

func TestSubmit_FromSeveralGoroutines(t *testing.T) {
	u := enginetest.OpenFile(t, t.TempDir()+"/store.db", engine.Config{Namespaces: []engine.Namespace{space()}})
	ctx := u.As(enginetest.Administrator)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 5 {
				name := fmt.Sprintf("u%d-%d", worker, i)
				data := xmldoc.Element("data", xmldoc.TextElement("name", name))
				if i%2 == 1 {
					xmldoc.Append(data, xmldoc.Element("fail"))
				}
				r, err := u.Engine.Submit(ctx, mpf.Simple(mpf.Target{Namespace: "Test", Procedure: "Make"}, data))
				assert.NoError(t, err)
				assert.Equal(t, i%2 == 1, r.Err != nil)
				r, err = u.Engine.Submit(ctx, mpf.Simple(mpf.Target{Namespace: "Test", Procedure: "WhoAmI"}, nil))
				assert.NoError(t, err)
				assert.Nil(t, r.Err)
			}
		})
	}
	wg.Wait()
	for worker := range 4 {
		for i := range 5 {
			assert.Equal(t, i%2 == 0, u.Object(fmt.Sprintf("OU=u%d-%d", worker, i)+units) != nil)
		}
	}
}

func TestNew_RefusesBadRows(t *testing.T) {
	nothing := func(*engine.Call) error { return nil }
	for name, namespaces := range map[string][]engine.Namespace{
		"namespace twice": {{Name: "A"}, {Name: "A"}},
		"no name":         {{}},
		"procedure twice": {{Name: "A", Procedures: []engine.Procedure{{Name: "P", Run: nothing}, {Name: "P", Run: nothing}}}},
		"no function":     {{Name: "A", Procedures: []engine.Procedure{{Name: "P"}}}},
		"no such subject": {{Name: "A", Procedures: []engine.Procedure{{Name: "P", Run: nothing, Subject: "path"}}}},
		"argument twice":  {{Name: "A", Procedures: []engine.Procedure{{Name: "P", Run: nothing, Arguments: []engine.Argument{{Name: "a"}, {Name: "a"}}}}}},
	} {
		_, err := engine.New(engine.Config{Store: new(ledger.Store), Passwords: directory.NewPasswords(4), Namespaces: namespaces})
		assert.Error(t, err, name)
	}
	_, err := engine.New(engine.Config{})
	assert.Error(t, err, "no store")
}
