package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wsexchange/internal/ldappath"
)

// Customer is a row of the plan database: an organization or a user, known by
// the objectGUID. It outlives its object.
type Customer struct {
	ID           int64 // row in the store
	GUID         GUID  // objectGUID
	Name         string
	Type         string // a customer type: BusinessOrganization, BusinessUser, …
	Status       string // a status type
	Organization GUID   // of users: the organization's; zero for organizations
	Created      time.Time
	Updated      time.Time
	DN           ldappath.DN // name of the object now; empty if it is gone
}

const customerColumns = "c.id, c.guid, c.name, t.name, s.name, g.guid, c.created, c.updated, o.dn" +
	" FROM customer c JOIN term t ON t.id = c.type_id JOIN term s ON s.id = c.status_id" +
	" LEFT JOIN customer g ON g.id = c.organization_id LEFT JOIN object o ON o.guid = c.guid"

func scanCustomer(row scanner) (*Customer, error) {
	var (
		c                Customer
		guid             string
		organization, dn sql.NullString
		created, updated int64
	)
	err := row.Scan(&c.ID, &guid, &c.Name, &c.Type, &c.Status, &organization, &created, &updated, &dn)
	if err != nil {
		return nil, err
	}
	c.Created, c.Updated = fromMicros(created), fromMicros(updated)
	if c.GUID, err = ParseGUID(guid); err != nil {
		return nil, fmt.Errorf("customer %d: %w", c.ID, err)
	}
	if organization.Valid {
		if c.Organization, err = ParseGUID(organization.String); err != nil {
			return nil, fmt.Errorf("customer %d: %w", c.ID, err)
		}
	}
	if dn.Valid {
		if c.DN, err = ldappath.ParseDN(dn.String); err != nil {
			return nil, fmt.Errorf("customer %d: %w", c.ID, err)
		}
	}
	return &c, nil
}

// CreateCustomer adds a customer by GUID, name, type and, for users, the
// organization, which must be a customer. An empty status means enabled. A
// GUID that is a customer already is a *ConflictError of KindCustomer.
func (t *Tx) CreateCustomer(c Customer) (*Customer, error) {
	if _, err := t.Customer(c.GUID); err == nil {
		return nil, &ConflictError{Kind: KindCustomer, Value: c.GUID.String()}
	} else if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if c.Status == "" {
		c.Status = StatusEnabled
	}
	kind, err := t.term(TermCustomerType, c.Type)
	if err != nil {
		return nil, err
	}
	status, err := t.term(TermStatusType, c.Status)
	if err != nil {
		return nil, err
	}
	var organization sql.NullInt64
	if c.Organization != (GUID{}) {
		owner, err := t.Customer(c.Organization)
		if err != nil {
			return nil, err
		}
		organization = sql.NullInt64{Int64: owner.ID, Valid: true}
	}
	id, err := t.next("customer")
	if err != nil {
		return nil, err
	}
	now := micros(t.Now())
	_, err = t.exec("INSERT INTO customer (id, guid, name, type_id, status_id, organization_id, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		id, c.GUID.Octets(), c.Name, kind, status, organization, now, now)
	if err != nil {
		return nil, fmt.Errorf("customer %s: %w", c.GUID, err)
	}
	return t.Customer(c.GUID)
}

// Customer gives the customer with the objectGUID. A missing one is a
// *NotFoundError of KindCustomer.
func (t *Tx) Customer(guid GUID) (*Customer, error) {
	found, err := collect(t, scanCustomer, "SELECT "+customerColumns+" WHERE c.guid = ?", guid.Octets())
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &NotFoundError{Kind: KindCustomer, Value: guid.String()}
	}
	return found[0], nil
}

// SetCustomerStatus changes the status of a customer.
func (t *Tx) SetCustomerStatus(guid GUID, status string) error {
	id, err := t.term(TermStatusType, status)
	if err != nil {
		return err
	}
	n, err := t.exec("UPDATE customer SET status_id = ?, updated = ? WHERE guid = ?", id, micros(t.Now()), guid.Octets())
	if err != nil {
		return err
	}
	if n == 0 {
		return &NotFoundError{Kind: KindCustomer, Value: guid.String()}
	}
	return nil
}

// DeleteCustomer gives a customer and its assets the status Deleted and takes
// its plan assignments and available plans back. The rows stay.
func (t *Tx) DeleteCustomer(guid GUID) error {
	c, err := t.Customer(guid)
	if err != nil {
		return err
	}
	deleted, err := t.term(TermStatusType, StatusDeleted)
	if err != nil {
		return err
	}
	now := micros(t.Now())
	if err := t.SetCustomerStatus(guid, StatusDeleted); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE asset SET status_id = ?, updated = ? WHERE customer_id = ?", deleted, now, c.ID); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE available_plan SET status_id = ?, updated = ? WHERE customer_id = ?", deleted, now, c.ID); err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM assigned_plan WHERE customer_id = ?", c.ID)
	return err
}
