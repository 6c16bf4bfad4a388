package mock

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/ldap"
	"wsexchange/mock/state"
)

// openControllers opens the LDAP doors, each with what its domain controller
// sees.
func (e *Emulator) openControllers(ctx context.Context, cfg Config) error {
	known, err := e.controllers(ctx)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		e.first = known[0]
	}
	if cfg.LDAPListen != "" {
		if e.LDAP, err = ldap.Listen(ctx, cfg.LDAPListen, e.Door(cfg.LDAP)); err != nil {
			return err
		}
	}
	e.Controllers = make(map[string]*ldap.Server)
	for _, name := range slices.Sorted(maps.Keys(cfg.Controllers)) {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			return fmt.Errorf("LDAP door of %s: the directory has no such domain controller, only %s", name, strings.Join(known, ", "))
		}
		door := cfg.LDAP
		door.Controller = name
		if e.Controllers[name], err = ldap.Listen(ctx, cfg.Controllers[name], e.Door(door)); err != nil {
			return err
		}
	}
	return nil
}

// Door fills in what an LDAP door of the emulator needs: its store, its domain
// controller, which is the first one if none is named, and what that sees, and a
// logger.
func (e *Emulator) Door(cfg ldap.Config) ldap.Config {
	cfg.Store, cfg.Controller = e.Store, cmp.Or(cfg.Controller, e.first)
	cfg.Logon, cfg.Binds = e.Logon, e.binds
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
