package store

import (
	"errors"
	"fmt"
	"time"

	"wsexchange/internal/ldappath"
)

// Kinds of things of the plan database, as NotFoundError.Kind and
// ConflictError.Kind tell them beside the Term constants.
const (
	KindPlan        = "plan"
	KindFeatureType = "plan feature"
	KindCustomer    = "customer"
)

// Plan is a service plan. Names are unique without regard to letter case.
type Plan struct {
	ID          int64 // row in the store
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

// Feature gives the plan's feature of a name, in any letter case.
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

const planColumns = "p.id, p.name, p.description, t.name, s.name, p.created, p.updated" +
	" FROM plan p JOIN term t ON t.id = p.type_id JOIN term s ON s.id = p.status_id"

func scanPlan(row scanner) (*Plan, error) {
	var p Plan
	var created, updated int64
	err := row.Scan(&p.ID, &p.Name, &p.Description, &p.Type, &p.Status, &created, &updated)
	p.Created, p.Updated = fromMicros(created), fromMicros(updated)
	return &p, err
}

// CreatePlan adds a plan with its categories and features, of which only name
// and value count. An empty status means enabled. A name that is taken is a
// *ConflictError of KindPlan; a type, status, category or feature that does not
// exist, a *NotFoundError of its kind, or a feature named twice leaves nothing
// behind.
func (t *Tx) CreatePlan(p Plan) (*Plan, error) {
	var made *Plan
	err := t.Savepoint(func() error {
		id, err := t.insertPlan(p)
		if err != nil {
			return err
		}
		if err := t.insertCategories(id, p.Categories); err != nil {
			return err
		}
		if err := t.insertFeatures(id, p.Features); err != nil {
			return err
		}
		made, err = t.Plan(p.Name)
		return err
	})
	return made, err
}

func (t *Tx) insertPlan(p Plan) (int64, error) {
	if existing, err := t.planRow(p.Name); err == nil {
		return 0, &ConflictError{Kind: KindPlan, Value: existing.Name}
	} else if !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	if p.Status == "" {
		p.Status = StatusEnabled
	}
	kind, err := t.term(TermPlanType, p.Type)
	if err != nil {
		return 0, err
	}
	status, err := t.term(TermStatusType, p.Status)
	if err != nil {
		return 0, err
	}
	id, err := t.next("plan")
	if err != nil {
		return 0, err
	}
	now := micros(t.Now())
	_, err = t.exec("INSERT INTO plan (id, folded, name, description, type_id, status_id, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		id, ldappath.Fold(p.Name), p.Name, p.Description, kind, status, now, now)
	return id, err
}

func (t *Tx) insertCategories(plan int64, categories []string) error {
	for i, name := range categories {
		id, err := t.term(TermPlanCategory, name)
		if err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO plan_category (plan_id, position, category_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", plan, i, id)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) insertFeatures(plan int64, features []PlanFeature) error {
	for i, f := range features {
		id, err := t.featureType(f.Name)
		if err != nil {
			return err
		}
		n, err := t.exec("INSERT INTO plan_feature (plan_id, position, feature_id, value) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", plan, i, id, f.Value)
		if err != nil {
			return err
		}
		if n == 0 {
			return &ConflictError{Kind: KindFeatureType, Value: f.Name}
		}
	}
	return nil
}

// Plan gives a plan with categories and features, by its name in any letter
// case. A missing one is a *NotFoundError of KindPlan.
func (t *Tx) Plan(name string) (*Plan, error) {
	p, err := t.planRow(name)
	if err != nil {
		return nil, err
	}
	if p.Categories, err = collect(t, scanText,
		"SELECT c.name FROM plan_category x JOIN term c ON c.id = x.category_id WHERE x.plan_id = ? ORDER BY x.position", p.ID); err != nil {
		return nil, err
	}
	p.Features, err = collect(t, func(row scanner) (PlanFeature, error) {
		var f PlanFeature
		return f, row.Scan(&f.Name, &f.Description, &f.NativeAttribute, &f.ParentNode, &f.DataType, &f.Unit, &f.Value)
	}, "SELECT f.name, f.description, f.native_attribute, f.parent_node, f.data_type, f.unit, x.value"+
		" FROM plan_feature x JOIN feature_type f ON f.id = x.feature_id WHERE x.plan_id = ? ORDER BY x.position", p.ID)
	return p, err
}

func (t *Tx) planRow(name string) (*Plan, error) {
	found, err := collect(t, scanPlan, "SELECT "+planColumns+" WHERE p.folded = ?", ldappath.Fold(name))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &NotFoundError{Kind: KindPlan, Value: name}
	}
	return found[0], nil
}

// Plans lists the plans that pass the filter in the order in which they were
// made, without categories and features. A filter by a term that does not
// exist finds nothing.
func (t *Tx) Plans(f PlanFilter) ([]*Plan, error) {
	category := ldappath.Fold(f.Category)
	return collect(t, scanPlan, "SELECT "+planColumns+
		" WHERE (? = '' OR t.folded = ?) AND (? = '' OR s.folded = ?)"+
		" AND (? = '' OR EXISTS (SELECT 1 FROM plan_category x JOIN term c ON c.id = x.category_id WHERE x.plan_id = p.id AND c.folded = ?))"+
		" ORDER BY p.id",
		f.Type, ldappath.Fold(f.Type), f.Status, ldappath.Fold(f.Status), category, category)
}

// SetPlanStatus changes the status of a plan.
func (t *Tx) SetPlanStatus(name, status string) error {
	id, err := t.term(TermStatusType, status)
	if err != nil {
		return err
	}
	n, err := t.exec("UPDATE plan SET status_id = ?, updated = ? WHERE folded = ?", id, micros(t.Now()), ldappath.Fold(name))
	if err != nil {
		return fmt.Errorf("plan %q: %w", name, err)
	}
	if n == 0 {
		return &NotFoundError{Kind: KindPlan, Value: name}
	}
	return nil
}
