package plan

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/state"
)

// The rows of the plan database. Types and statuses are names of terms, plans
// and customers are the ids of their rows.
type (
	termRow struct {
		ID int64 `json:"id"`
		Term
	}
	featureRow struct {
		ID int64 `json:"id"`
		FeatureType
	}
	planRow struct {
		ID          int64          `json:"id"`
		Name        string         `json:"name"`
		Description string         `json:"description,omitempty"`
		Type        column.Word    `json:"type"`
		Status      column.Word    `json:"status"`
		Created     column.Time    `json:"created"`
		Updated     column.Time    `json:"updated"`
		Categories  []string       `json:"categories,omitempty"`
		Features    []featureValue `json:"features,omitempty"`
	}
	featureValue struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	customerRow struct {
		ID           int64       `json:"id"`
		GUID         column.GUID `json:"guid"`
		Organization column.GUID `json:"organization,omitzero"`
		Name         string      `json:"name"`
		Type         column.Word `json:"type"`
		Status       column.Word `json:"status"`
		Created      column.Time `json:"created"`
		Updated      column.Time `json:"updated"`
	}
	availableRow struct {
		Customer int64       `json:"customer"`
		Plan     int64       `json:"plan"`
		Status   column.Word `json:"status"`
		Created  column.Time `json:"created"`
		Updated  column.Time `json:"updated"`
	}
	assignedRow struct {
		Customer     int64       `json:"customer"`
		Type         column.Word `json:"type"`
		Plan         int64       `json:"plan"`
		Organization int64       `json:"organization,omitempty"` // repeats the customer's
		Since        column.Time `json:"since"`
	}
	assetRow struct {
		ID       int64       `json:"id"`
		Customer int64       `json:"customer"`
		Type     column.Word `json:"type"`
		Value    string      `json:"value"`
		Status   column.Word `json:"status"`
		Created  column.Time `json:"created"`
		Updated  column.Time `json:"updated"`
	}
	eventRow struct {
		ID       int64       `json:"id"`
		Customer int64       `json:"customer"`
		Type     column.Word `json:"type"`
		At       column.Time `json:"at"`
	}
)

var (
	terms = state.Declare(state.Spec[int64, termRow]{
		Name: "term", Key: func(t *termRow) int64 { return t.ID }, Compare: cmp.Compare[int64], Describe: describeTerm,
	})
	termsByName = state.Unique(terms, "kind and name", compareTerms, func(t *termRow, add func(termKey)) {
		add(termKey{t.Kind, ldappath.Fold(t.Name)})
	})

	featureTypes = state.Declare(state.Spec[int64, featureRow]{
		Name: "feature_type", Key: func(f *featureRow) int64 { return f.ID }, Compare: cmp.Compare[int64], Describe: describeFeatureType,
	})
	featuresByName = state.Unique(featureTypes, "name", strings.Compare, func(f *featureRow, add func(string)) {
		add(ldappath.Fold(f.Name))
	})

	plans = state.Declare(state.Spec[int64, planRow]{
		Name: "plan", Key: func(p *planRow) int64 { return p.ID }, Compare: cmp.Compare[int64], Describe: describePlan,
	})
	plansByName = state.Unique(plans, "name", strings.Compare, func(p *planRow, add func(string)) { add(ldappath.Fold(p.Name)) })

	customers = state.Declare(state.Spec[int64, customerRow]{
		Name: "customer", Key: func(c *customerRow) int64 { return c.ID }, Compare: cmp.Compare[int64], Describe: describeCustomer,
	})
	customersByGUID = state.Unique(customers, "objectGUID", func(a, b column.GUID) int { return bytes.Compare(a[:], b[:]) },
		func(c *customerRow, add func(column.GUID)) { add(c.GUID) })

	availablePlans = state.Declare(state.Spec[availableKey, availableRow]{
		Name: "available_plan", Key: func(a *availableRow) availableKey { return availableKey{a.Customer, a.Plan} },
		Compare: compareAvailable, KeyText: availableKey.text, ParseKey: parseAvailableKey, Describe: describeAvailable,
	})

	assignedPlans = state.Declare(state.Spec[assignedKey, assignedRow]{
		Name: "assigned_plan", Key: func(a *assignedRow) assignedKey { return assignedKey{a.Customer, a.Type} },
		Compare: compareAssigned, KeyText: assignedKey.text, ParseKey: parseAssignedKey, Describe: describeAssigned,
	})
	planUsers = state.Ordered(assignedPlans, "organization and plan", compareUsers, func(a *assignedRow, add func(usersKey)) {
		add(usersKey{a.Organization, a.Plan})
	})

	assets = state.Declare(state.Spec[int64, assetRow]{
		Name: "asset", Key: func(a *assetRow) int64 { return a.ID }, Compare: cmp.Compare[int64], Describe: describeAsset,
	})
	assetsByValue = state.Unique(assets, "customer and value", compareAssets, func(a *assetRow, add func(assetKey)) {
		add(assetKey{a.Customer, ldappath.Fold(a.Value)})
	})

	events = state.Declare(state.Spec[int64, eventRow]{
		Name: "event", Key: func(e *eventRow) int64 { return e.ID }, Compare: cmp.Compare[int64], Describe: describeEvent,
	})
	// eventsByTime is the only index: there are several events a user, so that
	// another would take more memory than all that is asked by customer is worth.
	eventsByTime = state.Ordered(events, "time", cmp.Compare[column.Time], func(e *eventRow, add func(column.Time)) { add(e.At) })
)

type termKey struct{ kind, folded string }

func compareTerms(a, b termKey) int {
	return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.folded, b.folded))
}

type availableKey struct{ customer, plan int64 }

func (k availableKey) text() string { return fmt.Sprintf("%d/%d", k.customer, k.plan) }

// parseAvailableKey reads what availableKey.text wrote.
func parseAvailableKey(text string) (k availableKey, err error) {
	customer, plan, _ := strings.Cut(text, "/")
	if k.customer, err = strconv.ParseInt(customer, 10, 64); err == nil {
		k.plan, err = strconv.ParseInt(plan, 10, 64)
	}
	return k, err
}

func compareAvailable(a, b availableKey) int {
	return cmp.Or(cmp.Compare(a.customer, b.customer), cmp.Compare(a.plan, b.plan))
}

// assignedKey is a customer and a plan type, of which it has one plan.
type assignedKey struct {
	customer int64
	planType column.Word
}

func (k assignedKey) text() string { return fmt.Sprintf("%d/%s", k.customer, k.planType) }

// parseAssignedKey reads what assignedKey.text wrote.
func parseAssignedKey(text string) (k assignedKey, err error) {
	customer, planType, _ := strings.Cut(text, "/")
	k.customer, err = strconv.ParseInt(customer, 10, 64)
	k.planType = column.Intern(planType)
	return k, err
}

func compareAssigned(a, b assignedKey) int {
	if c := cmp.Compare(a.customer, b.customer); c != 0 {
		return c
	}
	return a.planType.Compare(b.planType)
}

type usersKey struct{ organization, plan int64 }

func compareUsers(a, b usersKey) int {
	return cmp.Or(cmp.Compare(a.organization, b.organization), cmp.Compare(a.plan, b.plan))
}

type assetKey struct {
	customer int64
	folded   string
}

func compareAssets(a, b assetKey) int {
	if c := cmp.Compare(a.customer, b.customer); c != 0 {
		return c
	}
	return strings.Compare(a.folded, b.folded)
}
