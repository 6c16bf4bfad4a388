// Package organization finds hosted organizations in the directory, and what
// they name as well-known: their groups, their type, their address lists.
//
// An organization is an OU that marks itself: its otherWellKnownObjects has
// the entry ThisOrganizationRoot, which points at the OU itself. What belongs
// to it is found by such marks, never by name, so that an organization keeps
// its groups when it is renamed (F220).
//
// The functions read through a store.Tx. Where they refuse, the error is a
// *mpf.Error fit for a caller of a procedure.
package organization
