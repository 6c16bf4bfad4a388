package engine_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/postgrestest"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/queue"
	"wsexchange/mock/state"
)

// TestEngine_Shared has what engines do that share a database.
func TestEngine_Shared(t *testing.T) {
	cluster := postgrestest.Start(t)
	for name, test := range map[string]func(*testing.T, string){
		"queued requests run once over all engines":      testJobsRunOnce,
		"queued requests of an engine that ended":        testJobsOfAnEndedEngine,
		"what is written at one engine is read at every": testReadEverywhere,
	} {
		t.Run(name, func(t *testing.T) { test(t, cluster.Database(t)) })
	}
}

func testJobsRunOnce(t *testing.T, url string) {
	const jobs = 30
	var mu sync.Mutex
	ran := make(map[string]int)
	counter := engine.Namespace{Name: "Order", Procedures: []engine.Procedure{{
		Name: "Note", Access: engine.Public, Arguments: []engine.Argument{required("name", engine.Text)},
		Run: func(c *engine.Call) error {
			mu.Lock()
			defer mu.Unlock()
			ran[c.Text("name")]++
			return nil
		},
	}}}
	var all []*enginetest.Universe
	for range 3 {
		all = append(all, enginetest.OpenFile(t, url, engine.Config{Namespaces: []engine.Namespace{counter}}))
	}
	for i := range jobs {
		name := fmt.Sprint(i)
		enqueue(t, all[i%3], keep, `<execute namespace="Order" procedure="Note"><executeData><name>`+name+`</name></executeData></execute>`, false)
	}
	var workers sync.WaitGroup
	for _, u := range all {
		workers.Go(func() {
			for {
				more, err := u.Engine.RunOnce(t.Context())
				if !assert.NoError(t, err) || !more {
					return
				}
				assert.NoError(t, u.Engine.Recover(t.Context()), "those that run are not taken over")
			}
		})
	}
	workers.Wait()
	assert.Len(t, ran, jobs)
	for name, times := range ran {
		assert.Equal(t, 1, times, name)
	}
}

func testJobsOfAnEndedEngine(t *testing.T, url string) {
	cfg := engine.Config{Namespaces: []engine.Namespace{space()}}
	a, b := enginetest.OpenFile(t, url, cfg), enginetest.OpenFile(t, url, cfg)
	id := enqueue(t, a, keep, step("Make", "<name>a</name>"), false)
	b.Update(func(tx *state.Tx) error {
		_, err := queue.In(tx).ClaimJob("{cut off}", b.Store.Owner())
		return err
	})
	require.NoError(t, a.Engine.Recover(t.Context()))
	assert.Equal(t, queue.JobStarted, status(t, a, id), "its engine lives")
	b.Close()
	assert.Eventually(t, func() bool {
		require.NoError(t, a.Engine.Recover(t.Context()))
		return status(t, a, id) == queue.JobQueuedForRetry
	}, 10*time.Second, time.Millisecond)
	assert.Equal(t, 1, runAll(t, a))
	assert.Equal(t, queue.JobSuccess, status(t, a, id))
}

func testReadEverywhere(t *testing.T, url string) {
	cfg := engine.Config{Namespaces: []engine.Namespace{space()}}
	a, b := enginetest.OpenFile(t, url, cfg), enginetest.OpenFile(t, url, cfg)
	for i := range 20 {
		at, other := a, b
		if i%2 == 1 {
			at, other = b, a
		}
		at.MustCall("Test", "Make", fmt.Sprintf("<name>u%d</name>", i))
		other.View(func(tx *state.Tx) {
			domain, err := directory.In(tx).Domain()
			require.NoError(t, err)
			_, err = directory.In(tx).Get(domain.Hosting.Child("OU", fmt.Sprintf("u%d", i)))
			assert.NoError(t, err)
		})
	}
	assert.NotEmpty(t, a.Audit())
}
