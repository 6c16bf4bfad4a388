package engine

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// holders is a row: the groups whose members have a role.
type holders struct {
	role Role
	// wellKnown names groups by the GUIDs under which organizations know them.
	// Those of the subject's organization and of all above it count.
	wellKnown []string
	// groups names groups of the whole domain.
	groups []string
}

// roles is the table of roles (F200). Domain administrators have all of them.
var roles = []holders{
	{role: UserCreator, wellKnown: []string{directory.WellKnownUserCreators}},
	{role: OrgCreator, wellKnown: []string{directory.WellKnownChildOrgCreators}},
	{role: OABUpdater, groups: []string{"MPSOabUpdateAccts"}},
}

// domainAdmins have every role, trustedSubmitters may send trusted requests
// (F201). All are sAMAccountNames.
var (
	domainAdmins      = []string{"Domain Admins", "Administrators"}
	trustedSubmitters = []string{"Domain Admins", "Administrators", "MPFAdmins", "MPFTrustedUsers"}
)

// TestRole tells whether the account on whose behalf the request runs has a
// role for an object. It fails with mpf.RoleMissing or mpf.NotDomainAdmin.
func (c *Call) TestRole(role Role, subject ldappath.DN) error {
	has, err := c.run.hasRole(c.scope.trustee, role, subject)
	switch {
	case err != nil:
		return err
	case has:
		return nil
	case role == DomainAdmin:
		return mpf.NotDomainAdmin.New()
	}
	return mpf.RoleMissing.New(string(role), subject.ADsPath())
}

// HasRole is TestRole as a question. Where the store fails it is false.
func (c *Call) HasRole(role Role, subject ldappath.DN) bool {
	has, err := c.run.hasRole(c.scope.trustee, role, subject)
	return err == nil && has
}

// Holder returns who holds a name that is taken, for the end of an error text.
// The object's path is told only to those who may see it: domain
// administrators and those with a role in its organization (F202), as far as they
// may name it (F134).
func (c *Call) Holder(holder ldappath.DN) string {
	o, err := c.Directory().Get(holder)
	if holder.IsZero() || err != nil {
		return ""
	}
	if !c.InBase(o.DN) {
		return " by another object of kind " + o.Class
	}
	for _, role := range []Role{DomainAdmin, UserCreator, OrgCreator} {
		if c.HasRole(role, o.DN) {
			return " by " + o.Class + " '" + o.DN.ADsPath() + "'"
		}
	}
	return " by another object of kind " + o.Class
}

// Sees tells whether the account on whose behalf the request runs may see an
// object, as the directory's LDAP listener shows it (F401), and by the base that the
// caller is held to (F134). Where the procedure is to run as another account it
// is that one that sees, within the caller's base.
func (c *Call) Sees(dn ldappath.DN) (bool, error) {
	if c.scope.impersonate && c.scope.runAs != nil {
		return c.seesAs(*c.scope.runAs, dn)
	}
	return c.seesAs(c.scope.trustee, dn)
}

func (c *Call) seesAs(who Identity, dn ldappath.DN) (bool, error) {
	if !c.scope.nested && !c.InBase(dn) && !c.readsComputer(dn) {
		return false, nil
	}
	return c.run.sees(who, dn)
}

func (r *run) sees(who Identity, dn ldappath.DN) (bool, error) {
	if who.System {
		return true, nil
	}
	if who.Object == nil {
		return false, nil
	}
	if r.seers == nil {
		r.seers = make(map[int64]directory.Visibility)
	}
	v, ok := r.seers[who.Object.ID]
	if !ok {
		var err error
		if v, err = directory.In(r.tx).Visibility(who.Object); err != nil {
			return false, err
		}
		r.seers[who.Object.ID] = v
	}
	return v.Sees(dn), nil
}

func (r *run) hasRole(who Identity, role Role, subject ldappath.DN) (bool, error) {
	if role == Anyone || who.System {
		return true, nil
	}
	if who.Object == nil {
		return false, nil
	}
	if admin, err := directory.In(r.tx).InDomainGroup(who.Object, domainAdmins...); admin || err != nil {
		return admin, err
	}
	for _, h := range roles {
		if h.role != role {
			continue
		}
		if member, err := directory.In(r.tx).InDomainGroup(who.Object, h.groups...); member || err != nil {
			return member, err
		}
		return r.inWellKnown(who.Object, h.wellKnown, subject)
	}
	return false, nil
}

