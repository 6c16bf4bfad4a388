package mock

import (
	"context"
	"fmt"

	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/replica"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Testing is what an emulator has for those who test with it.
type Testing struct {
	Journal journal.Config
	Faults  fault.Config
}

// StartSnapshot is the name of the snapshot that an emulator with Testing
// takes when it starts.
const StartSnapshot = "start"

// openTesting opens journal and fault rules.
func (e *Emulator) openTesting(cfg Config) error {
	if cfg.Testing == nil {
		return nil
	}
	faults := cfg.Testing.Faults
	if faults.Registerer == nil {
		faults.Registerer = cfg.Registerer
	}
	var err error
	if e.Faults, err = fault.New(faults); err != nil {
		return err
	}
	e.Journal = journal.New(cfg.Testing.Journal)
	e.Snapshots = &Snapshots{emulator: e, roots: make(map[string]*state.Root)}
	return nil
}

// Submitter is the engine for use in process, with the fault rules that
// concern the connection.
func (e *Emulator) Submitter() mpf.Submitter {
	if e.Faults == nil {
		return e.Engine
	}
	return e.Faults.Submitter(e.Engine)
}

// Reset brings an emulator with Testing back to how it started: content,
// journal, fault rules and delays of replication. Snapshots stay.
func (e *Emulator) Reset(ctx context.Context) error {
	if err := e.Snapshots.Restore(ctx, StartSnapshot); err != nil {
		return err
	}
	e.Journal.Clear()
	e.Faults.Clear()
	e.Engine.SetReplication(e.replication)
	return nil
}

// Reseed replaces the whole content by that of a seed. A bad one is refused
// and changes nothing.
func (e *Emulator) Reseed(ctx context.Context, content seed.Seed) error {
	root, err := seed.Root(ctx, e.Store.Env(), content)
	if err != nil {
		return fmt.Errorf("seeding the database: %w", err)
	}
	return e.replace(ctx, root)
}

// ReplaceState makes the content that of a root such as ReadExport returns, in
// one commit: all of it or, after an error, nothing. It is what restoring a
// snapshot is: every domain controller sees the content at once, and journal,
// fault rules and snapshots stay. Requests that run end on the content with
// which they began, before or after.
func (e *Emulator) ReplaceState(ctx context.Context, root *state.Root) error {
	return e.replace(ctx, root)
}

// replace makes the content that of a root, which every domain controller sees
// at once.
func (e *Emulator) replace(ctx context.Context, root *state.Root) error {
	tx := root.Begin(e.Store.Env())
	if err := replica.In(tx, replica.Delays{}).Catch(); err != nil {
		return err
	}
	if err := e.Store.Replace(ctx, tx.Root(root.Revision())); err != nil {
		return err
	}
	e.Engine.ForgetLogons()
	return nil
}
