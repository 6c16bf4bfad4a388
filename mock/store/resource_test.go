package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// poolGUID gives the n-th of the GUIDs that the tests of the resource manager use.
func poolGUID(n int) GUID {
	var g GUID
	binary.BigEndian.PutUint64(g[:], uint64(n)+1)
	return g
}

func openPool(tb testing.TB) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), Config{Synchronous: "OFF"})
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, s.Close()) })
	return s
}

func inTx(tb testing.TB, s *Store, fn func(*Tx)) {
	tb.Helper()
	require.NoError(tb, s.Update(tb.Context(), func(tx *Tx) error { fn(tx); return nil }))
}

func mustResource(tb testing.TB, tx *Tx, kind ResourceKind, name string, megabytes int64, shared bool) *Resource {
	tb.Helper()
	r, err := tx.AddResource(Resource{GUID: tx.NewGUID(), Kind: kind, Server: "EX1", Name: name, Megabytes: megabytes, Shared: shared, Provisionable: true})
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
	s := openPool(t)
	inTx(t, s, func(tx *Tx) {
		made := mustResource(t, tx, MailStore, "Mailbox Store 1 (EX1)", 8000, true)
		found, err := tx.Resource(MailStore, "ex1", "MAILBOX STORE 1 (ex1)")
		require.NoError(t, err)
		assert.Equal(t, made, found)
		for name, r := range map[string]Resource{
			"the same":                     {Kind: MailStore, Server: "EX1", Name: "Mailbox Store 1 (EX1)"},
			"the name on another server":   {Kind: MailStore, Server: "EX02", Name: "mailbox store 1 (ex1)"},
			"the name as a consumer store": {Kind: ConsumerStore, Server: "EX1", Name: "Mailbox Store 1 (EX1)"},
		} {
			r.GUID = tx.NewGUID()
			_, err := tx.AddResource(r)
			assert.ErrorIs(t, err, ErrConflict, name)
		}
		_, err = tx.AddResource(Resource{GUID: tx.NewGUID(), Kind: PublicStore, Server: "EX1", Name: "P", Megabytes: MaxMegabytes + 1})
		assert.ErrorIs(t, err, ErrConstraint)
		for _, server := range []string{"FE01", "FE02"} {
			_, err := tx.AddResource(Resource{GUID: tx.NewGUID(), Kind: FrontEndServer, Server: server})
			assert.NoError(t, err, server)
		}
		_, err = tx.AddResource(Resource{GUID: tx.NewGUID(), Kind: FrontEndServer, Server: "fe01"})
		assert.ErrorIs(t, err, ErrConflict)
		_, err = tx.Resource(MailStore, "EX1", "none")
		assert.ErrorIs(t, err, ErrNotFound)
	})
}

func TestAllocate_KeepsWithinTheResource(t *testing.T) {
	s := openPool(t)
	inTx(t, s, func(tx *Tx) {
		r := mustResource(t, tx, MailStore, "M", 100, true)
		own := mustResource(t, tx, MailStore, "Own", 100, false)
		a, err := tx.Allocate(poolGUID(1), r.ID, 60)
		require.NoError(t, err)
		_, err = tx.Allocate(poolGUID(2), r.ID, 41)
		var full *CapacityError
		require.ErrorAs(t, err, &full)
		assert.Equal(t, CapacityError{Level: LevelResource, Name: "M on EX1", Needed: 41, Free: 40, Unit: Megabyte}, *full)
		_, err = tx.Allocate(poolGUID(1), r.ID, 1)
		assert.ErrorIs(t, err, ErrConflict)
		_, err = tx.Allocate(poolGUID(2), r.ID, -1)
		assert.ErrorIs(t, err, ErrRelease)
		_, err = tx.Allocate(poolGUID(1), own.ID, 1)
		require.NoError(t, err)
		_, err = tx.Allocate(poolGUID(2), own.ID, 1)
		assert.ErrorIs(t, err, ErrInUse, "an unshared store has one holder")
		_, err = tx.Reallocate(a.ID, 41)
		assert.ErrorIs(t, err, ErrCapacity)
		_, err = tx.Reallocate(a.ID, -61)
		assert.ErrorIs(t, err, ErrRelease)
		_, err = tx.ResizeResource(r.ID, -41)
		assert.ErrorIs(t, err, ErrCapacity)
		smaller, err := tx.ResizeResource(r.ID, -40)
		require.NoError(t, err)
		assert.Equal(t, int64(0), smaller.Free())
		assert.ErrorIs(t, tx.RemoveResource(r.ID), ErrInUse)
		require.NoError(t, tx.Release(a.ID))
		assert.NoError(t, tx.RemoveResource(r.ID))
		assert.NoError(t, tx.CheckConservation())
	})
}

