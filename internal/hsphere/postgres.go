package hsphere

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// fetched is how many rows a cursor returns at a time.
const fetched = 500

// connectTimeout bounds the connecting.
const connectTimeout = 30 * time.Second

// database reads PostgreSQL, in one read-only transaction.
type database struct {
	conn    *pgx.Conn
	opened  context.Context // that of open without its end, for close
	tx      pgx.Tx
	types   map[kind]string // ids of the types, as constants of SQL
	cursors int
}

// undefined are the codes of PostgreSQL for a table or a column that is not
// there.
var undefined = []string{"42P01", "42703"}

func openDatabase(ctx context.Context, location string) (*Panel, error) {
	cfg, err := pgx.ParseConfig(location)
	if err != nil {
		return nil, fmt.Errorf("panel: %w", errAddress(err))
	}
	// Servers of the panel's time know none of what newer protocols add.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	cfg.RuntimeParams["application_name"] = "wsexchange"
	if cfg.ConnectTimeout <= 0 || cfg.ConnectTimeout > connectTimeout {
		cfg.ConnectTimeout = connectTimeout
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	d := &database{conn: conn, opened: context.WithoutCancel(ctx)}
	d.tx, err = conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead})
	if err == nil {
		err = d.readTypes(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("panel: %w", err), d.close())
	}
	shown := url.URL{Scheme: "postgres", User: url.User(cfg.User), Host: cfg.Host, Path: cfg.Database}
	if cfg.Port != 0 && !strings.HasPrefix(cfg.Host, "/") {
		shown.Host += ":" + strconv.Itoa(int(cfg.Port))
	}
	return &Panel{source: d, opened: Opened{Source: shown.String(), At: time.Now()}}, nil
}

// errAddress drops the address from an error about it, which may hold a
// password in a form that the driver does not recognize.
func errAddress(err error) error {
	var wrong *pgconn.ParseConfigError
	if errors.As(err, &wrong) {
		if inner := wrong.Unwrap(); inner != nil {
			var parse *url.Error
			if errors.As(inner, &parse) {
				inner = parse.Err
			}
			return fmt.Errorf("the address is not one of PostgreSQL: %w", inner)
		}
		return errors.New("the address is not one of PostgreSQL")
	}
	return err
}

func (d *database) close() error {
	ctx, cancel := context.WithTimeout(d.opened, connectTimeout)
	defer cancel()
	return d.conn.Close(ctx) // which ends the transaction; there is nothing to commit
}

// readTypes reads the ids of the types.
func (d *database) readTypes(ctx context.Context) error {
	names := make([]string, 0, len(kinds))
	for _, k := range kinds {
		names = append(names, "'"+string(k)+"'")
	}
	d.types = make(map[kind]string, len(kinds))
	for r, err := range d.query(ctx, &table{name: typeTable, columns: []string{"name"}},
		"SELECT 0, id, name::text FROM type_name WHERE name IN ("+strings.Join(names, ", ")+") ORDER BY id") {
		if err != nil {
			return err
		}
		d.types[kind(r.fields[0])] = strconv.FormatInt(r.id, 10)
	}
	if d.types[kindOrganization] == "" {
		return fmt.Errorf("%w: %s does not know %s", ErrNotAPanel, typeTable, kindOrganization)
	}
	for _, k := range kinds {
		if d.types[k] == "" {
			d.types[k] = "-1" // this panel has none of the kind
		}
	}
	return nil
}

func (d *database) organizations(ctx context.Context) iter.Seq2[row, error] {
	return d.query(ctx, &organizationColumns, `
SELECT 0, o.id, o.name::text, o.description::text, o.available_plans::text,
       a.id::text, a.suspended::text, a.deleted::text, a.reseller_id::text
  FROM he_bizorg o
  LEFT JOIN (SELECT child_id AS id, min(account_id) AS account_id FROM parent_child
              WHERE child_type = `+d.types[kindOrganization]+` GROUP BY child_id) own ON own.id = o.id
  LEFT JOIN (SELECT parent_id AS id, min(account_id) AS account_id FROM parent_child
              WHERE parent_type = `+d.types[kindOrganization]+` GROUP BY parent_id) below ON below.id = o.id
  LEFT JOIN accounts a ON a.id = coalesce(own.account_id, below.account_id)
 ORDER BY o.id`)
}

