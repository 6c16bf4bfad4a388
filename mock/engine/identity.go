package engine

import (
	"errors"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// serviceAccount is the account under which the original's engines run. It is
// what a call runs as that does not impersonate.
const serviceAccount = "MPFServiceAcct"

// Identity is an account that a call runs as.
type Identity struct {
	Domain   string
	Username string
	// Object is the account in the directory, nil for the engine's own and for
	// accounts that the directory does not know.
	Object *directory.Object
	// System says that it is the engine's own account, which has every role.
	System bool
}

// String gives the account as DOMAIN\name.
func (i Identity) String() string {
	if i.Domain == "" {
		return i.Username
	}
	return i.Domain + `\` + i.Username
}

// scope is what a call hands down to the calls below it.
type scope struct {
	depth       int
	nested      bool // called by a procedure, not by the request
	impersonate bool
	credentials bool // the request's credentials are passed on
	trustee     Identity
	runAs       *Identity // of the procedure, or of one that called it
	handling    *mpf.Error
}

// below gives the scope of calls that a procedure makes.
func (s scope) below(c *Call) scope {
	s = c.scope
	s.nested = true
	s.depth++
	return s
}

// with applies the attributes of a step.
func (s scope) with(impersonate, trusted mpf.Inherit) scope {
	s.impersonate = inherited(s.impersonate, impersonate)
	s.credentials = inherited(s.credentials, trusted)
	return s
}

func inherited(now bool, set mpf.Inherit) bool {
	switch set {
	case mpf.On:
		return true
	case mpf.Off:
		return false
	}
	return now
}

// Identity gives the account that the call runs as (F203).
func (c *Call) Identity() Identity { return c.run.effective(c.scope) }

// effective applies the table of effective accounts: who impersonates runs as the
// account that the procedure is to run as, else as that of the credentials, else
// as the caller; who does not, as the engine's own account.
func (r *run) effective(s scope) Identity {
	switch {
	case !s.impersonate:
		return system()
	case s.runAs != nil:
		return *s.runAs
	case s.credentials && r.basic != nil:
		return *r.basic
	}
	return r.caller
}

// assume makes a call that impersonates run as the account that its procedure is
// to run as, if there is one: what it calls does so too. Whether the caller may
// call it was tested before (F218).
func (c *Call) assume() error {
	if !c.scope.impersonate {
		return nil
	}
	held, ok := c.Directory().ExecuteAs(c.namespace, c.row.Name)
	if !ok {
		return nil
	}
	if held.Account == nil {
		return mpf.CredentialsRefused.New()
	}
	account, err := c.Directory().AccountState(held.Account)
	switch {
	case err != nil:
		return err
	case account.Disabled:
		return mpf.AccountDisabled.New()
	case account.Locked:
		return mpf.AccountLocked.New()
	case account.Expired:
		return mpf.AccountExpired.New()
	case account.PasswordExpired:
		return mpf.PasswordExpired.New()
	}
	who, err := accountOf(c.Tx, held.Account)
	c.scope.runAs = &who
	return err
}

func system() Identity { return Identity{Username: serviceAccount, System: true} }

// identify finds the account of a caller.
func (e *Engine) identify(tx *state.Tx, from origin) (Identity, error) {
	name := from.caller.Username
	if from.system || name == "" && from.caller.Trusted {
		return system(), nil
	}
	who := Identity{Domain: from.caller.Domain, Username: name}
	if name == "" {
		return who, nil
	}
	o, err := directory.In(tx).Resolve(who.String())
	if errors.Is(err, state.ErrNotFound) {
		who.System = from.caller.Trusted && !e.policies.RefuseForeignCallers
		return who, nil
	}
	if err != nil {
		return Identity{}, err
	}
	return accountOf(tx, o)
}

func accountOf(tx *state.Tx, o *directory.Object) (Identity, error) {
	domain, err := directory.In(tx).Domain()
	if err != nil {
		return Identity{}, err
	}
	name, err := directory.In(tx).Value(o, "sAMAccountName")
	if err != nil {
		return Identity{}, err
	}
	return Identity{Domain: domain.NetBIOS, Username: name, Object: o}, nil
}

// trustee gives the account whose roles count for a call of the request. A
// simple request is always tested as its caller, whatever it runs as, since
// anybody may send one (F204).
func (r *run) trusteeOf(s scope) (Identity, error) {
	if !r.request.Target.IsZero() {
		return r.caller, nil
	}
	security := r.request.Context.Security
	if security == nil || security.Trustee == "" {
		return r.effective(s), nil
	}
	o, err := directory.In(r.tx).Resolve(security.Trustee)
	if errors.Is(err, state.ErrNotFound) {
		return Identity{Username: security.Trustee}, nil
	}
	if err != nil {
		return Identity{}, err
	}
	if !r.inBase(o.DN) && (r.caller.Object == nil || r.caller.Object.ID != o.ID) {
		return Identity{Username: security.Trustee}, nil
	}
	return accountOf(r.tx, o)
}

// maySubmit tells whether the caller may send trusted requests.
func (r *run) maySubmit() (bool, error) {
	if r.origin.vouched || r.origin.caller.Trusted || r.caller.System {
		return true, nil
	}
	if r.caller.Object == nil {
		return false, nil
	}
	return directory.In(r.tx).InDomainGroup(r.caller.Object, trustedSubmitters...)
}

// logonName joins domain and name as the store's accounts are asked for. A
// name that says its domain itself is left alone.
func logonName(domain, name string) string {
	if domain == "" || strings.ContainsAny(name, `\@`) {
		return name
	}
	return domain + `\` + name
}
