package plan

import (
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/state"
)

// Kinds of things of the plan database, as state.NotFoundError.Kind and
// state.ConflictError.Kind tell them in addition to the Term constants.
const (
	KindPlan        = "plan"
	KindFeatureType = "plan feature"
	KindCustomer    = "customer"
)

// Plan is a service plan. Names are unique without regard to letter case.
type Plan struct {
	ID          int64 // row in the state
	Name        string
	Description string
	Type        string // a plan type: ExchMailbox
	Status      string // a status type
	Created     time.Time
	Updated     time.Time
	Categories  []string
	Features    []PlanFeature
}

// PlanFeature is a feature type with the value that a plan gives it.
type PlanFeature struct {
	FeatureType
	Value string
}

// Feature returns the plan's feature of a name, in any letter case.
func (p *Plan) Feature(name string) (PlanFeature, bool) {
	for _, f := range p.Features {
		if ldappath.Fold(f.Name) == ldappath.Fold(name) {
			return f, true
		}
	}
	return PlanFeature{}, false
}

// PlanFilter chooses plans; an empty field lets all pass.
type PlanFilter struct {
	Type     string
	Category string
	Status   string
}

func (f PlanFilter) passes(row *planRow) bool {
	return passes(f.Type, row.Type.String()) && passes(f.Status, row.Status.String()) &&
		(f.Category == "" || slices.ContainsFunc(row.Categories, func(name string) bool { return passes(f.Category, name) }))
}

// plan makes the Plan of a row, without categories and features.
func (p *planRow) plan() *Plan {
	return &Plan{
		ID: p.ID, Name: p.Name, Description: p.Description, Type: p.Type.String(), Status: p.Status.String(),
		Created: p.Created.Time(), Updated: p.Updated.Time(),
	}
}

// CreatePlan adds a plan with its categories and features, of which only name
// and value count. An empty status means enabled. A name that is taken is a
// *state.ConflictError of KindPlan; a type, status, category or feature that
// does not exist, a *state.NotFoundError of its kind, or a feature named twice
// leaves nothing behind.
func (p Plans) CreatePlan(made Plan) (*Plan, error) {
	if held := plansByName.Find(p.tx, ldappath.Fold(made.Name)); held != nil {
		return nil, &state.ConflictError{Kind: KindPlan, Value: held.Name}
	}
	now := column.At(p.tx.Now())
	row := &planRow{Name: strings.Clone(made.Name), Description: strings.Clone(made.Description), Created: now, Updated: now}
	var err error
	if row.Type, row.Status, err = p.typed(TermPlanType, made.Type, made.Status); err != nil {
		return nil, err
	}
	if row.Categories, err = p.categories(made.Categories); err != nil {
		return nil, err
	}
	if row.Features, err = p.features(made.Features); err != nil {
		return nil, err
	}
	if row.ID, err = p.tx.Next("plan"); err != nil {
		return nil, err
	}
	if err := plans.Put(p.tx, row); err != nil {
		return nil, err
	}
	return p.Plan(made.Name)
}

// categories returns the names of categories as terms have them, each once.
func (p Plans) categories(names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		term, err := p.term(TermPlanCategory, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, term.String()) {
			all = append(all, term.String())
		}
	}
	return all, nil
}

func (p Plans) features(features []PlanFeature) ([]featureValue, error) {
	var all []featureValue
	for _, f := range features {
		kind := featuresByName.Find(p.tx, ldappath.Fold(f.Name))
		if kind == nil {
			return nil, &state.NotFoundError{Kind: KindFeatureType, Value: f.Name}
		}
		if slices.ContainsFunc(all, func(other featureValue) bool { return other.Name == kind.Name }) {
			return nil, &state.ConflictError{Kind: KindFeatureType, Value: f.Name}
		}
		all = append(all, featureValue{Name: kind.Name, Value: strings.Clone(f.Value)})
	}
	return all, nil
}

// Plan returns a plan with categories and features, by its name in any letter
// case. A missing one is a *state.NotFoundError of KindPlan.
func (p Plans) Plan(name string) (*Plan, error) {
	row, err := p.row(name)
	if err != nil {
		return nil, err
	}
	found := row.plan()
	found.Categories = slices.Clone(row.Categories)
	for _, f := range row.Features {
		feature := PlanFeature{FeatureType: FeatureType{Name: f.Name}, Value: f.Value}
		if kind := featuresByName.Find(p.tx, ldappath.Fold(f.Name)); kind != nil {
			feature.FeatureType = kind.FeatureType
		}
		found.Features = append(found.Features, feature)
	}
	return found, nil
}

func (p Plans) row(name string) (*planRow, error) {
	if row := plansByName.Find(p.tx, ldappath.Fold(name)); row != nil {
		return row, nil
	}
	return nil, &state.NotFoundError{Kind: KindPlan, Value: name}
}

// Plans lists the plans that pass the filter in the order in which they were
// made, without categories and features. A filter by a term that does not
// exist finds nothing.
func (p Plans) Plans(f PlanFilter) ([]*Plan, error) {
	var all []*Plan
	for row := range plans.All(p.tx) {
		if f.passes(row) {
			all = append(all, row.plan())
		}
	}
	return all, p.tx.Ready(false)
}

// SetPlanStatus changes the status of a plan.
func (p Plans) SetPlanStatus(name, status string) error {
	term, err := p.term(TermStatusType, status)
	if err != nil {
		return err
	}
	row, err := p.row(name)
	if err != nil {
		return err
	}
	changed := *row
	changed.Status, changed.Updated = term, column.At(p.tx.Now())
	return plans.Put(p.tx, &changed)
}
