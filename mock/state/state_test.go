package state_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/mock/state"
)

// person is the row of the tests' table.
type person struct {
	ID    int64    `json:"id"`
	Name  string   `json:"name"`
	Town  string   `json:"town"`
	Mails []string `json:"mails,omitempty"`
}

var (
	people = state.Declare(state.Spec[int64, person]{
		Name: "person", Key: func(p *person) int64 { return p.ID }, Compare: cmp.Compare[int64], Replicated: true,
		Describe: func(_ *state.Tx, p *person) state.Description {
			return state.Description{Object: p.Name, Attributes: map[string][]string{"town": {p.Town}, "mail": p.Mails}}
		},
	})
	byName = state.Unique(people, "name", cmp.Compare[string], func(p *person, add func(string)) { add(strings.ToLower(p.Name)) })
	byTown = state.Ordered(people, "town", cmp.Compare[string], func(p *person, add func(string)) { add(p.Town) })
	byMail = state.Unique(people, "mail", cmp.Compare[string], func(p *person, add func(string)) {
		for _, mail := range p.Mails {
			add(mail)
		}
	})
	notes = state.Declare(state.Spec[string, person]{
		Name: "note", Key: func(p *person) string { return p.Name }, Compare: cmp.Compare[string], Ephemeral: true,
	})
)

func schema(t testing.TB) *state.Schema {
	t.Helper()
	made, err := state.NewSchema(state.Counters(), people, notes)
	require.NoError(t, err)
	return made
}

func begin(t testing.TB) *state.Tx { return schema(t).Root().Begin(state.Env{}) }

func TestNewSchema_RefusesATableTwice(t *testing.T) {
	_, err := state.NewSchema(people, people)
	assert.ErrorContains(t, err, `table "person" is declared twice`)
}

func TestTable_FindsRowsByEveryIndex(t *testing.T) {
	tx := begin(t)
	ann := &person{ID: 1, Name: "Ann", Town: "Ulm", Mails: []string{"a@x", "b@x"}}
	require.NoError(t, people.Put(tx, ann))
	require.NoError(t, people.Put(tx, &person{ID: 2, Name: "Bob", Town: "Ulm"}))

	assert.Same(t, ann, people.Get(tx, 1))
	assert.Same(t, ann, byName.Find(tx, "ann"))
	assert.Same(t, ann, byMail.Find(tx, "b@x"))
	assert.Nil(t, byMail.Find(tx, "c@x"))
	var names []string
	for p := range byTown.Is(tx, "Ulm") {
		names = append(names, p.Name)
	}
	assert.Equal(t, []string{"Ann", "Bob"}, names)
	assert.Equal(t, 2, people.Len(tx))
}

func TestTable_RefusesAValueOfAnother(t *testing.T) {
	tx := begin(t)
	require.NoError(t, people.Put(tx, &person{ID: 1, Name: "Ann", Mails: []string{"a@x"}}))
	err := people.Put(tx, &person{ID: 2, Name: "Bob", Mails: []string{"a@x"}})
	var taken *state.DuplicateError
	require.ErrorAs(t, err, &taken)
	assert.Equal(t, &state.DuplicateError{Table: "person", Index: "mail", Value: "a@x", Holder: int64(1)}, taken)
	assert.Nil(t, people.Get(tx, 2))
	assert.NoError(t, people.Put(tx, &person{ID: 1, Name: "ANN", Mails: []string{"b@x"}}), "its own name in other letters")
	assert.NoError(t, people.Put(tx, &person{ID: 2, Name: "Bob", Mails: []string{"a@x"}}), "what was given up")
}

