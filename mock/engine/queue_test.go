package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/queue"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// parse reads a request document.
func parse(t *testing.T, document string) *mpf.Request {
	t.Helper()
	n, err := xmldoc.ParseString(document, xmldoc.Limits{})
	require.NoError(t, err)
	req, err := mpf.ParseRequest(n, mpf.Target{})
	require.NoError(t, err)
	return req
}

// enqueue queues a request with the attributes of its queueContext.
func enqueue(t *testing.T, u *enginetest.Universe, attributes, body string, suspended bool) string {
	t.Helper()
	req := parse(t, `<request><context><queueContext `+attributes+`/></context><procedure>`+body+`</procedure></request>`)
	ids, err := u.Engine.Enqueue(u.As(enginetest.Administrator), req, suspended)
	require.NoError(t, err)
	require.Len(t, ids, 1)
	return ids[0]
}

// runAll runs the queue until nothing is due and tells how many jobs ran.
func runAll(t *testing.T, u *enginetest.Universe) int {
	t.Helper()
	for n := 0; ; n++ {
		ran, err := u.Engine.RunOnce(t.Context())
		require.NoError(t, err)
		if !ran {
			return n
		}
	}
}

func status(t *testing.T, u *enginetest.Universe, id string) queue.JobStatus {
	t.Helper()
	s, err := u.Engine.QueryStatus(t.Context(), id)
	require.NoError(t, err)
	return s
}

func gone(t *testing.T, u *enginetest.Universe, id string) bool {
	t.Helper()
	_, err := u.Engine.QueryStatus(t.Context(), id)
	return isCause(mpf.QueueJobUnknown, err)
}

func isCause(cause *mpf.Cause, err error) bool {
	e, ok := err.(*mpf.Error)
	return ok && cause.Is(e)
}

const keep = `retainSuccessfulResponses="1" `

func TestQueue_RunsAndKeepsResponses(t *testing.T) {
	u := enginetest.New(t, space())
	body := strings.Replace(step("Make", "<name>a</name>"), "</execute>", `<after source="executeData" destination="data" mode="merge"/></execute>`, 1)
	kept := enqueue(t, u, keep, body, false)
	dropped := enqueue(t, u, "", step("Make", "<name>b</name>"), false)
	assert.Equal(t, queue.JobPending, status(t, u, kept))
	_, err := u.Engine.QueryResults(t.Context(), kept)
	assert.True(t, isCause(mpf.QueueState, err))

	assert.Equal(t, 2, runAll(t, u))
	assert.Equal(t, queue.JobSuccess, status(t, u, kept))
	assert.True(t, gone(t, u, dropped))
	r, err := u.Engine.QueryResults(t.Context(), kept)
	require.NoError(t, err)
	assert.Nil(t, r.Err)
	assert.Equal(t, "<data><name>a</name><path>LDAP://OU=a"+units+"</path></data>", xmldoc.String(r.Data))
	assert.NotNil(t, u.Object("OU=b"+units))
}

func TestQueue_Suspended(t *testing.T) {
	u := enginetest.New(t, space())
	id := enqueue(t, u, keep, step("Make", "<name>a</name>"), true)
	other := enqueue(t, u, keep, step("Make", "<name>b</name>"), true)
	assert.Zero(t, runAll(t, u))
	require.NoError(t, u.Engine.Activate(t.Context(), id))
	assert.True(t, isCause(mpf.QueueState, u.Engine.Activate(t.Context(), id)))
	assert.True(t, isCause(mpf.QueueState, u.Engine.Delete(t.Context(), id)), "only suspended jobs can be deleted")
	require.NoError(t, u.Engine.Delete(t.Context(), other))
	assert.True(t, isCause(mpf.QueueJobUnknown, u.Engine.Delete(t.Context(), other)))
	assert.Equal(t, 1, runAll(t, u))
	assert.Nil(t, u.Object("OU=b"+units))
}

func TestQueue_Dependencies(t *testing.T) {
	u := enginetest.New(t, space())
	child := enqueue(t, u, keep, step("Make", "<name>child</name>"), true)
	parent := enqueue(t, u, keep, step("Make", "<name>parent</name><fail/>"), true)
	require.NoError(t, u.Engine.AddDependency(t.Context(), parent, child))
	assert.Error(t, u.Engine.AddDependency(t.Context(), child, parent), "a ring")
	assert.Equal(t, queue.JobSuspendedWithWaits, status(t, u, child))
	require.NoError(t, u.Engine.Activate(t.Context(), child))
	assert.Equal(t, queue.JobIncompletePrerequisite, status(t, u, child))
	assert.Zero(t, runAll(t, u))
	assert.True(t, isCause(mpf.QueueState, u.Engine.AddDependency(t.Context(), parent, child)), "not suspended any more")
	require.NoError(t, u.Engine.Activate(t.Context(), parent))
	assert.Equal(t, 2, runAll(t, u))
	assert.Equal(t, queue.JobFailure, status(t, u, parent))
	assert.Equal(t, queue.JobSuccess, status(t, u, child), "it runs after its parent has used up its retries too")
}

