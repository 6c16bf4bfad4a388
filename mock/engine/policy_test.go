package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine"
)

func TestParsePolicies(t *testing.T) {
	p, err := engine.ParsePolicies([]string{"acceptbarenames", "RefuseTakenContactAddresses"})
	require.NoError(t, err)
	assert.Equal(t, engine.Policies{AcceptBareNames: true, RefuseTakenContactAddresses: true}, p)
	_, err = engine.ParsePolicies([]string{"AcceptEverything"})
	assert.ErrorContains(t, err, `"AcceptEverything" is unknown; the policies are AccumulateExecuteData, `)
	all, err := engine.ParsePolicies(engine.PolicyNames())
	require.NoError(t, err, "each name is one")
	assert.True(t, all.RefuseForeignCallers && all.AccumulateExecuteData)
}
