package mock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/internal/throttle"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/ldap"
	"wsexchange/mock/ldap/connection"
	"wsexchange/mock/ledger"
	"wsexchange/mock/namespace"
	"wsexchange/mock/namespace/errorprovider"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

// Config says what an Emulator is. Its zero value is one in memory with the
// demo data and no LDAP listener.
type Config struct {
	// Database is the file that keeps everything, or the URL of a PostgreSQL
	// database, which several emulators may share; empty keeps it in memory.
	Database string
	// Name is that of this engine in the audit log of a shared database.
	Name string
	// Throttle refuses sources and accounts after too many wrong passwords, over
	// LDAP and at the SOAP endpoint of Handler; nil refuses none.
	Throttle *throttle.Throttle
	// Seed is the starting content of a database that has none; nil is the
	// demo data. SeedFile names a YAML file with it.
	Seed     *seed.Seed
	SeedFile string
	// Root is the content of an emulator in memory, instead of a seed.
	Root *state.Root
	// LDAPListen, LDAPSecure, Catalog and CatalogSecure are the addresses of LDAP,
	// ldaps, and the global catalog by both; empty opens none.
	LDAPListen, LDAPSecure, Catalog, CatalogSecure string
	// LDAP settles the rest of the LDAP listener; Store is filled in, and Logger if
	// it is nil.
	LDAP ldap.Config
	// Controllers are the addresses of further LDAP listeners, each that of a domain
	// controller of the directory by its DNS name.
	Controllers map[string]string
	// Replication makes domain controllers see each other's writes late; its
	// zero value does not. With Testing it can be changed later.
	Replication engine.Replication
	// Audit says which requests the audit log keeps.
	Audit engine.AuditLevel
	// KeepAudit is how long it keeps them, KeepHistory how long the ledger keeps
	// the transaction log and what single commits changed. 0 are the ledger's
	// defaults, negative is permanently. See Kept.
	KeepAudit, KeepHistory time.Duration
	// KeepDeleted is how long deleted objects can be found over LDAP; 0 is 60
	// days, negative is permanently. See Kept.
	KeepDeleted time.Duration
	Policies    engine.Policies
	// Errors configures the Error Provider; its zero value has no translations.
	// ErrorMapFile names a file with them.
	Errors       errorprovider.Config
	ErrorMapFile string
	// PerfEnabled names the procedures whose calls are counted in the metrics,
	// as engine.Config does.
	PerfEnabled []string
	// HashCost is the cost of hashing passwords in a database: 4 to 31 are those
	// of bcrypt, 0 is 10, 1 is directory.LowestCost. In memory alone the lowest
	// cost is used, for no hash ever reaches a disk.
	HashCost int
	// Now is the clock, NewGUID makes GUIDs of objects; nil are the system's.
	Now     func() time.Time
	NewGUID func() directory.GUID
	// Logger hears what operators have to see; nil hears nothing.
	Logger *slog.Logger
	// Tracer makes spans of requests, of the SOAP endpoint and of the engine; nil
	// makes none.
	Tracer trace.Tracer
	// Registerer gets the metrics; nil keeps none.
	Registerer prometheus.Registerer
	// Testing makes the emulator keep a journal and take fault rules and
	// snapshots; nil leaves that out. It makes writing slower.
	Testing *Testing
}

// Emulator is a running emulator.
type Emulator struct {
	Store  *ledger.Store
	Engine *engine.Engine
	// LDAP is the directory's listener, or nil.
	LDAP *ldap.Server
	// LDAPSecure, Catalog and CatalogSecure are nil unless the configuration asks
	// for them.
	LDAPSecure, Catalog, CatalogSecure *ldap.Server
	// Controllers are the listeners of further domain controllers by DNS name.
	Controllers map[string]*ldap.Server
	// Journal, Faults and Snapshots are nil without Config.Testing.
	Journal   *journal.Journal
	Faults    *fault.Rules
	Snapshots *Snapshots

	logger      *slog.Logger
	tracer      trace.Tracer
	passwords   *directory.Passwords
	replication engine.Replication
	binds       *connection.Queue // of all LDAP listeners
	throttle    *throttle.Throttle
	first       string // domain controller, by its DNS name
	own         string // id of an installation in memory
}

