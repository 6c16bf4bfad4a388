package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"wsexchange/mock/ledger"
	"wsexchange/mock/seed"
)

// copyDatabase makes the embedded emulator work on a copy of its database, for
// a gateway may be running that holds the file. forget removes the copy.
func (cfg *Config) copyDatabase(ctx context.Context) (forget func(), err error) {
	if ledger.IsURL(cfg.Emulator.Database) {
		return func() {}, cfg.readShared(ctx)
	}
	if _, err := os.Stat(cfg.Emulator.Database); cfg.Emulator.Database == "" || errors.Is(err, os.ErrNotExist) {
		return func() {}, nil
	}
	folder, err := os.MkdirTemp("", "wsexchange-check-")
	if err != nil {
		return nil, err
	}
	forget = func() { _ = os.RemoveAll(folder) } // at worst the system clears it
	copied := filepath.Join(folder, "emulator.db")
	if err := ledger.Restore(ctx, cfg.Emulator.Database, copied); err != nil {
		forget()
		return nil, err
	}
	cfg.Emulator.Database = copied
	return forget, nil
}

// readShared makes the embedded emulator work in memory, on the content of a
// database that engines share.
func (cfg *Config) readShared(ctx context.Context) error {
	schema, err := seed.Schema()
	if err != nil {
		return err
	}
	read, err := ledger.ReadFile(ctx, schema, cfg.Emulator.Database)
	if errors.Is(err, ledger.ErrNothing) { // the start fills it
		cfg.Emulator.Database = ""
		return nil
	}
	if err != nil {
		return err
	}
	cfg.Emulator.Database, cfg.Emulator.root = "", read.Root()
	return nil
}
