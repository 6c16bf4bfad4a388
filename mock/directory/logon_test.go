package directory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// TestLogon_RefusalsTakeTheSameWork counts what the hashes of a logon cost, as
// bcrypt's rounds: whether there is such an account, and at what cost its hash
// was made, cannot be told from it.
func TestLogon_RefusalsTakeTheSameWork(t *testing.T) {
	for _, test := range []struct{ configured, highest int }{{MinCost + 2, MinCost + 2}, {MinCost, MinCost + 1}, {LowestCost, MinCost + 1}} {
		c := newContent(t)
		costs := map[string]int{"lowest": LowestCost, "least": MinCost, "higher": MinCost + 1, "configured": test.configured, "locked": LowestCost, "closed": MinCost}
		for name, cost := range costs {
			NewPasswords(cost).Into(&c.env)
			require.NoError(t, c.update(func(tx *state.Tx) error { return account(In(tx), name) }))
		}
		p, rounds := NewPasswords(test.configured), 0
		p.worked = func(cost int) {
			if cost >= MinCost {
				rounds += 1 << cost
			}
		}
		refuse := func(name, password string) {
			rounds = 0
			_, err := p.Logon(t.Context(), c.view, c.update, name, password)
			require.Error(t, err, name)
			assert.Equal(t, 1<<test.highest, rounds, "%s at a cost of %d", name, costs[name])
		}
		for _, name := range []string{"nobody", "lowest", "least", "higher", "configured", "locked", "closed", "MPFServiceAcct", `OTHER\lowest`, "lowest@nowhere.example"} {
			refuse(name, "wrong")
		}
		refuse("locked", testPassword)
		rounds = 0
		_, err := p.Logon(t.Context(), c.view, c.update, "lowest", testPassword)
		require.NoError(t, err)
		assert.Zero(t, rounds, "who knows a password waits for its own hash only")
	}
}

// account makes an account of a name that says what is the matter with it.
func account(d Directory, name string) error {
	o, err := d.Create(testReseller.Child("CN", name), "user", Attributes{}.With("sAMAccountName", name))
	if err != nil {
		return err
	}
	if err := d.SetPassword(o, testPassword); err != nil {
		return err
	}
	if err := d.SetEnabled(o, name != "closed"); err != nil || name != "locked" {
		return err
	}
	return d.Set(o, "lockoutTime", fileTime(testClock))
}
