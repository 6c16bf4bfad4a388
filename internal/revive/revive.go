package revive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"wsexchange/internal/drift"
	"wsexchange/mpf"
)

// Config says what is built where.
type Config struct {
	// Drift says what is compared; its Work is not used.
	Drift drift.Config
	// DryRun submits nothing that changes something.
	DryRun bool
	// Passwords is the file that generated passwords are appended to, of mode
	// 0600. It is made when there is one to write.
	Passwords string
	// Progress is called after each organization, with its users; it may be nil.
	Progress func(users int)
	// Line gets the lines of the report that come during the work; it may be nil.
	Line func(string)
}

// Summary is what a run came to.
type Summary struct {
	Organizations, Users int // of the panel, compared
	// Done counts the objects that were made or changed, or would be in a dry
	// run, and Failed the calls that were refused.
	Done   map[drift.Object]int
	Failed int
	// Skipped are findings that were not tried, for what they need had failed;
	// Unreadable those of which nothing is known.
	Skipped, Unreadable int
	// Left are findings that only a removal would mend.
	Left int
	// Generated counts the users with a generated password.
	Generated int
	Problems  int
	Duration  time.Duration
}

// Complete reports whether all was done that is to be done.
func (s *Summary) Complete() bool { return s.Failed == 0 && s.Skipped == 0 && s.Unreadable == 0 }

// Run builds what is missing. Its error is that the panel or the engine cannot be
// asked, or that ctx ended: what was done is in the summary, and the next run
// goes on from there.
func Run(ctx context.Context, cfg Config, panel drift.Panel) (*Summary, error) {
	now := cfg.Drift.Now
	if now == nil {
		now = time.Now
	}
	begun := now()
	w := &work{cfg: cfg, summary: &Summary{Done: map[drift.Object]int{}}}
	defer func() { w.summary.Duration = now().Sub(begun) }()
	resellers, err := drift.Resellers(ctx, cfg.Drift, panel)
	if err != nil {
		return w.summary, err
	}
	if err := w.apply(ctx, &drift.Result{Findings: resellers}); err != nil {
		return w.summary, err
	}
	compare := cfg.Drift
	compare.Work = w.apply
	_, err = drift.Compare(ctx, compare, panel, w.emit)
	return w.summary, errors.Join(err, w.passwords.close())
}

// work submits calls, for several organizations at a time.
type work struct {
	cfg       Config
	mu        sync.Mutex
	summary   *Summary
	passwords passwordFile
}

// emit counts an organization when its turn has come.
func (w *work) emit(r *drift.Result) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case isOrphan(r):
		w.summary.Left++
	case r.Organization != "":
		w.summary.Organizations++
		w.summary.Users += r.Users
	}
	w.summary.Problems += len(r.Problems)
	for _, p := range r.Problems {
		w.line(p.String())
	}
	if w.cfg.Progress != nil {
		w.cfg.Progress(r.Users)
	}
	return nil
}

// isOrphan reports whether a result is about an organization that the panel does
// not know.
func isOrphan(r *drift.Result) bool {
	return len(r.Findings) == 1 && r.Findings[0].Kind == drift.Orphan && r.Findings[0].Object == drift.Organization
}

func (w *work) line(text string) {
	if w.cfg.Line != nil {
		w.cfg.Line(text)
	}
}

// apply submits the calls of an organization's findings, in their order. Its
// error ends the run.
func (w *work) apply(ctx context.Context, r *drift.Result) error {
	missing := map[string]bool{} // paths and names of what could not be made
	for i := range r.Findings {
		f := &r.Findings[i]
		if missing[f.Path] || missing["LDAP://"+f.Name] {
			w.count(func(s *Summary) { s.Skipped++ })
			continue
		}
		made, err := w.mend(ctx, f)
		switch {
		case err != nil:
			return err
		case made || f.Kind != drift.Ghost:
		case f.Object == drift.Organization:
			w.count(func(s *Summary) { s.Skipped += len(r.Findings) - i - 1 })
			return nil
		default:
			missing[f.Path] = f.Path != r.Path.ADsPath() // what has a path of its own
		}
	}
	return nil
}

