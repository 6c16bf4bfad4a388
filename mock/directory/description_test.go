package directory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

func TestSet_DescriptionOfAccounts(t *testing.T) {
	d := updating(t)
	unit := mustCreate(t, d, testReseller.Child("OU", "Described"), "organizationalUnit")
	user := mustCreate(t, d, unit.DN.Child("CN", "user"), "user", value(description, "one"))
	assert.ErrorIs(t, d.Set(user, description, "one", "two"), state.ErrConstraint)
	assert.ErrorIs(t, d.Add(user, description, "two"), state.ErrConstraint)
	_, err := d.Create(unit.DN.Child("CN", "other"), "group", Attributes{{description, []string{"one", "two"}}})
	assert.ErrorIs(t, err, state.ErrConstraint)
	got, err := d.Values(user, description)
	require.NoError(t, err)
	assert.Equal(t, []string{"one"}, got)
	contact := mustCreate(t, d, unit.DN.Child("CN", "contact"), "contact")
	assert.NoError(t, d.Set(contact, description, "one", "two"))
}
