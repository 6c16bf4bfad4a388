package engine_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

// quadratic are paths whose work is the square of their document, or more.
var quadratic = []string{
	`//*[position()=last()][.=//*[last()]]`,
	`//*[count(//*)>count(preceding::*)]`,
	`//*[.='y' or //*[.='y']]`,
}

func quadraticRequest(t *testing.T, path string, elements int) *mpf.Request {
	t.Helper()
	data := strings.Repeat("<a>x</a>", elements)
	step := `<execute namespace="Test" procedure="Make"><executeData><name>a</name></executeData>` +
		`<before source="data" sourcePath="` + path + `" destination="executeData" destinationPath="x" mode="merge"/></execute>`
	return parse(t, `<request><data>`+data+`</data><procedure>`+step+`</procedure></request>`)
}

func TestPaths_WorkIsBounded(t *testing.T) {
	u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}, Limits: engine.Limits{PathSteps: 200_000}})
	before := u.Dump()
	for _, path := range quadratic {
		response, err := u.Engine.Submit(u.As(enginetest.Administrator), quadraticRequest(t, path, 3000))
		require.NoError(t, err, path)
		if assert.NotNil(t, response.Err, path) {
			assert.Equal(t, mpf.LimitExceeded.ID, response.Err.Cause, "%s: %v", path, response.Err)
		}
	}
	u.Unchanged(before)
	response, err := u.Engine.Submit(u.As(enginetest.Administrator), quadraticRequest(t, `//b`, 3000))
	require.NoError(t, err)
	assert.Equal(t, mpf.SourceNodeMissing.ID, response.Err.Cause, "one walk through the document is within the bound")
}

// Evaluation ends when the caller leaves.
func TestPaths_EndWithTheirContext(t *testing.T) {
	u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}, Limits: engine.Limits{PathSteps: 1 << 50}})
	req := quadraticRequest(t, quadratic[0], 9_000)
	ctx, cancel := context.WithTimeout(u.As(enginetest.Administrator), 50*time.Millisecond)
	defer cancel()
	response, err := u.Engine.Submit(ctx, req)
	if err != nil { // it ended before the first step
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		return
	}
	require.NotNil(t, response.Err)
	assert.Equal(t, mpf.Aborted.ID, response.Err.Cause, "%v", response.Err)
}

// watched is a context that tells when it was looked at many times, as a long
// evaluation does.
type watched struct {
	context.Context
	looks   atomic.Int64
	looking chan struct{}
}

func (w *watched) Err() error {
	if w.looks.Add(1) == 40 {
		close(w.looking)
	}
	return w.Context.Err()
}

// What a request computes before its first call keeps no other from writing, and
// ends when its caller leaves.
func TestPaths_BeforeTheFirstCallHoldNoTurn(t *testing.T) {
	u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}, Limits: engine.Limits{PathSteps: 1 << 50}})
	ctx, leave := context.WithCancel(u.As(enginetest.Administrator))
	defer leave()
	slow := &watched{Context: ctx, looking: make(chan struct{})}
	ended := make(chan *mpf.Response, 1)
	req := quadraticRequest(t, quadratic[0], 9_000)
	go func() {
		response, _ := u.Engine.Submit(slow, req)
		ended <- response
	}()
	<-slow.looking
	within, cancel := context.WithTimeout(u.As(enginetest.Administrator), 20*time.Second)
	defer cancel()
	response, err := u.Engine.Submit(within, mpf.Simple(mpf.Target{Namespace: "Test", Procedure: "Make"},
		xmldoc.Element("data", xmldoc.TextElement("name", "other"))))
	require.NoError(t, err, "it waits for a request that has not begun to write")
	require.Nil(t, response.Err)
	assert.Empty(t, ended, "the other one goes on meanwhile")
	leave()
	select {
	case response := <-ended:
		require.NotNil(t, response.Err)
		assert.Equal(t, mpf.Aborted.ID, response.Err.Cause)
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on after its caller has left")
	}
}
