package ldap

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/throttle"
	"wsexchange/mock/directory"
	"wsexchange/mock/ldap/connection"
	"wsexchange/mock/ldap/control"
	"wsexchange/mock/ldap/wire"
	"wsexchange/mock/state"
)

// handler answers what needs the directory.
type handler struct {
	cfg     Config
	cookies *control.Cookies
}

// account is who a client is.
type account struct {
	guid directory.GUID
	name string // DOMAIN\account
}

// AuthzID returns the authorization identity in the form of Active Directory.
func (a *account) AuthzID() string { return "u:" + a.name }

// refusal is an operation that ends with a result code.
type refusal wire.Result

func (r *refusal) Error() string { return r.Text }

func refuse(code uint16, text string) error { return &refusal{Code: code, Text: text} }

// What Active Directory says (F403, F411).
const (
	noBind = "000004DC: LdapErr: DSID-0C0906E8, comment: In order to perform this operation " +
		"a successful bind must be completed on the connection., data 0, vece"
	noObject         = "0000208D: NameErr: DSID-0310020A, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'%s'\n"
	noAttribute      = "00000057: LdapErr: DSID-0C090A73, comment: The attribute is not known or has no value, data 0, vece"
	tooManyBinds     = "too many binds wait; try again"
	tooManyPasswords = "there were too many wrong passwords; try again later"
	tooMuchWork      = "the search looks at more objects than one search may"
	tooLong          = "the search takes longer than it may"
	stopped          = "the directory is being stopped"
)

type refusedLogon struct {
	err  error
	data string
}

// refusals maps account states to the data word that Active Directory puts into
// the diagnostic message of a refused bind (F400).
var refusals = []refusedLogon{
	{state.ErrNotFound, "525"},
	{directory.ErrWrongPassword, "52e"},
	{directory.ErrAccountDisabled, "533"},
	{directory.ErrAccountExpired, "701"},
	{directory.ErrPasswordExpired, passwordExpired},
	{directory.ErrAccountLocked, "775"},
}

const passwordExpired, passwordMustChange = "532", "773"

// Bind checks a name and a password.
func (h *handler) Bind(ctx context.Context, session *connection.Session, r *wire.BindRequest) (connection.Identity, wire.Result) {
	var found *directory.Object
	var failed error
	verdict, refused := h.attempt(session, r.Name)
	if refused.Wait > 0 {
		return nil, wire.Result{Code: ldap.LDAPResultBusy, Text: tooManyPasswords}
	}
	defer func() { verdict(failed) }()
	err := h.cfg.Binds.Do(ctx, func() { found, failed = h.cfg.Logon(ctx, r.Name, r.Password) })
	switch {
	case errors.Is(err, connection.ErrBusy):
		failed = err
		return nil, wire.Result{Code: ldap.LDAPResultBusy, Text: tooManyBinds}
	case err != nil:
		failed = err
		return nil, wire.Result{Code: ldap.LDAPResultUnavailable, Text: stopped}
	case failed == nil:
		return h.identity(ctx, found)
	}
	for _, refusal := range refusals {
		if errors.Is(failed, refusal.err) {
			data := refusal.data
			if data == passwordExpired && h.mustChange(ctx, found) {
				data = passwordMustChange
			}
			return nil, wire.Result{
				Code: ldap.LDAPResultInvalidCredentials,
				Text: "80090308: LdapErr: DSID-0C090334, comment: AcceptSecurityContext error, data " + data + ", vece",
			}
		}
	}
	return nil, h.failure(ctx, failed)
}

// attempt reserves an attempt of the throttle for the account that a name means,
// whose verdict the returned function gives.
func (h *handler) attempt(session *connection.Session, name string) (func(error), throttle.Refusal) {
	if h.cfg.Throttle == nil {
		return func(error) {}, throttle.Refusal{}
	}
	from, _ := netip.ParseAddrPort(session.RemoteAddr().String()) // one that is not known counts by account alone
	source, account := throttle.SourceOf(from.Addr()), accountOf(name)
	refused := h.cfg.Throttle.Begin(source, account)
	return func(failed error) {
		verdict := throttle.Unknown
		switch {
		case failed == nil:
			verdict = throttle.Good
		case slices.ContainsFunc(refusals, func(r refusedLogon) bool { return errors.Is(failed, r.err) }):
			verdict = throttle.Bad
		}
		h.cfg.Throttle.End(source, account, verdict)
	}, refused
}

