package resource

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/mock/column"
	"wsexchange/mock/directory"
	"wsexchange/mock/roomtest"
	"wsexchange/mock/state"
)

// poolGUID gives the n-th of the GUIDs that the tests of the resource manager use.
func poolGUID(n int) directory.GUID {
	var g directory.GUID
	binary.BigEndian.PutUint64(g[:], uint64(n)+1)
	return g
}

// openPool returns an empty resource manager.
func openPool(tb testing.TB) Resources {
	tb.Helper()
	return In(roomtest.Begin(tb, state.Env{}, directory.Tables(), Tables()))
}

func (r Resources) newGUID() directory.GUID { return r.tx.NewGUID() }

func mustResource(tb testing.TB, pool Resources, kind ResourceKind, name string, megabytes int64, shared bool) *Resource {
	tb.Helper()
	r, err := pool.AddResource(Resource{GUID: pool.newGUID(), Kind: kind, Server: "EX1", Name: name, Megabytes: megabytes, Shared: shared, Provisionable: true})
	require.NoError(tb, err)
	return r
}

func TestUnits_RoundUpWhatIsNeededAndDownWhatIsFree(t *testing.T) {
	for _, row := range []struct{ kilobytes, needed, free int64 }{
		{0, 0, 0}, {1, 1, 0}, {1023, 1, 0}, {1024, 1, 1}, {1025, 2, 1}, {10000, 10, 9}, {1<<63 - 1, 1 << 53, 1<<53 - 1},
	} {
		assert.Equal(t, row.needed, MegabytesFor(row.kilobytes), "needed for %d", row.kilobytes)
		assert.Equal(t, row.free, MegabytesIn(row.kilobytes), "free in %d", row.kilobytes)
	}
	assert.Equal(t, int64(10240), Kilobytes(10))
}

func TestAddResource(t *testing.T) {
	pool := openPool(t)
	made := mustResource(t, pool, MailStore, "Mailbox Store 1 (EX1)", 8000, true)
	found, err := pool.Resource(MailStore, "ex1", "MAILBOX STORE 1 (ex1)")
	require.NoError(t, err)
	assert.Equal(t, made, found)
	for name, r := range map[string]Resource{
		"the same":                     {Kind: MailStore, Server: "EX1", Name: "Mailbox Store 1 (EX1)"},
		"the name on another server":   {Kind: MailStore, Server: "EX02", Name: "mailbox store 1 (ex1)"},
		"the name as a consumer store": {Kind: ConsumerStore, Server: "EX1", Name: "Mailbox Store 1 (EX1)"},
	} {
		r.GUID = pool.newGUID()
		_, err := pool.AddResource(r)
		assert.ErrorIs(t, err, state.ErrConflict, name)
	}
	_, err = pool.AddResource(Resource{GUID: pool.newGUID(), Kind: PublicStore, Server: "EX1", Name: "P", Megabytes: MaxMegabytes + 1})
	assert.ErrorIs(t, err, state.ErrConstraint)
	for _, server := range []string{"FE01", "FE02"} {
		_, err := pool.AddResource(Resource{GUID: pool.newGUID(), Kind: FrontEndServer, Server: server})
		assert.NoError(t, err, server)
	}
	_, err = pool.AddResource(Resource{GUID: pool.newGUID(), Kind: FrontEndServer, Server: "fe01"})
	assert.ErrorIs(t, err, state.ErrConflict)
	_, err = pool.Resource(MailStore, "EX1", "none")
	assert.ErrorIs(t, err, state.ErrNotFound)
}

