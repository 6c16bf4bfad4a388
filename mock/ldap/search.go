package ldap

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/ldap/attribute"
	"wsexchange/mock/ldap/connection"
	"wsexchange/mock/ldap/control"
	"wsexchange/mock/ldap/wire"
	"wsexchange/mock/state"
)

// Search writes the entries that a client asks for. They are written while the
// root that is read stays as it is, so that a slow client holds nobody up.
func (h *handler) Search(ctx context.Context, session *connection.Session, r *wire.SearchRequest, w *connection.SearchWriter) wire.Result {
	ctx, cancel := context.WithTimeout(ctx, h.timeout(r.TimeLimit))
	defer cancel()
	q := &query{handler: h, ctx: ctx, request: r, writer: w, selection: attribute.Select(r.Attributes), left: h.cfg.MaxWork}
	if err := h.cfg.View(ctx, func(tx *state.Tx) error { return q.run(tx, session) }); err != nil {
		return h.failure(ctx, err)
	}
	return wire.Result{}
}

// query is one search.
type query struct {
	handler   *handler
	ctx       context.Context
	request   *wire.SearchRequest
	writer    *connection.SearchWriter
	selection attribute.Selection
	controls  control.Search
	filter    *directory.Filter
	sees      directory.Visibility
	left      int // objects that may still be looked at
	size      int // entries that may be returned
	paged     bool
}

func (q *query) run(tx *state.Tx, session *connection.Session) error {
	var err error
	if q.filter, err = directory.FilterFromPacket(q.request.Filter.Packet()); err != nil {
		return refuse(ldap.LDAPResultProtocolError, err.Error())
	}
	if q.handler.cfg.GlobalCatalog {
		q.filter = q.filter.InCatalog()
	}
	if q.request.Scope > ldap.ScopeWholeSubtree {
		return refuse(ldap.LDAPResultProtocolError, "the scope is none of base, one level, subtree")
	}
	client := ""
	if who, bound := session.Identity().(*account); bound {
		client = who.name
	}
	var refused wire.Result
	if q.controls, refused = q.handler.cookies.Read(q.request, client); refused.Code != ldap.LDAPResultSuccess {
		return (*refusal)(&refused)
	}
	q.size, q.paged = q.controls.Limit(q.request.SizeLimit, q.handler.cfg.SizeLimit)
	if q.request.Base == "" && q.request.Scope == ldap.ScopeBaseObject {
		return q.root(tx)
	}
	if q.sees, err = view(tx, session); err != nil {
		return err
	}
	return q.below(tx)
}

// below searches at and below the base.
func (q *query) below(tx *state.Tx) error {
	bases, err := q.bases(tx)
	var refused *refusal
	if errors.As(err, &refused) && refused.Code == ldap.LDAPResultNoSuchObject {
		if found, failed := q.schema(tx); found || failed != nil {
			return failed
		}
	}
	if err != nil {
		return err
	}
	if q.controls.Sort != nil {
		return q.sorted(tx, bases)
	}
	return q.inOrder(tx, bases)
}

// base is where a search looks.
type base struct {
	name    ldappath.DN
	deleted bool // for deleted objects, not for others
}

// bases returns where the search looks: at a name, which must exist and of
// which the client may know; of the global catalog and without a name at all
// naming contexts, those that the client may not know of left out.
func (q *query) bases(tx *state.Tx) ([]base, error) {
	if q.request.Base == "" && q.handler.cfg.GlobalCatalog {
		domain, err := directory.In(tx).Domain()
		if err != nil {
			return nil, err
		}
		hidden := func(b base) bool { return !q.sees.Begins(b.name) }
		return q.withDeleted(slices.DeleteFunc([]base{{name: domain.DN}, {name: domain.Configuration}}, hidden), ldappath.DN{}), nil
	}
	if q.request.Base == "" {
		return nil, missing(ldappath.DN{})
	}
	o, err := q.named(tx)
	if err != nil || o.Deleted() {
		return q.atDeleted(o), err
	}
	return q.withDeleted([]base{{name: o.DN}}, o.DN), nil
}