// inWellKnown walks from the subject up and asks each container for its group.
func (r *run) inWellKnown(o *directory.Object, guids []string, subject ldappath.DN) (bool, error) {
	for dn := subject; !dn.IsZero(); dn = dn.Parent() {
		container, err := directory.In(r.tx).Get(dn)
		var missing *state.NotFoundError
		if errors.As(err, &missing) {
			if missing.Ancestor.IsZero() {
				return false, nil
			}
			container, err = directory.In(r.tx).Get(missing.Ancestor)
		}
		if err != nil {
			return false, err
		}
		dn = container.DN
		for _, guid := range guids {
			group, err := directory.In(r.tx).WellKnown(container, guid)
			if errors.Is(err, state.ErrNotFound) {
				continue
			}
			if err != nil {
				return false, err
			}
			if member, err := directory.In(r.tx).IsMember(o, group); member || err != nil {
				return member, err
			}
		}
	}
	return false, nil
}

// controller gives the DNS name, lower-case, of the domain controller that a
// name means: its DNS or host name, with \\ before it or not, an IP address, or
// the domain's own name, or "", which mean the first one. It gives "" for a name
// that means none.
func (r *run) controller(name string) (string, error) {
	if r.controllers == nil {
		names, hosts, err := controllerNames(r.tx)
		if err != nil {
			return "", err
		}
		r.controllers, r.hosts = names, hosts
	}
	return r.named(name), nil
}

// named finds a name among those that controller has read. The directory does
// not tell IP addresses: one means the controller that has its listener there,
// else the first one (F219).
func (r *run) named(name string) string {
	key := controllerKey(name)
	if address, err := netip.ParseAddr(key); err == nil {
		return cmp.Or(r.controllers[controllerKey(r.engine.addresses[address.Unmap()])], r.controllers[""])
	}
	return r.controllers[key]
}

// ControllerNamed returns the DNS name, in small letters, of the domain
// controller that a preferredDomainController means, "" if it means none.
func (e *Engine) ControllerNamed(ctx context.Context, name string) (found string, err error) {
	err = e.store.View(ctx, func(tx *state.Tx) error {
		found, err = (&run{engine: e, tx: tx}).controller(strings.TrimSpace(name))
		return err
	})
	return found, err
}

// controllerKey is a name without what may stand around it: the backslashes of
// a UNC name, a port, and the root's dot.
func controllerKey(name string) string {
	name = strings.TrimPrefix(name, `\\`)
	if address, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return address.String()
	}
	name, _, _ = strings.Cut(name, ":")
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// controllerNames gives the DNS names of the controllers by every name by which
// they are known. A domain's own name means any of its controllers, as it does
// in DNS; here the first one, or itself where there is none. It returns the
// controllers, too.
func controllerNames(tx *state.Tx) (map[string]string, []string, error) {
	domain, err := directory.In(tx).Domain()
	if err != nil {
		return nil, nil, err
	}
	hosts, err := directory.In(tx).Controllers()
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return nil, nil, err
	}
	names := make(map[string]string)
	for _, host := range hosts {
		host = strings.ToLower(host)
		label, _, _ := strings.Cut(host, ".")
		names[host], names[label] = host, host
	}
	first := strings.ToLower(domain.Name)
	if len(hosts) > 0 {
		first = strings.ToLower(hosts[0])
	}
	names[strings.ToLower(domain.Name)], names[""] = first, first
	return names, hosts, nil
}

func adsPath(name string) string {
	if dn, err := ldappath.ParseDN(name); err == nil {
		return dn.ADsPath()
	}
	return name
}

// groupOf reads the group out of the detail of a membership error.
func groupOf(detail string) string {
	detail = strings.TrimPrefix(detail, "in ")
	return strings.TrimPrefix(detail, "primary group ")
}
