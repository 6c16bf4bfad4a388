package connection

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/heaptest"
	"wsexchange/mock/ldap/wire"
)

// TestAttack_PipelinedBinds is a client that sends thousands of binds and goes.
func TestAttack_PipelinedBinds(t *testing.T) {
	const binds = 2000
	began := make(chan struct{}, binds)
	s, address := start(t, Config{Handler: directory{bind: func(ctx context.Context) {
		began <- struct{}{}
		<-ctx.Done() // a check of a password that takes long
	}}})
	conn := raw(t, address)
	var all bytes.Buffer
	for i := range int64(binds) {
		all.Write(bindMessage(i+1, "x", "y"))
	}
	send(t, conn, all.Bytes())
	<-began
	require.NoError(t, conn.Close())
	assert.Eventually(t, func() bool { return s.Connections() == 0 }, eventually, tick)
	assert.Empty(t, began, "no other bind has begun")
}

// TestAttack_BindsOfManyConnections holds that a client which leaves while it
// waits for the check of a password is forgotten.
func TestAttack_BindsOfManyConnections(t *testing.T) {
	queue := NewQueue(1, 1000)
	first, release := make(chan struct{}), make(chan struct{})
	var checks atomic.Int64
	s, address := start(t, Config{Handler: directory{bind: func(ctx context.Context) {
		_ = queue.Do(ctx, func() {
			if checks.Add(1) == 1 {
				close(first)
				<-release
			}
		})
	}}})
	stays := raw(t, address)
	send(t, stays, bindMessage(1, "alice", password))
	<-first
	for range 50 {
		conn := raw(t, address)
		send(t, conn, bindMessage(1, "x", "y"), bindMessage(2, "x", "y"))
		defer func() { _ = conn.Close() }()
	}
	assert.Eventually(t, func() bool { return queue.waiting.Load() == 50 }, eventually, tick)
	next := raw(t, address)
	send(t, next, bindMessage(1, "bob", password), unbindMessage(2))
	assert.Eventually(t, func() bool { return s.Connections() == 51 }, eventually, tick, "unbind ends what waits")
	for _, c := range s.all() {
		if c.session.RemoteAddr().String() != stays.LocalAddr().String() {
			c.abort()
		}
	}
	assert.Eventually(t, func() bool { return s.Connections() == 1 }, eventually, tick)
	close(release)
	assert.Zero(t, receive(t, stays).code)
	assert.EqualValues(t, 1, checks.Load())
}

// all returns the clients that are connected.
func (s *Server) all() []*client {
	s.mu.Lock()
	defer s.mu.Unlock()
	clients := []*client{}
	for c := range s.clients {
		clients = append(clients, c)
	}
	return clients
}

// TestAttack_Silence is clients that send nothing, or a part of a request, or
// one octet after the other.
func TestAttack_Silence(t *testing.T) {
	request := bindMessage(1, "alice", password)
	for name, row := range map[string]struct {
		sent  []byte
		every time.Duration // 0: at once
		want  time.Duration
	}{
		"silent":       {nil, 0, time.Minute},
		"half sent":    {request[:10], 0, 30 * time.Second},
		"by octets":    {request, 2 * time.Second, 30 * time.Second},
		"after a bind": {request, time.Nanosecond, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipes()
				s := serve(t, Config{}, l)
				conn := l.dial(t)
				go func() { _, _ = io.Copy(io.Discard, conn) }()
				began, sent := time.Now(), make(chan struct{})
				go func() {
					defer close(sent)
					for _, octet := range row.sent {
						if _, err := conn.Write([]byte{octet}); err != nil {
							return
						}
						time.Sleep(row.every)
					}
				}()
				time.Sleep(time.Second)
				for s.Connections() > 0 {
					time.Sleep(500 * time.Millisecond)
				}
				assert.InDelta(t, row.want.Seconds(), time.Since(began).Seconds(), 1)
				<-sent
			})
		})
	}
}

// TestAttack_SilenceBeforeTLS is a client of ldaps that makes no handshake.
func TestAttack_SilenceBeforeTLS(t *testing.T) {
	server, _ := certificate(t)
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		s := serve(t, Config{Implicit: true, TLS: func() *tls.Config { return server }}, l)
		l.dial(t)
		began := time.Now()
		time.Sleep(time.Second)
		for s.Connections() > 0 {
			time.Sleep(500 * time.Millisecond)
		}
		assert.InDelta(t, 30, time.Since(began).Seconds(), 1)
	})
}

// TestAttack_AClientThatWaitsIsNotIdle holds that the time for an answer does
// not count.
func TestAttack_AClientThatWaitsIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		serve(t, Config{Handler: directory{search: func(context.Context, *wire.SearchRequest, *SearchWriter) (wire.Result, bool) {
			time.Sleep(time.Hour)
			return wire.Result{}, true
		}}}, l)
		conn := l.dial(t)
		send(t, conn, searchMessage(1, ""))
		assert.EqualValues(t, 1, receive(t, conn).id)
	})
}

