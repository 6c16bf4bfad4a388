package hostedexchange_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/exchangeprovider"
	"wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	controller = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
	base       = enginetest.Reseller
	acme       = "OU=acme," + base
	password   = "P@ssw0rd!23"
)

// world is a universe with the namespaces that Hosted Exchange calls.
type world struct {
	*enginetest.Universe
	t testing.TB
}

func open(t testing.TB) *world {
	t.Helper()
	all := slices.Concat(activedirectory.Namespaces(), exchangeresourcemanager.Namespaces(),
		[]engine.Namespace{managedactivedirectory.Namespace(), exchangeprovider.Namespace(), hostedexchange.Namespace()})
	return &world{Universe: enginetest.New(t, all...), t: t}
}

// withAcme is a world in which an organization has signed up: the domain
// acme.example, 100 MB for mail, 10 MB for folders, all plans.
func withAcme(t testing.TB) *world {
	t.Helper()
	w := open(t)
	w.organization("acme", "acme.example")
	return w
}

func (w *world) organization(name, domain string) {
	w.t.Helper()
	w.ok("CreateBusinessOrganization", `<container>LDAP://`+base+`</container><name>`+name+`</name><SMTPDomain>`+domain+`</SMTPDomain>`+
		`<mailStore><megabytes>100</megabytes><shared>1</shared></mailStore><publicStore><megabytes>10</megabytes></publicStore>`+
		`<availablePlans><planName>PlatinumPlusMail</planName><planName>GoldMail</planName><planName>PlatinumMail</planName>`+
		`<planName>BaseMail</planName></availablePlans><createSMTPDomain/>`)
}

// user makes a user of acme with a plan, or without one if it is empty.
func (w *world) user(name, plan string) string {
	w.t.Helper()
	w.ok("CreateBusinessUser", newUser(name, plan))
	return "CN=" + name + "@acme.example," + acme
}

func newUser(name, plan string) string {
	if plan != "" {
		plan = "<planName>" + plan + "</planName>"
	}
	return `<container>LDAP://` + acme + `</container><userPrincipalName>` + name + `@acme.example</userPrincipalName><isAdmin>false</isAdmin>` +
		`<newPassword>` + password + `</newPassword>` + plan
}

// ok runs a procedure that has to succeed. It adds the domain controller.
func (w *world) ok(procedure, arguments string) *xmldoc.Node {
	w.t.Helper()
	r := w.Call(hostedexchange.Name, procedure, arguments+controller)
	require.Nil(w.t, r.Err, procedure)
	return r.Data
}

// refused runs a procedure that has to fail for a cause and change nothing.
func (w *world) refused(cause *mpf.Cause, procedure, arguments string) *mpf.Error {
	w.t.Helper()
	before := w.Dump()
	r := w.Call(hostedexchange.Name, procedure, arguments+controller)
	require.NotNil(w.t, r.Err, procedure)
	assert.Equal(w.t, cause.ID, r.Err.Cause, r.Err.Description)
	assert.Equal(w.t, cause.Code, r.Err.Code)
	w.Unchanged(before)
	return r.Err
}

// of calls a procedure of another namespace that has to succeed.
func (w *world) of(namespace, procedure, arguments string) *xmldoc.Node {
	w.t.Helper()
	return w.MustCall(namespace, procedure, arguments).Data
}

// attr gives the only value of an attribute, "" if there is none.
func (w *world) attr(name, attribute string) string {
	w.t.Helper()
	values := w.Attr(name, attribute)
	require.LessOrEqual(w.t, len(values), 1, attribute)
	return strings.Join(values, "")
}

// addresses gives the SMTP addresses of an object.
func (w *world) addresses(name string) []string {
	w.t.Helper()
	return slices.DeleteFunc(w.Attr(name, "proxyAddresses"), func(a string) bool { return !strings.EqualFold(a[:5], "smtp:") })
}

// events gives what the plan database noted of an object.
func (w *world) events(name string) []string {
	w.t.Helper()
	o := w.Object(name)
	require.NotNil(w.t, o, name)
	var names []string
	w.View(func(tx *state.Tx) {
		events, err := plan.In(tx).Events(o.GUID)
		require.NoError(w.t, err)
		for _, e := range events {
			names = append(names, e.Type)
		}
	})
	return names
}

func path(name string) string { return "<path>LDAP://" + name + "</path>" }

// textAt gives the text of the first element on a path of names.
func textAt(n *xmldoc.Node, names ...string) string {
	return xmldoc.Text(xmldoc.Path(n, names...))
}
