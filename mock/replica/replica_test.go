package replica_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/replica"
	"wsexchange/mock/state"
)

// entry is the row of the tests' replicated table; its two texts are written
// apart.
type entry struct {
	ID   int64
	Name string
	Note string
}

var (
	entries = state.Declare(state.Spec[int64, entry]{
		Name: "entry", Key: func(e *entry) int64 { return e.ID }, Compare: cmp.Compare[int64], Replicated: true,
		Parts: func(before, after *entry) (parts []string) {
			if before.Name != after.Name {
				parts = append(parts, "name")
			}
			if before.Note != after.Note {
				parts = append(parts, "note")
			}
			return parts
		},
		Take: func(present, from *entry, parts []string) *entry {
			taken := *present
			for _, part := range parts {
				if part == "name" {
					taken.Name = from.Name
				} else {
					taken.Note = from.Note
				}
			}
			return &taken
		},
	})
	_ = state.Unique(entries, "name", strings.Compare, func(e *entry, add func(string)) { add(e.Name) })
)

// domain is a state with two controllers, dc1 and dc2, an hour apart.
type domain struct {
	t    *testing.T
	now  time.Time
	root *state.Root
}

var (
	controllers = []string{"dc1", "dc2"}
	hour        = replica.Delays{Delay: time.Hour}
)

func open(t *testing.T) *domain {
	schema, err := state.NewSchema(append(replica.Tables(), state.Counters(), entries)...)
	require.NoError(t, err)
	return &domain{t: t, now: time.Date(2005, time.March, 1, 9, 0, 0, 0, time.UTC), root: schema.Root()}
}

func (d *domain) env() state.Env { return state.Env{Now: func() time.Time { return d.now }} }

// put writes rows at a controller and advances the clock by a second.
func (d *domain) put(at string, rows ...entry) error {
	tx := d.root.Begin(d.env())
	err := replica.In(tx, hour).At(at, controllers, func() error {
		for i := range rows {
			if err := entries.Put(tx, &rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	d.root, d.now = tx.Root(d.root.Revision()+1), d.now.Add(time.Second)
	return err
}

// sees returns a row as a controller sees it; an empty name is the root.
func (d *domain) sees(controller string, id int64) *entry {
	d.t.Helper()
	tx := d.root.Read(d.env())
	if controller != "" {
		require.NoError(d.t, replica.In(tx, hour).See(controller))
	}
	return entries.Get(tx, id)
}

func TestReplicas_OthersSeeAWriteLate(t *testing.T) {
	d := open(t)
	require.NoError(t, d.put("dc1", entry{ID: 1, Name: "ann"}))
	assert.NotNil(t, d.sees("dc1", 1))
	assert.NotNil(t, d.sees("", 1))
	assert.Nil(t, d.sees("dc2", 1))
	assert.Equal(t, 1, replica.In(d.root.Read(d.env()), hour).Waiting("DC2"), "in any letter case")
	d.now = d.now.Add(time.Hour)
	assert.NotNil(t, d.sees("dc2", 1))
	assert.False(t, replica.In(d.root.Read(d.env()), hour).Any())
}

func TestReplicas_TheLaterWriteOfAPartStays(t *testing.T) {
	d := open(t)
	require.NoError(t, d.put("dc1", entry{ID: 1, Name: "ann"}))
	d.now = d.now.Add(2 * time.Hour)
	require.NoError(t, d.put("dc1", entry{ID: 1, Name: "anna", Note: "early"}))
	require.NoError(t, d.put("dc2", entry{ID: 1, Name: "ann", Note: "late"}))
	want := &entry{ID: 1, Name: "anna", Note: "late"}
	assert.Equal(t, want, d.sees("", 1))
	assert.Equal(t, &entry{ID: 1, Name: "ann", Note: "late"}, d.sees("dc2", 1), "the name has not arrived")
	d.now = d.now.Add(time.Hour - 2*time.Second + time.Millisecond) // the first one is due, the second is not
	assert.Equal(t, want, d.sees("dc2", 1), "what came late does not replace what was written later")
	d.now = d.now.Add(time.Hour)
	assert.Equal(t, want, d.sees("dc1", 1))
	assert.Equal(t, want, d.sees("dc2", 1))
}

func TestReplicas_RefuseANameThatAnotherControllerGave(t *testing.T) {
	d := open(t)
	require.NoError(t, d.put("dc1", entry{ID: 1, Name: "ann"}))
	var taken *state.DuplicateError
	require.ErrorAs(t, d.put("dc2", entry{ID: 2, Name: "ann"}), &taken)
	assert.Equal(t, int64(1), taken.Holder)
	assert.Nil(t, d.sees("", 2))
	assert.Nil(t, d.sees("dc2", 2), "nothing of it is left at its own controller")
}

func TestReplicas_KeepNothingOfAStepThatFails(t *testing.T) {
	d := open(t)
	tx := d.root.Begin(d.env())
	err := replica.In(tx, hour).At("dc1", controllers, func() error {
		require.NoError(t, entries.Put(tx, &entry{ID: 1, Name: "ann"}))
		return assert.AnError
	})
	assert.Equal(t, assert.AnError, err)
	assert.Empty(t, tx.Changes())
	assert.Zero(t, replica.In(tx, hour).Waiting("dc2"))
}

func TestReplicas_Catch(t *testing.T) {
	d := open(t)
	require.NoError(t, d.put("dc1", entry{ID: 1, Name: "ann"}))
	tx := d.root.Begin(d.env())
	require.NoError(t, replica.In(tx, hour).Catch())
	d.root = tx.Root(9)
	assert.NotNil(t, d.sees("dc2", 1))
}

func TestDelays(t *testing.T) {
	delays := replica.Delays{Delay: time.Minute, Single: map[string]time.Duration{"DC3": time.Hour}}
	assert.Equal(t, []time.Duration{time.Minute, time.Hour, time.Hour}, []time.Duration{delays.To("dc1"), delays.To("dc3"), delays.Longest()})
	assert.Zero(t, replica.Delays{}.Longest())
}
