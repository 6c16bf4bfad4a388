// Package control reads the controls that searches take: pages of results (RFC
// 2696), sorting (RFC 2891), and Active Directory's showing of deleted objects.
//
// It knows no directory: a position in a result is a text that whoever searches
// chooses, and attributes are names with values.
//
// The cookie of a page is a position with a seal of the search that it is of.
// One that was changed, or belongs to another search or another client, is
// refused.
package control
