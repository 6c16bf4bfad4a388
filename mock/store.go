package mock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

// OpenStore opens the state of an emulator without an engine. With fill, a new
// database begins with the content of the configuration, and one in memory
// always does; without it, a database file has to have content.
func OpenStore(ctx context.Context, cfg Config, fill bool) (*ledger.Store, *directory.Passwords, error) {
	store, passwords, err := OpenLedger(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	if err := cfg.fill(ctx, store, fill); err != nil {
		err = fmt.Errorf("database %s: %w", cmp.Or(ledger.Redacted(cfg.Database), "in memory"), err)
		return nil, nil, errors.Join(err, store.Close())
	}
	return store, passwords, nil
}

// OpenLedger is OpenStore for whatever content there is in a database file,
// none too.
func OpenLedger(ctx context.Context, cfg Config) (*ledger.Store, *directory.Passwords, error) {
	if cfg.Database != "" && cfg.Root != nil {
		return nil, nil, errors.New("a root is the content of an emulator in memory, not of a database")
	}
	env, passwords, err := cfg.env()
	if err != nil {
		return nil, nil, err
	}
	schema, err := seed.Schema()
	if err != nil {
		return nil, nil, err
	}
	kept := ledger.Config{
		Schema: schema, Env: env, Path: cfg.Database, Root: cfg.Root, Logger: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		Engine: cfg.name(), KeepAudit: cfg.KeepAudit, KeepHistory: cfg.KeepHistory,
	}
	if cfg.Database == "" && cfg.Root == nil {
		if kept.Root, err = cfg.content(ctx, env); err != nil {
			return nil, nil, err
		}
	}
	store, err := ledger.Open(ctx, kept)
	return store, passwords, err
}

// name is that of the engine, or one that tells it from others on its host.
func (cfg *Config) name() string {
	if cfg.Name != "" || !ledger.IsURL(cfg.Database) {
		return cfg.Name
	}
	host, err := os.Hostname()
	if err != nil {
		host = "engine"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// StartingContent makes the content with which a new emulator of the
// configuration begins. Its passwords are hashed at the lowest cost: it is for
// comparing, and for emulators in memory.
func (cfg Config) StartingContent(ctx context.Context) (*state.Root, error) {
	cfg.Database = ""
	env, _, err := cfg.env()
	if err != nil {
		return nil, err
	}
	return cfg.content(ctx, env)
}

// ReadExport reads an export of a state, as ledger.Import does. One without the
// starting content of an emulator is directory.ErrNotSeeded.
func ReadExport(ctx context.Context, r io.Reader) (*state.Root, error) {
	schema, err := seed.Schema()
	if err != nil {
		return nil, err
	}
	root, err := ledger.Import(ctx, schema, r)
	if err != nil {
		return nil, err
	}
	if !seed.Seeded(root.Read(state.Env{})) {
		return nil, fmt.Errorf("import: %w", directory.ErrNotSeeded)
	}
	return root, nil
}

// env is what transactions of the emulator need.
func (cfg *Config) env() (state.Env, *directory.Passwords, error) {
	cost := cfg.HashCost
	if cfg.Database == "" {
		cost = directory.LowestCost
	}
	if err := directory.CheckCost(cost); err != nil {
		return state.Env{}, nil, err
	}
	passwords := directory.NewPasswords(cost)
	newGUID, now := cfg.NewGUID, cfg.Now
	if newGUID == nil {
		newGUID = directory.RandomGUID
	}
	if now == nil {
		now = time.Now
	}
	return seed.Env(state.Env{Now: now, NewGUID: func() [16]byte { return newGUID() }}, passwords), passwords, nil
}

// content is the state that an emulator begins with.
func (cfg *Config) content(ctx context.Context, env state.Env) (*state.Root, error) {
	content, err := cfg.seed()
	if err != nil {
		return nil, err
	}
	root, err := seed.Root(ctx, env, content)
	if err != nil {
		return nil, fmt.Errorf("seeding the database: %w", err)
	}
	return root, nil
}

// fill gives a new database file its content.
func (cfg *Config) fill(ctx context.Context, store *ledger.Store, fill bool) error {
	seeded := false
	if err := store.View(ctx, func(tx *state.Tx) error {
		seeded = seed.Seeded(tx)
		return nil
	}); err != nil || seeded {
		return err
	}
	if !fill {
		return directory.ErrNotSeeded
	}
	root, err := cfg.content(ctx, store.Env())
	if err != nil {
		return err
	}
	return store.ReplaceIf(ctx, root, func(tx *state.Tx) bool { return !seed.Seeded(tx) }) // another engine may have been faster
}
