package standardprovider

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

// good is executeData with all that a row needs.
func good(p procedure) string {
	var b strings.Builder
	for _, a := range p.arguments {
		attributes, children := "", ""
		for _, need := range p.needs {
			name, rest, _ := strings.Cut(need, "/")
			if name != a.Name {
				continue
			}
			if attribute, ok := strings.CutPrefix(rest, "@"); ok {
				attributes += " " + attribute + `="x"`
			} else {
				children += "<" + rest + ">x</" + rest + ">"
			}
		}
		b.WriteString("<" + a.Name + attributes + ">" + children + "</" + a.Name + ">")
	}
	return b.String()
}

// Every procedure checks its request, is refused with a cause of its own, and
// leaves nothing.
func TestProcedures_AreRefused(t *testing.T) {
	u := enginetest.New(t, Namespaces()...)
	before := u.Dump()
	refused := func(p provider, name, data string, want *mpf.Cause) {
		t.Helper()
		r := u.Call(p.name, name, data)
		require.NotNil(t, r.Err, "%s::%s", p.name, name)
		assert.Equal(t, want.ID, r.Err.Cause, "%s::%s %s", p.name, name, data)
		assert.Equal(t, want.Code, r.Err.Code)
	}
	count := 0
	for _, p := range providers {
		want := mpf.OutOfReach
		if p.reaches == "" {
			want = mpf.NotSupported
		}
		for _, one := range p.procedures {
			count++
			data := good(one)
			for _, name := range append([]string{one.name}, one.spellings...) {
				refused(p, name, data, want)
			}
			refused(p, one.name, data+"<stranger/>", mpf.ArgumentUnknown)
			for _, a := range one.arguments {
				if a.Required {
					refused(p, one.name, "", mpf.ArgumentMissing)
				}
			}
			for _, need := range one.needs {
				argument, rest, _ := strings.Cut(need, "/")
				lacking := strings.Replace(data, " "+strings.TrimPrefix(rest, "@")+`="x"`, "", 1)
				if !strings.HasPrefix(rest, "@") {
					lacking = strings.Replace(data, "<"+rest+">x</"+rest+">", "", 1)
				}
				require.NotEqual(t, data, lacking, argument)
				refused(p, one.name, lacking, mpf.ArgumentMissing)
			}
		}
	}
	u.Unchanged(before)
	assert.Equal(t, 59, count)
}

// The example of the reference, and the spelling of one of its pages.
func TestRefusals_OfDocumentedRequests(t *testing.T) {
	u := enginetest.New(t, Namespaces()...)
	r := u.Call("SQL Provider", "ExecSQL", `<connect Provider="SQLOLEDB" Server="(local)" Database="plans" Trusted_Connection="yes"/>`+
		`<command>SELECT name FROM t WHERE id=?</command><param>7</param><param name="b"><null/></param>`)
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.NotImplemented, r.Err.Code)
	assert.Contains(t, r.Err.Description, "statements to database servers")
	assert.Contains(t, r.Err.Description, "SQL Provider::ExecSQL")
	r = u.Call("HTTP and SOAP Provider", "WSDLRequest", `<RequestInfo><action>x</action></RequestInfo>`)
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.OutOfReach.ID, r.Err.Cause)
}

func TestNamespaces_SayWhy(t *testing.T) {
	for _, ns := range Namespaces() {
		for _, p := range ns.Procedures {
			assert.Equal(t, engine.Public, p.Access)
			assert.True(t, strings.HasPrefix(p.Summary, "Refused: "), p.Summary)
		}
	}
}