func TestAllocate_KeepsWithinTheResource(t *testing.T) {
	pool := openPool(t)
	r := mustResource(t, pool, MailStore, "M", 100, true)
	own := mustResource(t, pool, MailStore, "Own", 100, false)
	a, err := pool.Allocate(poolGUID(1), r.ID, 60)
	require.NoError(t, err)
	_, err = pool.Allocate(poolGUID(2), r.ID, 41)
	var full *CapacityError
	require.ErrorAs(t, err, &full)
	assert.Equal(t, CapacityError{Level: LevelResource, Name: "M on EX1", Needed: 41, Free: 40, Unit: Megabyte}, *full)
	_, err = pool.Allocate(poolGUID(1), r.ID, 1)
	assert.ErrorIs(t, err, state.ErrConflict)
	_, err = pool.Allocate(poolGUID(2), r.ID, -1)
	assert.ErrorIs(t, err, ErrRelease)
	_, err = pool.Allocate(poolGUID(1), own.ID, 1)
	require.NoError(t, err)
	_, err = pool.Allocate(poolGUID(2), own.ID, 1)
	assert.ErrorIs(t, err, state.ErrInUse, "an unshared store has one holder")
	_, err = pool.Reallocate(a.ID, 41)
	assert.ErrorIs(t, err, ErrCapacity)
	_, err = pool.Reallocate(a.ID, -61)
	assert.ErrorIs(t, err, ErrRelease)
	_, err = pool.ResizeResource(r.ID, -41)
	assert.ErrorIs(t, err, ErrCapacity)
	smaller, err := pool.ResizeResource(r.ID, -40)
	require.NoError(t, err)
	assert.Equal(t, int64(0), smaller.Free())
	assert.ErrorIs(t, pool.RemoveResource(r.ID), state.ErrInUse)
	require.NoError(t, pool.Release(a.ID))
	assert.NoError(t, pool.RemoveResource(r.ID))
	assert.NoError(t, pool.CheckConservation())
}

func TestConsumer_KeepsWithinTheShare(t *testing.T) {
	pool := openPool(t)
	r := mustResource(t, pool, MailStore, "M", 100, true)
	a, err := pool.Allocate(poolGUID(1), r.ID, 10)
	require.NoError(t, err)
	c, err := pool.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(7), Kilobytes: 10000})
	require.NoError(t, err)
	_, err = pool.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(7), Kilobytes: 1})
	assert.ErrorIs(t, err, state.ErrConflict)
	_, err = pool.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(8), Kilobytes: 241})
	assert.ErrorIs(t, err, ErrCapacity)
	_, err = pool.ResizeConsumer(c.ID, 241)
	assert.ErrorIs(t, err, ErrCapacity)
	_, err = pool.ResizeConsumer(c.ID, -10001)
	assert.ErrorIs(t, err, ErrRelease)
	_, err = pool.Reallocate(a.ID, -1)
	assert.ErrorIs(t, err, ErrCapacity, "240 kilobytes are left, which is no megabyte")
	assert.ErrorIs(t, pool.Release(a.ID), state.ErrInUse)
	c, err = pool.ResizeConsumer(c.ID, -9000)
	require.NoError(t, err)
	assert.Equal(t, int64(1000), c.Kilobytes)
	_, err = pool.Reallocate(a.ID, -9)
	require.NoError(t, err)
	require.NoError(t, pool.RemoveConsumer(c.ID))
	require.NoError(t, pool.Release(a.ID))
	assert.NoError(t, pool.CheckConservation())
}

func TestFolder_OnePathOnAShare(t *testing.T) {
	pool := openPool(t)
	r := mustResource(t, pool, PublicStore, "P", 100, true)
	a, err := pool.Allocate(poolGUID(1), r.ID, 10)
	require.NoError(t, err)
	folder := Consumer{AllocationID: a.ID, Kind: FolderConsumer, GUID: poolGUID(7), Path: "/Alpine", Kilobytes: Kilobytes(2)}
	_, err = pool.AddConsumer(folder)
	require.NoError(t, err)
	folder.GUID, folder.Path = poolGUID(8), "/ALPINE"
	_, err = pool.AddConsumer(folder)
	assert.ErrorIs(t, err, state.ErrConflict)
	found, err := pool.FolderOn(a.ID, "/alpine")
	require.NoError(t, err)
	assert.Equal(t, "/Alpine", found.Path)
	assert.Equal(t, int64(2), found.Megabytes())
}

