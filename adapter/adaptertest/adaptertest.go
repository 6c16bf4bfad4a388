package adaptertest

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wsexchange/adapter"
	"wsexchange/internal/ldappath"
	"wsexchange/mpf"
)

// Gateway is a gateway that runs for a test.
type Gateway struct {
	// URL is the folder of the services, "http://127.0.0.1:1234/MPSWS".
	URL string

	t       testing.TB
	mu      sync.Mutex
	seen    []adapter.Observation
	arrived chan struct{} // closed and replaced when an observation comes
}

// Option changes how a gateway is made.
type Option func(*adapter.Config)

// BaseDN is the domain that is managed, instead of DC=fabrikam,DC=com.
func BaseDN(dn string) Option {
	return func(c *adapter.Config) { c.BaseDN = ldappath.MustParseDN(dn) }
}

// DomainControllers are server names that paths may contain, instead of
// dc1.fabrikam.com.
func DomainControllers(names ...string) Option {
	return func(c *adapter.Config) { c.DomainControllers = names }
}

// FixedClock makes the time stand still.
func FixedClock(at time.Time) Option {
	return func(c *adapter.Config) { c.Now = func() time.Time { return at } }
}

// Config changes anything else. Submitter and Observe are set afterwards; an
// Observe set here is called, too.
func Config(change func(*adapter.Config)) Option { return change }

// Start starts a gateway that ends with the test.
func Start(t testing.TB, submitter mpf.Submitter, options ...Option) *Gateway {
	t.Helper()
	g := &Gateway{t: t, arrived: make(chan struct{})}
	var last atomic.Uint64
	cfg := adapter.Config{
		BaseDN: ldappath.MustParseDN("DC=fabrikam,DC=com"), DomainControllers: []string{"dc1.fabrikam.com"},
		NewID: func() string { return fmt.Sprint("req-", last.Add(1)) },
	}
	for _, option := range options {
		option(&cfg)
	}
	further := cfg.Observe
	cfg.Submitter = submitter
	cfg.Observe = func(o adapter.Observation) {
		g.observe(o)
		if further != nil {
			further(o)
		}
	}
	handler, err := adapter.New(cfg)
	require.NoError(t, err, "starting the gateway")
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	g.URL = server.URL + "/MPSWS"
	if cfg.Prefix != "" {
		g.URL = server.URL + cfg.Prefix
	}
	return g
}

// Service is the URL of a service, "HostedExchange".
func (g *Gateway) Service(name string) string { return g.URL + "/" + name + ".asmx" }

func (g *Gateway) observe(o adapter.Observation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = append(g.seen, o)
	close(g.arrived)
	g.arrived = make(chan struct{})
}

// Observations gives what became of the calls so far. A caller may have its
// answer a moment before its observation is here: see Wait.
func (g *Gateway) Observations() []adapter.Observation {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.seen)
}

// Wait waits for so many observations and gives them. It fails the test after
// half a minute.
func (g *Gateway) Wait(count int) []adapter.Observation {
	g.t.Helper()
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	for {
		g.mu.Lock()
		seen, arrived := slices.Clone(g.seen), g.arrived
		g.mu.Unlock()
		if len(seen) >= count {
			return seen
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			require.Failf(g.t, "too few calls", "%d of %d observations came", len(seen), count)
			return nil
		}
	}
}
