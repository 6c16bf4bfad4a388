package connection

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/ldap/wire"
)

// until returns a handler whose searches of the base "wait" wait for the
// channel or their end, and counts those that run and that were broken off.
func until(release <-chan struct{}, running, broken *atomic.Int64) directory {
	return directory{search: func(ctx context.Context, r *wire.SearchRequest, _ *SearchWriter) (wire.Result, bool) {
		if r.Base != "wait" {
			return wire.Result{}, true
		}
		running.Add(1)
		defer running.Add(-1)
		select {
		case <-release:
		case <-ctx.Done():
			broken.Add(1)
		}
		return wire.Result{}, true
	}}
}

func TestOperations_AreBoundedAndABindRunsAlone(t *testing.T) {
	release := make(chan struct{})
	var running, broken atomic.Int64
	_, address := start(t, Config{MaxOperations: 3, Handler: until(release, &running, &broken)})
	conn := raw(t, address)
	for i := range int64(5) {
		send(t, conn, searchMessage(i+1, "wait"))
	}
	send(t, conn, bindMessage(6, "alice", password), searchMessage(7, ""))
	require.Eventually(t, func() bool { return running.Load() == 3 }, eventually, tick)
	close(release)
	var order []int64
	for range 7 {
		order = append(order, receive(t, conn).id)
	}
	assert.ElementsMatch(t, []int64{1, 2, 3, 4, 5}, order[:5])
	assert.Equal(t, []int64{6, 7}, order[5:], "the bind is after all before it, the search after the bind")
}

func TestOperations_OneThatIsSlowDoesNotHoldUpOthers(t *testing.T) {
	release := make(chan struct{})
	var running, broken atomic.Int64
	_, address := start(t, Config{Handler: until(release, &running, &broken)})
	conn := raw(t, address)
	send(t, conn, searchMessage(1, "wait"), searchMessage(2, ""))
	assert.EqualValues(t, 2, receive(t, conn).id)
	close(release)
	assert.EqualValues(t, 1, receive(t, conn).id)
}

func TestOperations_Abandon(t *testing.T) {
	release := make(chan struct{})
	var running, broken atomic.Int64
	_, address := start(t, Config{MaxOperations: 1, Handler: until(release, &running, &broken)})
	conn := raw(t, address)
	send(t, conn, searchMessage(1, "wait"), searchMessage(2, "wait"), searchMessage(3, "wait"), bindMessage(4, "alice", password))
	require.Eventually(t, func() bool { return running.Load() == 1 }, eventually, tick)
	send(t, conn, abandonMessage(5, 2), abandonMessage(6, 4), abandonMessage(7, 99), abandonMessage(8, 1))
	require.Eventually(t, func() bool { return broken.Load() == 1 }, eventually, tick)
	close(release)
	assert.EqualValues(t, 3, receive(t, conn).id, "neither what ran nor what waited is answered")
	assert.EqualValues(t, 4, receive(t, conn).id, "a bind is not abandoned")
}

func TestOperations_EndWithTheConnection(t *testing.T) {
	for name, leave := range map[string]func(testing.TB, net.Conn){
		"close":  func(t testing.TB, conn net.Conn) { require.NoError(t, conn.Close()) },
		"unbind": func(t testing.TB, conn net.Conn) { send(t, conn, unbindMessage(9)); closed(t, conn) },
		"end": func(t testing.TB, conn net.Conn) {
			require.NoError(t, conn.(*net.TCPConn).CloseWrite())
			closed(t, conn)
		},
		"broken protocol": func(t testing.TB, conn net.Conn) {
			send(t, conn, []byte("x"))
			assert.Equal(t, wire.NoticeOfDisconnection, receive(t, conn).name)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var running, broken atomic.Int64
			s, address := start(t, Config{MaxOperations: 2, Handler: until(nil, &running, &broken)})
			conn := raw(t, address)
			for i := range int64(5) {
				send(t, conn, searchMessage(i+1, "wait"))
			}
			require.Eventually(t, func() bool { return running.Load() == 2 }, eventually, tick)
			leave(t, conn)
			assert.Eventually(t, func() bool { return running.Load() == 0 && broken.Load() == 2 }, eventually, tick)
			_ = conn.Close()
			assert.Eventually(t, func() bool { return s.Connections() == 0 }, eventually, tick)
		})
	}
}

func TestOperations_TooMuchWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var running, broken atomic.Int64
		l := newPipes()
		serve(t, Config{MaxOperations: 1, MaxWaiting: 200, Handler: until(release, &running, &broken)}, l)
		conn := l.dial(t)
		var sent atomic.Int64
		go func() {
			for i := range int64(100) {
				if _, err := conn.Write(searchMessage(i+1, "wait")); err != nil {
					return
				}
				sent.Add(1)
			}
		}()
		synctest.Wait()
		assert.Less(t, sent.Load(), int64(10), "the connection is not read")
		close(release)
		for i := range int64(100) {
			assert.Equal(t, i+1, receive(t, conn).id)
		}
	})
}

func TestSession(t *testing.T) {
	type seen struct {
		remote    string
		encrypted bool
	}
	sessions := make(chan seen, 1)
	handler := &sessionHandler{seen: func(s *Session) { sessions <- seen{s.RemoteAddr().String(), s.Encrypted()} }}
	_, address := start(t, Config{Handler: handler})
	conn := raw(t, address)
	send(t, conn, bindMessage(1, "alice", password))
	require.Zero(t, receive(t, conn).code)
	assert.Equal(t, seen{conn.LocalAddr().String(), false}, <-sessions)
}

type sessionHandler struct {
	directory
	seen func(*Session)
}

func (h *sessionHandler) Bind(ctx context.Context, s *Session, r *wire.BindRequest) (Identity, wire.Result) {
	h.seen(s)
	return h.directory.Bind(ctx, s, r)
}

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue(2, 3)
		var mu sync.Mutex
		var order []int
		done := make(chan error)
		for i := range 5 {
			go func() {
				done <- q.Do(t.Context(), func() {
					time.Sleep(time.Second + time.Duration(i)*time.Millisecond)
					mu.Lock()
					defer mu.Unlock()
					order = append(order, i)
				})
			}()
			synctest.Wait() // so that they come in this order
		}
		began := time.Now()
		assert.ErrorIs(t, q.Do(t.Context(), func() { assert.Fail(t, "it runs") }), ErrBusy)
		for range 5 {
			assert.NoError(t, <-done)
		}
		assert.InDelta(t, 3, time.Since(began).Seconds(), 0.1, "two at a time")
		assert.Equal(t, []int{0, 1, 2, 3, 4}, order)
	})
}

func TestQueue_WaitsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue(1, 1)
		go func() { _ = q.Do(t.Context(), func() { time.Sleep(time.Minute) }) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, q.Do(ctx, func() { assert.Fail(t, "it runs") }), context.DeadlineExceeded)
		assert.Zero(t, q.waiting.Load())
		time.Sleep(time.Minute)
		assert.ErrorIs(t, q.Do(ctx, func() { assert.Fail(t, "it runs") }), context.DeadlineExceeded, "although it is free")
	})
}
