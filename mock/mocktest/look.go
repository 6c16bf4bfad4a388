package mocktest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/journal"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// administrator is the account of the demo data that may do everything.
const administrator = "Administrator"

// patience bounds what waits, so that a test that waits for itself fails
// rather than hangs.
const patience = 2 * time.Minute

// Submit submits a request in process, past the SOAP endpoint.
func (e *Emulator) Submit(ctx context.Context, req *mpf.Request) (*mpf.Response, error) {
	return e.Submitter().Submit(ctx, req)
}

// Call runs a public procedure as the domain's administrator. executeData is
// the elements inside of executeData. The response holds arguments and
// results.
func (e *Emulator) Call(namespace, procedure, executeData string) *mpf.Response {
	e.t.Helper()
	data, err := xmldoc.ParseString("<data>"+executeData+"</data>", xmldoc.Limits{})
	require.NoError(e.t, err)
	response, err := e.Submit(e.As(administrator), mpf.Simple(mpf.Target{Namespace: namespace, Procedure: procedure}, data))
	require.NoError(e.t, err)
	return response
}

// MustCall is Call for procedures that have to succeed.
func (e *Emulator) MustCall(namespace, procedure, executeData string) *mpf.Response {
	e.t.Helper()
	response := e.Call(namespace, procedure, executeData)
	if response.Err != nil {
		require.NoError(e.t, response.Err, "%s::%s", namespace, procedure)
	}
	return response
}

// View looks into the content. look must not call the emulator's other
// methods.
func (e *Emulator) View(look func(*state.Tx)) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	require.NoError(e.t, e.Store.View(ctx, func(tx *state.Tx) error { look(tx); return nil }))
}

// Update writes into the content, past the engine: mailbox usage, for one.
func (e *Emulator) Update(write func(*state.Tx) error) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	require.NoError(e.t, e.Store.Update(ctx, write))
}

// Object gives the object of a distinguished name or path, nil if there is
// none.
func (e *Emulator) Object(name string) *directory.Object {
	e.t.Helper()
	path, err := ldappath.ParseLoose(name)
	require.NoError(e.t, err)
	var found *directory.Object
	e.View(func(tx *state.Tx) {
		o, err := directory.In(tx).Get(path.DN)
		if !errors.Is(err, state.ErrNotFound) {
			require.NoError(e.t, err)
			found = o
		}
	})
	return found
}

func (e *Emulator) mustObject(name string) *directory.Object {
	e.t.Helper()
	o := e.Object(name)
	require.NotNil(e.t, o, "there is no object %s", name)
	return o
}

// Attr gives the values of an attribute of an object that has to exist.
func (e *Emulator) Attr(name, attribute string) []string {
	e.t.Helper()
	o := e.mustObject(name)
	var values []string
	e.View(func(tx *state.Tx) {
		attributes, err := directory.In(tx).Attributes(o, attribute)
		require.NoError(e.t, err)
		values = attributes.Get(attribute)
	})
	return values
}

// Members gives the distinguished names of the members of a group.
func (e *Emulator) Members(group string) []string {
	e.t.Helper()
	o := e.mustObject(group)
	var names []string
	e.View(func(tx *state.Tx) {
		members, err := directory.In(tx).Members(o)
		require.NoError(e.t, err)
		for _, m := range members {
			names = append(names, m.DN.String())
		}
	})
	return names
}

// Consumers gives the mailboxes or folders that draw on the shares of an
// organization.
func (e *Emulator) Consumers(organization string, kind resource.ConsumerKind) []*resource.Consumer {
	e.t.Helper()
	o := e.mustObject(organization)
	var found []*resource.Consumer
	e.View(func(tx *state.Tx) {
		var err error
		found, err = resource.In(tx).Consumers(o.GUID, kind)
		require.NoError(e.t, err)
	})
	return found
}

// Dump gives the whole content as text, without the logs: equal texts mean
// that nothing has changed.
func (e *Emulator) Dump() string {
	e.t.Helper()
	var b strings.Builder
	require.NoError(e.t, e.Store.Root().Dump(&b, "counter"))
	return b.String()
}

// Difference gives what has changed since a snapshot, as text.
func (e *Emulator) Difference(snapshot string) string {
	e.t.Helper()
	changes, err := e.Snapshots.Difference(e.t.Context(), snapshot, "")
	require.NoError(e.t, err)
	var b strings.Builder
	require.NoError(e.t, state.WriteChanges(&b, changes))
	return b.String()
}

// WaitFor gives the first request in the journal that matches, and waits for
// it.
func (e *Emulator) WaitFor(f journal.Filter) journal.Entry {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	entry, err := e.Journal.Wait(ctx, f)
	require.NoError(e.t, err)
	return entry
}

func splitLogin(login string) (domain, name string) {
	if domain, name, ok := strings.Cut(login, `\`); ok {
		return domain, name
	}
	return "", login
}