func TestQueue_Priorities(t *testing.T) {
	var order []string
	recorder := engine.Namespace{Name: "Order", Procedures: []engine.Procedure{{
		Name: "Note", Access: engine.Public, Arguments: []engine.Argument{required("name", engine.Text)},
		Run: func(c *engine.Call) error { order = append(order, c.Text("name")); return nil },
	}}}
	u := enginetest.New(t, recorder)
	for _, job := range [][2]string{{"low", "10"}, {"first", "0"}, {"high", "-60"}, {"second", "0"}} {
		body := `<execute namespace="Order" procedure="Note"><executeData><name>` + job[0] + `</name></executeData></execute>`
		enqueue(t, u, `priority="`+job[1]+`"`, body, false)
	}
	runAll(t, u)
	assert.Equal(t, []string{"high", "first", "second", "low"}, order)
}

func TestQueue_Retries(t *testing.T) {
	for _, test := range []struct {
		attributes string
		runs       int
		want       queue.JobStatus
	}{
		{``, 1, queue.JobFailure},
		{`retryCount="2" retryInterval="1000"`, 3, queue.JobFailure},
		{`retryCount="2" retryInterval="1000" onFailure="queueToOperator"`, 3, queue.JobAwaitingOperator},
		{`retryCount="5" retryInterval="1000" retryStopOnFailure="0x80072030"`, 2, queue.JobFailure},
		{`retryCount="5" retryInterval="1000" retryStopOnFailure="0x80070057"`, 6, queue.JobFailure},
		{`onFailure="continue"`, 1, queue.JobFailure},
	} {
		u := enginetest.New(t, space())
		id := enqueue(t, u, test.attributes, step("Make", "<name>a</name><fail/>"), false)
		runs := 0
		for runAll(t, u) == 1 {
			runs++
			if status(t, u, id) == queue.JobQueuedForRetry {
				assert.Zero(t, runAll(t, u), "its time has not come")
				u.Advance(time.Second)
			}
		}
		assert.Equal(t, test.runs, runs, test.attributes)
		assert.Equal(t, test.want, status(t, u, id), test.attributes)
		r, err := u.Engine.QueryResults(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, mpf.NoSuchObject, r.Err.Code)
	}
}

func TestQueue_KeepsNoSecretsInTheEnd(t *testing.T) {
	u := enginetest.New(t, space())
	const password = "Wonderland-7"
	for name, row := range map[string]struct {
		attributes, fail string
		want             queue.JobStatus
	}{
		"success that is kept": {keep, "", queue.JobSuccess},
		"failure":              {`retryCount="1" retryInterval="0"`, "<fail/>", queue.JobFailure},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(step("Login", "<newPassword>"+password+"</newPassword>"+row.fail), "</execute>",
				`<after source="data" destination="data" destinationPath="copy" mode="merge"/></execute>`, 1)
			req := parse(t, `<request><data><pin>`+password+`</pin></data><context><queueContext `+row.attributes+`/></context><procedure>`+body+`</procedure></request>`)
			ids, err := u.Engine.Enqueue(u.As(enginetest.Administrator), req, false)
			require.NoError(t, err)
			u.View(func(tx *state.Tx) {
				job, err := queue.In(tx).Job(ids[0])
				require.NoError(t, err)
				assert.Contains(t, job.Request, password, "it could not run without")
			})
			runAll(t, u)
			assert.Equal(t, row.want, status(t, u, ids[0]))
			u.View(func(tx *state.Tx) {
				job, err := queue.In(tx).Job(ids[0])
				require.NoError(t, err)
				assert.NotContains(t, fmt.Sprint(*job), password)
			})
			answer, err := u.Engine.QueryResults(t.Context(), ids[0])
			require.NoError(t, err)
			assert.NotContains(t, xmldoc.String(answer.Element()), password)
		})
	}
	assert.NotContains(t, u.Log.String(), password)
}