func TestConsumerPool_GrowsAndShrinksWithItsMailboxes(t *testing.T) {
	pool := openPool(t)
	r := mustResource(t, pool, ConsumerStore, "C", 10, true)
	allocated := func() int64 {
		now, err := pool.Resource(ConsumerStore, "EX1", "C")
		require.NoError(t, err)
		return now.Allocated
	}
	c, err := pool.AddConsumerMailbox(r.ID, poolGUID(1), 1025)
	require.NoError(t, err)
	assert.Equal(t, int64(2), allocated())
	_, err = pool.ResizeConsumer(c.ID, 10*1024)
	assert.ErrorIs(t, err, ErrCapacity)
	_, err = pool.ResizeConsumer(c.ID, -1)
	require.NoError(t, err)
	assert.Equal(t, int64(1), allocated())
	require.NoError(t, pool.RemoveConsumer(c.ID))
	assert.Equal(t, int64(0), allocated())
	assert.NoError(t, pool.CheckConservation())
	assert.NoError(t, pool.RemoveResource(r.ID))
}

// Even a row that is written past the operations cannot overdraw.
func TestDatabase_RefusesOverdraft(t *testing.T) {
	pool := openPool(t)
	r := mustResource(t, pool, MailStore, "M", 10, true)
	a, err := pool.Allocate(poolGUID(1), r.ID, 10)
	require.NoError(t, err)
	c, err := pool.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(7), Kilobytes: 10 * 1024})
	require.NoError(t, err)
	allocation := func(change func(*share)) func() error {
		return func() error {
			before := shares.Get(pool.tx, a.ID)
			after := *before
			change(&after)
			return pool.putAllocation(before, &after)
		}
	}
	using := func(change func(*consumer)) func() error {
		return func() error {
			before := consumers.Get(pool.tx, c.ID)
			after := *before
			change(&after)
			return pool.putConsumer(before, &after)
		}
	}
	for name, run := range map[string]func() error{
		"a larger consumer":         using(func(c *consumer) { c.Kilobytes++ }),
		"a negative consumer":       using(func(c *consumer) { c.Kilobytes = -1 }),
		"a consumer that moves":     using(func(c *consumer) { c.Share++ }),
		"a larger share":            allocation(func(a *share) { a.Amount++ }),
		"a smaller share":           allocation(func(a *share) { a.Amount-- }),
		"a share that moves":        allocation(func(a *share) { a.Resource++ }),
		"a share of another":        allocation(func(a *share) { a.Organization = column.GUID(poolGUID(2)) }),
		"a second consumer":         func() error { return pool.putConsumer(nil, &consumer{ID: 99, Share: a.ID, Kilobytes: 1}) },
		"a consumer without share":  func() error { return pool.putConsumer(nil, &consumer{ID: 99, Share: 99}) },
		"a second share":            func() error { return pool.putAllocation(nil, &share{ID: 99, Resource: r.ID, Amount: 1}) },
		"a share without resource":  func() error { return pool.putAllocation(nil, &share{ID: 99, Resource: 99}) },
		"a share less in use":       func() error { return pool.putAllocation(shares.Get(pool.tx, a.ID), nil) },
		"a resource less its share": func() error { return pool.RemoveResource(r.ID) },
	} {
		before := poolState(t, pool)
		assert.Error(t, run(), name)
		assert.Equal(t, before, poolState(t, pool), name)
		assert.NoError(t, pool.CheckConservation(), name)
	}
}

