package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Format is the version of the database file that this program reads and
// writes. Version 1 was never released.
const Format = 2

// program is what a database file of ours says in its installation table.
const program = "mockmpf"

// firstFormat is a table that only files of format 1 have.
const firstFormat = "goose_db_version"

// creation makes the tables of an empty file.
const creation = `
CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE revision (
    number         INTEGER PRIMARY KEY,
    at             TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    engine         TEXT NOT NULL,
    controller     TEXT NOT NULL,
    changes        TEXT NOT NULL
);

CREATE TABLE content (
    tbl      TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    value    TEXT    NOT NULL,
    PRIMARY KEY (tbl, key)
) WITHOUT ROWID;

CREATE TABLE audit (
    id             INTEGER PRIMARY KEY,
    transaction_id TEXT   NOT NULL,
    client_id      TEXT   NOT NULL,
    caller         TEXT   NOT NULL,
    organization   TEXT   NOT NULL,
    org_key        TEXT   NOT NULL,
    namespace      TEXT   NOT NULL,
    procedure      TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    duration_us    BIGINT NOT NULL,
    code           BIGINT NOT NULL,
    description    TEXT   NOT NULL,
    request        TEXT   NOT NULL,
    steps          TEXT   NOT NULL
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_org ON audit (org_key, at);
CREATE INDEX audit_procedure ON audit (namespace, procedure, at);
CREATE INDEX audit_code ON audit (code, at);
CREATE INDEX audit_transaction ON audit (transaction_id);
CREATE INDEX audit_client ON audit (client_id);

CREATE TABLE transaction_log (
    id        TEXT   NOT NULL PRIMARY KEY,
    client_id TEXT   NOT NULL,
    caller    TEXT   NOT NULL,
    namespace TEXT   NOT NULL,
    procedure TEXT   NOT NULL,
    queue_id  TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    code      BIGINT NOT NULL,
    started   BIGINT NOT NULL,
    ended     BIGINT NOT NULL,
    request   TEXT   NOT NULL,
    steps     TEXT   NOT NULL
);
CREATE INDEX transaction_log_state ON transaction_log (state, started);
`

// step changes the tables from one format to the next, within a transaction.
type step func(ctx context.Context, conn *sql.Conn) error

// formats is what a program knows of formats: the one that it writes, and the
// steps to it, by the format that they start from.
type formats struct {
	current int
	steps   map[int]step
}

// known are the formats of this program.
var known = formats{current: Format}

// refuseNewer returns the error of a format that is newer than the program's.
func (f formats) refuseNewer(format int) error {
	if format <= f.current {
		return nil
	}
	return fmt.Errorf("%w %d is newer than format %d, which this program reads: use the newer program", ErrFormat, format, f.current)
}

// FileError is why a database is not opened. It is left as it is.
type FileError struct {
	Path string // of a file, or a URL without its password
	Err  error
}