func TestConsumer_KeepsWithinTheShare(t *testing.T) {
	s := openPool(t)
	inTx(t, s, func(tx *Tx) {
		r := mustResource(t, tx, MailStore, "M", 100, true)
		a, err := tx.Allocate(poolGUID(1), r.ID, 10)
		require.NoError(t, err)
		c, err := tx.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(7), Kilobytes: 10000})
		require.NoError(t, err)
		_, err = tx.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(7), Kilobytes: 1})
		assert.ErrorIs(t, err, ErrConflict)
		_, err = tx.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(8), Kilobytes: 241})
		assert.ErrorIs(t, err, ErrCapacity)
		_, err = tx.ResizeConsumer(c.ID, 241)
		assert.ErrorIs(t, err, ErrCapacity)
		_, err = tx.ResizeConsumer(c.ID, -10001)
		assert.ErrorIs(t, err, ErrRelease)
		_, err = tx.Reallocate(a.ID, -1)
		assert.ErrorIs(t, err, ErrCapacity, "240 kilobytes are left, which is no megabyte")
		assert.ErrorIs(t, tx.Release(a.ID), ErrInUse)
		c, err = tx.ResizeConsumer(c.ID, -9000)
		require.NoError(t, err)
		assert.Equal(t, int64(1000), c.Kilobytes)
		_, err = tx.Reallocate(a.ID, -9)
		require.NoError(t, err)
		require.NoError(t, tx.RemoveConsumer(c.ID))
		require.NoError(t, tx.Release(a.ID))
		assert.NoError(t, tx.CheckConservation())
	})
}

func TestFolder_OnePathOnAShare(t *testing.T) {
	s := openPool(t)
	inTx(t, s, func(tx *Tx) {
		r := mustResource(t, tx, PublicStore, "P", 100, true)
		a, err := tx.Allocate(poolGUID(1), r.ID, 10)
		require.NoError(t, err)
		folder := Consumer{AllocationID: a.ID, Kind: FolderConsumer, GUID: poolGUID(7), Path: "/Alpine", Kilobytes: Kilobytes(2)}
		_, err = tx.AddConsumer(folder)
		require.NoError(t, err)
		folder.GUID, folder.Path = poolGUID(8), "/ALPINE"
		_, err = tx.AddConsumer(folder)
		assert.ErrorIs(t, err, ErrConflict)
		found, err := tx.FolderOn(a.ID, "/alpine")
		require.NoError(t, err)
		assert.Equal(t, "/Alpine", found.Path)
		assert.Equal(t, int64(2), found.Megabytes())
	})
}

func TestConsumerPool_GrowsAndShrinksWithItsMailboxes(t *testing.T) {
	s := openPool(t)
	inTx(t, s, func(tx *Tx) {
		r := mustResource(t, tx, ConsumerStore, "C", 10, true)
		allocated := func() int64 {
			now, err := tx.Resource(ConsumerStore, "EX1", "C")
			require.NoError(t, err)
			return now.Allocated
		}
		c, err := tx.AddConsumerMailbox(r.ID, poolGUID(1), 1025)
		require.NoError(t, err)
		assert.Equal(t, int64(2), allocated())
		_, err = tx.ResizeConsumer(c.ID, 10*1024)
		assert.ErrorIs(t, err, ErrCapacity)
		_, err = tx.ResizeConsumer(c.ID, -1)
		require.NoError(t, err)
		assert.Equal(t, int64(1), allocated())
		require.NoError(t, tx.RemoveConsumer(c.ID))
		assert.Equal(t, int64(0), allocated())
		assert.NoError(t, tx.CheckConservation())
		assert.NoError(t, tx.RemoveResource(r.ID))
	})
}

// Even a statement that goes past the Go code cannot overdraw.
func TestDatabase_RefusesOverdraft(t *testing.T) {
	s := openPool(t)
	inTx(t, s, func(tx *Tx) {
		r := mustResource(t, tx, MailStore, "M", 10, true)
		a, err := tx.Allocate(poolGUID(1), r.ID, 10)
		require.NoError(t, err)
		_, err = tx.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(7), Kilobytes: 10 * 1024})
		require.NoError(t, err)
		for _, statement := range []string{
			"UPDATE consumer SET kilobytes = kilobytes + 1",
			"UPDATE allocation SET amount = amount + 1",
			"UPDATE allocation SET amount = amount - 1",
			"UPDATE allocation SET organization = 'x'",
			"UPDATE resource SET capacity = 9",
			"DELETE FROM allocation",
			"DELETE FROM resource",
		} {
			assert.Error(t, tx.Savepoint(func() error { _, err := tx.exec(statement); return err }), statement)
			assert.NoError(t, tx.CheckConservation(), statement)
		}
	})
}

