package ldap

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jimlambrt/gldap"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// refusal is a search that ends with a result code.
type refusal struct {
	code    int
	text    string
	matched string
}

func (r *refusal) Error() string { return r.text }

// What Active Directory says (F403).
const (
	noBind   = "000004DC: LdapErr: DSID-0C0906E8, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, vece"
	noObject = "0000208D: NameErr: DSID-0310020A, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'%s'\n"
)

// timeout gives the shorter of the client's limit, in seconds, and ours.
func (s *Server) timeout(seconds int64) time.Duration {
	if seconds > 0 && seconds < int64(s.cfg.Timeout/time.Second) {
		return time.Duration(seconds) * time.Second
	}
	return s.cfg.Timeout
}

func (s *Server) search(w *gldap.ResponseWriter, r *gldap.Request) {
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultOperationsError))
	defer func() { _ = w.Write(done) }()
	message, err := r.GetSearchMessage()
	if err != nil {
		done.SetResultCode(gldap.ResultProtocolError)
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.timeout(message.TimeLimit))
	defer cancel()
	q := &query{server: s, message: message, selection: newSelection(message), account: s.session(r.ConnectionID()).account}
	err = s.cfg.View(ctx, q.run)
	// Entries are sent after the transaction: a slow client must not hold it.
	for _, found := range q.found {
		entry := r.NewSearchResponseEntry(found.name)
		for _, a := range found.attributes {
			entry.AddAttribute(a.Name, a.Values)
		}
		if w.Write(entry) != nil {
			return
		}
	}
	if q.next != nil {
		done.SetControls(q.next)
	}
	q.conclude(ctx, done, err)
}

// conclude puts the outcome of a search into its last response.
func (q *query) conclude(ctx context.Context, done *gldap.SearchResponseDone, err error) {
	var refused *refusal
	switch {
	case err == nil:
		done.SetResultCode(gldap.ResultSuccess)
	case errors.As(err, &refused):
		done.SetResultCode(refused.code)
		done.SetDiagnosticMessage(refused.text)
		done.SetMatchedDN(refused.matched)
	case q.server.ctx.Err() != nil:
		done.SetResultCode(gldap.ResultUnavailable)
	case ctx.Err() != nil: // the store's error need not say that it was this
		done.SetResultCode(gldap.ResultTimeLimitExceeded)
	default:
		q.server.cfg.Logger.Error("LDAP search", "error", err)
		done.SetResultCode(gldap.ResultOperationsError)
	}
}

// query is one search.
type query struct {
	server    *Server
	message   *gldap.SearchMessage
	selection selection
	account   directory.GUID // zero: anonymous
	found     []found
	next      *gldap.ControlPaging
}

// found is one entry of an answer.
type found struct {
	name       string
	attributes directory.Attributes
}

func (q *query) run(tx *state.Tx) error {
	filter, err := directory.ParseFilter(q.message.Filter)
	if err != nil {
		return &refusal{code: gldap.ResultProtocolError, text: err.Error()}
	}
	if q.message.Scope < gldap.BaseObject || q.message.Scope > gldap.WholeSubtree {
		return &refusal{code: gldap.ResultProtocolError, text: "the scope is none of base, one level, subtree"}
	}
	page, err := q.page()
	if err != nil {
		return err
	}
	if q.message.BaseDN == "" && q.message.Scope == gldap.BaseObject {
		return q.root(tx)
	}
	view, err := q.view(tx)
	if err != nil {
		return err
	}
	base, err := q.base(tx, view)
	if err != nil {
		return err
	}
	return q.entries(tx, view, base, filter, page)
}

// root answers with the root DSE, which is no entry of the directory: it
// matches the filter for every entry and no other (F404).
func (q *query) root(tx *state.Tx) error {
	if !strings.EqualFold(q.message.Filter, "(objectClass=*)") {
		return nil
	}
	attributes, err := q.server.rootDSE(tx)
	if err != nil {
		return err
	}
	wanted := q.selection
	wanted.all = wanted.all || wanted.operational // nothing here is what entries have
	q.found = append(q.found, found{attributes: wanted.of(attributes)})
	return nil
}

// view tells what the client may see. Without a bind, and if the account is
// gone meanwhile, that is nothing.
func (q *query) view(tx *state.Tx) (directory.Visibility, error) {
	account, err := directory.In(tx).ByGUID(q.account)
	if q.account == (directory.GUID{}) || errors.Is(err, state.ErrNotFound) {
		return directory.Visibility{}, &refusal{code: gldap.ResultOperationsError, text: noBind}
	}
	if err != nil {
		return directory.Visibility{}, err
	}
	return directory.In(tx).Visibility(account)
}

// base gives the name where the search begins. It must exist, and the client
// must be allowed to know.
func (q *query) base(tx *state.Tx, view directory.Visibility) (ldappath.DN, error) {
	if q.message.BaseDN == "" {
		return ldappath.DN{}, missing(ldappath.DN{})
	}
	base, err := ldappath.ParseDN(q.message.BaseDN)
	if err != nil {
		return base, &refusal{code: gldap.ResultInvalidDNSyntax, text: err.Error()}
	}
	_, err = directory.In(tx).Get(base)
	var absent *state.NotFoundError
	switch {
	case errors.As(err, &absent):
		return base, missing(view.Nearest(absent.Ancestor))
	case err != nil:
		return base, err
	case !view.Begins(base):
		return base, missing(view.Nearest(base))
	}
	return base, nil
}

func missing(nearest ldappath.DN) error {
	return &refusal{
		code: gldap.ResultNoSuchObject, matched: nearest.String(),
		text: strings.Replace(noObject, "%s", nearest.String(), 1),
	}
}

// entries collects what the search finds. The store is asked in steps, so that
// entries which the account may not see do not count.
func (q *query) entries(tx *state.Tx, view directory.Visibility, base ldappath.DN, filter *directory.Filter, p page) error {
	wanted := q.selection.names()
	after := p.after // where the store goes on; p.last is where the client may
	for more := true; more; {
		limit := min(step, p.size-len(q.found)+1) // one more tells whether there is more
		objects, rest, err := directory.In(tx).Search(directory.Query{Base: base, Scope: directory.Scope(q.message.Scope), Filter: filter, After: after, Limit: limit})
		if err != nil {
			return err
		}
		for _, o := range objects {
			after = o.DN.Key()
			if !view.Sees(o.DN) {
				continue
			}
			if len(q.found) == p.size {
				return q.full(p)
			}
			if err := q.add(tx, o, wanted); err != nil {
				return err
			}
			p.last = after
		}
		more = rest
	}
	if p.paged {
		q.next = &gldap.ControlPaging{}
	}
	return nil
}

// step is how many entries are read from the store at a time, at most.
const step = 200

func (q *query) add(tx *state.Tx, o *directory.Object, wanted []string) error {
	attributes, err := directory.In(tx).Attributes(o, wanted...)
	if err != nil {
		return err
	}
	for i, a := range attributes {
		kind, err := directory.LookupAttribute(a.Name)
		if err != nil {
			return err
		}
		wire := make([]string, len(a.Values)) // the store's own values are not ours to change
		for j, v := range a.Values {
			wire[j] = string(kind.Wire(v))
		}
		attributes[i].Values = wire
	}
	q.found = append(q.found, found{o.DN.String(), q.selection.of(attributes)})
	return nil
}