// Open starts an emulator: it opens the database, seeds an empty one, recovers
// what a crash left, and opens the LDAP listener. The listener ends with ctx.
func Open(ctx context.Context, cfg Config) (*Emulator, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Emulator{logger: cfg.Logger, tracer: cfg.Tracer, replication: cfg.Replication, binds: ldap.NewBinds(), throttle: cfg.Throttle, own: directory.RandomGUID().String()}
	var err error
	if e.Store, e.passwords, err = OpenStore(ctx, cfg, true); err != nil {
		return nil, err
	}
	if err := e.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Emulator) start(ctx context.Context, cfg Config) error {
	if err := e.openTesting(cfg); err != nil {
		return err
	}
	if err := e.openEngine(ctx, cfg); err != nil {
		return err
	}
	if cfg.Registerer != nil {
		if err := cfg.Registerer.Register(newCensus(ctx, e.Store, cfg.Logger)); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return e.openControllers(ctx, cfg)
}

func (e *Emulator) openEngine(ctx context.Context, cfg Config) error {
	if err := cfg.translations(); err != nil {
		return err
	}
	settled := engine.Config{
		Store: e.Store, Passwords: e.passwords, Namespaces: namespace.With(cfg.Errors), Policies: cfg.Policies, Audit: cfg.Audit, Now: cfg.Now,
		Logger: cfg.Logger, Tracer: cfg.Tracer, Registerer: cfg.Registerer, PerfEnabled: cfg.PerfEnabled, Replication: cfg.Replication, Throttle: cfg.Throttle,
		ControllerAddresses: cfg.addresses(), KeepDeleted: cfg.KeepDeleted,
	}
	if cfg.NewGUID != nil {
		settled.NewID = func() string { return cfg.NewGUID().String() }
	}
	if e.Faults != nil {
		settled.Intercept, settled.Journal = e.Faults.Intercept, e.Journal.Record
	}
	var err error
	if e.Engine, err = engine.New(settled); err != nil {
		return err
	}
	if err := e.Engine.Recover(ctx); err != nil || e.Snapshots == nil {
		return err
	}
	return e.Snapshots.Take(ctx, StartSnapshot)
}

// Check tells what is wrong with the settings as far as that can be told
// without opening anything but the files that are read: seed and error map.
func (cfg Config) Check() error {
	_, err := cfg.seed()
	return errors.Join(err, cfg.translations(), engine.CheckPerf(cfg.PerfEnabled, namespace.All()))
}

// translations reads the file of the Error Provider's map.
func (cfg *Config) translations() error {
	if cfg.ErrorMapFile == "" {
		return nil
	}
	file, err := os.Open(cfg.ErrorMapFile)
	if err != nil {
		return fmt.Errorf("error map: %w", err)
	}
	defer func() { _ = file.Close() }()
	if cfg.Errors.Translations, err = errorprovider.ReadTranslations(file); err != nil {
		return fmt.Errorf("error map %s: %w", cfg.ErrorMapFile, err)
	}
	return nil
}

func (cfg *Config) seed() (seed.Seed, error) {
	switch {
	case cfg.Seed != nil:
		return *cfg.Seed, nil
	case cfg.SeedFile == "":
		return *seed.Demo(), nil
	}
	return seed.LoadFile(cfg.SeedFile)
}

// Kept turns a setting of which 0 means permanently into a value of
// Config.KeepAudit, Config.KeepHistory and Config.KeepDeleted.
func Kept(setting time.Duration) time.Duration {
	if setting == 0 {
		return -1
	}
	return setting
}

// Run works off the queue, and removes from the logs what is older than they
// keep it, and what stays of objects that were deleted long ago, until ctx ends.
func (e *Emulator) Run(ctx context.Context) error { return e.Engine.Run(ctx) }

// Domain gives what the directory has once.
func (e *Emulator) Domain(ctx context.Context) (domain directory.Domain, err error) {
	err = e.Store.View(ctx, func(tx *state.Tx) error {
		domain, err = directory.In(tx).Domain()
		return err
	})
	return domain, err
}

// Ready returns why requests would fail: the ledger cannot be written, or the
// directory has no content. It is nil if all is well.
func (e *Emulator) Ready(ctx context.Context) error {
	if err := e.Store.Writable(ctx); err != nil {
		return err
	}
	_, err := e.Domain(ctx)
	return err
}

// Logon checks the password of an account, as directory.Passwords.Logon does.
func (e *Emulator) Logon(ctx context.Context, name, password string) (*directory.Object, error) {
	return e.passwords.Logon(ctx,
		func(fn func(*state.Tx) error) error { return e.Store.View(ctx, fn) },
		func(fn func(*state.Tx) error) error { return e.Store.Update(ctx, fn) }, name, password)
}

// Close closes the LDAP listeners, first, and the database.
func (e *Emulator) Close() error {
	var failures []error
	for _, listener := range e.Listeners() {
		failures = append(failures, listener.Close())
	}
	return errors.Join(append(failures, e.Store.Close())...)
}
