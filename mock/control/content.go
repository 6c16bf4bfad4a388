package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/mail"
	"wsexchange/mock/resource"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

func (c *control) reset(r *http.Request, _ Nothing) (Nothing, error) {
	return Nothing{}, c.emulator.Reset(r.Context())
}

func (c *control) listSnapshots(*http.Request, Nothing) (Snapshots, error) {
	return Snapshots{Names: c.emulator.Snapshots.Names()}, nil
}

func (c *control) takeSnapshot(r *http.Request, _ Nothing) (Nothing, error) {
	return Nothing{}, c.emulator.Snapshots.Take(r.Context(), r.PathValue("name"))
}

func (c *control) dropSnapshot(r *http.Request, _ Nothing) (Nothing, error) {
	return Nothing{}, wrong(c.emulator.Snapshots.Drop(r.PathValue("name")))
}

func (c *control) restoreSnapshot(r *http.Request, _ Nothing) (Nothing, error) {
	return Nothing{}, c.emulator.Snapshots.Restore(r.Context(), r.PathValue("name"))
}

func (c *control) difference(r *http.Request, b Between) (Difference, error) {
	changes, err := c.emulator.Snapshots.Difference(r.Context(), b.Before, b.After)
	if err != nil {
		return Difference{}, err
	}
	var text strings.Builder
	err = state.WriteChanges(&text, changes)
	return Difference{Changes: append([]state.ObjectChange{}, changes...), Text: text.String()}, err
}

func (c *control) seed(r *http.Request, _ Nothing) (Nothing, error) {
	seed, err := seed.Load(r.Body)
	if err != nil {
		return Nothing{}, badInput{err}
	}
	return Nothing{}, c.emulator.Reseed(r.Context(), seed)
}

func (c *control) setState(r *http.Request, _ Nothing) (Nothing, error) {
	root, err := mock.ReadExport(r.Context(), r.Body)
	if err != nil {
		return Nothing{}, badInput{err}
	}
	return Nothing{}, c.emulator.ReplaceState(r.Context(), root)
}

func (c *control) setMailboxUsage(r *http.Request, u Usage) (Nothing, error) {
	return Nothing{}, wrong(c.emulator.Store.Update(r.Context(), func(tx *state.Tx) error {
		path, err := ldappath.ParseLoose(u.Path)
		var o *directory.Object
		if err == nil {
			o, err = directory.In(tx).Get(path.DN)
		} else {
			o, err = directory.In(tx).Resolve(u.Path)
		}
		if err != nil {
			return err
		}
		return mail.In(tx).SetMailboxUsage(o, u.Kilobytes)
	}))
}

func (c *control) passwordPolicy(r *http.Request, _ Nothing) (Policy, error) {
	var p directory.PasswordPolicy
	err := c.emulator.Store.View(r.Context(), func(tx *state.Tx) (err error) {
		p, err = directory.In(tx).PasswordPolicy()
		return err
	})
	return Policy{
		MinimumLength: p.MinimumLength, Complexity: p.Complexity, History: p.History, HistoryOnReset: p.HistoryOnReset,
		MaximumAge: fault.Duration(p.MaximumAge), LockoutThreshold: p.LockoutThreshold,
		LockoutDuration: fault.Duration(p.LockoutDuration), LockoutWindow: fault.Duration(p.LockoutWindow),
	}, err
}

func (c *control) setPasswordPolicy(r *http.Request, p Policy) (Nothing, error) {
	if min(p.MinimumLength, p.History, p.LockoutThreshold) < 0 || min(p.MaximumAge, p.LockoutDuration, p.LockoutWindow) < 0 {
		return Nothing{}, refuse("a password policy has no numbers below 0")
	}
	return Nothing{}, wrong(c.emulator.Store.Update(r.Context(), func(tx *state.Tx) error {
		return directory.In(tx).SetPasswordPolicy(directory.PasswordPolicy{
			MinimumLength: p.MinimumLength, Complexity: p.Complexity, History: p.History, HistoryOnReset: p.HistoryOnReset,
			MaximumAge: time.Duration(p.MaximumAge), LockoutThreshold: p.LockoutThreshold,
			LockoutDuration: time.Duration(p.LockoutDuration), LockoutWindow: time.Duration(p.LockoutWindow),
		})
	}))
}