func TestTable_ReadsOnlyWhatWasThereWhenTheIterationBegan(t *testing.T) {
	tx := begin(t)
	for i := range int64(100) {
		require.NoError(t, people.Put(tx, &person{ID: i, Name: fmt.Sprint(i)}))
	}
	seen := 0
	for p := range people.All(tx) {
		seen++
		require.NoError(t, people.Put(tx, &person{ID: p.ID + 1000, Name: fmt.Sprint(p.ID + 1000)}))
		_, err := people.Delete(tx, p.ID)
		require.NoError(t, err)
	}
	assert.Equal(t, 100, seen)
	assert.Equal(t, 100, people.Len(tx))
}

func TestTx_ReadOnlyAndEnded(t *testing.T) {
	root := schema(t).Root()
	assert.ErrorIs(t, people.Put(root.Read(state.Env{}), &person{ID: 1}), state.ErrReadOnly)
	tx := root.Begin(state.Env{})
	tx.End()
	assert.ErrorIs(t, people.Put(tx, &person{ID: 1}), state.ErrTxDone)
	assert.ErrorIs(t, tx.Savepoint(func() error { return nil }), state.ErrTxDone)
}

func TestTx_SavepointForgetsAfterErrorsAndPanics(t *testing.T) {
	tx := begin(t)
	require.NoError(t, people.Put(tx, &person{ID: 1, Name: "Ann"}))
	failed := tx.Savepoint(func() error {
		require.NoError(t, people.Put(tx, &person{ID: 2, Name: "Bob"}))
		_, err := tx.Next("usn")
		require.NoError(t, err)
		return assert.AnError
	})
	assert.Equal(t, assert.AnError, failed)
	assert.Panics(t, func() {
		_ = tx.Savepoint(func() error {
			_, err := people.Delete(tx, 1)
			require.NoError(t, err)
			panic("in the middle")
		})
	})
	assert.Equal(t, 1, people.Len(tx))
	assert.NotNil(t, byName.Find(tx, "ann"))
	assert.Zero(t, tx.Last("usn"))
	assert.Len(t, tx.Changes(), 1)
}

func TestChanges_OneARowAndNoneThatCameBack(t *testing.T) {
	tx := begin(t)
	ann := &person{ID: 1, Name: "Ann"}
	require.NoError(t, people.Put(tx, ann))
	root := tx.Root(1)
	tx = root.Begin(state.Env{})
	require.NoError(t, people.Put(tx, &person{ID: 1, Name: "Ann", Town: "Ulm"}))
	require.NoError(t, people.Put(tx, &person{ID: 1, Name: "Ann", Town: "Bern"}))
	require.NoError(t, people.Put(tx, &person{ID: 2, Name: "Bob"}))
	_, err := people.Delete(tx, 2)
	require.NoError(t, err)
	require.NoError(t, notes.Put(tx, &person{Name: "kept in memory alone"}))
	changes := tx.Changes()
	require.Len(t, changes, 1)
	before, err := changes[0].EncodedBefore()
	require.NoError(t, err)
	after, err := changes[0].Encoded()
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":1,"name":"Ann","town":""}`, string(before))
	assert.JSONEq(t, `{"id":1,"name":"Ann","town":"Bern"}`, string(after))
	assert.Equal(t, "1", changes[0].KeyText())

	described := state.Describe(root.Read(state.Env{}), tx, changes)
	assert.Equal(t, []state.ObjectChange{{Object: "Ann", Kind: state.Changed, Attributes: []state.AttributeChange{
		{Name: "town", Before: []string{""}, After: []string{"Bern"}},
	}}}, described)
	assert.Equal(t, described, state.Describe(root.Read(state.Env{}), tx, state.Difference(root, tx.Root(2))))
}

func TestPart_ChangesNothingElse(t *testing.T) {
	tx := begin(t)
	require.NoError(t, people.Put(tx, &person{ID: 1, Name: "Ann"}))
	early := tx.Part()
	mark := tx.Mark()
	require.NoError(t, people.Put(tx, &person{ID: 2, Name: "Bob"}))
	_, err := tx.Next("usn")
	require.NoError(t, err)
	taken := tx.TakeReplicated(mark)
	require.Len(t, taken, 1)
	tx.SetPart(early)
	assert.Nil(t, people.Get(tx, 2))
	assert.EqualValues(t, 1, tx.Last("usn"), "not replicated")
	require.NoError(t, taken[0].Merge(tx, taken[0].Parts()))
	assert.NotNil(t, people.Get(tx, 2))
}

