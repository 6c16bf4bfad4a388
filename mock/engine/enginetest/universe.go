package enginetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/ledger"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Accounts of the seed that tests act as.
const (
	Administrator = `FABRIKAM\Administrator`
	Password      = "Fabrikam-Adm1n"
)

// Reseller is the name of the reseller that the seed brings.
const Reseller = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"

// firstID is where ids begin after those that the seed took, so that they stay
// the same when the seed grows.
const firstID = 1 << 16

// Start is where the clock of a universe stands at first.
func Start() time.Time { return time.Date(2005, time.March, 1, 9, 0, 0, 0, time.UTC) }

// Universe is an engine over a store with the default seed.
type Universe struct {
	Engine *engine.Engine
	Store  *ledger.Store
	// Log holds all that the engine logged, as text.
	Log *Buffer

	t         testing.TB
	passwords *directory.Passwords
	close     func() error
	now       atomic.Int64 // nanoseconds of the Unix time
	ids       atomic.Uint64
}

// Buffer is a text that several goroutines may write.
type Buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends to the text.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String gives the text so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// New starts a universe with the namespaces and default policies.
func New(t testing.TB, namespaces ...engine.Namespace) *Universe {
	t.Helper()
	return Open(t, engine.Config{Namespaces: namespaces})
}

// Open starts a universe with an engine of the given configuration. Store,
// clock, ids and logger of the configuration are replaced.
func Open(t testing.TB, cfg engine.Config) *Universe {
	t.Helper()
	u := newUniverse(t)
	u.ids.Store(firstID)
	u.start(kept(t), cfg)
	return u
}

// OpenFile is Open with a store on a file, which may be that of an earlier
// universe: what is there already stays.
func OpenFile(t testing.TB, path string, cfg engine.Config) *Universe {
	t.Helper()
	u := newUniverse(t)
	u.start(ledger.Config{Path: path, Synchronous: "OFF"}, cfg)
	return u
}

func newUniverse(t testing.TB) *Universe {
	u := &Universe{t: t, Log: new(Buffer), passwords: directory.NewPasswords(directory.LowestCost)}
	u.now.Store(Start().UnixNano())
	return u
}

func (u *Universe) env() state.Env {
	return seed.Env(state.Env{Now: u.Now, NewGUID: func() [16]byte { return u.guid() }}, u.passwords)
}

// start opens the store and makes the engine.
func (u *Universe) start(kept ledger.Config, cfg engine.Config) {
	u.t.Helper()
	u.open(kept)
	u.t.Cleanup(u.Close)
	seeded := true
	u.View(func(tx *state.Tx) {
		_, err := directory.In(tx).Domain()
		seeded = err == nil
	})
	switch {
	case !seeded:
		require.NoError(u.t, u.Store.Replace(u.t.Context(), template(u.t)))
		u.ids.Store(firstID)
	case u.ids.Load() == 0:
		u.reopened()
	}
	cfg.Store, cfg.Passwords, cfg.Now, cfg.NewID = u.Store, u.passwords, u.Now, func() string { return u.guid().String() }
	cfg.Logger = slog.New(slog.NewTextHandler(u.Log, nil))
	cfg.Namespaces = append(cfg.Namespaces[:len(cfg.Namespaces):len(cfg.Namespaces)], passage())
	made, err := engine.New(cfg)
	require.NoError(u.t, err)
	u.Engine = made
}

func (u *Universe) open(kept ledger.Config) {
	u.t.Helper()
	schema, err := seed.Schema()
	require.NoError(u.t, err)
	kept.Schema, kept.Env = schema, u.env()
	opened, err := ledger.Open(u.t.Context(), kept)
	require.NoError(u.t, err)
	u.Store, u.close = opened, sync.OnceValue(opened.Close)
}

// template is the state of the seed, made once in a test program.
func template(t testing.TB) *state.Root {
	t.Helper()
	root, err := seeded()
	require.NoError(t, err)
	return root
}

var seeded = sync.OnceValues(func() (*state.Root, error) {
	var ids uint64
	env := state.Env{Now: Start, NewGUID: func() [16]byte {
		ids++
		return numbered(ids)
	}}
	return seed.Root(context.Background(), seed.Env(env, directory.NewPasswords(directory.LowestCost)), seed.Default())
})

