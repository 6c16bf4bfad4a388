package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	_ "embed" // for the empty database
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// emptyDatabase is a database in which all migrations have run and nothing
// else. A new store begins as a copy of it, since running them takes eight
// times as long. migrate has the last word: it runs those that the copy lacks.
//
//go:embed empty.db.gz
var emptyDatabase []byte

// empty gives the empty database.
func empty() (Image, error) {
	packed, err := gzip.NewReader(bytes.NewReader(emptyDatabase))
	if err != nil {
		return Image{}, fmt.Errorf("empty database: %w", err)
	}
	// The last four bytes of gzip's format are the length.
	content := make([]byte, binary.LittleEndian.Uint32(emptyDatabase[len(emptyDatabase)-4:]))
	if _, err := io.ReadFull(packed, content); err != nil {
		return Image{}, fmt.Errorf("empty database: %w", err)
	}
	return Image{content}, nil
}

// filePool opens a database file, which is made if it is missing.
func (s *Store) filePool(path string) (*sql.DB, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	source, err := dataSource(path, s.pragmas...)
	if err != nil {
		return nil, err
	}
	return s.pool(source, 1)
}

// createFile makes the file of a new database, unless there is a file already.
// It appears under its name when it is whole, so that a killed program leaves
// a good one or none.
func createFile(path string) (err error) {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	image, err := empty()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path+".new-"+rand.Text(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) // as SQLite does
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	_, err = file.Write(image.journaled(writeAheadLog))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	// Unlike a rename, a link leaves alone what somebody else has made
	// meanwhile. Where there are no links, SQLite makes the file and migrate
	// fills it.
	_ = os.Link(file.Name(), path)
	return nil
}

// memoryPool opens an empty database in memory. Unlike one from copyPool, it
// can grow without end.
func (s *Store) memoryPool(ctx context.Context) (*sql.DB, error) {
	image, err := empty()
	if err != nil {
		return nil, err
	}
	source, err := dataSource("", s.pragmas...)
	if err != nil {
		return nil, err
	}
	original, err := image.open(ctx, source)
	if err != nil {
		return nil, err
	}
	defer func() { _ = original.Close() }() // in memory: nothing is lost
	held, err := openSession(ctx, original)
	if err != nil {
		return nil, err
	}
	defer func() { _ = held.close() }()
	grows := &single{driver: original.Driver()}
	err = held.raw(func(c connection) (err error) {
		grows.conn, err = duplicate(c, source)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return s.hold(sql.OpenDB(grows), 1), nil
}

// duplicate copies a connection's database into that of a new connection.
func duplicate(c connection, to string) (driver.Conn, error) {
	backup, err := c.NewBackup(to)
	if err != nil {
		return nil, err
	}
	if _, err := backup.Step(-1); err != nil {
		return nil, errors.Join(err, backup.Finish())
	}
	return backup.Commit()
}

// single is a connector that has one connection to give.
type single struct {
	driver driver.Driver
	conn   driver.Conn
}

// Connect gives the connection, once.
func (s *single) Connect(context.Context) (driver.Conn, error) {
	conn := s.conn
	if s.conn = nil; conn == nil {
		return nil, errors.New("a database in memory has one connection only")
	}
	return conn, nil
}

// Driver is that of the connection.
func (s *single) Driver() driver.Driver { return s.driver }