func (d *database) rows(ctx context.Context, t *table) iter.Seq2[row, error] {
	if t.kind == kindFolder {
		return d.query(ctx, t, `
SELECT coalesce(s.parent_id, 0), f.child_id
  FROM parent_child f
  LEFT JOIN parent_child s ON s.child_id = f.parent_id AND s.child_type = `+d.types[kindPublicStore]+`
 WHERE f.child_type = `+d.types[kindFolder]+`
 ORDER BY coalesce(s.parent_id, 0), f.child_id`)
	}
	columns := make([]string, 0, len(t.columns)+1)
	for _, c := range t.columns {
		columns = append(columns, "t."+c+"::text")
	}
	if t.secret != "" {
		columns = append(columns, "t."+t.secret+"::text")
	}
	join := "LEFT JOIN"
	if t.inner {
		join = "JOIN"
	}
	return d.query(ctx, t, `
SELECT coalesce(p.parent_id, 0), t.id, `+strings.Join(columns, ", ")+`
  FROM `+t.name+` t
  `+join+` parent_child p ON p.child_id = t.id AND p.child_type = `+d.types[t.kind]+` AND p.parent_type = `+d.types[kindOrganization]+`
 ORDER BY coalesce(p.parent_id, 0), t.id`)
}

func (d *database) settings(ctx context.Context) iter.Seq2[row, error] {
	return d.query(ctx, &settingColumns, `
SELECT coalesce(reseller_id, 0), 0, name::text, value::text FROM settings
 WHERE name IN ('`+settingBase+`', '`+settingController+`') ORDER BY reseller_id, name`)
}

func (d *database) counts(ctx context.Context) (Counts, error) {
	var c Counts
	err := d.tx.QueryRow(ctx, "SELECT (SELECT count(*) FROM he_bizorg), (SELECT count(*) FROM he_bizuser)").Scan(&c.Organizations, &c.Users)
	return c, explained(err)
}

// query returns the rows of a statement, which selects the owner, the id, and
// the columns of the table. They come through a cursor, some at a time, so that
// several tables can be read side by side.
func (d *database) query(ctx context.Context, t *table, statement string) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		d.cursors++
		cursor := "wsexchange_" + strconv.Itoa(d.cursors)
		if _, err := d.tx.Exec(ctx, "DECLARE "+cursor+" NO SCROLL CURSOR FOR "+statement); err != nil {
			yield(row{}, fmt.Errorf("%s: %w", t.name, explained(err)))
			return
		}
		for {
			batch, err := d.fetch(ctx, t, cursor)
			if err != nil {
				yield(row{}, fmt.Errorf("%s: %w", t.name, explained(err)))
				return
			}
			for _, r := range batch {
				if !yield(r, nil) {
					return
				}
			}
			if len(batch) < fetched {
				return
			}
		}
	}
}

func (d *database) fetch(ctx context.Context, t *table, cursor string) ([]row, error) {
	rows, err := d.tx.Query(ctx, "FETCH "+strconv.Itoa(fetched)+" FROM "+cursor)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(from pgx.CollectableRow) (row, error) {
		r := row{fields: make([]string, len(t.columns))}
		to := []any{&r.owner, &r.id}
		for i := range r.fields {
			to = append(to, plainText{&r.fields[i]})
		}
		if t.secret != "" {
			to = append(to, &r.secret)
		}
		return r, from.Scan(to...)
	})
}

// explained says of an error that the database is not a panel's, where it tells
// that.
func explained(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && slices.Contains(undefined, refused.Code) {
		return fmt.Errorf("%w: %s", ErrNotAPanel, refused.Message)
	}
	return err
}
