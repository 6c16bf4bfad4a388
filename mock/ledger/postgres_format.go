package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SharedFormat is the version of the tables in PostgreSQL that this program
// reads and writes.
const SharedFormat = 1

// sharedCreation makes the tables of an empty schema. A row that is gone stays
// named in gone, for engines that have not followed yet, for as long as the
// revision that removed it is kept.
const sharedCreation = `
CREATE TABLE installation (
    name  text NOT NULL PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE engine (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text NOT NULL,
    started timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE revision (
    number         bigint NOT NULL PRIMARY KEY,
    mark           text   NOT NULL,
    at             timestamptz NOT NULL,
    transaction_id text   NOT NULL,
    engine         text   NOT NULL,
    controller     text   NOT NULL,
    changes        json   NOT NULL
);
CREATE INDEX revision_at ON revision (at);

CREATE TABLE content (
    tbl      text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    value    json NOT NULL,
    PRIMARY KEY (tbl, key)
);
CREATE INDEX content_revision ON content (revision);

CREATE TABLE gone (
    tbl      text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (tbl, key)
);
CREATE INDEX gone_revision ON gone (revision);

CREATE TABLE audit (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mark           text   NOT NULL UNIQUE,
    engine         text   NOT NULL,
    transaction_id text   NOT NULL,
    client_id      text   NOT NULL,
    caller         text   NOT NULL,
    organization   text   NOT NULL,
    org_key        text   NOT NULL,
    namespace      text   NOT NULL,
    procedure      text   NOT NULL,
    at             bigint NOT NULL,
    duration_us    bigint NOT NULL,
    code           bigint NOT NULL,
    description    text   NOT NULL,
    request        text   NOT NULL,
    steps          text   NOT NULL
);
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_org ON audit (org_key, at);
CREATE INDEX audit_procedure ON audit (namespace, procedure, at);
CREATE INDEX audit_code ON audit (code, at);
CREATE INDEX audit_transaction ON audit (transaction_id);
CREATE INDEX audit_client ON audit (client_id);

CREATE TABLE transaction_log (
    id        text   NOT NULL PRIMARY KEY,
    owner     text   NOT NULL,
    engine    text   NOT NULL,
    client_id text   NOT NULL,
    caller    text   NOT NULL,
    namespace text   NOT NULL,
    procedure text   NOT NULL,
    queue_id  text   NOT NULL,
    state     text   NOT NULL,
    code      bigint NOT NULL,
    started   bigint NOT NULL,
    ended     bigint NOT NULL,
    request   text   NOT NULL,
    steps     text   NOT NULL
);
CREATE INDEX transaction_log_state ON transaction_log (state, started);
CREATE INDEX transaction_log_client ON transaction_log (client_id);
`

// identifyPostgres returns the installation of a schema, which it makes if the
// schema is empty. What is not of this program and format is refused.
func identifyPostgres(ctx context.Context, tx pgx.Tx, scope string) (installation string, err error) {
	found, err := tablesOf(ctx, tx, scope)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return createShared(ctx, tx)
	}
	values, err := installationOf(ctx, tx, found)
	if err != nil {
		return "", err
	}
	if values["program"] != program {
		return "", refusal{fmt.Errorf("%w: schema %s has tables that are not an emulator's (%s); use a schema or database of its own",
			ErrOtherProgram, scope, strings.Join(found[:min(len(found), 3)], ", "))}
	}
	format, err := strconv.Atoi(values["format"])
	switch {
	case err != nil || format < 1:
		return "", refusal{fmt.Errorf("table installation: %w: format %q is not a number", ErrDamaged, values["format"])}
	case format != SharedFormat:
		return "", refusal{formats{current: SharedFormat}.refuseNewer(format)}
	}
	return values["id"], nil
}

func tablesOf(ctx context.Context, tx pgx.Tx, scope string) ([]string, error) {
	rows, err := tx.Query(ctx, "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY tablename", scope)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// installationOf returns what the schema says of itself, nothing if it does
// not.
func installationOf(ctx context.Context, tx pgx.Tx, found []string) (map[string]string, error) {
	ours := 0
	for _, name := range found {
		if name == "installation" || name == "content" || name == "revision" {
			ours++
		}
	}
	if ours < 3 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, "SELECT name, value FROM installation")
	if err != nil {
		return nil, fmt.Errorf("%w: table installation: %w", ErrOtherProgram, err)
	}
	values := make(map[string]string)
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		values[name] = value
		return nil
	})
	return values, err
}

func createShared(ctx context.Context, tx pgx.Tx) (installation string, err error) {
	var version int
	if err := tx.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return "", err
	}
	var encoding string
	if err := tx.QueryRow(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		return "", err
	}
	switch {
	case version < 140000:
		return "", refusal{errors.New("PostgreSQL 14 or a later version is needed")}
	case encoding != "UTF8":
		return "", refusal{fmt.Errorf("the encoding of the database is %s: UTF8 is needed", encoding)}
	}
	if _, err := tx.Exec(ctx, sharedCreation); err != nil {
		return "", err
	}
	installation = newInstallation()
	_, err = tx.Exec(ctx, "INSERT INTO installation (name, value) VALUES ('program', $1), ('format', $2), ('id', $3)",
		program, strconv.Itoa(SharedFormat), installation)
	return installation, err
}