func TestCheckConservation_SeesWhatDoesNotAddUp(t *testing.T) {
	for name, damage := range map[string]func(tx *state.Tx, r registered, a share, c consumer) error{
		"used":      func(tx *state.Tx, _ registered, a share, _ consumer) error { a.Used--; return shares.Put(tx, &a) },
		"consumers": func(tx *state.Tx, _ registered, a share, _ consumer) error { a.Consumers++; return shares.Put(tx, &a) },
		"allocated": func(tx *state.Tx, r registered, _ share, _ consumer) error {
			r.Allocated--
			return resources.Put(tx, &r)
		},
		"capacity": func(tx *state.Tx, r registered, _ share, _ consumer) error {
			r.Capacity = 4
			return resources.Put(tx, &r)
		},
		"consumer": func(tx *state.Tx, _ registered, _ share, c consumer) error {
			c.ID, c.GUID = c.ID+1, column.GUID(poolGUID(8))
			return consumers.Put(tx, &c)
		},
		"lost consumer": func(tx *state.Tx, _ registered, _ share, c consumer) error {
			c.ID, c.GUID, c.Share = c.ID+1, column.GUID(poolGUID(8)), 99
			return consumers.Put(tx, &c)
		},
		"lost share": func(tx *state.Tx, _ registered, a share, _ consumer) error {
			return shares.Put(tx, &share{ID: a.ID + 1, Resource: 99})
		},
		"second holder": func(tx *state.Tx, r registered, a share, _ consumer) error {
			r.Shared = false
			if err := resources.Put(tx, &r); err != nil {
				return err
			}
			return shares.Put(tx, &share{ID: a.ID + 1, Resource: r.ID, Organization: column.GUID(poolGUID(2))})
		},
	} {
		pool := openPool(t)
		r := mustResource(t, pool, MailStore, "M", 10, true)
		a, err := pool.Allocate(poolGUID(1), r.ID, 5)
		require.NoError(t, err)
		c, err := pool.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(7), Kilobytes: 9})
		require.NoError(t, err)
		require.NoError(t, pool.CheckConservation())
		require.NoError(t, damage(pool.tx, *resources.Get(pool.tx, r.ID), *shares.Get(pool.tx, a.ID), *consumers.Get(pool.tx, c.ID)))
		assert.Error(t, pool.CheckConservation(), name)
	}
}

// expected are the only ways in which the resource manager may refuse.
var expected = []error{state.ErrNotFound, state.ErrConflict, ErrCapacity, ErrRelease, state.ErrInUse, state.ErrConstraint}

func refusedProperly(err error) bool {
	for _, e := range expected {
		if errors.Is(err, e) {
			return true
		}
	}
	return err == nil
}

// poolOperation draws one random operation.
func poolOperation(t *rapid.T, pool Resources) func() error {
	amount := rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(0, 9000), rapid.Int64Range(-9000, 0), rapid.Int64Range(-50_000, 50_000),
		rapid.SampledFrom([]int64{-1 << 63, 1<<63 - 1, MaxMegabytes, 0})).Draw(t, "amount")
	id := rapid.Int64Range(1, 6).Draw(t, "id")
	org := poolGUID(rapid.IntRange(0, 4).Draw(t, "organization"))
	user := poolGUID(100 + rapid.IntRange(0, 9).Draw(t, "consumer"))
	folder := Consumer{AllocationID: id, Kind: FolderConsumer, GUID: user, Path: fmt.Sprintf("/%d", id%3), Kilobytes: amount}
	one := func(_ any, err error) error { return err }
	operations := []func() error{
		func() error {
			kind := []ResourceKind{MailStore, PublicStore, ConsumerStore}[id%3]
			return one(pool.AddResource(Resource{GUID: pool.newGUID(), Kind: kind, Server: "EX", Name: fmt.Sprint(id), Megabytes: amount, Shared: id%2 == 0}))
		},
		func() error { return one(pool.ResizeResource(id, amount)) },
		func() error { return pool.SetShared(id, amount > 0) },
		func() error { return pool.RemoveResource(id) },
		func() error { return one(pool.Allocate(org, id, amount)) },
		func() error { return one(pool.Allocate(org, id, amount&31)) },
		func() error { return one(pool.Reallocate(id, amount)) },
		func() error { return pool.Release(id) },
		func() error {
			return one(pool.AddConsumer(Consumer{AllocationID: id, Kind: MailboxConsumer, GUID: user, Kilobytes: amount}))
		},
		func() error { return one(pool.AddConsumer(folder)) },
		func() error { return one(pool.AddConsumerMailbox(id, user, amount)) },
		func() error { return one(pool.ResizeConsumer(id, amount)) },
		func() error { return pool.RemoveConsumer(id) },
	}
	return operations[rapid.IntRange(0, len(operations)-1).Draw(t, "operation")]
}

