package store

import (
	"time"

	"wsexchange/internal/ldappath"
)

// Asset is something a customer owns: a domain, a mailbox's GUID. A customer
// has a value once.
type Asset struct {
	Type    string // an asset type: PrimaryDomain, SecondaryDomain, …
	Value   string
	Status  string // a status type
	Created time.Time
	Updated time.Time
}

// SetAsset gives a customer an asset, or changes type and status of the one
// with that value. An empty status means enabled.
func (t *Tx) SetAsset(customer GUID, a Asset) error {
	c, err := t.Customer(customer)
	if err != nil {
		return err
	}
	if a.Status == "" {
		a.Status = StatusEnabled
	}
	kind, err := t.term(TermAssetType, a.Type)
	if err != nil {
		return err
	}
	status, err := t.term(TermStatusType, a.Status)
	if err != nil {
		return err
	}
	id, err := t.next("asset")
	if err != nil {
		return err
	}
	now := micros(t.Now())
	_, err = t.exec("INSERT INTO asset (id, customer_id, type_id, folded, value, status_id, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"+
		" ON CONFLICT (customer_id, folded) DO UPDATE SET type_id = excluded.type_id, status_id = excluded.status_id, updated = excluded.updated",
		id, c.ID, kind, ldappath.Fold(a.Value), a.Value, status, now, now)
	return err
}

// Assets lists what a customer owns or owned, oldest first. Empty type or
// status lets all pass.
func (t *Tx) Assets(customer GUID, assetType, status string) ([]Asset, error) {
	c, err := t.Customer(customer)
	if err != nil {
		return nil, err
	}
	return collect(t, func(row scanner) (Asset, error) {
		var a Asset
		var created, updated int64
		err := row.Scan(&a.Type, &a.Value, &a.Status, &created, &updated)
		a.Created, a.Updated = fromMicros(created), fromMicros(updated)
		return a, err
	}, "SELECT t.name, x.value, s.name, x.created, x.updated FROM asset x"+
		" JOIN term t ON t.id = x.type_id JOIN term s ON s.id = x.status_id"+
		" WHERE x.customer_id = ? AND (? = '' OR t.folded = ?) AND (? = '' OR s.folded = ?) ORDER BY x.id",
		c.ID, assetType, ldappath.Fold(assetType), status, ldappath.Fold(status))
}

// LogEvent notes that something happened to a customer, now.
func (t *Tx) LogEvent(customer GUID, eventType string) error {
	c, err := t.Customer(customer)
	if err != nil {
		return err
	}
	kind, err := t.term(TermEventType, eventType)
	if err != nil {
		return err
	}
	id, err := t.next("event")
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO event (id, customer_id, organization_id, type_id, at)"+
		" SELECT ?, id, COALESCE(organization_id, id), ?, ? FROM customer WHERE id = ?", id, kind, micros(t.Now()), c.ID)
	return err
}

// Event is something that happened to a customer.
type Event struct {
	Type string // an event type
	At   time.Time
}

// Events lists what happened to a customer itself, oldest first.
func (t *Tx) Events(customer GUID) ([]Event, error) {
	c, err := t.Customer(customer)
	if err != nil {
		return nil, err
	}
	return collect(t, func(row scanner) (Event, error) {
		var e Event
		var at int64
		err := row.Scan(&e.Type, &at)
		e.At = fromMicros(at)
		return e, err
	}, "SELECT t.name, e.at FROM event e JOIN term t ON t.id = e.type_id WHERE e.customer_id = ? ORDER BY e.at, e.id", c.ID)
}

// ModifiedOrganizations lists the organizations that saw one of the events,
// their own or a user's, from the first time to the last, both included. Each
// comes once, in the order of first registration, at most limit of them. Work
// grows with the events in that time.
func (t *Tx) ModifiedOrganizations(from, to time.Time, eventTypes []string, limit int) ([]*Customer, error) {
	wanted := make(map[int64]bool, len(eventTypes))
	for _, name := range eventTypes {
		id, err := t.term(TermEventType, name)
		if err != nil {
			return nil, err
		}
		wanted[id] = true
	}
	type pair struct{ kind, organization int64 }
	seen, err := collect(t, func(row scanner) (pair, error) {
		var p pair
		return p, row.Scan(&p.kind, &p.organization)
	}, "SELECT DISTINCT type_id, organization_id FROM event WHERE at BETWEEN ? AND ? ORDER BY organization_id", from.UnixMicro(), to.UnixMicro())
	if err != nil {
		return nil, err
	}
	var all []*Customer
	last := int64(0)
	for _, p := range seen {
		if !wanted[p.kind] || p.organization == last {
			continue
		}
		if len(all) == limit {
			break
		}
		last = p.organization
		found, err := collect(t, scanCustomer, "SELECT "+customerColumns+" WHERE c.id = ?", p.organization)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