// reopened makes the ids differ from those of the universes that had the file
// before.
func (u *Universe) reopened() {
	const setting, idsEach = "enginetest.reopened", 1 << 32
	u.Update(func(tx *state.Tx) error {
		text, err := directory.In(tx).Setting(setting)
		if err != nil {
			return err
		}
		times, _ := strconv.ParseUint(text, 10, 16) // empty the first time
		u.ids.Store((times + 1) * idsEach)
		return directory.In(tx).SetSetting(setting, strconv.FormatUint(times+1, 10))
	})
}

// Close closes the store, so that another universe may open its file. The end
// of the test does it as well.
func (u *Universe) Close() { assert.NoError(u.t, u.close()) }

// Now is the clock.
func (u *Universe) Now() time.Time { return time.Unix(0, u.now.Load()).UTC() }

// Advance moves the clock on.
func (u *Universe) Advance(d time.Duration) { u.now.Add(int64(d)) }

// guid gives GUIDs in order.
func (u *Universe) guid() directory.GUID { return numbered(u.ids.Add(1)) }

func numbered(id uint64) (g directory.GUID) {
	binary.BigEndian.PutUint64(g[8:], id)
	return g
}

// As gives the test's context with a caller, named as DOMAIN\name or by its
// userPrincipalName.
func (u *Universe) As(login string) context.Context {
	caller := mpf.Caller{Username: login}
	if domain, name, ok := strings.Cut(login, `\`); ok {
		caller = mpf.Caller{Domain: domain, Username: name}
	}
	return mpf.WithCaller(u.t.Context(), caller)
}

// Call runs a public procedure as the domain's administrator. executeData is
// an executeData element, or the elements inside. The response holds arguments
// and results.
func (u *Universe) Call(namespace, procedure, executeData string) *mpf.Response {
	u.t.Helper()
	return u.CallAs(Administrator, namespace, procedure, executeData)
}

// CallAs is Call as another account.
func (u *Universe) CallAs(login, namespace, procedure, executeData string) *mpf.Response {
	u.t.Helper()
	data := u.parse(executeData)
	data.Data = mpf.DocumentData
	return u.Submit(u.As(login), mpf.Simple(mpf.Target{Namespace: namespace, Procedure: procedure}, data))
}

// MustCall is Call for procedures that have to succeed.
func (u *Universe) MustCall(namespace, procedure, executeData string) *mpf.Response {
	u.t.Helper()
	r := u.Call(namespace, procedure, executeData)
	require.Nil(u.t, r.Err, "%s::%s", namespace, procedure)
	return r
}

// CallPrivate runs a procedure as another procedure would call it, so that it
// may be private. The response holds arguments and results.
func (u *Universe) CallPrivate(namespace, procedure, executeData string) *mpf.Response {
	u.t.Helper()
	arguments := xmldoc.Element("arguments")
	for n := range xmldoc.Elements(u.parse(executeData)) {
		xmldoc.Append(arguments, n)
	}
	data := xmldoc.Element(mpf.DocumentData, xmldoc.TextElement("namespace", namespace), xmldoc.TextElement("procedure", procedure), arguments)
	r := u.Submit(u.As(Administrator), mpf.Simple(mpf.Target{Namespace: passageName, Procedure: "Call"}, data))
	if result := xmldoc.Child(r.Data, "result"); result != nil {
		xmldoc.Remove(result)
		result.Data = mpf.DocumentData
		r.Data = result
	}
	return r
}

// Run submits a request document as the domain's administrator: a trusted
// request.
func (u *Universe) Run(document string) *mpf.Response {
	u.t.Helper()
	n, err := xmldoc.ParseString(document, xmldoc.Limits{})
	require.NoError(u.t, err)
	req, err := mpf.ParseRequest(n, mpf.Target{})
	require.NoError(u.t, err)
	return u.Submit(u.As(Administrator), req)
}

// Submit submits a request.
func (u *Universe) Submit(ctx context.Context, req *mpf.Request) *mpf.Response {
	u.t.Helper()
	r, err := u.Engine.Submit(ctx, req)
	require.NoError(u.t, err)
	return r
}

func (u *Universe) parse(executeData string) *xmldoc.Node {
	u.t.Helper()
	if !strings.HasPrefix(strings.TrimSpace(executeData), "<executeData") {
		executeData = "<executeData>" + executeData + "</executeData>"
	}
	n, err := xmldoc.ParseString(executeData, xmldoc.Limits{})
	require.NoError(u.t, err)
	return n
}

// lockTimeout is how long View and Update wait for the store. A look that calls
// View again waits for itself: it fails then instead of hanging.
const lockTimeout = 30 * time.Second

// View looks into the store.
func (u *Universe) View(look func(*state.Tx)) {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), lockTimeout)
	defer cancel()
	require.NoError(u.t, u.Store.View(ctx, func(tx *state.Tx) error { look(tx); return nil }))
}

// Update writes into the store, past the engine.
func (u *Universe) Update(write func(*state.Tx) error) {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), lockTimeout)
	defer cancel()
	require.NoError(u.t, u.Store.Update(ctx, write))
}

// Object gives the object of a name or ADsPath, nil if there is none.
func (u *Universe) Object(name string) *directory.Object {
	u.t.Helper()
	path, err := ldappath.ParseLoose(name)
	require.NoError(u.t, err)
	var found *directory.Object
	u.View(func(tx *state.Tx) {
		if o, err := directory.In(tx).Get(path.DN); err == nil {
			found = o
		} else {
			require.ErrorIs(u.t, err, state.ErrNotFound)
		}
	})
	return found
}

// Attr gives the values of an attribute of an object that has to exist.
func (u *Universe) Attr(name, attribute string) []string {
	u.t.Helper()
	o := u.Object(name)
	require.NotNil(u.t, o, name)
	var values []string
	u.View(func(tx *state.Tx) {
		attributes, err := directory.In(tx).Attributes(o, attribute)
		require.NoError(u.t, err)
		values = attributes.Get(attribute)
	})
	return values
}

// User makes an account below a name, with a password, past the engine.
func (u *Universe) User(parent, name, password string) *directory.Object {
	u.t.Helper()
	path, err := ldappath.ParseLoose(parent)
	require.NoError(u.t, err)
	var made *directory.Object
	u.Update(func(tx *state.Tx) error {
		var err error
		made, err = directory.In(tx).Create(path.DN.Child("CN", name), "user", directory.Attributes{{Name: "sAMAccountName", Values: []string{name}}})
		if err != nil {
			return err
		}
		if err := directory.In(tx).SetPassword(made, password); err != nil {
			return err
		}
		return directory.In(tx).SetEnabled(made, true)
	})
	return made
}

// Dump gives the content of the store as text, without the audit and
// transaction logs: equal texts mean that nothing has changed.
func (u *Universe) Dump() string {
	u.t.Helper()
	var b strings.Builder
	require.NoError(u.t, u.Store.Root().Dump(&b))
	return b.String()
}

// Unchanged fails the test unless the store's content is that of an earlier
// Dump, and shows the first line that differs.
func (u *Universe) Unchanged(before string) {
	u.t.Helper()
	was, is := strings.Split(before, "\n"), strings.Split(u.Dump(), "\n")
	for i := range max(len(was), len(is)) {
		if i >= len(was) || i >= len(is) || was[i] != is[i] {
			assert.Equal(u.t, was[min(i, len(was)-1)], is[min(i, len(is)-1)], "line %d of the store's content", i+1)
			return
		}
	}
}

// Audit gives the rows of the audit log, newest first.
func (u *Universe) Audit() []ledger.AuditRow {
	u.t.Helper()
	rows, err := u.Store.Audit(u.t.Context(), ledger.AuditQuery{Limit: 1 << 20})
	require.NoError(u.t, err)
	return rows
}

// Credentials gives the credentials of an account for a request.
func Credentials(login, password string) *mpf.Basic {
	domain, name, _ := strings.Cut(login, `\`)
	return &mpf.Basic{Domain: domain, Username: name, Password: secret.New(password)}
}