// TestQueue_EndedJobsLeaveNoSecretOnTheDisk looks for the passwords of queued
// requests in the bytes of the database file and of its write-ahead log, with
// everything in the audit log.
func TestQueue_EndedJobsLeaveNoSecretOnTheDisk(t *testing.T) {
	const canary = "Wonderland-canary-7"
	for name, row := range map[string]struct{ attributes, fail string }{
		"success that is kept":         {keep, ""},
		"success":                      {"", ""},
		"failure":                      {`retryCount="1" retryInterval="0"`, "<fail/>"},
		"discarded, after its failure": {`onFailure="queueToOperator"`, "<fail/>"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "emulator.db")
			u := enginetest.OpenFile(t, path, engine.Config{Namespaces: []engine.Namespace{space()}, Audit: engine.AuditAll})
			onDisk := func() (found int) {
				for _, name := range []string{path, path + "-wal"} {
					content, err := os.ReadFile(name)
					require.NoError(t, err)
					found += strings.Count(string(content), canary)
				}
				return found
			}
			var ids []string
			for n := range 20 { // of many sizes
				filling := "<pin>" + strings.Repeat("x", 300*n) + "</pin>"
				ids = append(ids, enqueue(t, u, row.attributes, step("Login", "<newPassword>"+canary+"</newPassword>"+filling+row.fail), false))
			}
			assert.NotZero(t, onDisk(), "the search finds it")
			assert.GreaterOrEqual(t, runAll(t, u), len(ids))
			for _, id := range ids {
				if !gone(t, u, id) && status(t, u, id) == queue.JobAwaitingOperator {
					assert.NotZero(t, onDisk(), "it could not run again without")
					require.NoError(t, u.Engine.Discard(t.Context(), id))
				}
			}
			assert.Zero(t, onDisk())
		})
	}
}

func TestQueue_OperatorRunsItAgain(t *testing.T) {
	u := enginetest.New(t, space())
	require.Nil(t, u.Call("Test", "Make", "<name>a</name>").Err)
	id := enqueue(t, u, keep+`onFailure="queueToOperator"`, step("Make", "<name>a</name>"), false)
	runAll(t, u)
	assert.Equal(t, queue.JobAwaitingOperator, status(t, u, id))
	u.Update(func(tx *state.Tx) error {
		domain, err := directory.In(tx).Domain()
		if err != nil {
			return err
		}
		o, err := directory.In(tx).Get(domain.Hosting.Child("OU", "a"))
		if err != nil {
			return err
		}
		return directory.In(tx).Delete(o)
	})
	require.NoError(t, u.Engine.Activate(t.Context(), id))
	runAll(t, u)
	assert.Equal(t, queue.JobSuccess, status(t, u, id))
}

func TestQueue_Batch(t *testing.T) {
	u := lenient(t)
	req := parse(t, `<request><globalData><suffix>x</suffix></globalData><data><name>a</name></data><data><name>b</name></data><procedure>`+
		`<execute namespace="Test" procedure="Make"><before source="data" destination="executeData" mode="merge"/>`+
		`<after source="executeData" destination="data" mode="merge"/></execute></procedure></request>`)
	keepAll := true
	req.Context.Queue = &mpf.QueueContext{RetainSuccessfulResponses: &keepAll}
	ids, err := u.Engine.Enqueue(u.As(enginetest.Administrator), req, false)
	require.NoError(t, err)
	require.Len(t, ids, 2)
	assert.Equal(t, 2, runAll(t, u))
	for i, name := range []string{"a", "b"} {
		r, err := u.Engine.QueryResults(t.Context(), ids[i])
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("<data><name>%s</name><suffix>x</suffix><path>LDAP://OU=%s%s</path></data>", name, name, units), xmldoc.String(r.Data))
	}
}

func TestQueue_StepsAndTheirTransaction(t *testing.T) {
	queue := func(name, suspended string) string {
		return `<queue namespace="Test" procedure="Make" queueSuspended="` + suspended + `"><executeData><name>` + name + `</name></executeData></queue>`
	}
	failing := step("Fail", "<hr>0x80070057</hr><desc>no</desc>")
	for _, test := range []struct {
		name, document string
		fails          bool
		made           map[string]bool
	}{
		{"success", request(queue("s", "1"), queue("a", "0")), false, map[string]bool{"s": true, "a": true}},
		{"failure", request(queue("s", "1"), queue("a", "0"), failing), true, map[string]bool{"s": false, "a": true}},
		{"of which one fails", request(queue("a", "0"), queue("a", "0")), false, map[string]bool{"a": true}},
		{"in a catch", request("<try>" + failing + "</try><catch>" + queue("s", "1") + "</catch>"), false, map[string]bool{"s": true}},
		{"by a procedure", request(step("Later", "<name>s</name>")), false, map[string]bool{"s": true}},
		{"by a procedure that fails", request("<try>"+step("Later", "<name>s</name><fail/>")+step("Later", "<name>a</name><activated>1</activated><fail/>")+
			"</try><catch/>", "<try>"+step("Later", "<name>a</name><activated>1</activated><fail/>")+"</try><catch/>"), false, map[string]bool{"s": false, "a": true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := enginetest.New(t, space())
			assert.Equal(t, test.fails, u.Run(test.document).Err != nil)
			runAll(t, u)
			for name, made := range test.made {
				assert.Equal(t, made, u.Object("OU="+name+units) != nil, name)
			}
		})
	}
}

