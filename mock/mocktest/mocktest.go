package mocktest

import (
	"context"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Emulator is an emulator that runs for a test.
type Emulator struct {
	*mock.Emulator
	// URL is that of the SOAP endpoint (SOAP ISAPI).
	URL string
	// LDAPURL is that of the directory's listener, "" without the option LDAP.
	LDAPURL string
	// LDAPURLs are those of the further domain controllers by DNS name.
	LDAPURLs map[string]string
	// Directory has what the directory has once.
	Directory directory.Domain

	t        testing.TB
	settings settings
}

// Start starts an emulator that ends with the test.
func Start(t testing.TB, options ...Option) *Emulator {
	t.Helper()
	var s settings
	for _, option := range options {
		option(&s)
	}
	return start(t, s)
}

func start(t testing.TB, s settings) *Emulator {
	t.Helper()
	s.addControllers()
	cfg := mock.Config{
		Seed: s.seed, Replication: s.replication, Root: s.root, LDAP: s.directory, Audit: s.audit, Policies: s.policies, Now: s.now,
		Logger: s.logger, Registerer: s.registerer, Testing: &mock.Testing{Journal: s.journal, Faults: s.faults},
	}
	if s.ldap {
		cfg.LDAPListen = anyPort
		cfg.Controllers = make(map[string]string)
		for _, name := range s.controllers {
			cfg.Controllers[name] = anyPort
		}
	}
	if s.ids != nil {
		cfg.NewGUID = s.ids.next
	}
	if s.seed == nil && s.root == nil {
		cfg.Root = contents(s).root(t)
	}
	if s.ids != nil && s.ids.last.Load() < firstID {
		s.ids.last.Store(firstID)
	}
	running, err := mock.Open(t.Context(), cfg)
	require.NoError(t, err, "starting the emulator")
	e := &Emulator{Emulator: running, t: t, settings: s}
	t.Cleanup(func() { assert.NoError(t, running.Close()) })
	e.prepare()
	endpoint := httptest.NewServer(running.Handler(xmldoc.Limits{}))
	t.Cleanup(endpoint.Close)
	e.URL = endpoint.URL + "/mpf/soapisapi.dll"
	if running.LDAP != nil {
		e.LDAPURL = running.LDAP.URL()
	}
	e.LDAPURLs = make(map[string]string)
	for name, endpoint := range running.Controllers {
		e.LDAPURLs[name] = endpoint.URL()
	}
	return e
}

// anyPort lets the system choose.
const anyPort = "127.0.0.1:0"

// addControllers puts the further domain controllers into the seed.
func (s *settings) addControllers() {
	if len(s.controllers) == 0 || s.root != nil {
		return
	}
	seed := seed.Default()
	if s.seed != nil {
		seed = *s.seed
	}
	seed.Domain.Controllers = slices.Concat(seed.Domain.Controllers, s.controllers)
	s.seed = &seed
}

// prepare carries out the options that need the emulator.
func (e *Emulator) prepare() {
	e.t.Helper()
	if e.settings.policy != nil {
		e.Update(func(tx *state.Tx) error { return directory.In(tx).SetPasswordPolicy(*e.settings.policy) })
		require.NoError(e.t, e.Snapshots.Take(e.t.Context(), mock.StartSnapshot))
	}
	for _, rule := range e.settings.rules {
		_, err := e.Faults.Add(rule)
		require.NoError(e.t, err)
	}
	e.View(func(tx *state.Tx) {
		var err error
		e.Directory, err = directory.In(tx).Domain()
		require.NoError(e.t, err)
	})
}

// demo is the content of the demo data, made at the present time or, with ids
// in order, at the epoch. Making it takes far longer than copying it, so a test
// program makes it once.
var demo, demoInOrder = new(content), &content{options: []Option{Deterministic()}}

type content struct {
	options []Option
	mu      sync.Mutex
	made    *state.Root
}

// contents chooses the demo data that goes with the settings.
func contents(s settings) *content {
	if s.ids != nil {
		return demoInOrder
	}
	return demo
}

// root returns the content.
func (c *content) root(t testing.TB) *state.Root {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made != nil {
		return c.made
	}
	var s settings
	for _, option := range c.options {
		option(&s)
	}
	cfg := mock.Config{Now: s.now}
	if s.ids != nil {
		cfg.NewGUID = s.ids.next
	}
	made, _, err := mock.OpenStore(t.Context(), cfg, true)
	require.NoError(t, err)
	c.made = made.Root()
	assert.NoError(t, made.Close())
	return c.made
}

// Prepared is content to start emulators with.
type Prepared struct {
	root     *state.Root
	settings settings
	lastID   uint64
}

// Prepare starts an emulator, lets setup bring it where tests begin, and keeps
// that to be cloned. setup may be nil. The emulator itself goes on for the
// test.
func Prepare(t testing.TB, setup func(*Emulator), options ...Option) *Prepared {
	t.Helper()
	e := Start(t, options...)
	if setup != nil {
		setup(e)
	}
	p := &Prepared{root: e.Store.Root(), settings: e.settings}
	p.settings.seed, p.settings.policy, p.settings.registerer = nil, nil, nil
	if p.settings.ids != nil {
		p.lastID = p.settings.ids.last.Load()
	}
	return p
}

// Clone starts an emulator with the prepared content, the options of Prepare
// and further ones. Clones share nothing; ids in order go on where those of
// the preparation ended.
func (p *Prepared) Clone(t testing.TB, options ...Option) *Emulator {
	t.Helper()
	s := p.settings
	s.root = p.root
	s.rules = slices.Clip(s.rules)
	if s.ids != nil {
		s.ids = &ids{seed: s.ids.seed}
		s.ids.last.Store(p.lastID)
	}
	for _, option := range options {
		option(&s)
	}
	return start(t, s)
}

// Account gives an account of the seed with its password, as the caller of
// requests.
func (e *Emulator) Account(name string) mpf.Caller {
	e.t.Helper()
	seed := seed.Demo()
	if e.settings.seed != nil {
		seed = e.settings.seed
	}
	for _, a := range seed.Accounts {
		if a.Name == name {
			return mpf.Caller{Domain: e.Directory.NetBIOS, Username: name, Password: secret.New(string(a.Password))}
		}
	}
	require.Fail(e.t, "no such account in the seed", name)
	return mpf.Caller{}
}

// As gives the test's context with an account, DOMAIN\name or name, that the
// submitting program vouches for.
func (e *Emulator) As(login string) context.Context {
	domain, name := splitLogin(login)
	return mpf.WithCaller(e.t.Context(), mpf.Caller{Domain: domain, Username: name, Trusted: true})
}

// Vouched is the engine for a gateway that lets everybody in: every request
// comes from the account, and the gateway is trusted.
func (e *Emulator) Vouched(login string) mpf.Submitter {
	domain, name := splitLogin(login)
	return mpf.SubmitterFunc(func(ctx context.Context, req *mpf.Request) (*mpf.Response, error) {
		return e.Submit(mpf.WithCaller(ctx, mpf.Caller{Domain: domain, Username: name, Trusted: true}), req)
	})
}
