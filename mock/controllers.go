package mock

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/ldap"
	"wsexchange/mock/state"
)

// openControllers opens the LDAP listeners, each with what its domain controller
// sees.
func (e *Emulator) openControllers(ctx context.Context, cfg Config) error {
	known, err := e.controllers(ctx)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		e.first = known[0]
	}
	for _, row := range []struct {
		address         string
		server          **ldap.Server
		secure, catalog bool
	}{
		{cfg.LDAPListen, &e.LDAP, false, false},
		{cfg.LDAPSecure, &e.LDAPSecure, true, false},
		{cfg.Catalog, &e.Catalog, false, true},
		{cfg.CatalogSecure, &e.CatalogSecure, true, true},
	} {
		if row.address == "" {
			continue
		}
		listener := e.listener(cfg.LDAP)
		listener.Implicit, listener.GlobalCatalog = row.secure, row.catalog
		listener.Ping = listener.Ping && !row.secure && !row.catalog
		if *row.server, err = ldap.Listen(ctx, row.address, listener); err != nil {
			return err
		}
	}
	e.Controllers = make(map[string]*ldap.Server)
	for _, name := range slices.Sorted(maps.Keys(cfg.Controllers)) {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			return fmt.Errorf("LDAP listener of %s: the directory has no such domain controller, only %s", name, strings.Join(known, ", "))
		}
		listener := cfg.LDAP
		listener.Controller = name
		if e.Controllers[name], err = ldap.Listen(ctx, cfg.Controllers[name], e.listener(listener)); err != nil {
			return err
		}
	}
	return nil
}

// Listener is an open LDAP listener and what it is for.
type Listener struct {
	Name string
	*ldap.Server
}

// Listeners returns the LDAP listeners that are open, always in one order.
func (e *Emulator) Listeners() []Listener {
	all := []Listener{{"ldap", e.LDAP}, {"ldaps", e.LDAPSecure}, {"global catalog", e.Catalog}, {"global catalog with TLS", e.CatalogSecure}}
	for _, name := range slices.Sorted(maps.Keys(e.Controllers)) {
		all = append(all, Listener{"ldap of " + name, e.Controllers[name]})
	}
	return slices.DeleteFunc(all, func(l Listener) bool { return l.Server == nil })
}

// listener fills in what an LDAP listener of the emulator needs: its store, its domain
// controller, which is the first one if none is named, and what that sees, and a
// logger.
func (e *Emulator) listener(cfg ldap.Config) ldap.Config {
	cfg.Store, cfg.Controller = e.Store, cmp.Or(cfg.Controller, e.first)
	cfg.Logon, cfg.Binds, cfg.Throttle = e.Logon, e.binds, e.throttle
	cfg.View = func(ctx context.Context, fn func(*state.Tx) error) error {
		return e.Engine.View(ctx, cfg.Controller, fn)
	}
	if cfg.Logger == nil {
		cfg.Logger = e.logger
	}
	return cfg
}

func (e *Emulator) controllers(ctx context.Context) (names []string, err error) {
	err = e.Store.View(ctx, func(tx *state.Tx) error {
		names, err = directory.In(tx).Controllers()
		return err
	})
	return names, err
}

// addresses returns the DNS names of the domain controllers of LDAP listeners by
// the IP addresses that are those of one listener alone.
func (cfg *Config) addresses() map[netip.Addr]string {
	found := make(map[netip.Addr]string)
	add := func(listener, name string) {
		at, err := netip.ParseAddrPort(listener)
		if err != nil {
			return // a host name, or none
		}
		address := at.Addr().Unmap()
		if other, held := found[address]; held && other != name {
			name = ""
		}
		found[address] = name
	}
	for _, own := range []string{cfg.LDAPListen, cfg.LDAPSecure, cfg.Catalog, cfg.CatalogSecure} {
		add(own, cfg.LDAP.Controller)
	}
	for name, listener := range cfg.Controllers {
		add(listener, name)
	}
	return found
}