// accountOf returns what a login is counted by: the name without its domain,
// as the other ways in count it, or the name of a DN's first part.
func accountOf(name string) string {
	if dn, err := ldappath.ParseDN(name); err == nil && strings.Contains(name, "=") {
		name = dn.RDN().Value
	}
	if _, account, found := strings.Cut(name, `\`); found {
		name = account
	}
	account, _, _ := strings.Cut(name, "@")
	return strings.ToLower(account)
}

func (h *handler) identity(ctx context.Context, o *directory.Object) (connection.Identity, wire.Result) {
	who := &account{guid: o.GUID}
	err := h.cfg.Store.View(ctx, func(tx *state.Tx) error {
		domain, err := directory.In(tx).Domain()
		if err != nil {
			return err
		}
		name, err := directory.In(tx).Value(o, "sAMAccountName")
		who.name = domain.NetBIOS + `\` + name
		return err
	})
	if err != nil {
		return nil, h.failure(ctx, err)
	}
	return who, wire.Result{}
}

// mustChange reports whether a password that has expired never became valid: it
// must be changed at the first logon.
func (h *handler) mustChange(ctx context.Context, o *directory.Object) bool {
	var set string
	err := h.cfg.Store.View(ctx, func(tx *state.Tx) (err error) {
		set, err = directory.In(tx).Value(o, "pwdLastSet")
		return err
	})
	return err == nil && (set == "" || set == "0")
}

// failure returns the result of an operation that failed.
func (h *handler) failure(ctx context.Context, err error) wire.Result {
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return wire.Result(*refused)
	case errors.Is(ctx.Err(), context.DeadlineExceeded): // the error need not say that it was this
		return wire.Result{Code: ldap.LDAPResultTimeLimitExceeded, Text: tooLong}
	case ctx.Err() != nil:
		return wire.Result{Code: ldap.LDAPResultUnavailable, Text: stopped}
	}
	h.cfg.Logger.Error("LDAP operation", "error", err)
	return wire.Result{Code: ldap.LDAPResultOperationsError}
}

// timeout returns the shorter of the client's limit, in seconds, and ours.
func (h *handler) timeout(seconds int32) time.Duration {
	if asked := time.Duration(seconds) * time.Second; asked > 0 && asked < h.cfg.Timeout {
		return asked
	}
	return h.cfg.Timeout
}

// view returns what a client may see. Without a bind, and if the account is
// gone meanwhile, that is nothing.
func view(tx *state.Tx, session *connection.Session) (directory.Visibility, error) {
	who, bound := session.Identity().(*account)
	if !bound {
		return directory.Visibility{}, refuse(ldap.LDAPResultOperationsError, noBind)
	}
	o, err := directory.In(tx).ByGUID(who.guid)
	if errors.Is(err, state.ErrNotFound) {
		return directory.Visibility{}, refuse(ldap.LDAPResultOperationsError, noBind)
	}
	if err != nil {
		return directory.Visibility{}, err
	}
	return directory.In(tx).Visibility(o)
}

// Compare reports whether an entry has a value.
func (h *handler) Compare(ctx context.Context, session *connection.Session, r *wire.CompareRequest) wire.Result {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Timeout)
	defer cancel()
	same := false
	err := h.cfg.View(ctx, func(tx *state.Tx) error {
		sees, err := view(tx, session)
		if err != nil {
			return err
		}
		o, err := named(tx, sees, r.Name)
		if err != nil {
			return err
		}
		same, err = h.compare(tx, o, r)
		return err
	})
	switch {
	case err != nil:
		return h.failure(ctx, err)
	case same:
		return wire.Result{Code: ldap.LDAPResultCompareTrue}
	}
	return wire.Result{Code: ldap.LDAPResultCompareFalse}
}

func (h *handler) compare(tx *state.Tx, o *directory.Object, r *wire.CompareRequest) (bool, error) {
	if kind, err := directory.LookupAttribute(r.Attribute); err == nil && !h.has(kind) {
		return false, refuse(ldap.LDAPResultNoSuchAttribute, noAttribute)
	}
	values, err := directory.In(tx).Values(o, r.Attribute)
	if errors.Is(err, directory.ErrNoSuchAttribute) || err == nil && len(values) == 0 {
		return false, refuse(ldap.LDAPResultNoSuchAttribute, noAttribute)
	}
	if err != nil {
		return false, err
	}
	asked := wire.Filter{Choice: ldap.FilterEqualityMatch, Attribute: r.Attribute, Value: r.Value}
	filter, err := directory.FilterFromPacket(asked.Packet())
	if err != nil {
		return false, refuse(ldap.LDAPResultProtocolError, err.Error())
	}
	return directory.In(tx).Matches(o, filter)
}

// named returns the object of a name that a client gives, which the client may
// see.
func named(tx *state.Tx, sees directory.Visibility, name string) (*directory.Object, error) {
	o, err := lookup(tx, sees, name)
	switch {
	case err != nil:
		return nil, err
	case !sees.Begins(o.DN):
		return nil, missing(sees.Nearest(o.DN))
	}
	return o, nil
}

func missing(nearest ldappath.DN) error {
	return &refusal{Code: ldap.LDAPResultNoSuchObject, Matched: nearest.String(), Text: noObjectText(nearest)}
}