func (e *FileError) Error() string {
	kind := "database file"
	if IsURL(e.Path) {
		kind = "database"
	}
	return fmt.Sprintf("%s %s: %v", kind, e.Path, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// Why a file is not opened. Test with errors.Is.
var (
	ErrEmptyFile    = errors.New("the file is empty: it is not a new database, which has a file of its own only once it is complete; remove it to start with nothing")
	ErrNotSQLite    = errors.New("not an SQLite database")
	ErrOtherProgram = errors.New("the database of another program")
	ErrFormat       = errors.New("format")
	ErrDamaged      = errors.New("damaged")
)

// identity is what a database file says of itself.
type identity struct {
	format       int
	installation string
}

// identify reads the identity of a file, and writes nothing.
func identify(ctx context.Context, path string) (id identity, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return id, err
	case !info.Mode().IsRegular():
		return id, errors.New("not a regular file")
	case info.Size() == 0:
		return id, ErrEmptyFile
	}
	db, err := sql.Open("sqlite", source(path, "query_only(1)", "busy_timeout(5000)"))
	if err != nil {
		return id, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return identifyTables(ctx, db)
}

func identifyTables(ctx context.Context, db *sql.DB) (id identity, err error) {
	var first, own int
	err = db.QueryRowContext(ctx, "SELECT count(*) FILTER (WHERE name = ?), count(*) FILTER (WHERE name IN ('installation', 'content', 'revision'))"+
		" FROM sqlite_master WHERE type = 'table'", firstFormat).Scan(&first, &own)
	switch {
	case err != nil:
		return id, explained(err)
	case first > 0:
		return id, fmt.Errorf("%w 1, the first, which was never released; this program reads format %d", ErrFormat, Format)
	case own < 3:
		return id, ErrOtherProgram
	}
	values := make(map[string]string)
	rows, err := db.QueryContext(ctx, "SELECT name, value FROM installation")
	if err != nil {
		return id, fmt.Errorf("%w: %w", ErrOtherProgram, explained(err))
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return id, fmt.Errorf("table installation: %w: %w", ErrDamaged, err)
		}
		values[name] = value
	}
	if err := rows.Err(); err != nil {
		return id, explained(err)
	}
	if values["program"] != program {
		return id, ErrOtherProgram
	}
	id.installation = values["id"]
	if id.format, err = strconv.Atoi(values["format"]); err != nil || id.format < 1 {
		return id, fmt.Errorf("table installation: %w: format %q is not a number", ErrDamaged, values["format"])
	}
	return id, nil
}

// explained names the errors of SQLite that tell of the file itself.
func explained(err error) error {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrNotSQLite, err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// create makes the file of a new installation. It has its name only when it is
// complete.
func (f formats) create(ctx context.Context, path string) (err error) {
	unfinished := path + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, rest := range []string{path + "-wal", path + "-journal"} {
		if _, err := os.Lstat(rest); err == nil {
			return fmt.Errorf("%s is there without its database: restore both or remove it", rest)
		}
	}
	if err := reserve(unfinished); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(unfinished)
		}
	}()
	db, err := sql.Open("sqlite", source(unfinished, "synchronous(FULL)"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "BEGIN;"+creation+"INSERT INTO installation (name, value) VALUES ('program', ?), ('format', ?), ('id', ?); COMMIT",
		program, strconv.Itoa(f.current), newInstallation())
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return err
	}
	return syncDirectory(path)
}

// migrate brings the tables of a file to the current format, step by step, and
// keeps a copy of the file from before.
func (f formats) migrate(ctx context.Context, s *database, from int) error {
	for format := from; format < f.current; format++ {
		if f.steps[format] == nil {
			return fmt.Errorf("%w %d cannot be brought to format %d, which this program reads", ErrFormat, from, f.current)
		}
	}
	copied, err := freeName(fmt.Sprintf("%s.v%d-backup", s.path, from))
	if err != nil {
		return err
	}
	if err := vacuumInto(ctx, s.path, copied); err != nil {
		return fmt.Errorf("copy before the change from format %d to %d: %w", from, f.current, err)
	}
	s.logger.Info("database file was copied before its format is changed", "path", s.path, "copy", copied, "format", from)
	if err := s.change(ctx, func() error {
		for format := from; format < f.current; format++ {
			if err := f.steps[format](ctx, s.conn); err != nil {
				return fmt.Errorf("from format %d to %d: %w", format, format+1, err)
			}
		}
		return s.exec(ctx, "UPDATE installation SET value = ? WHERE name = 'format'", strconv.Itoa(f.current))
	}); err != nil {
		return err
	}
	s.logger.Info("database file was brought to the format of this program", "path", s.path, "from", from, "format", f.current)
	return nil
}

// freeName returns the name, or the first of NAME-2, NAME-3, … that is free.
func freeName(name string) (string, error) {
	for i := 1; ; i++ {
		free := name
		if i > 1 {
			free = fmt.Sprintf("%s-%d", name, i)
		}
		_, err := os.Lstat(free)
		if errors.Is(err, fs.ErrNotExist) {
			return free, nil
		}
		if err != nil {
			return "", err
		}
	}
}
