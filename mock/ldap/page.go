package ldap

import "github.com/jimlambrt/gldap"

// page is where a search goes on and how many entries it may give.
type page struct {
	after string // key of the entry before the first, from the client's cookie
	last  string // key of the last entry given, for the next cookie
	size  int
	paged bool
}

// page reads the limits and controls of the request. The cookie is the key of
// the last entry that the client was given: it tells the client nothing new,
// what it may see is tested again, and entries that come and go between two
// pages do not shift the others.
func (q *query) page() (page, error) {
	p := page{size: q.server.cfg.SizeLimit}
	limit := p.size
	if l := q.message.SizeLimit; l > 0 && l < int64(limit) {
		limit = int(l)
	}
	p.size = limit
	for _, control := range q.message.Controls {
		switch c := control.(type) {
		case *gldap.ControlPaging:
			// A page as large as the limit is an answer without pages.
			if size := int(c.PagingSize); size < limit || q.message.SizeLimit == 0 {
				p.paged, p.size = true, min(size, limit)
			}
			p.after = string(c.Cookie)
			p.last = p.after
		case *gldap.ControlString:
			if c.Criticality {
				return p, &refusal{code: gldap.ResultUnavailableCriticalExtension, text: "control " + c.ControlType + " is not supported"}
			}
		}
	}
	return p, nil
}

// full ends an answer that has as many entries as it may: with a cookie when
// the client pages, else with the result code for that. A page of no entries
// ends the paging.
func (q *query) full(p page) error {
	switch {
	case p.paged && p.size == 0:
		q.next = &gldap.ControlPaging{}
	case p.paged:
		q.next = &gldap.ControlPaging{Cookie: []byte(p.last)}
	default:
		return &refusal{code: gldap.ResultSizeLimitExceeded, text: "there are more entries than one answer may have"}
	}
	return nil
}
