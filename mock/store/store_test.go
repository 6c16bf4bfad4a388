package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
)

// testClock is where the clock of test stores stands.
var testClock = time.Date(2004, 5, 6, 7, 8, 9, 0, time.UTC)

// counted gives GUIDs that count up.
func counted() func() GUID {
	var n uint64
	return func() GUID {
		n++
		var g GUID
		binary.BigEndian.PutUint64(g[:8], n)
		binary.BigEndian.PutUint64(g[8:], n*0x9E3779B97F4A7C15)
		return g
	}
}

// openDirectory opens a store with the built-in seed, a standing clock and
// counted GUIDs.
func openDirectory(tb testing.TB, cfg Config) *Store {
	tb.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return testClock }
	}
	cfg.NewGUID, cfg.HashCost = counted(), 4
	s, err := Open(tb.Context(), cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, s.Close()) })
	require.NoError(tb, s.Seed(tb.Context(), DefaultSeed()))
	return s
}

// updating runs fn in a write transaction that is rolled back when the test
// ends.
func updating(tb testing.TB) *Tx {
	tb.Helper()
	tx, err := openDirectory(tb, Config{}).Begin(tb.Context(), true)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, tx.Rollback()) })
	return tx
}

var (
	testBase     = ldappath.MustParseDN("DC=fabrikam,DC=com")
	testReseller = ldappath.MustParseDN("OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")
)

func mustCreate(tb testing.TB, tx *Tx, dn ldappath.DN, class string, attributes ...Attribute) *Object {
	tb.Helper()
	o, err := tx.Create(dn, class, attributes)
	require.NoError(tb, err)
	return o
}

func mustGet(tb testing.TB, tx *Tx, dn ldappath.DN) *Object {
	tb.Helper()
	o, err := tx.Get(dn)
	require.NoError(tb, err)
	return o
}

func mustDump(tb testing.TB, s *Store, except ...string) string {
	tb.Helper()
	var text bytes.Buffer
	require.NoError(tb, s.Dump(tb.Context(), &text, except...))
	return text.String()
}

// sameDump compares dumps and shows the first line that differs.
func sameDump(tb assert.TestingT, want, got string) {
	if want == got {
		return
	}
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wants), len(gots)) {
		if !assert.Equal(tb, wants[i], gots[i], "line %d of the dump", i+1) {
			return
		}
	}
	assert.Len(tb, gots, len(wants), "lines of the dump")
}

func TestOpen_RefusesBadConfiguration(t *testing.T) {
	for name, cfg := range map[string]Config{
		"synchronous":     {Synchronous: "SOMETIMES"},
		"hash cost":       {HashCost: 3},
		"missing folder":  {Path: filepath.Join(t.TempDir(), "missing", "store.db")},
		"not a database":  {Path: writeFile(t, "this is not a database, and long enough to be read as one page of it")},
		"folder, no file": {Path: t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), cfg)
			assert.Error(t, err)
		})
	}
}

func writeFile(tb testing.TB, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "store.db")
	require.NoError(tb, os.WriteFile(path, bytes.Repeat([]byte(text), 100), 0o600))
	return path
}

func TestOpen_MemoryStoresAreApart(t *testing.T) {
	one, other := openDirectory(t, Config{}), openDirectory(t, Config{})
	require.NoError(t, one.Update(t.Context(), func(tx *Tx) error {
		mustCreate(t, tx, testReseller.Child("OU", "Alone"), "organizationalUnit")
		return nil
	}))
	require.NoError(t, other.View(t.Context(), func(tx *Tx) error {
		_, err := tx.Get(testReseller.Child("OU", "Alone"))
		assert.ErrorIs(t, err, ErrNotFound)
		return nil
	}))
}

func TestOpen_FileKeepsItsContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a store?with #odd% name.db")
	s := openDirectory(t, Config{Path: path})
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		mustCreate(t, tx, testReseller.Child("OU", "Kept"), "organizationalUnit", value("description", "still here"))
		return nil
	}))
	before := mustDump(t, s)
	again, err := Open(t.Context(), Config{Path: path})
	require.NoError(t, err)
	defer func() { assert.NoError(t, again.Close()) }()
	sameDump(t, before, mustDump(t, again))
	assert.FileExists(t, path)
	assert.ErrorIs(t, again.Seed(t.Context(), DefaultSeed()), ErrAlreadySeeded)
	sameDump(t, before, mustDump(t, again))
}

