package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"wsexchange/mock/state"
)

// ReadFile returns the content of a database file, or of a PostgreSQL database
// by its URL, as of one moment, whether or not a process has it open. It takes no lock and changes no content; a
// write-ahead log that a crash left is moved into the file. What [Open] would
// refuse is refused, and so is an older format.
func ReadFile(ctx context.Context, schema *state.Schema, path string) (Source, error) {
	if IsURL(path) {
		return readShared(ctx, schema, path)
	}
	read, err := readFile(ctx, schema, path)
	if err != nil {
		return nil, &FileError{path, err}
	}
	return read, nil
}

// fileContent is what was read from a file.
type fileContent struct {
	content
	installation string
}

func (f fileContent) Installation() string { return f.installation }

func readFile(ctx context.Context, schema *state.Schema, path string) (read fileContent, err error) {
	if path, err = resolve(path); err != nil {
		return read, err
	}
	id, err := identify(ctx, path)
	if err == nil {
		err = known.refuseNewer(id.format)
	}
	switch {
	case err != nil:
		return read, err
	case id.format < known.current:
		return read, fmt.Errorf("%w %d is older than format %d, which this program reads: start the program once with the file", ErrFormat, id.format, known.current)
	}
	db, err := sql.Open("sqlite", source(path, "busy_timeout(5000)", "query_only(1)", "temp_store(2)", "cell_size_check(1)"))
	if err != nil {
		return read, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil) // its first query settles the moment
	if err != nil {
		return read, explained(err)
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	root, err := loadFrom(ctx, tx, schema)
	return fileContent{content{root}, id.installation}, err
}

// ErrNothing says that a database of PostgreSQL is still empty.
var ErrNothing = errors.New("there is nothing in the database")

// readShared reads the content of PostgreSQL, in which it makes nothing.
func readShared(ctx context.Context, schema *state.Schema, database string) (read Source, err error) {
	fail := func(err error) (Source, error) { return nil, &FileError{Redacted(database), scrubbed(database, err)} }
	config, err := connection(database, "")
	if err != nil {
		return fail(err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = conn.Close(ctx) }() // it only read
	err = pgx.BeginTxFunc(ctx, conn, oneMoment, func(tx pgx.Tx) error {
		read, err = readMoment(ctx, tx, schema)
		return err
	})
	if err != nil {
		return fail(err)
	}
	return read, nil
}

func readMoment(ctx context.Context, tx pgx.Tx, schema *state.Schema) (Source, error) {
	scope, found := "", []string(nil)
	err := tx.QueryRow(ctx, "SELECT coalesce(current_schema(), '')").Scan(&scope)
	if err == nil {
		found, err = tablesOf(ctx, tx, scope)
	}
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrNothing
	}
	installation, err := identifyPostgres(ctx, tx, scope)
	if err != nil {
		return nil, err
	}
	at, err := scanRevision(tx.QueryRow(ctx, lastRevision))
	if err != nil {
		return nil, err
	}
	root, err := loadShared(ctx, tx, schema, state.Env{}, at.number)
	return fileContent{content{root}, installation}, err
}

// loadFrom reads the content through one transaction.
func loadFrom(ctx context.Context, tx *sql.Tx, schema *state.Schema) (*state.Root, error) {
	revision, replicated, others, err := contents(ctx, tx, schema)
	if err != nil {
		return nil, err
	}
	all := loader{tx: schema.Root().Begin(state.Env{})}
	if err := all.load(ctx, tx, append(replicated, others...)); err != nil {
		return nil, err
	}
	root := all.tx.Root(revision)
	return root, complete(root, all.rows)
}