// budget counts the objects that are looked at.
func (q *query) budget(objects int) error {
	if err := q.ctx.Err(); err != nil {
		return err
	}
	if q.left -= objects; q.left < 0 {
		return refuse(ldap.LDAPResultAdminLimitExceeded, tooMuchWork)
	}
	return nil
}

// step is how many objects are read from the directory at a time, at most.
const step = 200

// found calls each for the objects that the client may see, in the order of
// their places, from the one after a place on, until it returns false. It asks
// for no more than the directory has to read: wanted is how many objects each
// takes.
func (q *query) found(tx *state.Tx, at base, after string, wanted int, each func(*directory.Object) (bool, error)) error {
	for more := true; more; {
		objects, rest, err := at.search(tx)(directory.Query{
			Base: at.name, Scope: directory.Scope(q.request.Scope), Filter: q.filter, After: after,
			Limit: max(1, min(step, wanted)), Budget: q.budget,
		})
		if err != nil {
			return err
		}
		for _, o := range objects {
			after = placeOf(o)
			if !q.sees.Sees(o.DN) {
				continue
			}
			wanted--
			if goOn, err := each(o); err != nil || !goOn {
				return err
			}
		}
		more = rest
	}
	return nil
}

// positionMark is between the parts of a position.
const positionMark = ":"

// errFull ends a search that has as many entries as it may.
var errFull = errors.New("as many entries as there may be")

// inOrder writes what is found in the order of names, deleted objects last in
// the order in which they were deleted. The position of a page is the number of
// the base and the place of the last entry of the page before: it tells a client
// nothing new, and entries that come and go between two pages do not shift the
// others.
func (q *query) inOrder(tx *state.Tx, bases []base) error {
	position, left := q.controls.Position, q.size
	number, after, _ := strings.Cut(position, positionMark)
	first, _ := strconv.Atoi(number) // sealed: it is one of ours, or empty
	for i, at := range bases {
		if i < first {
			continue
		}
		err := q.found(tx, at, after, left+1, func(o *directory.Object) (bool, error) {
			if left == 0 {
				return false, errFull
			}
			left--
			position = strconv.Itoa(i) + positionMark + placeOf(o)
			return true, q.write(tx, o)
		})
		if errors.Is(err, errFull) {
			return q.full(position)
		}
		if err != nil {
			return err
		}
		after = ""
	}
	q.complete()
	return nil
}

// full ends an answer that has as many entries as it may: with where the next
// page begins if the client pages, else with the result code for that. A page
// of no entries ends the paging.
func (q *query) full(position string) error {
	if !q.paged {
		return refuse(ldap.LDAPResultSizeLimitExceeded, "there are more entries than one answer may have")
	}
	if q.size == 0 {
		position = ""
	}
	q.writer.AddControl(q.controls.Next(position))
	return nil
}

// complete ends an answer after which nothing is left.
func (q *query) complete() {
	if q.controls.Paged {
		q.writer.AddControl(q.controls.Next(""))
	}
}

// maxSorted is how many entries are sorted, Active Directory's MaxTempTableSize.
const maxSorted = 10_000

