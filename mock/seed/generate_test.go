package seed

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// holder holds a root and changes it as a ledger in memory does.
type holder struct {
	root    *state.Root
	env     state.Env
	commits int
}

func hold(t testing.TB, s Seed) *holder {
	t.Helper()
	env := environment()
	root, err := Root(t.Context(), env, s)
	require.NoError(t, err)
	return &holder{root: root, env: env}
}

func (h *holder) update(ctx context.Context, fn func(*state.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := h.root.Begin(h.env)
	if err := fn(tx); err != nil {
		return err
	}
	h.commits++
	h.root = tx.Root(h.root.Revision() + 1)
	return nil
}

func (h *holder) dump(t testing.TB, skip ...string) string {
	t.Helper()
	return dumped(t, h.root.Read(h.env), skip...)
}

const generatedPassword = "P@ssw0rd!23"

// TestGenerate_LeavesWhatTheProceduresLeave compares with what was recorded of
// CreateBusinessOrganization and CreateBusinessUser.
func TestGenerate_LeavesWhatTheProceduresLeave(t *testing.T) {
	for name, batch := range map[string]int{"in one batch": 0, "in small batches": 1} {
		t.Run(name, func(t *testing.T) {
			h := hold(t, Default())
			before, last := h.dump(t, generatedSkip...), Progress{}
			inventory := Inventory{Organizations: 2, Users: 10, Password: generatedPassword, Batch: batch}
			require.NoError(t, inventory.Generate(t.Context(), h.update, func(p Progress) {
				assert.GreaterOrEqual(t, p.Users, last.Users)
				last = p
			}))
			assert.Equal(t, Progress{Organizations: 2, Users: 10}, last)
			assert.Equal(t, recorded(t, "generated.txt"), unlike(before, h.dump(t, generatedSkip...)))
			assert.NoError(t, resource.In(h.root.Read(h.env)).CheckConservation())
		})
	}
}

func TestGenerate_UsersCanLogOn(t *testing.T) {
	h := hold(t, Default())
	require.NoError(t, Inventory{Organizations: 1, Users: 3, Password: generatedPassword}.Generate(t.Context(), h.update, nil))
	d := directory.In(h.root.Read(h.env))
	user, err := d.ByUPN("user000003@org0001.example")
	require.NoError(t, err)
	assert.NoError(t, d.CheckPassword(user, generatedPassword))
	assert.ErrorIs(t, d.CheckPassword(user, "another"), directory.ErrWrongPassword)
}

func TestGenerate_LetsStoresGrow(t *testing.T) {
	seed := Default()
	for i := range seed.Resources.MailStores {
		seed.Resources.MailStores[i].Megabytes = 1
	}
	seed.Resources.PublicStores[0].Megabytes = 1
	h := hold(t, seed)
	require.NoError(t, Inventory{Organizations: 7, Users: 60}.Generate(t.Context(), h.update, nil))
	assert.NoError(t, resource.In(h.root.Read(h.env)).CheckConservation())
}

func TestGenerate_Refuses(t *testing.T) {
	whole := Inventory{Organizations: 1, Users: 1}
	without := func(change func(*Seed)) Seed {
		seed := Default()
		change(&seed)
		return seed
	}
	for name, row := range map[string]struct {
		inventory Inventory
		seed      Seed
	}{
		"no organization": {Inventory{Users: 1}, Default()},
		"negative users":  {Inventory{Organizations: 1, Users: -1}, Default()},
		"no reseller":     {whole, without(func(s *Seed) { s.Hosting.Resellers = nil })},
		"no plan":         {whole, without(func(s *Seed) { s.Plans.Plans = nil })},
		"no mail store":   {whole, without(func(s *Seed) { s.Resources.MailStores = nil })},
		"no public store": {whole, without(func(s *Seed) { s.Resources.PublicStores = nil })},
		"no shared store": {whole, without(func(s *Seed) {
			for i := range s.Resources.MailStores {
				s.Resources.MailStores[i].Shared = false
			}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			h := hold(t, row.seed)
			require.ErrorIs(t, row.inventory.Generate(t.Context(), h.update, nil), ErrInventory)
			assert.Zero(t, h.commits)
		})
	}
	schema, err := Schema()
	require.NoError(t, err)
	assert.ErrorIs(t, whole.Generate(t.Context(), (&holder{root: schema.Root(), env: environment()}).update, nil), ErrInventory)
}

func TestGenerate_KeepsWhatWasMade(t *testing.T) {
	h, failed := hold(t, Default()), errors.New("disk full")
	inventory := Inventory{Organizations: 3, Users: 9, Batch: 1}
	err := inventory.Generate(t.Context(), func(ctx context.Context, fn func(*state.Tx) error) error {
		if h.commits == 4 {
			return failed
		}
		return h.update(ctx, fn)
	}, nil)
	require.ErrorIs(t, err, failed)
	d := directory.In(h.root.Read(h.env))
	_, err = d.ByUPN("user000002@org0001.example")
	require.NoError(t, err)
	_, err = d.ByUPN("user000003@org0001.example")
	require.ErrorIs(t, err, state.ErrNotFound)
	assert.ErrorIs(t, inventory.Generate(t.Context(), h.update, nil), state.ErrConflict, "the names are taken")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, inventory.Generate(ctx, h.update, nil), context.Canceled)
}

// BenchmarkGenerate measures the price of a mailbox without a password, in time
// and in memory, at 10 000 mailboxes.
func BenchmarkGenerate(b *testing.B) {
	const users, each = 10000, 100
	for b.Loop() {
		b.StopTimer()
		h := hold(b, Default())
		before := heap()
		b.StartTimer()
		if err := (Inventory{Organizations: users / each, Users: users}).Generate(b.Context(), h.update, nil); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/users, "B/mailbox")
		runtime.KeepAlive(h)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/users, "µs/mailbox")
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
