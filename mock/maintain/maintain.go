package maintain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"wsexchange/mock"
	"wsexchange/mock/ledger"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

// What the functions refuse. Test with errors.Is.
var (
	ErrNoDatabase = errors.New("no database is configured: state in memory alone has no file")
	ErrHasContent = errors.New("the database has content")
)

// Backup copies the database of a configuration to a new file, as
// ledger.BackupFile does: an emulator may have it open.
func Backup(ctx context.Context, cfg mock.Config, file string) error {
	if cfg.Database == "" {
		return ErrNoDatabase
	}
	if ledger.IsURL(cfg.Database) {
		return ledger.ErrShared
	}
	return ledger.BackupFile(ctx, cfg.Database, file)
}

// Restore makes the database of a configuration of a backup, as ledger.Restore
// does: the database must not exist.
func Restore(ctx context.Context, cfg mock.Config, file string) error {
	if cfg.Database == "" {
		return ErrNoDatabase
	}
	if ledger.IsURL(cfg.Database) {
		return ledger.ErrShared
	}
	return ledger.Restore(ctx, file, cfg.Database)
}

// Export writes the state in the database of a configuration, as of one
// moment, in the format of ledger.Export. An emulator may have it open; its
// write-ahead log is held while the state is read, and not while it is written.
func Export(ctx context.Context, cfg mock.Config, w io.Writer) error {
	if cfg.Database == "" {
		return ErrNoDatabase
	}
	schema, err := seed.Schema()
	if err != nil {
		return err
	}
	content, err := ledger.ReadFile(ctx, schema, cfg.Database)
	if err != nil {
		return err
	}
	return ledger.Export(ctx, content, w)
}

// Import makes the state in the database of a configuration that of an export,
// in one commit, and returns how many rows it has. A database that is missing
// is made, once the whole export was read; one that has content is
// ErrHasContent unless replace is set; one that an emulator has open is a
// *ledger.LockedError.
func Import(ctx context.Context, cfg mock.Config, r io.Reader, replace bool) (rows int, err error) {
	if cfg.Database == "" {
		return 0, ErrNoDatabase
	}
	root, err := mock.ReadExport(ctx, r)
	if err != nil {
		return 0, err
	}
	store, _, err := mock.OpenLedger(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if !replace && seed.Seeded(store.Root().Read(state.Env{})) {
		return 0, fmt.Errorf("%w: %s: give --replace to replace it", ErrHasContent, ledger.Redacted(cfg.Database))
	}
	for _, count := range root.Count() {
		rows += count
	}
	return rows, store.Replace(ctx, root)
}

// Seed fills the database of a configuration with an inventory. One that is
// missing is made with its starting content; one that has more than that is
// ErrHasContent. Progress is called after each transaction. What was made
// before an error, such as the end of ctx, stays.
func Seed(ctx context.Context, cfg mock.Config, inventory seed.Inventory, progress func(seed.Progress)) (err error) {
	if cfg.Database == "" {
		return ErrNoDatabase
	}
	if inventory.Organizations < 1 || inventory.Users < 0 {
		return fmt.Errorf("seed: %d organizations and %d users: there must be 1 or more organizations, and no negative number of users",
			inventory.Organizations, inventory.Users)
	}
	store, _, err := mock.OpenStore(ctx, cfg, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := onlyStarted(ctx, cfg, store.Root()); err != nil {
		return fmt.Errorf("%s: %w", ledger.Redacted(cfg.Database), err)
	}
	var made seed.Progress
	err = inventory.Generate(ctx, store.Update, func(p seed.Progress) {
		made = p
		progress(p)
	})
	if err != nil && made != (seed.Progress{}) {
		err = fmt.Errorf("%w; %d organizations and %d users were made and stay in %s", err, made.Organizations, made.Users, ledger.Redacted(cfg.Database))
	}
	return err
}

// onlyStarted refuses a content that has more, or less, than the starting
// content of the configuration. Counters and settings do not count: an emulator
// that runs makes some.
func onlyStarted(ctx context.Context, cfg mock.Config, content *state.Root) error {
	start, err := cfg.StartingContent(ctx)
	if err != nil {
		return err
	}
	want, has := start.Count(), content.Count()
	passed := []string{"counter", "setting"}
	for _, table := range content.Schema().Tables() {
		if name := table.Name(); has[name] != want[name] && !slices.Contains(passed, name) {
			return fmt.Errorf("%w beside the starting content: table %s has %d rows, at the start it has %d", ErrHasContent, name, has[name], want[name])
		}
	}
	return nil
}

// toNewFile writes a file of mode 0600, which must not exist, and syncs it.
// After an error there is none.
func toNewFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, file.Close())
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	buffered := bufio.NewWriter(file)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.Sync()
}
