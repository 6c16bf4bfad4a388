package operator_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/config"
	"wsexchange/internal/daemon"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/operator"
	"wsexchange/mock/queue"
	"wsexchange/mpf"
)

const token = "a token for operators"

// desk is an emulator with an administrator before it.
type desk struct {
	*mock.Emulator
	t     *testing.T
	admin *daemon.Admin
	log   *strings.Builder
}

func open(t *testing.T) *desk {
	t.Helper()
	e, err := mock.Open(t.Context(), mock.Config{HashCost: 4})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	d := &desk{Emulator: e, t: t, log: &strings.Builder{}}
	logs, err := daemon.NewLogs(d.log, "text", "daemon")
	require.NoError(t, err)
	d.admin, err = daemon.NewAdmin(daemon.AdminConfig{
		Token: secret.New(token), Health: daemon.NewHealth(daemon.NewRegistry("mockmpf")), Logs: logs,
		Reload:        func() (daemon.Reloaded, error) { return daemon.Reloaded{}, nil },
		Configuration: func() []config.Setting { return nil },
	})
	require.NoError(t, err)
	operator.HandleQueue(d.admin, e.Engine, logs.Logger("daemon"))
	operator.HandleAudit(d.admin, e.Store)
	return d
}

// park queues a request that fails, with a password in it, and lets it run.
func (d *desk) park() string {
	d.t.Helper()
	const document = `<request><context><queueContext onFailure="queueToOperator"/></context><procedure>` +
		`<execute namespace="Managed Active Directory" procedure="SetUserPassword" impersonate="0"><executeData>` +
		`<user>LDAP://CN=a,OU=Nowhere,DC=fabrikam,DC=com</user><newPassword>h1dden-Passw0rd</newPassword>` +
		`<preferredDomainController>dc1.fabrikam.com</preferredDomainController></executeData></execute></procedure></request>`
	n, err := xmldoc.ParseString(document, xmldoc.Limits{})
	require.NoError(d.t, err)
	req, err := mpf.ParseRequest(n, mpf.Target{})
	require.NoError(d.t, err)
	ctx := mpf.WithCaller(d.t.Context(), mpf.Caller{Domain: "FABRIKAM", Username: "hsadmin", Trusted: true})
	ids, err := d.Engine.Enqueue(ctx, req, false)
	require.NoError(d.t, err)
	ran, err := d.Engine.RunOnce(d.t.Context())
	require.NoError(d.t, err)
	require.True(d.t, ran)
	return ids[0]
}

// ask gives the status of HTTP and the text of the answer, whose JSON is read
// into the value.
func (d *desk) ask(method, path string, into any) (int, string) {
	d.t.Helper()
	r := httptest.NewRequestWithContext(d.t.Context(), method, path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	d.admin.ServeHTTP(w, r)
	text := w.Body.String()
	assert.NotContains(d.t, text, "h1dden")
	require.NoError(d.t, json.Unmarshal([]byte(text), into))
	return w.Code, text
}

func TestQueue_ParkedJobs(t *testing.T) {
	d := open(t)
	id := d.park()
	var found operator.List
	status, text := d.ask("GET", "/-/queue?status=queue_failed_awaiting_operator", &found)
	require.Equal(t, http.StatusOK, status, text)
	require.Len(t, found.Jobs, 1, text)
	job := found.Jobs[0]
	assert.Equal(t, id, job.ID)
	assert.Equal(t, "SetUserPassword", job.Procedure)
	assert.Equal(t, mpf.NoSuchObject.String(), job.Code)
	assert.Equal(t, 1, job.Attempts)
	assert.NotNil(t, job.Finished)
	assert.Nil(t, job.NextRun)

	var changed map[string]string
	status, text = d.ask("POST", "/-/queue/activate?id="+id, &changed)
	require.Equal(t, http.StatusOK, status, text)
	status, text = d.ask("DELETE", "/-/queue?id="+id, &changed)
	assert.Equal(t, http.StatusBadRequest, status, "it is to run: %s", text)
	assert.Contains(t, changed["error"], queue.JobPending.String())
	_, err := d.Engine.RunOnce(t.Context())
	require.NoError(t, err)
	status, text = d.ask("DELETE", "/-/queue?id="+id, &changed)
	require.Equal(t, http.StatusOK, status, text)
	_, _ = d.ask("GET", "/-/queue", &found)
	assert.Empty(t, found.Jobs)
	assert.Contains(t, d.log.String(), `msg="queued request activated"`)
	assert.Contains(t, d.log.String(), `msg="queued request deleted"`)
	assert.NotContains(t, d.log.String(), token)
}

func TestQueue_Refusals(t *testing.T) {
	d := open(t)
	for _, row := range []struct{ method, path, want string }{
		{"GET", "/-/queue?status=LOST", "QUEUE_PENDING"},
		{"POST", "/-/queue/activate", "which queued request"},
		{"POST", "/-/queue/activate?id=1:x", "There is no queued request '1:x'"},
		{"DELETE", "/-/queue?id=1:x", "There is no queued request '1:x'"},
	} {
		var refused map[string]string
		status, _ := d.ask(row.method, row.path, &refused)
		assert.Equal(t, http.StatusBadRequest, status, row.path)
		assert.Contains(t, refused["error"], row.want, row.path)
	}
	var found operator.List
	status, text := d.ask("GET", "/-/queue", &found)
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"jobs":[],"total":0}`, text)
}
