package store

import (
	"context"
	"database/sql"
	"fmt"
)

// session is one database connection with the statements prepared on it.
type session struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	columns    map[string][]string // of tracked tables, once they were asked for
}

func openSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &session{conn: conn, statements: make(map[string]*sql.Stmt)}, nil
}

// prepared gives the statement for a query text, prepared once per connection.
// Texts must come from a closed set: they are kept until the store closes.
func (c *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement, ok := c.statements[query]; ok {
		return statement, nil
	}
	statement, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	c.statements[query] = statement
	return statement, nil
}

func (c *session) close() error {
	for _, statement := range c.statements {
		_ = statement.Close() // the connection goes with them
	}
	return c.conn.Close()
}
