package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
)

// Image is the whole content of a store, to be restored or to open others
// with. It is good within the process that made it and holds everything that
// the store does, password hashes included: do not write it anywhere.
type Image struct{ content []byte }

// Size is the length of the image in bytes.
func (i Image) Size() int { return len(i.content) }

// IsZero tells whether there is nothing in the image.
func (i Image) IsZero() bool { return len(i.content) == 0 }

// String tells the size only.
func (i Image) String() string { return fmt.Sprintf("image of %d bytes", len(i.content)) }

// GoString tells the size only.
func (i Image) GoString() string { return i.String() }

// connection is what the driver's connections can beside SQL.
type connection interface {
	Serialize() ([]byte, error)
	Deserialize(content []byte) error
	NewBackup(to string) (*sqlite.Backup, error)
	NewRestore(source string) (*sqlite.Backup, error)
}

// Image copies the store as it is between two writing transactions. It waits
// for the one that runs.
func (s *Store) Image(ctx context.Context) (Image, error) {
	var image Image
	err := s.exclusive(ctx, func(held *session) error {
		return held.raw(func(c connection) (err error) {
			image.content, err = c.Serialize()
			return err
		})
	})
	if err != nil {
		return Image{}, fmt.Errorf("image of the store: %w", err)
	}
	return image, nil
}

// Restore replaces the whole content by that of an image. It waits for the
// writing transaction that runs; views that run see the old content to their
// end. What callers have read before, numbers of rows too, is worth nothing
// after.
func (s *Store) Restore(ctx context.Context, image Image) error {
	if image.IsZero() {
		return errors.New("restore the store: the image is empty")
	}
	err := s.exclusive(ctx, func(held *session) error { return s.replace(ctx, held, image) })
	if err != nil {
		return fmt.Errorf("restore the store: %w", err)
	}
	return nil
}

func (s *Store) replace(ctx context.Context, held *session, image Image) error {
	if !s.inMemory {
		held.forget() // statements are of the content that goes
		return held.raw(func(c connection) error { return restoreFile(c, image) })
	}
	// A database in memory lives in its connection, so the image gets a new one
	// and the old one goes with all that was made of its content.
	db, err := s.copyPool(ctx, image)
	if err != nil {
		return err
	}
	last := len(s.pools) - 1
	made, err := openSession(ctx, db)
	if err == nil {
		err = s.track(ctx, made)
	}
	if err != nil {
		s.pools = s.pools[:last]
		return errors.Join(err, db.Close())
	}
	old := *held
	*held = *made
	previous := s.pools[0]
	s.pools = []*sql.DB{db}
	return errors.Join(old.close(), previous.Close())
}

// copyPool opens a database in memory with the content of an image. It can grow
// to 1 GiB.
func (s *Store) copyPool(ctx context.Context, image Image) (*sql.DB, error) {
	source, err := dataSource("", s.pragmas...)
	if err != nil {
		return nil, err
	}
	db, err := image.open(ctx, source)
	if err != nil {
		return nil, err
	}
	return s.hold(db, 1), nil
}

// open opens a database in memory, the source, with the content.
func (i Image) open(ctx context.Context, source string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	made, err := openSession(ctx, db)
	if err == nil {
		err = made.raw(func(c connection) error { return c.Deserialize(i.journaled(rollbackJournal)) })
		err = errors.Join(err, made.close()) // the connection goes back to the pool
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// exclusive runs fn with the write session while no transaction holds it.
func (s *Store) exclusive(ctx context.Context, fn func(*session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case held := <-s.writer:
		defer func() { s.writer <- held }()
		return fn(held)
	case <-s.closed:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// restoreFile lets SQLite copy the pages, so that readers of the file see one
// content or the other.
func restoreFile(c connection, image Image) (err error) {
	file, err := os.CreateTemp("", "restore-*.db") // readable by its owner only
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	_, err = file.Write(image.journaled(rollbackJournal))
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	backup, err := c.NewRestore(file.Name())
	if err != nil {
		return err
	}
	_, err = backup.Step(-1)
	return errors.Join(err, backup.Finish())
}

// How a database keeps a transaction that may have to be undone.
const (
	rollbackJournal = 1
	writeAheadLog   = 2 // of files only
)

// journaled gives the content marked as one with the journal. Two bytes of
// SQLite's file header tell: file format write and read version.
func (i Image) journaled(with byte) []byte {
	const writeVersion, readVersion = 18, 19
	if len(i.content) <= readVersion || i.content[writeVersion] == with && i.content[readVersion] == with {
		return i.content
	}
	content := bytes.Clone(i.content)
	content[writeVersion], content[readVersion] = with, with
	return content
}

// raw gives fn the driver's connection.
func (c *session) raw(fn func(connection) error) error {
	return c.conn.Raw(func(driver any) error {
		conn, ok := driver.(connection)
		if !ok {
			return fmt.Errorf("the driver's %T copies no databases", driver)
		}
		return fn(conn)
	})
}

// forget closes the prepared statements.
func (c *session) forget() {
	for query, statement := range c.statements {
		_ = statement.Close() // nothing is left to do about one that does not
		delete(c.statements, query)
	}
}
