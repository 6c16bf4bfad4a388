package control

import (
	"net/http"
	"strings"
	"time"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mock/state"
)

// Replication tells how late domain controllers see each other's writes.
type Replication struct {
	Delay       fault.Duration `json:"delay"` // to controllers without one of their own
	Controllers []Controller   `json:"controllers"`
}

// Controller is a domain controller.
type Controller struct {
	Name    string         `json:"name"`              // DNS name
	Delay   fault.Duration `json:"delay"`             // until it sees the writes of others
	Waiting int            `json:"waiting"`           // changes that it does not see yet; not read
	Pending []Pending      `json:"pending,omitempty"` // the same, oldest first, at most 1000 writes; not read
}

// Pending is a write that a domain controller does not see yet.
type Pending struct {
	Written time.Time            `json:"written"`
	Due     time.Time            `json:"due"` // when it will see it
	Changes []state.ObjectChange `json:"changes"`
}

func (c *control) replication(r *http.Request, _ Nothing) (Replication, error) {
	names, err := c.controllers(r)
	if err != nil {
		return Replication{}, err
	}
	delays := c.emulator.Engine.Replication()
	answer := Replication{Delay: fault.Duration(delays.Delay), Controllers: []Controller{}}
	for _, name := range names {
		one := Controller{Name: name, Delay: fault.Duration(delays.To(name)), Waiting: c.emulator.Engine.Waiting(name)}
		for _, p := range c.emulator.Engine.Pending(name) {
			one.Pending = append(one.Pending, Pending(p))
		}
		answer.Controllers = append(answer.Controllers, one)
	}
	return answer, nil
}

func (c *control) setReplication(r *http.Request, wanted Replication) (Nothing, error) {
	delays := engine.Replication{Delay: time.Duration(wanted.Delay), Single: make(map[string]time.Duration)}
	if wanted.Delay < 0 {
		return Nothing{}, refuse("delay: %s is below 0", time.Duration(wanted.Delay))
	}
	for _, one := range wanted.Controllers {
		if err := c.known(r, one.Name); err != nil {
			return Nothing{}, err
		}
		if one.Delay < 0 {
			return Nothing{}, refuse("delay of %s: %s is below 0", one.Name, time.Duration(one.Delay))
		}
		delays.Single[one.Name] = time.Duration(one.Delay)
	}
	c.emulator.Engine.SetReplication(delays)
	return Nothing{}, nil
}

func (c *control) replicate(r *http.Request, _ Nothing) (Nothing, error) {
	return Nothing{}, c.emulator.Engine.Replicate(r.Context())
}

func (c *control) controllers(r *http.Request) (names []string, err error) {
	err = c.emulator.Store.View(r.Context(), func(tx *state.Tx) error {
		names, err = directory.In(tx).Controllers()
		return err
	})
	return names, err
}

// known refuses what is no domain controller.
func (c *control) known(r *http.Request, name string) error {
	names, err := c.controllers(r)
	if err != nil {
		return err
	}
	for _, known := range names {
		if strings.EqualFold(known, name) {
			return nil
		}
	}
	return refuse("there is no domain controller %q, only %s", name, strings.Join(names, ", "))
}
