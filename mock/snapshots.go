package mock

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"wsexchange/mock/store"
)

// MostSnapshots is how many snapshots an emulator holds.
const MostSnapshots = 100

// ErrNoSnapshot says that there is no snapshot of a name.
var ErrNoSnapshot = errors.New("no such snapshot")

// Snapshots are copies of the whole content by name, in memory. Its methods
// may be called from any goroutine.
type Snapshots struct {
	emulator *Emulator

	mu     sync.Mutex
	images map[string]store.Image
}

// Take copies the content under a name, in place of what had the name. It
// fails if there are MostSnapshots others.
func (s *Snapshots) Take(ctx context.Context, name string) error {
	if name == "" {
		return errors.New("a snapshot needs a name")
	}
	image, err := s.emulator.Store.Image(ctx)
	if err != nil {
		return err
	}
	return s.keep(name, image)
}

func (s *Snapshots) keep(name string, image store.Image) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, replaces := s.images[name]; !replaces && len(s.images) >= MostSnapshots {
		return fmt.Errorf("snapshot %q: there are %d already", name, MostSnapshots)
	}
	s.images[name] = image
	return nil
}

// Image gives a snapshot. It fails with ErrNoSnapshot.
func (s *Snapshots) Image(name string) (store.Image, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	image, ok := s.images[name]
	if !ok {
		return store.Image{}, fmt.Errorf("%w: %q", ErrNoSnapshot, name)
	}
	return image, nil
}

// Restore makes the content that of a snapshot, which stays. Journal and fault
// rules are left alone. It fails with ErrNoSnapshot.
func (s *Snapshots) Restore(ctx context.Context, name string) error {
	image, err := s.Image(name)
	if err != nil {
		return err
	}
	return s.emulator.restore(ctx, image)
}

// Drop forgets a snapshot. It fails with ErrNoSnapshot, and keeps that of the
// start.
func (s *Snapshots) Drop(name string) error {
	if name == StartSnapshot {
		return fmt.Errorf("the snapshot %q is needed for a reset", name)
	}
	if _, err := s.Image(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.images, name)
	return nil
}

// Names gives the names in their order.
func (s *Snapshots) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.images))
}

// Difference tells what is different in the snapshot after from the snapshot
// before; an empty name is the present content. It fails with ErrNoSnapshot.
// store.WriteChanges makes it readable text.
func (s *Snapshots) Difference(ctx context.Context, before, after string) ([]store.ObjectChange, error) {
	was, err := s.open(ctx, before)
	if err != nil {
		return nil, err
	}
	defer func() { _ = was.Close() }() // a copy in memory
	is, err := s.open(ctx, after)
	if err != nil {
		return nil, err
	}
	defer func() { _ = is.Close() }()
	return store.Difference(ctx, was, is)
}

// open opens a copy, so that the store itself is not held.
func (s *Snapshots) open(ctx context.Context, name string) (*store.Store, error) {
	var image store.Image
	var err error
	if name == "" {
		image, err = s.emulator.Store.Image(ctx)
	} else {
		image, err = s.Image(name)
	}
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Config{Image: image})
}
