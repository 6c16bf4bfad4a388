package mocktest

import (
	"encoding/binary"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/ldap"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

// settings is what options settle.
type settings struct {
	seed       *seed.Seed
	root       *state.Root
	ldap       bool
	directory  ldap.Config
	now        func() time.Time
	ids        *ids
	policy     *directory.PasswordPolicy
	faults     fault.Config
	rules      []fault.Rule
	journal    journal.Config
	policies   engine.Policies
	audit      engine.AuditLevel
	logger     *slog.Logger
	registerer prometheus.Registerer

	controllers []string
	replication engine.Replication
}

// Option settles something about an Emulator.
type Option func(*settings)

// Seed is the starting content, instead of the demo data.
func Seed(seed seed.Seed) Option { return func(s *settings) { s.seed = &seed } }

// LDAP opens the directory's listener, too. A config is for what it should be
// like; its Store is filled in.
func LDAP(config ...ldap.Config) Option {
	return func(s *settings) {
		s.ldap = true
		for _, c := range config {
			s.directory = c
		}
	}
}

// Clock is what the emulator takes for the time.
func Clock(now func() time.Time) Option { return func(s *settings) { s.now = now } }

// FixedClock makes the time stand still.
func FixedClock(at time.Time) Option { return Clock(func() time.Time { return at }) }

// IDs makes GUIDs in order, other ones for every seed: the same requests one
// after the other get the same ids on every run.
func IDs(seed uint64) Option { return func(s *settings) { s.ids = &ids{seed: seed} } }

// Start of time for Deterministic.
func epoch() time.Time { return time.Date(2005, time.March, 1, 9, 0, 0, 0, time.UTC) }

// Deterministic is a clock that stands still, and ids in order: the same
// requests, one after the other, get the same answers byte for byte on every
// run.
func Deterministic() Option {
	return func(s *settings) {
		FixedClock(epoch())(s)
		IDs(1)(s)
	}
}

// PasswordPolicy is the domain's policy, instead of that of the seed.
func PasswordPolicy(p directory.PasswordPolicy) Option { return func(s *settings) { s.policy = &p } }

// Faults are rules in force from the start.
func Faults(rules ...fault.Rule) Option {
	return func(s *settings) { s.rules = append(s.rules, rules...) }
}

// FaultConfig says what fault rules may do.
func FaultConfig(c fault.Config) Option { return func(s *settings) { s.faults = c } }

// Journal bounds the journal.
func Journal(c journal.Config) Option { return func(s *settings) { s.journal = c } }

// Policies are the choices where the original's documents are silent.
func Policies(p engine.Policies) Option { return func(s *settings) { s.policies = p } }

// Audit says which requests the audit log keeps.
func Audit(level engine.AuditLevel) Option { return func(s *settings) { s.audit = level } }

// Logger hears what operators have to see.
func Logger(l *slog.Logger) Option { return func(s *settings) { s.logger = l } }

// Controllers adds domain controllers to the content, by DNS name. With LDAP
// each has a listener of its own.
func Controllers(names ...string) Option {
	return func(s *settings) { s.controllers = append(s.controllers, names...) }
}

// Replication makes domain controllers see each other's writes after a delay by
// the emulator's clock. It goes with Controllers.
func Replication(delay time.Duration) Option {
	return func(s *settings) { s.replication.Delay = delay }
}

// Registerer gets the metrics.
func Registerer(r prometheus.Registerer) Option { return func(s *settings) { s.registerer = r } }

// ids gives GUIDs in order.
type ids struct {
	seed uint64
	last atomic.Uint64
}

// firstID is where ids begin after those of the seed, so that they stay the
// same when the demo data grows.
const firstID = 1 << 20

func (i *ids) next() directory.GUID {
	var g directory.GUID
	binary.BigEndian.PutUint64(g[:8], i.seed)
	binary.BigEndian.PutUint64(g[8:], i.last.Add(1))
	return g
}
