package ldap

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jimlambrt/gldap"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/store"
)

const pagingControl = gldap.ControlTypePaging

// refusal is a search that ends with a result code.
type refusal struct {
	code    int
	text    string
	matched string
}

func (r *refusal) Error() string { return r.text }

// timeout gives the shorter of the client's limit, in seconds, and ours.
func (s *Server) timeout(seconds int64) time.Duration {
	if seconds > 0 && seconds < int64(s.cfg.Timeout/time.Second) {
		return time.Duration(seconds) * time.Second
	}
	return s.cfg.Timeout
}

func (s *Server) search(w *gldap.ResponseWriter, r *gldap.Request) {
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	defer func() { _ = w.Write(done) }()
	message, err := r.GetSearchMessage()
	if err != nil {
		done.SetResultCode(gldap.ResultProtocolError)
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.timeout(message.TimeLimit))
	defer cancel()
	q := &query{server: s, message: message, account: s.account(r.ConnectionID())}
	err = s.cfg.Store.View(ctx, q.run)
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
	var refused *refusal
	switch {
	case err == nil:
	case errors.As(err, &refused):
		done.SetResultCode(refused.code)
		done.SetDiagnosticMessage(refused.text)
		done.SetMatchedDN(refused.matched)
	case errors.Is(err, context.DeadlineExceeded):
		done.SetResultCode(gldap.ResultTimeLimitExceeded)
	default:
		s.cfg.Logger.Error("LDAP search", "error", err)
		done.SetResultCode(gldap.ResultOperationsError)
	}
}

// query is one search.
type query struct {
	server  *Server
	message *gldap.SearchMessage
	account *store.Object
	found   []found
	next    *gldap.ControlPaging
}

// found is one entry of an answer.
type found struct {
	name       string
	attributes store.Attributes
}

func (q *query) run(tx *store.Tx) error {
	filter, err := store.ParseFilter(q.message.Filter)
	if err != nil {
		return &refusal{code: gldap.ResultProtocolError, text: err.Error()}
	}
	page, err := q.paging()
	if err != nil {
		return err
	}
	if q.message.BaseDN == "" && q.message.Scope == gldap.BaseObject {
		attributes, err := q.server.rootDSE(tx)
		if err != nil {
			return err
		}
		q.found = append(q.found, found{attributes: q.selected(attributes)})
		return nil
	}
	if q.account == nil {
		return &refusal{code: gldap.ResultOperationsError, text: "000004DC: LdapErr: DSID-0C090000, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v0ce0"}
	}
	base, err := ldappath.ParseDN(q.message.BaseDN)
	if err != nil {
		return &refusal{code: gldap.ResultInvalidDNSyntax, text: err.Error()}
	}
	view, err := newView(tx, q.account)
	if err != nil {
		return err
	}
	if err := q.checkBase(tx, view, base); err != nil {
		return err
	}
	return q.entries(tx, view, base, filter, page)
}

// checkBase demands that the base exists and may be seen.
func (q *query) checkBase(tx *store.Tx, view view, base ldappath.DN) error {
	_, err := tx.Get(base)
	var missing *store.NotFoundError
	switch {
	case errors.As(err, &missing):
		return &refusal{code: gldap.ResultNoSuchObject, text: "0000208D: NameErr: DSID-03100000, problem 2001 (NO_OBJECT), data 0", matched: missing.Ancestor.String()}
	case err != nil:
		return err
	case !view.sees(base) && !view.leadsTo(base):
		return &refusal{code: gldap.ResultNoSuchObject, text: "0000208D: NameErr: DSID-03100000, problem 2001 (NO_OBJECT), data 0"}
	}
	return nil
}

