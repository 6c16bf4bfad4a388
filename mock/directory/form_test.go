package directory

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/mock/state"
)

func TestAddresses_OneForm(t *testing.T) {
	d := updating(t)
	user := mustCreate(t, d, testReseller.Child("CN", "user"), "user")
	for _, domain := range []string{"x.example.", ".x.example", "x..example", "."} {
		assert.ErrorIs(t, d.Set(user, proxyAddresses, "SMTP:a@"+domain), state.ErrSyntax, domain)
		assert.ErrorIs(t, d.Set(user, KindUPN, "a@"+domain), state.ErrConstraint, domain)
	}
	assert.NoError(t, d.Set(user, proxyAddresses, "SMTP:a@X.example"))
	assert.NoError(t, d.Set(user, KindUPN, "a@x.example"))
}
