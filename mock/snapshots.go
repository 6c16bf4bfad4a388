package mock

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"wsexchange/mock/state"
)

// MostSnapshots is how many snapshots an emulator holds.
const MostSnapshots = 100

// ErrNoSnapshot says that there is no snapshot of a name.
var ErrNoSnapshot = errors.New("no such snapshot")

// Snapshots are contents by name, in memory. A snapshot is a root of the state
// that is kept: it costs what was changed since. Its methods may be called from
// any goroutine.
type Snapshots struct {
	emulator *Emulator

	mu    sync.Mutex
	roots map[string]*state.Root
}

// Take keeps the content under a name, in place of what had the name. It fails
// if there are MostSnapshots others.
func (s *Snapshots) Take(_ context.Context, name string) error {
	if name == "" {
		return errors.New("a snapshot needs a name")
	}
	return s.keep(name, s.emulator.Store.Root())
}

func (s *Snapshots) keep(name string, root *state.Root) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, replaces := s.roots[name]; !replaces && len(s.roots) >= MostSnapshots {
		return fmt.Errorf("snapshot %q: there are %d already", name, MostSnapshots)
	}
	s.roots[name] = root
	return nil
}

// Root returns a snapshot; an empty name is the present content. It fails with
// ErrNoSnapshot.
func (s *Snapshots) Root(name string) (*state.Root, error) {
	if name == "" {
		return s.emulator.Store.Root(), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	root, ok := s.roots[name]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrNoSnapshot, name)
	}
	return root, nil
}

// Restore makes the content that of a snapshot, which stays. Journal and fault
// rules are left alone. Requests that run end on the content with which they
// began, before or after. It fails with ErrNoSnapshot.
func (s *Snapshots) Restore(ctx context.Context, name string) error {
	if name == "" {
		return fmt.Errorf("%w: %q", ErrNoSnapshot, name)
	}
	root, err := s.Root(name)
	if err != nil {
		return err
	}
	return s.emulator.replace(ctx, root)
}

// Drop forgets a snapshot. It fails with ErrNoSnapshot, and keeps that of the
// start.
func (s *Snapshots) Drop(name string) error {
	if name == StartSnapshot {
		return fmt.Errorf("the snapshot %q is needed for a reset", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.roots[name]; !ok {
		return fmt.Errorf("%w: %q", ErrNoSnapshot, name)
	}
	delete(s.roots, name)
	return nil
}

// Names returns the names in their order.
func (s *Snapshots) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.roots))
}

// Difference returns what is different in the snapshot after from the snapshot
// before; an empty name is the present content. It fails with ErrNoSnapshot.
// state.WriteChanges makes it readable text.
func (s *Snapshots) Difference(_ context.Context, before, after string) ([]state.ObjectChange, error) {
	was, err := s.Root(before)
	if err != nil {
		return nil, err
	}
	is, err := s.Root(after)
	if err != nil {
		return nil, err
	}
	return Difference(was, is), nil
}

// Difference returns what is different in the content after from the content
// before, object by object. Passwords are shown as ***.
func Difference(before, after *state.Root) []state.ObjectChange {
	return state.Describe(before.Read(state.Env{}), after.Read(state.Env{}), state.Difference(before, after))
}
