package plan

import (
	"maps"
	"math"
	"slices"
	"time"

	"wsexchange/mock/column"
	"wsexchange/mock/directory"
)

// Event is something that happened to a customer.
type Event struct {
	Type string // an event type
	At   time.Time
}

// LogEvent notes that something happened to a customer, now.
func (p Plans) LogEvent(customer directory.GUID, eventType string) error {
	c, err := p.known(customer)
	if err != nil {
		return err
	}
	kind, err := p.term(TermEventType, eventType)
	if err != nil {
		return err
	}
	id, err := p.tx.Next("event")
	if err != nil {
		return err
	}
	return events.Put(p.tx, &eventRow{ID: id, Customer: c.ID, Type: kind, At: column.At(p.tx.Now())})
}

// Events lists what happened to a customer itself, oldest first. It looks at
// every event: it is for tests and inspections.
func (p Plans) Events(customer directory.GUID) ([]Event, error) {
	c, err := p.known(customer)
	if err != nil {
		return nil, err
	}
	var all []Event
	for _, row := range eventsByTime.From(p.tx, math.MinInt64) {
		if row.Customer == c.ID {
			all = append(all, Event{Type: row.Type.String(), At: row.At.Time()})
		}
	}
	return all, p.tx.Ready(false)
}

// ModifiedOrganizations lists the organizations that saw one of the events,
// their own or a user's, from the first time to the last, both included. Each
// comes once, in the order of first registration, at most limit of them. Work
// grows with the events in that time.
func (p Plans) ModifiedOrganizations(from, to time.Time, eventTypes []string, limit int) ([]*Customer, error) {
	wanted := make(map[column.Word]bool, len(eventTypes))
	for _, name := range eventTypes {
		term, err := p.term(TermEventType, name)
		if err != nil {
			return nil, err
		}
		wanted[term] = true
	}
	seen := make(map[int64]*customerRow)
	for at, row := range eventsByTime.From(p.tx, column.Time(from.UnixMicro())) {
		if at > column.Time(to.UnixMicro()) {
			break
		}
		if !wanted[row.Type] {
			continue
		}
		if c := customers.Get(p.tx, row.Customer); c != nil {
			c = p.organization(c)
			seen[c.ID] = c
		}
	}
	var all []*Customer
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		if len(all) == limit {
			break
		}
		c, err := p.customer(seen[id])
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, p.tx.Ready(false)
}
