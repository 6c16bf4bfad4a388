package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"wsexchange/mock/state"
)

// ReadFile returns the content of a database file as of one moment, whether or
// not a process has it open. It takes no lock and changes no content; a
// write-ahead log that a crash left is moved into the file. What [Open] would
// refuse is refused, and so is an older format.
func ReadFile(ctx context.Context, schema *state.Schema, path string) (Source, error) {
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
