package ledger

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrShared says that an operation on database files was asked of PostgreSQL,
// which has its own programs for it.
var ErrShared = errors.New("the database is PostgreSQL: use its own programs, such as pg_dump and pg_restore, or export and import")

// IsURL reports whether the name of a database is the URL of a PostgreSQL
// database, not that of a file.
func IsURL(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// hidden is what stands for a password.
const hidden = "xxxxx"

// secretParameters are the parameters of a URL that are never shown.
var secretParameters = []string{"password", "sslpassword"}

// Redacted returns the name of a database as it may be shown: the URL of
// PostgreSQL without its passwords.
func Redacted(database string) string {
	if !IsURL(database) {
		return database
	}
	u, err := url.Parse(database)
	if err != nil {
		return "postgres://" + hidden
	}
	query := u.Query()
	for _, name := range secretParameters {
		if query.Has(name) {
			query.Set(name, hidden)
		}
	}
	u.RawQuery = query.Encode()
	return u.Redacted()
}

// scrubbed returns an error whose text has no password of a URL.
func scrubbed(database string, err error) error {
	text := err.Error()
	u, parsed := url.Parse(database)
	if parsed != nil {
		return err // connection has made the text
	}
	kept := []string{database}
	if password, ok := u.User.Password(); ok {
		kept = append(kept, password, url.QueryEscape(password))
	}
	for _, name := range secretParameters {
		kept = append(kept, u.Query().Get(name))
	}
	for _, secret := range kept[1:] {
		if secret != "" && strings.Contains(text, secret) {
			return errors.New(strings.ReplaceAll(strings.ReplaceAll(text, database, Redacted(database)), secret, hidden))
		}
	}
	return err
}

// settings are what every connection asks of the server: that a commit is
// durable, that statements see what was committed before them, and that the
// locks of an engine that is gone are free within seconds. What the URL says
// goes before.
var settings = map[string]string{
	"default_transaction_isolation":       "read committed",
	"synchronous_commit":                  "on",
	"client_connection_check_interval":    "2000",
	"tcp_keepalives_idle":                 "4",
	"tcp_keepalives_interval":             "2",
	"tcp_keepalives_count":                "3",
	"tcp_user_timeout":                    strconv.Itoa(int(silence.Milliseconds())),
	"idle_in_transaction_session_timeout": strconv.Itoa(int(silence.Milliseconds())),
	"TimeZone":                            "UTC",
}

// silence is how long the other end of a connection may be silent before it
// counts as gone.
const silence = 10 * time.Second

// connection reads a URL. No error quotes a password.
func connection(database, engine string) (*pgx.ConnConfig, error) {
	if _, err := url.Parse(database); err != nil {
		return nil, errors.New("this is not a URL such as postgres://account@host/database; characters of a password may have to be written as %XX")
	}
	config, err := pgx.ParseConfig(database)
	if err != nil {
		return nil, err
	}
	for name, value := range settings {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = strings.TrimSuffix("mockmpf "+engine, " ")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	dialer := &net.Dialer{Control: giveUp, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 4 * time.Second, Interval: 2 * time.Second, Count: 3}}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}
	return config, nil
}

// passes reports whether an error is of the connection or of a server that
// stops, starts or is a standby, not of what was asked.
func passes(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return !errors.Is(err, context.Canceled) && !isOurs(err)
	}
	switch refused.Code {
	case "25006", "53300", "25P03", "57P05": // read-only; too many connections; idle for too long
		return true
	}
	class := refused.Code[:min(2, len(refused.Code))]
	return class == "08" || class == "57" && refused.Code != "57014"
}

// refusal is an error that was not made by a connection, and that trying again
// does not change.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// isOurs reports whether an error does not tell of a connection.
func isOurs(err error) bool {
	var own refusal
	var parse *pgconn.ParseConfigError
	return errors.As(err, &own) || errors.As(err, &parse) || errors.Is(err, errOvertaken) || errors.Is(err, ErrClosed)
}

// errOvertaken says that other engines have committed since the lock was lost.
var errOvertaken = errors.New("the connection to the database was lost, and another engine has committed since")

// ErrUnknown says that the connection to the database was lost in a commit, and
// that the engine was closed before it could ask what became of it.
var ErrUnknown = errors.New("whether the commit was made is not known")

func unknownOutcome(entries []*entry, err error) error {
	return fmt.Errorf("%w: transaction %s: %w", ErrUnknown, entries[len(entries)-1].records.TransactionID, err)
}
