package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// Customer is a row of the plan database: an organization or a user, known by
// the objectGUID. It outlives its object.
type Customer struct {
	ID           int64          // row in the state
	GUID         directory.GUID // objectGUID
	Name         string
	Type         string         // a customer type: BusinessOrganization, BusinessUser, …
	Status       string         // a status type
	Organization directory.GUID // of users: the organization's; zero for organizations
	Created      time.Time
	Updated      time.Time
	DN           ldappath.DN // name of the object now; empty if it is gone
}

// customer makes the Customer of a row.
func (p Plans) customer(row *customerRow) (*Customer, error) {
	c := &Customer{
		ID: row.ID, GUID: directory.GUID(row.GUID), Name: row.Name, Type: row.Type.String(), Status: row.Status.String(),
		Organization: directory.GUID(row.Organization), Created: row.Created.Time(), Updated: row.Updated.Time(),
	}
	switch o, err := directory.In(p.tx).ByGUID(c.GUID); {
	case err == nil:
		c.DN = o.DN
	case !errors.Is(err, state.ErrNotFound):
		return nil, fmt.Errorf("customer %d: %w", row.ID, err)
	}
	return c, nil
}

// CreateCustomer adds a customer by GUID, name, type and, for users, the
// organization, which must be a customer. An empty status means enabled. A
// GUID that is a customer already is a *state.ConflictError of KindCustomer.
func (p Plans) CreateCustomer(c Customer) (*Customer, error) {
	if customersByGUID.Find(p.tx, column.GUID(c.GUID)) != nil {
		return nil, &state.ConflictError{Kind: KindCustomer, Value: c.GUID.String()}
	}
	kind, status, err := p.typed(TermCustomerType, c.Type, c.Status)
	if err != nil {
		return nil, err
	}
	if c.Organization != (directory.GUID{}) {
		if _, err := p.known(c.Organization); err != nil {
			return nil, err
		}
	}
	id, err := p.tx.Next("customer")
	if err != nil {
		return nil, err
	}
	now := column.At(p.tx.Now())
	row := &customerRow{
		ID: id, GUID: column.GUID(c.GUID), Organization: column.GUID(c.Organization), Name: strings.Clone(c.Name),
		Type: kind, Status: status, Created: now, Updated: now,
	}
	if err := customers.Put(p.tx, row); err != nil {
		return nil, fmt.Errorf("customer %s: %w", c.GUID, err)
	}
	return p.customer(row)
}

// known returns the row of a customer. A missing one is a
// *state.NotFoundError of KindCustomer.
func (p Plans) known(guid directory.GUID) (*customerRow, error) {
	if row := customersByGUID.Find(p.tx, column.GUID(guid)); row != nil {
		return row, nil
	}
	return nil, &state.NotFoundError{Kind: KindCustomer, Value: guid.String()}
}

// organization returns the row of the organization that a customer belongs to:
// its own for an organization.
func (p Plans) organization(row *customerRow) *customerRow {
	if found := customersByGUID.Find(p.tx, row.Organization); found != nil && row.Organization != (column.GUID{}) {
		return found
	}
	return row
}

// Customer returns the customer with the objectGUID. A missing one is a
// *state.NotFoundError of KindCustomer.
func (p Plans) Customer(guid directory.GUID) (*Customer, error) {
	row, err := p.known(guid)
	if err != nil {
		return nil, err
	}
	return p.customer(row)
}

// SetCustomerStatus changes the status of a customer.
func (p Plans) SetCustomerStatus(guid directory.GUID, status string) error {
	term, err := p.term(TermStatusType, status)
	if err != nil {
		return err
	}
	row, err := p.known(guid)
	if err != nil {
		return err
	}
	changed := *row
	changed.Status, changed.Updated = term, column.At(p.tx.Now())
	return customers.Put(p.tx, &changed)
}

// DeleteCustomer gives a customer and its assets the status Deleted and takes
// its plan assignments and available plans back. The rows stay.
func (p Plans) DeleteCustomer(guid directory.GUID) error {
	row, err := p.known(guid)
	if err != nil {
		return err
	}
	deleted, err := p.term(TermStatusType, StatusDeleted)
	if err != nil {
		return err
	}
	if err := p.SetCustomerStatus(guid, StatusDeleted); err != nil {
		return err
	}
	now := column.At(p.tx.Now())
	for _, a := range p.assetsOf(row.ID) {
		changed := *a
		changed.Status, changed.Updated = deleted, now
		if err := assets.Put(p.tx, &changed); err != nil {
			return err
		}
	}
	for _, a := range p.availableTo(row.ID) {
		changed := *a
		changed.Status, changed.Updated = deleted, now
		if err := availablePlans.Put(p.tx, &changed); err != nil {
			return err
		}
	}
	return p.unassignAll(row.ID)
}

// CustomerCensus is a type of customers in one status.
type CustomerCensus struct {
	Type, Status string
	Count        int64
}

// CustomerCensus counts customers, organizations and users, for each pair of
// type and status, zero included, in the order of their names. Work grows with
// the number of customers.
func (p Plans) CustomerCensus() []CustomerCensus {
	counts := make(map[[2]column.Word]int64)
	for row := range customers.All(p.tx) {
		counts[[2]column.Word{row.Type, row.Status}]++
	}
	var all []CustomerCensus
	for _, kind := range p.words(TermCustomerType) {
		for _, status := range p.words(TermStatusType) {
			all = append(all, CustomerCensus{Type: kind.String(), Status: status.String(), Count: counts[[2]column.Word{kind, status}]})
		}
	}
	return all
}

// words returns the names of a vocabulary in their order.
func (p Plans) words(kind string) []column.Word {
	var all []column.Word
	for row := range terms.All(p.tx) {
		if row.Kind == kind {
			all = append(all, column.Intern(row.Name))
		}
	}
	slices.SortFunc(all, column.Word.Compare)
	return all
}