// TestAttack_UnreadOutput is a client that asks for much and reads nothing.
func TestAttack_UnreadOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		value := strings.Repeat("x", 1000)
		var entries atomic.Int64
		var failed atomic.Value
		l := newPipes()
		s := serve(t, Config{Handler: directory{search: func(_ context.Context, _ *wire.SearchRequest, w *SearchWriter) (wire.Result, bool) {
			for {
				w.Begin("CN=a").Attribute("description", value)
				if err := w.End(); err != nil {
					failed.Store(err)
					return wire.Result{}, true
				}
				entries.Add(1)
			}
		}}}, l)
		conn := l.dial(t)
		began := time.Now()
		send(t, conn, searchMessage(1, ""))
		synctest.Wait()
		assert.LessOrEqual(t, entries.Load(), int64(32), "no more than 32 KiB are held")
		for s.Connections() > 0 {
			time.Sleep(500 * time.Millisecond)
		}
		assert.InDelta(t, 30, time.Since(began).Seconds(), 1)
		assert.NotNil(t, failed.Load(), "the search is notified")
	})
}

// TestAttack_UnreadAnswers is a client that sends requests and reads no answer:
// it is not read any more either.
func TestAttack_UnreadAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var searches atomic.Int64
		l := newPipes()
		s := serve(t, Config{Handler: directory{search: func(context.Context, *wire.SearchRequest, *SearchWriter) (wire.Result, bool) {
			searches.Add(1)
			return wire.Result{}, false
		}}}, l)
		conn := l.dial(t)
		var sent atomic.Int64
		go func() {
			for i := int64(1); ; i++ {
				n, err := conn.Write(searchMessage(i, ""))
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}()
		synctest.Wait()
		assert.EqualValues(t, 8, searches.Load())
		assert.Less(t, sent.Load(), int64(80<<10), "64 KiB wait")
		time.Sleep(31 * time.Second)
		assert.Zero(t, s.Connections())
	})
}

func TestAttack_ManyConnections(t *testing.T) {
	for name, row := range map[string]struct {
		cfg  Config
		want string
	}{
		"in all":         {Config{MaxConnections: 3}, "too many connections"},
		"of one address": {Config{MaxConnectionsPerAddress: 3}, "too many connections from this address"},
	} {
		t.Run(name, func(t *testing.T) {
			s, address := start(t, row.cfg)
			conns := []net.Conn{raw(t, address), raw(t, address), raw(t, address)}
			require.Eventually(t, func() bool { return s.Connections() == 3 }, eventually, tick)
			more := raw(t, address)
			got := receive(t, more)
			assert.EqualValues(t, ldap.LDAPResultBusy, got.code)
			assert.Equal(t, row.want, got.text)
			closed(t, more)
			require.NoError(t, conns[0].Close())
			require.Eventually(t, func() bool { return s.Connections() == 2 }, eventually, tick)
			require.NoError(t, dial(t, address).Bind("alice", password))
		})
	}
}

func TestAddressOf(t *testing.T) {
	of := func(ip string) string { return addressOf(&net.TCPAddr{IP: net.ParseIP(ip), Port: 5}).String() }
	assert.Equal(t, "192.0.2.1", of("192.0.2.1"))
	assert.Equal(t, "192.0.2.1", of("::ffff:192.0.2.1"))
	assert.Equal(t, "2001:db8:1:2::", of("2001:db8:1:2:3:4:5:6"))
	assert.False(t, addressOf(&net.UnixAddr{}).IsValid())
}

// TestAttack_Heap holds what messages take that are made to take memory.
func TestAttack_Heap(t *testing.T) {
	leaf := make([]byte, 1_000_000)
	parts := [][]byte{leaf}
	for size, tag := len(leaf), byte(4); len(parts) <= 1000; size, tag = size+6, 0x30 {
		parts = append(parts, []byte{tag, 0x84, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)})
	}
	slices.Reverse(parts)
	hostile := map[string][]byte{
		"nested": slices.Concat(parts...),
		"flood":  append([]byte{0x30, 0x83, 0x10, 0, 0}, bytes.Repeat([]byte{0x30, 0}, 1<<19)...),
	}
	heaptest.Each(t, []string{"nested", "flood"}, 16<<20, func(t *testing.T, name string) (uint64, string) {
		_, address := start(t, Config{MaxAnonymousRequest: 4 << 20})
		peak := heaptest.Start()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				conn, err := net.Dial("tcp", address)
				if !assert.NoError(t, err) {
					return
				}
				defer func() { _ = conn.Close() }()
				_, _ = conn.Write(hostile[name])
				_, _ = io.Copy(io.Discard, conn)
			})
		}
		all.Wait()
		peak.Take()
		return peak.AboveIdle(), "four connections, allowed more than the default"
	})
}

// FuzzReadConnection sends what it likes over a connection, which must end when
// the client does.
func FuzzReadConnection(f *testing.F) {
	f.Add(bytes.Join([][]byte{bindMessage(1, "alice", password), searchMessage(2, "CN=a"), abandonMessage(3, 2), unbindMessage(4)}, nil))
	f.Add(bytes.Join([][]byte{searchMessage(1, ""), bindMessage(2, "", ""), extendedMessage(3, whoAmI), extendedMessage(4, startTLS)}, nil))
	f.Add([]byte("\x30\x80"))
	s, err := New(Config{Handler: directory{}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, octets []byte) {
		near, far := net.Pipe()
		c := newClient(t.Context(), &s.cfg, far)
		ended := make(chan struct{})
		go func() { c.serve(); close(ended) }()
		go func() { _, _ = io.Copy(io.Discard, near) }()
		_, _ = near.Write(octets)
		_ = near.Close()
		select {
		case <-ended:
		case <-time.After(eventually):
			require.Fail(t, "the connection does not end")
		}
		assert.Empty(t, c.running)
	})
}
