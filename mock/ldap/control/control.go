package control

import (
	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/ldap/wire"
)

// OIDs of the controls.
const (
	Paging     = ldap.ControlTypePaging
	Sorting    = ldap.ControlTypeServerSideSorting
	SortResult = ldap.ControlTypeServerSideSortingResult
	// DomainScope has a search return no referrals, of which there are none.
	DomainScope = ldap.ControlTypeMicrosoftDomainScope
	// ShowDeleted has a search find deleted objects, too (MS-ADTS section
	// 3.1.1.3.4.1.14).
	ShowDeleted = ldap.ControlTypeMicrosoftShowDeleted
)

// Requested returns the controls that searches take.
func Requested() []string { return []string{Paging, Sorting, DomainScope, ShowDeleted} }

// Supported returns what the root DSE announces: what searches take and what
// answers them.
func Supported() []string { return append(Requested(), SortResult) }

// Search is what the controls of a search ask for.
type Search struct {
	Paged    bool
	PageSize int
	Position string // where the page begins, "" at the beginning
	Sort     *Sort  // nil: in no order that matters
	Deleted  bool   // deleted objects are found, too

	cookies *Cookies
	seal    [sealSize]byte
}

// badControl is how Active Directory refuses a control with a bad value: a
// cookie that is not of the search, too (F412).
var badControl = wire.Result{
	Code: ldap.LDAPResultUnavailableCriticalExtension,
	Text: "00000057: LdapErr: DSID-0C0907AE, comment: Error processing control, data 0, vece",
}

// Read reads the controls of a search. The client is who searches; a cookie is
// of no use to another. The result has a code other than success if the search
// is refused.
func (c *Cookies) Read(r *wire.SearchRequest, client string) (Search, wire.Result) {
	s := Search{cookies: c}
	seen := map[string]bool{}
	for _, control := range r.Controls {
		if seen[control.OID] {
			return s, badControl
		}
		seen[control.OID] = true
		switch control.OID {
		case Paging:
			if !s.readPaging(r, client, control) {
				return s, badControl
			}
		case Sorting:
			keys, err := wire.DecodeSort(control.Value)
			if err != nil {
				return s, badControl
			}
			s.Sort = &Sort{Keys: keys, Critical: control.Critical}
		case ShowDeleted:
			s.Deleted = true
		}
	}
	return s, wire.Result{}
}

func (s *Search) readPaging(r *wire.SearchRequest, client string, control wire.Control) bool {
	size, cookie, err := wire.DecodePaging(control.Value)
	if err != nil {
		return false
	}
	s.Paged, s.PageSize = true, int(size)
	s.seal = s.cookies.sealOf(r, client)
	if cookie == "" {
		return true
	}
	position, ok := s.cookies.open(cookie, s.seal)
	s.Position = position
	return ok
}

// Limit returns how many entries the answer may have, by the limit that the
// client set and the server's own, and whether more are left for a next page.
// A page as large as the client's limit is an answer without pages (RFC 2696
// section 3).
func (s *Search) Limit(clients int32, servers int) (limit int, paged bool) {
	limit = servers
	if clients > 0 && int(clients) < limit {
		limit = int(clients)
	}
	if s.Paged && (s.PageSize < limit || clients == 0) {
		return min(s.PageSize, limit), true
	}
	return limit, false
}

// Next returns the control that ends a page: with the position of the next one,
// or "" after the last. It must not be asked of a search that is not paged.
func (s *Search) Next(position string) wire.Control {
	cookie := ""
	if position != "" {
		cookie = s.cookies.close(position, s.seal)
	}
	return wire.Control{OID: Paging, Value: wire.EncodePaging(0, cookie), HasValue: true}
}
