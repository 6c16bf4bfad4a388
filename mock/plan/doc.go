// Package plan is the plan database: the vocabularies, the types of features,
// the service plans, and the customers with the plans, assets and events that
// they have.
//
// Customers are organizations and users, known by their objectGUID; they
// outlive their objects. Terms of the vocabularies are never renamed or
// removed, so that rows have their names.
//
// [In] returns the plan database as a transaction sees it.
package plan