func TestQueue_StepsGiveNoExecuteData(t *testing.T) {
	u := enginetest.New(t, space())
	queue := func(path string) string {
		return request(`<queue namespace="Test" procedure="Make" queueSuspended="0"><executeData note="x"><name>a</name></executeData>` +
			`<after source="executeData"` + path + ` destination="data" mode="merge"/>` +
			`<after source="context" sourcePath="queueContext/@queueId" destination="data"/></queue>`)
	}
	r := u.Run(queue(""))
	require.Nil(t, r.Err)
	id, ok := xmldoc.Attr(r.Data, "queueId")
	require.True(t, ok)
	assert.Equal(t, `<data queueId="`+id+`"/>`, xmldoc.String(r.Data))
	r = u.Run(queue(` sourcePath="name"`))
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.SourceNodeMissing.ID, r.Err.Cause)
	assert.Equal(t, 2, runAll(t, u), "activated ones run in any case")
}

func TestQueue_KeepsTheCaller(t *testing.T) {
	u := enginetest.New(t, space())
	member(u, "nobody")
	_, err := u.Engine.Enqueue(u.As(`FABRIKAM\nobody`), parse(t, request(step("WhoAmI", ""))), false)
	assert.True(t, isCause(mpf.TrustedNotAllowed, err), "%v", err)

	simple := mpf.Simple(mpf.Target{Namespace: "Test", Procedure: "Domain"}, nil)
	ids, err := u.Engine.Enqueue(u.As(`FABRIKAM\nobody`), simple, false)
	require.NoError(t, err)
	runAll(t, u)
	r, err := u.Engine.QueryResults(t.Context(), ids[0])
	require.NoError(t, err)
	assert.True(t, mpf.NotDomainAdmin.Is(r.Err), "%v", r.Err)
}

func TestQueue_SurvivesARestart(t *testing.T) {
	path := t.TempDir() + "/store.db"
	first := enginetest.OpenFile(t, path, engine.Config{Namespaces: []engine.Namespace{space()}})
	waiting := enqueue(t, first, keep, step("Make", "<name>a</name>"), false)
	cut := enqueue(t, first, keep, step("Make", "<name>b</name>"), false)
	first.Update(func(tx *state.Tx) error {
		_, err := queue.In(tx).ClaimJob("{cut off}", "")
		return err
	})
	assert.Equal(t, queue.JobStarted, status(t, first, waiting))
	first.Close()

	u := enginetest.OpenFile(t, path, engine.Config{Namespaces: []engine.Namespace{space()}})
	require.NoError(t, u.Engine.Recover(t.Context()))
	assert.Equal(t, 2, runAll(t, u))
	assert.Equal(t, queue.JobSuccess, status(t, u, waiting))
	assert.Equal(t, queue.JobSuccess, status(t, u, cut))
}

func TestRun_RunsJobsAsTheyCome(t *testing.T) {
	done := make(chan string, 3)
	recorder := engine.Namespace{Name: "Order", Procedures: []engine.Procedure{{
		Name: "Note", Access: engine.Public, Arguments: []engine.Argument{required("name", engine.Text)},
		Run: func(c *engine.Call) error { done <- c.Text("name"); return nil },
	}}}
	u := enginetest.New(t, recorder)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- u.Engine.Run(ctx) }()
	for _, name := range []string{"a", "b", "c"} {
		enqueue(t, u, "", `<execute namespace="Order" procedure="Note"><executeData><name>`+name+`</name></executeData></execute>`, false)
		assert.Equal(t, name, <-done)
	}
	cancel()
	assert.NoError(t, <-ended)
}

// TestRun_SweepsTheAudit starts a worker over rows older than the ledger keeps,
// and a new one.
func TestRun_SweepsTheAudit(t *testing.T) {
	u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}})
	u.MustCall("Test", "Make", "<name>old</name>")
	u.Advance(91 * 24 * time.Hour)
	u.MustCall("Test", "Make", "<name>new</name>")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- u.Engine.Run(ctx) }()
	assert.Eventually(t, func() bool { return len(u.Audit()) == 1 }, time.Minute, time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
}
