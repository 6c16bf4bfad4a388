package drift

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"wsexchange/internal/hsphere"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Panel is what is compared; hsphere.Panel is one.
type Panel interface {
	Organizations(ctx context.Context, stray func(hsphere.Problem)) iter.Seq2[*hsphere.Organization, error]
	Settings(ctx context.Context) (map[int64]hsphere.Settings, error)
}

var _ Panel = (*hsphere.Panel)(nil)

// Config says what is compared with what.
type Config struct {
	// Engine answers for the directory.
	Engine mpf.Submitter
	// Controller is the preferred domain controller; empty is that of the panel's
	// settings.
	Controller string
	// Bases are what the organizations of a reseller are below, by the reseller's
	// id, and Base that of all others. Without either the panel's settings count,
	// then Fallback.
	Bases          map[int64]ldappath.DN
	Base, Fallback ldappath.DN
	// Plans are names of plans by the panel's types, beside PlanNames.
	Plans map[string]string
	// Organization limits the comparison to one of this name.
	Organization string
	// Parallel is how many organizations are compared at a time; 0 is 4.
	Parallel int
	// EventSink is that of the gateway: an event sink keeps SMTP domains in
	// recipient policies.
	EventSink bool
	// Logon tries the users' passwords; nil compares none.
	Logon Logon
	// Work is done with each organization after it was compared, such as sending
	// the calls; several at a time. Nil does nothing.
	Work func(context.Context, *Result) error
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

const defaultParallel = 4

// Summary is what a comparison came to.
type Summary struct {
	Organizations, Users int // of the panel, compared
	Findings             map[Kind]map[Object]int
	Problems             int
	Duration             time.Duration
}

// Total is the number of findings.
func (s *Summary) Total() int {
	total := 0
	for _, of := range s.Findings {
		for _, n := range of {
			total += n
		}
	}
	return total
}

func (s *Summary) count(r *Result) {
	s.Users += r.Users
	s.Problems += len(r.Problems)
	for _, f := range r.Findings {
		if s.Findings[f.Kind] == nil {
			s.Findings[f.Kind] = map[Object]int{}
		}
		s.Findings[f.Kind][f.Object]++
	}
}

// ErrNoSuchOrganization is that neither side has the organization that a
// comparison is limited to.
var ErrNoSuchOrganization = errors.New("neither the panel nor the directory has it")

// Compare compares a panel with the directory. Each result is handed to emit, in
// the order of the panel, then those of organizations that the panel does not
// know. An error ends the comparison: the panel or the engine cannot be asked,
// emit or Work returned one, or ctx ended.
func Compare(ctx context.Context, cfg Config, panel Panel, emit func(*Result) error) (*Summary, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = defaultParallel
	}
	settings, err := panel.Settings(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{
		cfg: cfg, settings: settings, plans: newPlans(cfg.Plans), seen: map[string]bool{}, bases: map[string]basis{},
		summary: &Summary{Findings: map[Kind]map[Object]int{}},
	}
	begun := cfg.Now()
	if err := r.organizations(ctx, panel, emit); err != nil {
		return nil, err
	}
	if err := r.orphans(ctx, emit); err != nil {
		return nil, err
	}
	if cfg.Organization != "" && !r.found {
		return nil, fmt.Errorf("organization: %w: %s", ErrNoSuchOrganization, cfg.Organization)
	}
	r.summary.Duration = cfg.Now().Sub(begun)
	return r.summary, nil
}

// run is one comparison.
type run struct {
	cfg      Config
	settings map[int64]hsphere.Settings
	plans    *plans
	seen     map[string]bool  // keys of the panel's organizations
	bases    map[string]basis // that organizations of the panel are below, by key
	summary  *Summary
	found    bool // the organization asked for
	strays   []Problem
}

// basis is what organizations are below, with the engine's directory there.
type basis struct {
	dn   ldappath.DN
	from *directory
	used bool // an organization of the panel is below it
}

func (r *run) directory(reseller int64) *directory {
	controller := r.cfg.Controller
	if controller == "" {
		controller = r.settings[reseller].Controller
	}
	return &directory{caller{controller, r.cfg.EventSink}, r.cfg.Engine}
}

// base returns what a reseller's organizations are below.
func (r *run) base(reseller int64) (ldappath.DN, error) {
	if dn, ok := r.cfg.Bases[reseller]; ok {
		return dn, nil
	}
	if !r.cfg.Base.IsZero() {
		return r.cfg.Base, nil
	}
	if set := r.settings[reseller].Base; set != "" {
		parsed, err := ldappath.ParseLoose(set)
		if err != nil {
			return ldappath.DN{}, fmt.Errorf("the panel's setting MPF_HE_LDAP of the reseller %d: %w", reseller, err)
		}
		return parsed.DN, nil
	}
	if r.cfg.Fallback.IsZero() {
		return ldappath.DN{}, fmt.Errorf("the panel has no MPF_HE_LDAP for the reseller %d: tell its base by --base %d=DN", reseller, reseller)
	}
	return r.cfg.Fallback, nil
}

// job is an organization on its way through the comparison.
type job struct {
	panel  *hsphere.Organization
	result Result
	done   chan struct{}
}

// organizations compares those of the panel. They are read by one, compared by
// several, and handed out in the order in which they were read.
func (r *run) organizations(ctx context.Context, panel Panel, emit func(*Result) error) error {
	group, ctx := errgroup.WithContext(ctx)
	todo, ordered := make(chan *job), make(chan *job, r.cfg.Parallel)
	group.Go(func() error {
		defer close(todo)
		defer close(ordered)
		return r.read(ctx, panel, func(j *job) error {
			for _, to := range []chan *job{ordered, todo} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range r.cfg.Parallel {
		group.Go(func() error {
			for j := range todo {
				if err := r.compare(ctx, j); err != nil {
					return err
				}
				close(j.done)
			}
			return nil
		})
	}
	group.Go(func() error {
		for j := range ordered {
			select {
			case <-j.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := r.emit(&j.result, emit); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return r.emitStrays(emit)
}

func (r *run) emit(result *Result, emit func(*Result) error) error {
	if result.Organization != "" {
		r.summary.Organizations++
	}
	r.summary.count(result)
	return emit(result)
}

// emitStrays hands out the rows that belong to no organization.
func (r *run) emitStrays(emit func(*Result) error) error {
	if len(r.strays) == 0 {
		return nil
	}
	return r.emit(&Result{Problems: r.strays}, emit)
}

// mostStrays bounds how many rows without an organization are told one by one.
const mostStrays = 1000

// read walks through the panel and hands out what is to be compared.
func (r *run) read(ctx context.Context, panel Panel, hand func(*job) error) error {
	stray := func(p hsphere.Problem) {
		if r.cfg.Organization == "" && len(r.strays) < mostStrays {
			r.strays = append(r.strays, Problem{Table: p.Table, ID: p.ID, Text: p.Text})
		}
	}
	for o, err := range panel.Organizations(ctx, stray) {
		if err != nil {
			return err
		}
		if o.Account.Deleted || r.cfg.Organization != "" && !strings.EqualFold(o.Name, r.cfg.Organization) {
			continue
		}
		j, err := r.job(o)
		if err != nil {
			return err
		}
		if j == nil {
			continue
		}
		if err := hand(j); err != nil {
			return err
		}
	}
	return nil
}

// job prepares the comparison of an organization; nil where there is none to
// make.
func (r *run) job(o *hsphere.Organization) (*job, error) {
	if o.Name == "" {
		r.strays = append(r.strays, Problem{Table: "he_bizorg", ID: o.ID, Text: "it has no name"})
		return nil, nil
	}
	base, err := r.base(o.Account.Reseller)
	if err != nil {
		return nil, err
	}
	r.bases[base.Key()] = basis{base, r.directory(o.Account.Reseller), true}
	dn := base.Child("OU", o.Name)
	if r.seen[dn.Key()] {
		r.strays = append(r.strays, Problem{o.Name, "he_bizorg", o.ID, "another row means " + dn.String() + " too"})
		return nil, nil
	}
	r.seen[dn.Key()], r.found = true, true
	return &job{panel: o, done: make(chan struct{}), result: Result{Organization: o.Name, Path: dn, Users: len(o.Users)}}, nil
}

func (r *run) compare(ctx context.Context, j *job) error {
	c := &comparison{
		directory: r.directory(j.panel.Account.Reseller), plans: r.plans, panel: j.panel, base: j.result.Path.Parent(), dn: j.result.Path,
		result: &j.result, logon: r.cfg.Logon,
	}
	if err := c.compare(ctx); err != nil {
		return fmt.Errorf("organization %s: %w", j.panel.Name, err)
	}
	j.panel = nil // what is held until its turn are the findings
	if r.cfg.Work == nil {
		return nil
	}
	return r.cfg.Work(ctx, &j.result)
}

// Resellers returns a finding for each base that is not there, of the
// configuration and of the panel's settings.
func Resellers(ctx context.Context, cfg Config, panel Panel) ([]Finding, error) {
	settings, err := panel.Settings(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, settings: settings, bases: map[string]basis{}}
	r.configuredBases()
	var missing []Finding
	for _, key := range slices.Sorted(maps.Keys(r.bases)) {
		b := r.bases[key]
		_, err := b.from.page(ctx, b.dn, "(objectClass=organizationalUnit)", nil)
		switch {
		case noSuchObject(err):
			missing = append(missing, b.missing())
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// configuredBases notes the bases of all resellers that have settings.
func (r *run) configuredBases() {
	for _, reseller := range append(slices.Sorted(maps.Keys(r.settings)), slices.Sorted(maps.Keys(r.cfg.Bases))...) {
		base, err := r.base(reseller)
		if err == nil && r.bases[base.Key()].from == nil {
			r.bases[base.Key()] = basis{dn: base, from: r.directory(reseller)}
		}
	}
}

// missing is the finding that a base is not there.
func (b basis) missing() Finding {
	name := b.dn.RDN().Value
	create := b.from.call(hostedExchange, "CreateResellerOrganization", path("container", b.dn.Parent()), text("name", name))
	create.Needed = true
	return Finding{
		Kind: Ghost, Object: Reseller, Path: b.dn.ADsPath(), Name: name, Note: "organizations of the panel are to be below it", Calls: []Call{create},
	}
}

// orphans finds the organizations that the panel does not know.
func (r *run) orphans(ctx context.Context, emit func(*Result) error) error {
	r.configuredBases()
	for _, key := range slices.Sorted(maps.Keys(r.bases)) {
		if err := r.orphansBelow(ctx, r.bases[key], emit); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) orphansBelow(ctx context.Context, b basis, emit func(*Result) error) error {
	var unknown []ldappath.DN
	filter := "(objectClass=organizationalUnit)"
	if r.cfg.Organization != "" {
		filter = "(&" + filter + "(ou=" + escaped(r.cfg.Organization) + "))"
	}
	err := b.from.search(ctx, b.dn, filter, nil, func(o *object) {
		is := o.dn.Parent().Equal(b.dn) && (r.cfg.Organization == "" || strings.EqualFold(o.dn.RDN().Value, r.cfg.Organization))
		r.found = r.found || is
		if is && !r.seen[o.dn.Key()] {
			unknown = append(unknown, o.dn)
		}
	})
	if noSuchObject(err) && !b.used {
		return nil
	}
	if noSuchObject(err) {
		return r.emit(&Result{Findings: []Finding{b.missing()}}, emit)
	}
	if err != nil {
		return err
	}
	slices.SortFunc(unknown, func(a, b ldappath.DN) int { return strings.Compare(a.Key(), b.Key()) })
	for _, dn := range unknown {
		result, err := b.from.orphan(ctx, dn)
		if err != nil {
			return err
		}
		r.summary.count(result)
		if err := emit(result); err != nil {
			return err
		}
	}
	return nil
}

// orphan tells of an organization that only the directory knows. Its users have
// to go before it; all else goes with it.
func (d *directory) orphan(ctx context.Context, dn ldappath.DN) (*Result, error) {
	name := dn.RDN().Value
	f := Finding{Kind: Orphan, Object: Organization, Organization: name, Path: dn.ADsPath()}
	users := 0
	err := d.search(ctx, dn, "(objectClass=user)", nil, func(o *object) {
		users++
		remove := d.removal(hostedExchange, "DeleteBusinessUser", path("path", o.dn))
		remove.Needed = true
		f.Calls = append(f.Calls, remove)
	})
	var refused *mpf.Error
	if errors.As(err, &refused) {
		f.Note, f.Calls = err.Error(), nil
		return &Result{Organization: name, Path: dn, Findings: []Finding{f}}, nil
	}
	if err != nil {
		return nil, err
	}
	f.Note = strconv.Itoa(users) + " users in the directory"
	f.Calls = append(f.Calls, d.removal(hostedExchange, "DeleteBusinessOrganization",
		d.inPolicy([]*xmldoc.Node{path("path", dn)}, "deleteSMTPDomain")...))
	return &Result{Organization: name, Path: dn, Findings: []Finding{f}}, nil
}

// escaped is a text as a value in a filter. RFC 4515.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\5c`, "*", `\2a`, "(", `\28`, ")", `\29`, "\x00", `\00`).Replace(text)
}
