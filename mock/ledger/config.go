package ledger

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"wsexchange/mock/state"
)

// What a ledger refuses with. Test with errors.Is.
var (
	ErrClosed     = errors.New("ledger is closed")
	ErrNotWritten = errors.New("commit was not written")
	ErrInMemory   = errors.New("state is kept in memory alone: there is no file; use export")
	ErrReplaced   = errors.New("database file was deleted or replaced while it was in use")
)

// Retention where the configuration does not say.
const (
	DefaultKeepAudit   = 90 * 24 * time.Hour
	DefaultKeepHistory = 7 * 24 * time.Hour
)

// Config says where a ledger is kept. Only Schema is required.
type Config struct {
	Schema *state.Schema
	Env    state.Env   // clock, GUIDs, hooks; given to every transaction. nil functions get the system's clock, random GUIDs
	Path   string      // database file, made if missing, or URL of PostgreSQL (see IsURL); empty keeps everything in memory
	Root   *state.Root // content of a new ledger in memory, instead of none; not with Path

	Synchronous string // OFF, NORMAL, FULL or EXTRA; empty = FULL: a power cut loses nothing that was answered
	Engine      string // name of this engine in the revisions

	KeepAudit   time.Duration // age at which Prune removes audit rows; 0 = DefaultKeepAudit, negative = never
	KeepHistory time.Duration // the same for revisions and the transaction log; 0 = DefaultKeepHistory

	Logger *slog.Logger // nil discards
}

// complete returns the configuration with its defaults, or what is wrong with it.
func (c Config) complete() (Config, error) {
	if c.Schema == nil {
		return c, errors.New("ledger: no schema")
	}
	if c.Root != nil && c.Path != "" {
		return c, fmt.Errorf("database %s: only a ledger in memory is opened with a root", Redacted(c.Path))
	}
	if c.Root != nil && c.Root.Schema() != c.Schema {
		return c, errors.New("ledger: the root is of another schema")
	}
	asked := c.Synchronous
	c.Synchronous = strings.ToUpper(asked)
	switch c.Synchronous {
	case "":
		c.Synchronous = "FULL"
	case "OFF", "NORMAL", "FULL", "EXTRA":
	default:
		return c, fmt.Errorf("synchronous %q is not OFF, NORMAL, FULL or EXTRA", asked)
	}
	if c.Env.Now == nil {
		c.Env.Now = time.Now
	}
	if c.Env.NewGUID == nil {
		c.Env.NewGUID = randomGUID
	}
	c.KeepAudit = orDefault(c.KeepAudit, DefaultKeepAudit)
	c.KeepHistory = orDefault(c.KeepHistory, DefaultKeepHistory)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func orDefault(age, otherwise time.Duration) time.Duration {
	if age == 0 {
		return otherwise
	}
	return age
}

// randomGUID makes a version 4 GUID in the octet order of the directory. F100.
func randomGUID() (g [16]byte) {
	_, _ = rand.Read(g[:]) // never fails since Go 1.24
	g[7] = g[7]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}

// newInstallation makes the id of a new installation, a GUID in braces.
func newInstallation() string {
	g := randomGUID()
	return fmt.Sprintf("{%x-%x-%x-%x-%x}", [4]byte{g[3], g[2], g[1], g[0]}, [2]byte{g[5], g[4]}, [2]byte{g[7], g[6]}, g[8:10], g[10:])
}