// TestRoot_IsReadWhileItIsChanged is for the race detector.
func TestRoot_IsReadWhileItIsChanged(t *testing.T) {
	tx := begin(t)
	for i := range int64(1000) {
		require.NoError(t, people.Put(tx, &person{ID: i, Name: fmt.Sprint(i)}))
	}
	root := tx.Root(1)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for p := range people.All(root.Read(state.Env{})) {
				assert.NotNil(t, p)
			}
		})
		all.Go(func() {
			tx := root.Begin(state.Env{})
			for i := range int64(1000) {
				assert.NoError(t, people.Put(tx, &person{ID: i, Name: fmt.Sprint("new", i)}))
			}
		})
	}
	all.Wait()
	assert.Equal(t, "7", people.Get(root.Read(state.Env{}), 7).Name)
}

// TestTx_AgreesWithAMap runs random writes, savepoints and rollbacks and
// compares rows, indexes and changes with what plain maps say.
func TestTx_AgreesWithAMap(t *testing.T) {
	whole := schema(t)
	rapid.Check(t, func(t *rapid.T) {
		start := whole.Root().Begin(state.Env{})
		want := make(map[int64]person)
		randomWrites(t, start, want, 0)
		first := start.Root(1)
		tx := first.Begin(state.Env{})
		randomWrites(t, tx, want, 0)

		got := make(map[int64]person)
		for p := range people.All(tx) {
			got[p.ID] = *p
			if byName.Find(tx, strings.ToLower(p.Name)) != p {
				t.Fatalf("%s is not found by its name", p.Name)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		towns := 0
		for range byTown.From(tx, "") {
			towns++
		}
		if towns != len(want) {
			t.Fatalf("%d entries by town for %d people", towns, len(want))
		}
		// The changes make the second content of the first, and of nothing else.
		replayed := first.Begin(state.Env{})
		for _, c := range tx.Changes() {
			if c.After == nil {
				if err := c.Apply(replayed); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range tx.Changes() {
			if c.After != nil {
				value, err := c.Encoded()
				if err != nil {
					t.Fatal(err)
				}
				// A name may have moved from one row to another: take it first.
				var p person
				if err := json.Unmarshal(value, &p); err != nil {
					t.Fatal(err)
				}
				if other := byName.Find(replayed, strings.ToLower(p.Name)); other != nil && other.ID != p.ID {
					if _, err := people.Delete(replayed, other.ID); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := replayed.Load("person", value); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func randomWrites(t *rapid.T, tx *state.Tx, want map[int64]person, depth int) {
	for range rapid.IntRange(0, 30).Draw(t, "writes") {
		id := rapid.Int64Range(0, 40).Draw(t, "id")
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0:
			if _, err := people.Delete(tx, id); err != nil {
				t.Fatal(err)
			}
			delete(want, id)
		case 1:
			if depth > 3 {
				continue
			}
			inner, fail := clone(want), rapid.Bool().Draw(t, "fail")
			err := tx.Savepoint(func() error {
				randomWrites(t, tx, inner, depth+1)
				if fail {
					return assert.AnError
				}
				return nil
			})
			if err == nil {
				clear(want)
				for k, v := range inner {
					want[k] = v
				}
			}
		default:
			p := person{ID: id, Name: fmt.Sprint("N", rapid.IntRange(0, 50).Draw(t, "name")), Town: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "town")}
			if people.Put(tx, &p) == nil {
				want[id] = p
			}
		}
	}
}

func clone(m map[int64]person) map[int64]person {
	c := make(map[int64]person, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}
