package plan

import "wsexchange/mock/state"

// Plans is the plan database as a transaction sees it. It belongs to the
// goroutine of the transaction.
type Plans struct{ tx *state.Tx }

// In returns the plan database in a transaction.
func In(tx *state.Tx) Plans { return Plans{tx: tx} }

// Tables returns the tables of the plan database: term, feature_type, plan,
// customer, available_plan, assigned_plan, asset and event. All domain
// controllers have the same rows.
func Tables() []state.Declaration {
	return []state.Declaration{terms, featureTypes, plans, customers, availablePlans, assignedPlans, assets, events}
}