func TestUpdate_UndoesOnErrorAndPanic(t *testing.T) {
	for _, kind := range []string{"memory", "file"} {
		t.Run(kind, func(t *testing.T) {
			cfg := Config{}
			if kind == "file" {
				cfg.Path = filepath.Join(t.TempDir(), "store.db")
			}
			s := openDirectory(t, cfg)
			before := mustDump(t, s)
			boom := errors.New("boom")
			err := s.Update(t.Context(), func(tx *Tx) error {
				mustCreate(t, tx, testReseller.Child("OU", "Gone"), "organizationalUnit")
				return boom
			})
			assert.ErrorIs(t, err, boom)
			assert.Panics(t, func() {
				_ = s.Update(t.Context(), func(tx *Tx) error {
					mustCreate(t, tx, testReseller.Child("OU", "Gone"), "organizationalUnit")
					panic("boom")
				})
			})
			sameDump(t, before, mustDump(t, s))
		})
	}
}

func TestUpdate_EndedContext(t *testing.T) {
	s := openDirectory(t, Config{})
	before := mustDump(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(tx *Tx) error {
		mustCreate(t, tx, testReseller.Child("OU", "Gone"), "organizationalUnit")
		cancel()
		_, err := tx.Create(testReseller.Child("OU", "Gone2"), "organizationalUnit", nil)
		assert.ErrorIs(t, err, context.Canceled)
		return nil // even if the error is swallowed, nothing may be committed
	})
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, s.View(ctx, func(*Tx) error { return nil }), context.Canceled)
	sameDump(t, before, mustDump(t, s))
}

func TestBegin_WaitsNoLongerThanItsContext(t *testing.T) {
	s := openDirectory(t, Config{})
	holder, err := s.Begin(t.Context(), true)
	require.NoError(t, err)
	defer func() { assert.NoError(t, holder.Rollback()) }()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := s.Begin(ctx, true)
		ended <- err
	}()
	cancel()
	assert.ErrorIs(t, <-ended, context.Canceled)
}

func TestView_RefusesEveryWrite(t *testing.T) {
	s := openDirectory(t, Config{})
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		o := mustGet(t, tx, testReseller)
		group, err := tx.BySAM("A@Reseller1")
		require.NoError(t, err)
		user, err := tx.BySAM("hsadmin")
		require.NoError(t, err)
		for name, write := range map[string]func() error{
			"create": func() error {
				_, err := tx.Create(testReseller.Child("OU", "X"), "organizationalUnit", nil)
				return err
			},
			"set":          func() error { return tx.Set(o, "description", "x") },
			"delete":       func() error { return tx.Delete(group) },
			"delete tree":  func() error { return tx.DeleteTree(o) },
			"rename":       func() error { _, err := tx.Rename(o, "X"); return err },
			"member":       func() error { return tx.AddMember(group, user) },
			"well-known":   func() error { return tx.SetWellKnown(o, WellKnownAddressList, group) },
			"password":     func() error { return tx.SetPassword(user, "New-Pass-1") },
			"domain":       func() error { return tx.CreateDomain(o, "x.example", PrimaryDomain) },
			"folder":       func() error { _, err := tx.CreateFolder(Folder{Path: "/x", OrganizationID: o.ID}); return err },
			"audit":        func() error { _, err := tx.WriteAudit(AuditRow{}); return err },
			"job":          func() error { _, err := tx.SubmitJob(Job{ID: "1:{}"}, false); return err },
			"setting":      func() error { return tx.SetSetting("x", "y") },
			"access grant": func() error { return tx.GrantAccess(o, user, "Read") },
		} {
			assert.ErrorIs(t, write(), ErrReadOnly, name)
		}
		return nil
	}))
}

func TestTx_AfterItsEnd(t *testing.T) {
	s := openDirectory(t, Config{})
	tx, err := s.Begin(t.Context(), true)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	assert.ErrorIs(t, tx.Commit(), ErrTxDone)
	assert.NoError(t, tx.Rollback())
	_, err = tx.Get(testBase)
	assert.ErrorIs(t, err, ErrTxDone)
	assert.False(t, tx.Writable())
}

