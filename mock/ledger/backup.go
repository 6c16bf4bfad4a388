package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func (s *database) backup(ctx context.Context, file string) error {
	if err := s.same(); err != nil {
		return err
	}
	if err := vacuumInto(ctx, s.path, file); err != nil {
		return fmt.Errorf("backup to %s: %w", file, err)
	}
	return nil
}

// BackupFile writes a copy of a database file as of one moment, with mode 0600,
// whether or not a process has it open: it takes no lock and does not stop
// writers. A file of another program, and a target that exists, are refused.
func BackupFile(ctx context.Context, from, to string) error {
	path, err := resolve(from)
	if err == nil {
		_, err = identify(ctx, path)
	}
	if err != nil {
		return &FileError{from, err}
	}
	if err := vacuumInto(ctx, path, to); err != nil {
		return fmt.Errorf("backup to %s: %w", to, err)
	}
	return nil
}

// Restore makes a database file of a backup, with mode 0600. The backup is
// checked page by page; it must be of a format that this program reads or can
// bring to its own. A target that exists is refused: stop the program and move
// its file and its -wal file away before.
func Restore(ctx context.Context, from, to string) error {
	backup, err := resolve(from)
	if err != nil {
		return &FileError{from, err}
	}
	target, err := resolve(to)
	if err != nil {
		return &FileError{to, err}
	}
	id, err := identify(ctx, backup)
	if err != nil {
		return &FileError{from, err}
	}
	if err := known.refuseNewer(id.format); err != nil {
		return &FileError{from, err}
	}
	if err := checkAll(ctx, backup); err != nil {
		return &FileError{from, err}
	}
	held, err := lock(target)
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	if err := vacuumInto(ctx, backup, target); err != nil {
		return fmt.Errorf("restore to %s: %w", to, err)
	}
	return nil
}

func checkAll(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", source(path, "query_only(1)", "busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return explained(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// vacuumInto writes a copy of a database, whose path is absolute, under a name
// that must be free. The
// name is empty while the copy is written beside it, and complete after.
func vacuumInto(ctx context.Context, from, to string) (err error) {
	if to, err = filepath.Abs(to); err != nil { // so that it is no URI
		return err
	}
	for _, rest := range []string{to + "-wal", to + "-journal"} {
		if _, err := os.Lstat(rest); err == nil {
			return fmt.Errorf("%s exists: it belongs to another database", rest)
		}
	}
	if err := reserve(to); err != nil {
		return err
	}
	unfinished := to + ".unfinished"
	defer func() {
		if err != nil {
			_ = os.Remove(to)
		}
	}()
	if err := reserve(unfinished); err != nil {
		return err
	}
	defer func() { _ = os.Remove(unfinished) }() // does nothing after the renaming
	db, err := sql.Open("sqlite", source(from, "busy_timeout(5000)"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", unfinished)
	if err := errors.Join(err, db.Close()); err != nil {
		return explained(err)
	}
	if err := syncFile(unfinished); err != nil {
		return err
	}
	if err := os.Rename(unfinished, to); err != nil {
		return err
	}
	return syncDirectory(to)
}

// reserve makes an empty file of mode 0600, and fails if there is one.
func reserve(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
