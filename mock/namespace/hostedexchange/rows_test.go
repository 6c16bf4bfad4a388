package hostedexchange_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/hostedexchange"
)

func TestNamespace_HasTheContractsProcedures(t *testing.T) {
	list, err := os.ReadFile("testdata/contract.txt")
	require.NoError(t, err)
	rows := make(map[string]engine.Procedure)
	for _, row := range hostedexchange.Namespace().Procedures {
		assert.NotContains(t, rows, row.Name, "a second row")
		rows[row.Name] = row
	}
	names := strings.Fields(string(list))
	require.Len(t, names, 42)
	for _, name := range names {
		assert.Contains(t, rows, name)
		assert.Equal(t, engine.Public, rows[name].Access, name)
	}
}

func TestNamespace_RowsAreComplete(t *testing.T) {
	for _, row := range hostedexchange.Namespace().Procedures {
		assert.NotEmpty(t, row.Summary, row.Name)
		assert.NotEmpty(t, row.Type, row.Name)
		assert.NotEmpty(t, row.Fidelity, row.Name)
		assert.NotNil(t, row.Run, row.Name)
		assert.Equal(t, strings.HasSuffix(row.Name, "_"), row.Access == engine.Private, row.Name)
		if row.Role == engine.UserCreator || row.Role == engine.OrgCreator {
			assert.NotEmpty(t, row.Subject, row.Name)
		}
	}
}
