package namespace_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace"
	"wsexchange/mock/namespace/errorprovider"
	"wsexchange/mpf"
)

// TestAll holds what the engine does not ask of single rows: that they stand
// together, say what they are, and keep the naming of private procedures.
func TestAll(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	u := enginetest.Open(t, engine.Config{Namespaces: namespace.All(), Registerer: registry})
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	assert.Empty(t, problems)

	rows := u.Engine.Namespaces()
	for _, ns := range rows[:len(rows)-1] { // the last one is the test kit's
		assert.NotEmpty(t, ns.Description, ns.Name)
		for _, p := range ns.Procedures {
			name := ns.Name + "::" + p.Name
			assert.NotEmpty(t, p.Summary, name)
			assert.NotEmpty(t, p.Type, name)
			assert.NotEmpty(t, p.Fidelity, name)
			assert.Equal(t, strings.HasSuffix(p.Name, "_"), p.Access == engine.Private, "%s: private names end in _", name)
			if p.Role == engine.UserCreator || p.Role == engine.OrgCreator {
				assert.NotEmpty(t, p.Subject, "%s: a role is tested for something", name)
			}
		}
	}
}

func TestWith_ConfiguresTheErrorProvider(t *testing.T) {
	translations := errorprovider.Translations{"4711": {Message: "No such thing.", Code: mpf.NotFound}}
	u := enginetest.New(t, namespace.With(errorprovider.Config{Translations: translations})...)
	r := u.Call(errorprovider.Name, "TranslateUserError", "<errorMessageCode>4711</errorMessageCode>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.NotFound, r.Err.Code)
	assert.Equal(t, "No such thing.", r.Err.Description)
}