func TestCheckConservation_SeesWhatDoesNotAddUp(t *testing.T) {
	undone := errors.New("undone")
	for _, damage := range [][]string{
		{"UPDATE allocation SET used_kb = used_kb - 1"},
		{"UPDATE allocation SET consumers = consumers + 1"},
		{"UPDATE resource SET allocated = allocated - 1"},
		{"DROP TRIGGER consumer_added", "INSERT INTO consumer SELECT id + 1, allocation_id, kind, 'x', path, path_key, 1 FROM consumer"},
	} {
		s := openPool(t)
		err := s.Update(t.Context(), func(tx *Tx) error {
			r := mustResource(t, tx, MailStore, "M", 10, true)
			a, err := tx.Allocate(poolGUID(1), r.ID, 5)
			require.NoError(t, err)
			_, err = tx.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(7), Kilobytes: 9})
			require.NoError(t, err)
			for _, statement := range damage {
				_, err := tx.exec(statement)
				require.NoError(t, err)
			}
			assert.Error(t, tx.CheckConservation(), damage)
			return undone
		})
		assert.ErrorIs(t, err, undone)
	}
}

// expected are the only ways in which the resource manager may refuse.
var expected = []error{ErrNotFound, ErrConflict, ErrCapacity, ErrRelease, ErrInUse, ErrConstraint}

func refusedProperly(err error) bool {
	for _, e := range expected {
		if errors.Is(err, e) {
			return true
		}
	}
	return err == nil
}

// poolOperation draws one random operation.
func poolOperation(t *rapid.T, tx *Tx) func() error {
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
			return one(tx.AddResource(Resource{GUID: tx.NewGUID(), Kind: kind, Server: "EX", Name: fmt.Sprint(id), Megabytes: amount, Shared: id%2 == 0}))
		},
		func() error { return one(tx.ResizeResource(id, amount)) },
		func() error { return tx.SetShared(id, amount > 0) },
		func() error { return tx.RemoveResource(id) },
		func() error { return one(tx.Allocate(org, id, amount)) },
		func() error { return one(tx.Allocate(org, id, amount&31)) },
		func() error { return one(tx.Reallocate(id, amount)) },
		func() error { return tx.Release(id) },
		func() error {
			return one(tx.AddConsumer(Consumer{AllocationID: id, Kind: MailboxConsumer, GUID: user, Kilobytes: amount}))
		},
		func() error { return one(tx.AddConsumer(folder)) },
		func() error { return one(tx.AddConsumerMailbox(id, user, amount)) },
		func() error { return one(tx.ResizeConsumer(id, amount)) },
		func() error { return tx.RemoveConsumer(id) },
	}
	return operations[rapid.IntRange(0, len(operations)-1).Draw(t, "operation")]
}

// poolState is the whole resource manager as text.
func poolState(t require.TestingT, tx *Tx) []string {
	var all []string
	for _, query := range []string{
		"SELECT 'r ' || id || ' ' || kind || ' ' || name || ' ' || capacity || ' ' || allocated || ' ' || shared FROM resource ORDER BY id",
		"SELECT 'a ' || id || ' ' || resource_id || ' ' || organization || ' ' || amount || ' ' || used_kb || ' ' || consumers FROM allocation ORDER BY id",
		"SELECT 'c ' || id || ' ' || allocation_id || ' ' || guid || ' ' || path || ' ' || kilobytes FROM consumer ORDER BY id",
	} {
		lines, err := collect(tx, scanText, query)
		require.NoError(t, err)
		all = append(all, lines...)
	}
	return all
}

// Whatever is asked, what is handed out adds up, a refusal changes nothing and
// neither does what is undone.
func TestResourceManager_Conserves(t *testing.T) {
	undone := errors.New("undone")
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Open(t.Context(), Config{Synchronous: "OFF"})
		require.NoError(rt, err)
		defer func() { require.NoError(rt, s.Close()) }()
		require.NoError(rt, s.Update(t.Context(), func(tx *Tx) error {
			for i, kind := range []ResourceKind{MailStore, PublicStore, ConsumerStore, MailStore} {
				r := Resource{GUID: tx.NewGUID(), Kind: kind, Server: "EX", Name: fmt.Sprint("S", i), Megabytes: 40, Shared: i < 3}
				made, err := tx.AddResource(r)
				require.NoError(rt, err)
				_, err = tx.Allocate(poolGUID(i), made.ID, 10)
				require.NoError(rt, err)
			}
			for range rapid.IntRange(1, 60).Draw(rt, "steps") {
				before := poolState(rt, tx)
				run := poolOperation(rt, tx)
				undo := rapid.IntRange(0, 3).Draw(rt, "undo") == 0
				err := tx.Savepoint(func() error {
					if err := run(); err != nil || !undo {
						return err
					}
					return undone
				})
				if !errors.Is(err, undone) {
					require.True(rt, refusedProperly(err), "refused with %v", err)
				}
				if err != nil {
					require.Equal(rt, before, poolState(rt, tx))
				}
				require.NoError(rt, tx.CheckConservation())
			}
			return nil
		}))
	})
}

