package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema to the newest of the embedded migrations, each in
// a transaction of its own.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if done, err := migrated(ctx, db, files); err != nil || done {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

// migrated tells whether the migrations that have run are just those embedded.
// If in doubt, goose is to tell.
func migrated(ctx context.Context, db *sql.DB, files fs.FS) (bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT version_id FROM goose_db_version WHERE version_id > 0 AND is_applied ORDER BY version_id")
	if err != nil {
		return false, nil // an empty database has no such table; goose says what else it may be
	}
	defer func() { _ = rows.Close() }()
	var done []int64
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return false, fmt.Errorf("migrations: %w", err)
		}
		done = append(done, version)
	}
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("migrations: %w", err)
	}
	wanted, err := versions(files)
	return slices.Equal(done, wanted), err
}

// versions gives the numbers of the migrations in their order.
func versions(files fs.FS) ([]int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	var all []int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		all = append(all, version)
	}
	return all, nil
}