func (c *control) listStores(r *http.Request, _ Nothing) (Stores, error) {
	list := Stores{Stores: []Store{}}
	err := c.emulator.Store.View(r.Context(), func(tx *state.Tx) error {
		for _, kind := range []resource.ResourceKind{resource.MailStore, resource.PublicStore, resource.ConsumerStore, resource.OABServer, resource.FrontEndServer} {
			found, err := resource.In(tx).Resources(kind)
			if err != nil {
				return err
			}
			for _, f := range found {
				list.Stores = append(list.Stores, Store{Kind: f.Kind, Server: f.Server, Name: f.Name, Megabytes: f.Megabytes, Allocated: f.Allocated})
			}
		}
		return nil
	})
	return list, err
}

func (c *control) resizeStore(r *http.Request, s Store) (Nothing, error) {
	return Nothing{}, wrong(c.emulator.Store.Update(r.Context(), func(tx *state.Tx) error {
		found, err := resource.In(tx).Resource(s.Kind, s.Server, s.Name)
		if err != nil {
			return err
		}
		_, err = resource.In(tx).ResizeResource(found.ID, s.Megabytes-found.Megabytes)
		return err
	}))
}

// scopes are the names of the scopes of a search.
var scopes = map[string]directory.Scope{"": directory.ScopeSubtree, "base": directory.ScopeBase, "one": directory.ScopeOne, "subtree": directory.ScopeSubtree}

func (c *control) searchObjects(r *http.Request, s Search) (Objects, error) {
	list := Objects{Objects: []Object{}}
	scope, ok := scopes[s.Scope]
	if !ok {
		return list, refuse("scope %q is not base, one or subtree", s.Scope)
	}
	q := directory.Query{Scope: scope, Limit: s.Limit}
	if q.Limit == 0 {
		q.Limit = 1000
	}
	var err error
	if s.Filter != "" {
		if q.Filter, err = directory.ParseFilter(s.Filter); err != nil {
			return list, badInput{err}
		}
	}
	if s.Base != "" {
		path, err := ldappath.ParseLoose(s.Base)
		if err != nil {
			return list, badInput{err}
		}
		q.Base = path.DN
	}
	view := c.emulator.Store.View
	if s.Controller != "" {
		if err := c.known(r, s.Controller); err != nil {
			return list, err
		}
		view = func(ctx context.Context, look func(*state.Tx) error) error {
			return c.emulator.Engine.View(ctx, s.Controller, look)
		}
	}
	err = view(r.Context(), func(tx *state.Tx) error { return find(tx, q, &list) })
	return list, err
}

func find(tx *state.Tx, q directory.Query, into *Objects) error {
	if q.Base.IsZero() {
		domain, err := directory.In(tx).Domain()
		if err != nil {
			return err
		}
		q.Base = domain.DN
	}
	found, more, err := directory.In(tx).Search(q)
	if err != nil {
		return err
	}
	into.More = more
	for _, o := range found {
		attributes, err := directory.In(tx).Attributes(o)
		if err != nil {
			return err
		}
		one := Object{DN: o.DN.String(), Class: o.Class, GUID: o.GUID.String(), Attributes: []Attribute{}}
		for _, a := range attributes {
			one.Attributes = append(one.Attributes, Attribute{Name: a.Name, Values: a.Values})
		}
		into.Objects = append(into.Objects, one)
	}
	return nil
}

func (c *control) listJournal(_ *http.Request, f journal.Filter) (Entries, error) {
	return Entries{Entries: c.emulator.Journal.List(f), Last: c.emulator.Journal.Last()}, nil
}

func (c *control) clearJournal(*http.Request, Nothing) (Nothing, error) {
	c.emulator.Journal.Clear()
	return Nothing{}, nil
}

func (c *control) journalEntry(r *http.Request, _ Nothing) (journal.Entry, error) {
	return c.emulator.Journal.Get(r.PathValue("id"))
}

func (c *control) explain(r *http.Request, _ Nothing) (journal.Explanation, error) {
	entry, err := c.emulator.Journal.Get(r.PathValue("id"))
	if err != nil {
		return journal.Explanation{}, err
	}
	return entry.Explain(), nil
}

const longestWait, usualWait = 10 * time.Minute, 30 * time.Second

func (c *control) wait(r *http.Request, w Wait) (journal.Entry, error) {
	if w.Timeout < 0 || time.Duration(w.Timeout) > longestWait {
		return journal.Entry{}, refuse("timeout %s is not between 0 and %s", time.Duration(w.Timeout), longestWait)
	}
	if w.Timeout == 0 {
		w.Timeout = fault.Duration(usualWait)
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(w.Timeout))
	defer cancel()
	entry, err := c.emulator.Journal.Wait(ctx, w.Filter)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no request that matches came within %s: %w", time.Duration(w.Timeout), err)
	}
	return entry, err
}

// wrong makes what the store or the snapshots refuse an error of who asks.
func wrong(err error) error {
	if err == nil {
		return nil
	}
	return badInput{err}
}