func TestSavepoint_UndoesWhatItHolds(t *testing.T) {
	s := openDirectory(t, Config{})
	boom := errors.New("boom")
	make := func(tx *Tx, name string) { mustCreate(t, tx, testReseller.Child("OU", name), "organizationalUnit") }
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		make(tx, "A")
		assert.ErrorIs(t, tx.Savepoint(func() error {
			make(tx, "B")
			assert.NoError(t, tx.Savepoint(func() error { make(tx, "C"); return nil }))
			assert.ErrorIs(t, tx.Savepoint(func() error { make(tx, "D"); return boom }), boom)
			return boom
		}), boom)
		assert.Panics(t, func() { _ = tx.Savepoint(func() error { make(tx, "E"); panic("boom") }) })
		return tx.Savepoint(func() error { make(tx, "F"); return nil })
	}))
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		children, err := tx.Children(mustGet(t, tx, testReseller), "organizationalUnit")
		require.NoError(t, err)
		var names []string
		for _, child := range children {
			names = append(names, child.DN.RDN().Value)
		}
		assert.Equal(t, []string{"A", "F"}, names)
		assert.Equal(t, children[0].USNCreated+1, children[1].USNCreated, "numbers of undone writes are given again")
		return nil
	}))
}

func TestView_SeesOneStateWhileAWriterRuns(t *testing.T) {
	s := openDirectory(t, Config{Path: filepath.Join(t.TempDir(), "store.db")})
	name := testReseller.Child("OU", "New")
	require.NoError(t, s.View(t.Context(), func(view *Tx) error {
		mustGet(t, view, testReseller)
		require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
			mustCreate(t, tx, name, "organizationalUnit")
			return nil
		}), "a writer does not wait for readers of a file")
		exists, err := view.Exists(name)
		require.NoError(t, err)
		assert.False(t, exists, "the view's state does not move")
		return nil
	}))
	require.NoError(t, s.View(t.Context(), func(view *Tx) error {
		mustGet(t, view, name)
		return nil
	}))
}

func TestStore_ManyGoroutines(t *testing.T) {
	for _, kind := range []string{"memory", "file"} {
		t.Run(kind, func(t *testing.T) {
			cfg := Config{}
			if kind == "file" {
				cfg.Path = filepath.Join(t.TempDir(), "store.db")
			}
			s := openDirectory(t, cfg)
			const workers, each = 6, 10
			var group sync.WaitGroup
			for worker := range workers {
				group.Go(func() {
					for i := range each {
						name := string(rune('a'+worker)) + string(rune('a'+i))
						assert.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
							o, err := tx.Create(testReseller.Child("CN", name), "user", Attributes{value(KindSAM, name)})
							if err != nil {
								return err
							}
							all, err := tx.BySAM("AU@Reseller1")
							if err != nil {
								return err
							}
							return tx.AddMember(all, o)
						}))
						assert.NoError(t, s.View(t.Context(), func(tx *Tx) error {
							o, err := tx.BySAM(name)
							if err != nil {
								return err
							}
							groups, err := tx.MemberOf(o)
							assert.Len(t, groups, 1)
							return err
						}))
					}
				})
			}
			group.Wait()
			require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
				all, err := tx.BySAM("AU@Reseller1")
				require.NoError(t, err)
				members, err := tx.Members(all)
				assert.Len(t, members, workers*each)
				return err
			}))
		})
	}
}

func TestSeed_IsRepeatable(t *testing.T) {
	secrets := []string{"password", "password_history"} // salted
	sameDump(t, mustDump(t, openDirectory(t, Config{}), secrets...), mustDump(t, openDirectory(t, Config{}), secrets...))
}

func TestDump_ShowsNoPasswordHash(t *testing.T) {
	text := mustDump(t, openDirectory(t, Config{}))
	assert.NotContains(t, text, "$2a$")
	assert.NotContains(t, text, string(DefaultSeed().Accounts[0].Password))
	assert.Contains(t, text, "[object]")
	assert.NotContains(t, mustDump(t, openDirectory(t, Config{}), LogTables()...), "[audit]")
}