// poolState is the whole resource manager as text, without the sequences.
func poolState(t require.TestingT, pool Resources) map[string]string {
	rows := roomtest.Rows(t, pool.tx)
	maps.DeleteFunc(rows, func(name, _ string) bool { return strings.HasPrefix(name, state.Counters().Name()+" ") })
	return rows
}

// Whatever is asked, what is handed out adds up, a refusal changes nothing and
// neither does what is undone.
func TestResourceManager_Conserves(t *testing.T) {
	undone := errors.New("undone")
	rapid.Check(t, func(rt *rapid.T) {
		pool := openPool(t)
		for i, kind := range []ResourceKind{MailStore, PublicStore, ConsumerStore, MailStore} {
			r := Resource{GUID: pool.newGUID(), Kind: kind, Server: "EX", Name: fmt.Sprint("S", i), Megabytes: 40, Shared: i < 3}
			made, err := pool.AddResource(r)
			require.NoError(rt, err)
			_, err = pool.Allocate(poolGUID(i), made.ID, 10)
			require.NoError(rt, err)
		}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			before := poolState(rt, pool)
			run := poolOperation(rt, pool)
			undo := rapid.IntRange(0, 3).Draw(rt, "undo") == 0
			err := pool.tx.Savepoint(func() error {
				if err := run(); err != nil || !undo {
					return err
				}
				return undone
			})
			if !errors.Is(err, undone) {
				require.True(rt, refusedProperly(err), "refused with %v", err)
			}
			if err != nil {
				require.Equal(rt, before, poolState(rt, pool))
			}
			require.NoError(rt, pool.CheckConservation())
		}
	})
}

func TestSetProvisionable_IsAboutStores(t *testing.T) {
	pool := openPool(t)
	for _, kind := range []ResourceKind{MailStore, PublicStore, OABServer} {
		_, err := pool.AddResource(Resource{GUID: pool.newGUID(), Kind: kind, Server: "EX1", Name: string(kind), Megabytes: 1, Provisionable: true})
		require.NoError(t, err)
	}
	_, err := pool.AddResource(Resource{GUID: pool.newGUID(), Kind: FrontEndServer, Server: "FE1", Provisionable: true})
	require.NoError(t, err)
	require.NoError(t, pool.SetProvisionable("ex1", false))
	for _, kind := range []ResourceKind{MailStore, PublicStore, OABServer} {
		r, err := pool.Resource(kind, "EX1", string(kind))
		require.NoError(t, err)
		assert.Equal(t, kind == OABServer, r.Provisionable, kind)
	}
	assert.ErrorIs(t, pool.SetProvisionable("FE1", false), state.ErrNotFound)
}

// Rows of other organizations are not even looked at: that they refer to
// nothing goes unnoticed.
func TestConsumers_ReadsTheOrganizationOnly(t *testing.T) {
	pool := openPool(t)
	r := mustResource(t, pool, MailStore, "M", 100, true)
	for n := range 2 {
		a, err := pool.Allocate(poolGUID(n), r.ID, 10)
		require.NoError(t, err)
		_, err = pool.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(10 + n), Kilobytes: 1})
		require.NoError(t, err)
	}
	require.NoError(t, shares.Put(pool.tx, &share{ID: 99, Resource: 99, Organization: column.GUID(poolGUID(5))}))
	found, err := pool.Consumers(poolGUID(1), MailboxConsumer)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, poolGUID(11), found[0].GUID)
	_, err = pool.Allocations(poolGUID(1), MailStore)
	require.NoError(t, err)
	_, err = pool.Allocations(poolGUID(5), MailStore)
	assert.ErrorIs(t, err, state.ErrNotFound)
}