func (w *work) count(change func(*Summary)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w.summary)
}

// mend submits the calls of a finding that remove nothing. It returns false if
// one failed that the others need.
func (w *work) mend(ctx context.Context, f *drift.Finding) (bool, error) {
	calls := slices.DeleteFunc(slices.Clone(f.Calls), func(c drift.Call) bool { return c.Removes })
	switch {
	case f.Kind == drift.Unreadable:
		w.count(func(s *Summary) { s.Unreadable++; w.line(f.String()) })
		return true, nil
	case len(calls) == 0:
		w.count(func(s *Summary) { s.Left++ })
		return true, nil
	case w.cfg.DryRun:
		w.count(func(s *Summary) { s.Done[f.Object]++; w.line(f.String()) })
		return true, nil
	}
	failed := 0
	for i := range calls {
		refused, err := w.submit(ctx, &calls[i])
		if err != nil {
			return false, err
		}
		if refused == nil || calls[i].Optional {
			continue
		}
		failed++
		w.failed(f, &calls[i], refused)
		if calls[i].Needed {
			return false, nil
		}
	}
	if failed == 0 {
		w.count(func(s *Summary) { s.Done[f.Object]++ })
	}
	return true, nil
}

func (w *work) failed(f *drift.Finding, c *drift.Call, refused *mpf.Error) {
	w.count(func(s *Summary) {
		s.Failed++
		w.line(fmt.Sprintf("%-10s  %-14s  %s  %s: %s", "FAILED", f.Object, f.Path, c.Target.Procedure, refused))
	})
}

// generations bounds how many passwords are generated for one user.
const generations = 3

// submit submits a call. A password that the policy refuses, and one that the
// panel does not have, is replaced by a generated one, which is written down
// before it is set.
func (w *work) submit(ctx context.Context, c *drift.Call) (*mpf.Error, error) {
	generated := 0
	if c.SetsPassword() && c.Password.IsZero() {
		if err := w.generate(c, "the panel has none"); err != nil {
			return nil, err
		}
		generated++
	}
	for {
		response, err := w.cfg.Drift.Engine.Submit(ctx, c.Request())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Target, err)
		}
		if response.Err == nil {
			if generated > 0 {
				w.count(func(s *Summary) { s.Generated++ })
			}
			return nil, nil
		}
		if response.Err.Code != mpf.PasswordPolicy || !c.SetsPassword() || generated == generations {
			return response.Err, nil
		}
		if err := w.generate(c, "the policy refuses the panel's"); err != nil {
			return nil, err
		}
		generated++
	}
}

// generate gives a call another password.
func (w *work) generate(c *drift.Call, why string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Password = newPassword()
	if err := w.passwords.write(w.cfg.Passwords, c.Principal, c.Password); err != nil {
		return fmt.Errorf("generated passwords: %w", err)
	}
	w.line(fmt.Sprintf("%-10s  %-14s  %s  (%s; it is in %s)", "generated", "password", c.Principal, why, w.cfg.Passwords))
	return nil
}

// String is the report at the end.
func (s *Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d organizations, %d users of the panel in %s\n", s.Organizations, s.Users, s.Duration.Round(time.Millisecond))
	for _, object := range slices.Sorted(maps.Keys(s.Done)) {
		fmt.Fprintf(&b, "%7d  %s\n", s.Done[object], object)
	}
	for _, row := range []struct {
		n    int
		what string
	}{
		{s.Generated, "users with a generated password"},
		{s.Failed, "calls failed"},
		{s.Skipped, "things not tried after that"},
		{s.Unreadable, "things that the engine does not tell"},
		{s.Left, "things that the panel does not know were left"},
		{s.Problems, "problems in the panel's own rows"},
	} {
		if row.n > 0 {
			fmt.Fprintf(&b, "%7d  %s\n", row.n, row.what)
		}
	}
	return b.String()
}