func TestSetProvisionable_IsAboutStores(t *testing.T) {
	s := openPool(t)
	inTx(t, s, func(tx *Tx) {
		for _, kind := range []ResourceKind{MailStore, PublicStore, OABServer} {
			_, err := tx.AddResource(Resource{GUID: tx.NewGUID(), Kind: kind, Server: "EX1", Name: string(kind), Megabytes: 1, Provisionable: true})
			require.NoError(t, err)
		}
		_, err := tx.AddResource(Resource{GUID: tx.NewGUID(), Kind: FrontEndServer, Server: "FE1", Provisionable: true})
		require.NoError(t, err)
		require.NoError(t, tx.SetProvisionable("ex1", false))
		for _, kind := range []ResourceKind{MailStore, PublicStore, OABServer} {
			r, err := tx.Resource(kind, "EX1", string(kind))
			require.NoError(t, err)
			assert.Equal(t, kind == OABServer, r.Provisionable, kind)
		}
		assert.ErrorIs(t, tx.SetProvisionable("FE1", false), ErrNotFound)
	})
}

func TestConsumers_ReadsTheOrganizationOnly(t *testing.T) {
	s := openPool(t)
	inTx(t, s, func(tx *Tx) {
		plan, err := collect(tx, func(row scanner) (string, error) {
			var id, parent, unused int64
			var detail string
			return detail, row.Scan(&id, &parent, &unused, &detail)
		}, "EXPLAIN QUERY PLAN "+consumerColumns+" FROM allocation a CROSS JOIN consumer c LEFT JOIN object o ON o.guid = c.guid"+
			" WHERE a.organization = ? AND c.allocation_id = a.id AND c.kind = ? ORDER BY c.id", "x", "mailbox")
		require.NoError(t, err)
		for _, line := range plan {
			assert.NotContains(t, line, "SCAN", plan)
		}
		assert.Contains(t, plan[0], "allocation_organization")
	})
}

// filledPool has that many mailboxes, a hundred in each organization.
func filledPool(b *testing.B, mailboxes int) *Store {
	b.Helper()
	s := openPool(b)
	inTx(b, s, func(tx *Tx) {
		for i := range max(mailboxes/10_000, 1) {
			mustResource(b, tx, MailStore, fmt.Sprint("M", i), 1<<30, true)
		}
		var share int64
		for n := range mailboxes {
			if n%100 == 0 {
				a, err := tx.Allocate(poolGUID(n/100), int64(n/10_000)+1, 2000)
				require.NoError(b, err)
				share = a.ID
			}
			_, err := tx.AddConsumer(Consumer{AllocationID: share, Kind: MailboxConsumer, GUID: poolGUID(1<<32 + n), Kilobytes: 10000})
			require.NoError(b, err)
		}
	})
	return s
}

// The 100 000th mailbox costs what the 1 000th does.
func BenchmarkAddConsumer(b *testing.B) {
	for _, size := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := filledPool(b, size)
			undone := errors.New("undone")
			_ = s.Update(b.Context(), func(tx *Tx) error {
				a, err := tx.Allocate(poolGUID(1<<40), 1, 1<<20)
				require.NoError(b, err)
				for n := 0; b.Loop(); n++ {
					_, err := tx.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(1<<41 + n), Kilobytes: 1})
					require.NoError(b, err)
				}
				return undone
			})
		})
	}
}

// A question about one organization of a hundred mailboxes costs the same
// among ten organizations and a thousand.
func BenchmarkConsumers(b *testing.B) {
	for _, size := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := filledPool(b, size)
			require.NoError(b, s.View(b.Context(), func(tx *Tx) error {
				for b.Loop() {
					found, err := tx.Consumers(poolGUID(5), MailboxConsumer)
					require.NoError(b, err)
					require.Len(b, found, 100)
				}
				return nil
			}))
		})
	}
}