// entries collects what the search finds. The store is asked in steps, so that
// entries which the account may not see do not count.
func (q *query) entries(tx *store.Tx, view view, base ldappath.DN, filter *store.Filter, p page) error {
	after := p.after
	for {
		objects, more, err := tx.Search(store.Query{Base: base, Scope: store.Scope(q.message.Scope), Filter: filter, After: after, Limit: step})
		if err != nil {
			return err
		}
		for _, o := range objects {
			if !view.sees(o.DN) {
				after = o.DN.Key()
				continue
			}
			if len(q.found) == p.size {
				return q.full(p, after)
			}
			if err := q.entry(tx, o); err != nil {
				return err
			}
			after = o.DN.Key()
		}
		if !more {
			if p.paged {
				q.next = &gldap.ControlPaging{}
			}
			return nil
		}
	}
}

// step is how many entries are read from the store at a time.
const step = 200

// full ends an answer that has as many entries as it may: with a cookie when
// the client pages, else with the result code for that.
func (q *query) full(p page, after string) error {
	if p.paged {
		q.next = &gldap.ControlPaging{Cookie: []byte(after)}
		return nil
	}
	return &refusal{code: gldap.ResultSizeLimitExceeded, text: "the answer has more entries than one answer may"}
}

func (q *query) entry(tx *store.Tx, o *store.Object) error {
	attributes, err := tx.Attributes(o, q.wanted()...)
	if err != nil {
		return err
	}
	for i, a := range attributes {
		kind, err := store.LookupAttribute(a.Name)
		if err != nil {
			return err
		}
		for j, v := range a.Values {
			attributes[i].Values[j] = string(kind.Wire(v))
		}
	}
	q.found = append(q.found, found{o.DN.String(), q.selected(attributes)})
	return nil
}

// wanted names the attributes to read: all of them unless each is named.
func (q *query) wanted() []string {
	var names []string
	for _, name := range q.message.Attributes {
		if name == "*" || name == "+" {
			return nil
		}
		name, _, _ = strings.Cut(name, ";")
		if _, err := store.LookupAttribute(name); err == nil {
			names = append(names, name)
		}
	}
	if len(q.message.Attributes) > 0 && len(names) == 0 {
		return []string{"objectClass"} // nothing that exists is asked for: read the least
	}
	return names
}

// page is where a search goes on and how many entries it may give.
type page struct {
	after string
	size  int
	paged bool
}

func (q *query) paging() (page, error) {
	p := page{size: q.server.cfg.SizeLimit}
	if limit := q.message.SizeLimit; limit > 0 && limit < int64(p.size) {
		p.size = int(limit)
	}
	for _, control := range q.message.Controls {
		switch c := control.(type) {
		case *gldap.ControlPaging:
			p.paged = true
			p.size = min(int(c.PagingSize), q.server.cfg.SizeLimit)
			p.after = string(c.Cookie)
		case *gldap.ControlString:
			if c.Criticality {
				return p, &refusal{code: gldap.ResultUnavailableCriticalExtension, text: "control " + c.ControlType + " is not supported"}
			}
		}
	}
	return p, nil
}

// selected picks the attributes that the client asked for: "*" or none means
// all but the operational ones, "+" the operational ones, "1.1" none.
func (q *query) selected(attributes store.Attributes) store.Attributes {
	all, operational, named := len(q.message.Attributes) == 0, false, map[string]bool{}
	for _, name := range q.message.Attributes {
		switch name {
		case "*":
			all = true
		case "+":
			operational = true
		default:
			name, _, _ = strings.Cut(name, ";") // options such as ;binary mean the same attribute
			named[strings.ToLower(name)] = true
		}
	}
	var picked store.Attributes
	for _, a := range attributes {
		isOperational := operationalAttributes[strings.ToLower(a.Name)]
		if !named[strings.ToLower(a.Name)] && !(all && !isOperational) && !(operational && isOperational) || len(a.Values) == 0 {
			continue
		}
		if q.message.TypesOnly {
			a.Values = nil
		}
		picked = append(picked, a)
	}
	return picked
}

// operationalAttributes are given only when asked for, as Active Directory
// does with its constructed ones.
var operationalAttributes = map[string]bool{
	"canonicalname": true, "createtimestamp": true, "modifytimestamp": true, "msds-user-account-control-computed": true,
	"tokengroups": true, "subschemasubentry": true, "structuralobjectclass": true, "primarygrouptoken": true,
}
