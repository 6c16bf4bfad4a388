package mpfconfig

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mpf"
)

func TestGetNamespacesAndProcedures(t *testing.T) {
	u := enginetest.New(t, append(activedirectory.Namespaces(), Namespace())...)
	r := u.MustCall(Name, "GetNamespaces", "")
	text := xmldoc.String(xmldoc.Child(r.Data, "namespaces"))
	assert.Contains(t, text, `<namespace name="Active Directory Provider" description="Single operations on objects of the directory." providerSource="Provisioning.ADProvider.1"/>`)
	assert.Contains(t, text, `<namespace name="MPF Config"`)

	r = u.MustCall(Name, "GetProcedures", "<namespace>mpf config</namespace>")
	list := xmldoc.Path(r.Data, "namespaces", "namespace")
	names := map[string]bool{}
	for p := range xmldoc.Children(list, "procedure") {
		name, _ := xmldoc.Attr(p, "name")
		names[name] = true
	}
	for _, p := range Namespace().Procedures {
		assert.True(t, names[p.Name], p.Name)
	}
	assert.Contains(t, xmldoc.String(list), `<procedure name="GetProcedures" type="read" access="public"`)
	assert.Contains(t, xmldoc.String(list), `<argument name="namespace" type="text" required="0"/>`)

	bad := u.Call(Name, "GetProcedures", "<namespace>None</namespace>")
	require.NotNil(t, bad.Err)
	assert.Equal(t, mpf.NamespaceUnknown.ID, bad.Err.Cause)
}