// sorted writes what is found in the order that the client asks for. The
// position of a page is how many entries were written before.
func (q *query) sorted(tx *state.Tx, bases []base) error {
	code, name := q.controls.Sort.Fault(func(name string) bool {
		kind, err := directory.LookupAttribute(name)
		return err == nil && q.handler.has(kind)
	})
	answer, refused := q.controls.Sort.Answer(code, name)
	if refused.Code != ldap.LDAPResultSuccess {
		q.writer.AddControl(answer)
		return (*refusal)(&refused)
	}
	if code != ldap.LDAPResultSuccess {
		q.writer.AddControl(answer)
		return q.inOrder(tx, bases)
	}
	rows, err := q.collect(tx, bases)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b sortRow) int { return q.controls.Sort.Compare(a.values, b.values) })
	q.writer.AddControl(answer)
	first, _ := strconv.Atoi(q.controls.Position) // sealed: it is one of ours, or empty
	first = min(first, len(rows))
	end := min(first+q.size, len(rows))
	for _, row := range rows[first:end] {
		if err := q.write(tx, row.object); err != nil {
			return err
		}
	}
	if end < len(rows) {
		return q.full(strconv.Itoa(end))
	}
	q.complete()
	return nil
}

// sortRow is an object and the values that it is sorted by.
type sortRow struct {
	object *directory.Object
	values []string
}

// collect reads what is to be sorted.
func (q *query) collect(tx *state.Tx, bases []base) (rows []sortRow, err error) {
	for _, at := range bases {
		err := q.found(tx, at, "", maxSorted+1, func(o *directory.Object) (bool, error) {
			if len(rows) == maxSorted {
				return false, refuse(ldap.LDAPResultAdminLimitExceeded, "there are more entries than can be sorted")
			}
			values, err := directory.In(tx).Values(o, q.controls.Sort.Keys[0].Attribute)
			rows = append(rows, sortRow{o, values})
			return true, err
		})
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// write writes an entry.
func (q *query) write(tx *state.Tx, o *directory.Object) error {
	attributes, err := q.read(tx, o)
	if err != nil {
		return err
	}
	attributes = withDeletedContainer(o, attributes)
	e := q.writer.Begin(o.DN.String())
	for _, a := range attributes {
		if !q.selection.Includes(a.Name, operational[a.Name]) {
			continue
		}
		kind, err := directory.LookupAttribute(a.Name)
		if err != nil {
			return err
		}
		if !q.handler.has(kind) {
			continue
		}
		if err := q.writeAttribute(e, kind, a.Values); err != nil {
			return err
		}
	}
	return q.writer.End()
}

// has reports whether the listener has an attribute: the global catalog's has a
// part of them (F454).
func (h *handler) has(kind directory.AttributeType) bool {
	return !h.cfg.GlobalCatalog || kind.InCatalog()
}

// read reads the attributes of an object that may be asked for.
func (q *query) read(tx *state.Tx, o *directory.Object) (directory.Attributes, error) {
	names := q.selection.Names()
	if q.selection.Operational() {
		for name := range operational {
			names = append(names, name)
		}
	}
	d := directory.In(tx)
	if !q.selection.All() {
		if len(names) == 0 {
			return nil, nil // Attributes would return all
		}
		return d.Attributes(o, names...)
	}
	attributes, err := d.Attributes(o)
	if err != nil || len(names) == 0 {
		return attributes, err
	}
	more, err := d.Attributes(o, names...)
	for _, a := range more {
		if operational[a.Name] {
			attributes = append(attributes, a)
		}
	}
	return attributes, err
}

// operational are the attributes that are made on request only (F405).
var operational = map[string]bool{"canonicalName": true, "createTimeStamp": true, "modifyTimeStamp": true, "tokenGroups": true}

// writeAttribute writes an attribute, of one with many values a range (F414).
func (q *query) writeAttribute(e *wire.Encoder, kind directory.AttributeType, values []string) error {
	piece, err := attribute.Cut(kind.Name, len(values), q.selection.Range(kind.Name), attribute.MaxValues)
	if err != nil {
		return refuse(ldap.LDAPResultOperationsError, err.Error())
	}
	e.BeginAttribute(piece.Name)
	if !q.request.TypesOnly {
		for _, value := range values[piece.First:piece.End] {
			if kind.Binary() {
				e.Octets(kind.Wire(value))
			} else {
				e.Value(value)
			}
		}
	}
	e.EndAttribute()
	return nil
}
