package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// Action is what happens to a request.
type Action string

// The actions.
const (
	Fail      Action = "fail"      // the call fails with a code
	Delay     Action = "delay"     // it waits
	Drop      Action = "drop"      // the connection breaks, without an answer
	Malformed Action = "malformed" // the answer breaks off in the middle of its XML
	Kill      Action = "kill"      // the process ends at once; only where that is allowed
)

// Actions lists the actions.
func Actions() []Action { return []Action{Fail, Delay, Drop, Malformed, Kill} }

// Rule says which requests meet which fault. What is empty in it matches
// everything.
type Rule struct {
	// ID names the rule; Add makes one if it is empty.
	ID string `json:"id,omitempty"`
	// Namespace and Procedure are those of the call; at the stages of the whole
	// request those that it is about. Letter case does not matter.
	Namespace string `json:"namespace,omitempty"`
	Procedure string `json:"procedure,omitempty"`
	// Step is the number of the call in its request, from 1.
	Step int `json:"step,omitempty"`
	// Tenant is an organization's path, distinguished name or name.
	Tenant string `json:"tenant,omitempty"`
	// Caller is an account, DOMAIN\name or name.
	Caller string `json:"caller,omitempty"`
	// Operation is that of the web service that a gateway made the request for,
	// "EnableUser" or "HostedExchange.EnableUser".
	Operation string `json:"operation,omitempty"`

	// When is the stage: request, before, after, rollback, answer. Default
	// before; of drop and malformed answer.
	When   engine.Stage `json:"when,omitempty"`
	Action Action       `json:"action"`
	// Code is the result code of fail, "0x80070005". Default E_FAIL. Text is
	// its description; default the code's own.
	Code string `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
	// Delay is how long delay waits.
	Delay *Distribution `json:"delay,omitempty"`

	// Probability is that of a hit, above 0 to 1; 0 means 1. Seed makes the
	// same sequence of hits every time.
	Probability float64 `json:"probability,omitempty"`
	Seed        uint64  `json:"seed,omitempty"`
	// Skip lets the first matches pass. Times is the most hits; 0 means no end.
	Skip  int `json:"skip,omitempty"`
	Times int `json:"times,omitempty"`
}

// Distribution says how long to wait: exactly Fixed, or between Min and Max,
// or about Mean, give or take Deviation. Waits are at most ten minutes.
type Distribution struct {
	Fixed     Duration `json:"fixed,omitempty"`
	Min       Duration `json:"min,omitempty"`
	Max       Duration `json:"max,omitempty"`
	Mean      Duration `json:"mean,omitempty"`
	Deviation Duration `json:"deviation,omitempty"`
}

// Duration is a time.Duration that is "250ms" in JSON.
type Duration time.Duration

// MarshalJSON writes the duration as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads a text such as "1.5s".
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("duration %s is no text such as \"250ms\"", b)
	}
	parsed, err := time.ParseDuration(text)
	*d = Duration(parsed)
	return err
}

const longestDelay = Duration(10 * time.Minute)

func (d *Distribution) check() error {
	if d == nil {
		return errors.New("delay is missing")
	}
	for _, one := range []Duration{d.Fixed, d.Min, d.Max, d.Mean, d.Deviation} {
		if one < 0 || one > longestDelay {
			return fmt.Errorf("delay of %s is not between 0 and %s", time.Duration(one), time.Duration(longestDelay))
		}
	}
	uniform, normal := d.Min != 0 || d.Max != 0, d.Mean != 0 || d.Deviation != 0
	switch {
	case d.Fixed != 0 && (uniform || normal), uniform && normal:
		return errors.New("delay is either fixed, or min and max, or mean and deviation")
	case d.Max < d.Min:
		return errors.New("delay's max is below its min")
	case d.Fixed == 0 && d.Max == 0 && d.Mean == 0:
		return errors.New("delay is 0")
	}
	return nil
}

// draw takes one value.
func (d *Distribution) draw(random *rand.Rand) time.Duration {
	switch {
	case d.Fixed != 0:
		return time.Duration(d.Fixed)
	case d.Max != 0:
		return time.Duration(d.Min) + time.Duration(random.Int64N(int64(d.Max-d.Min)+1))
	}
	drawn := float64(d.Mean) + random.NormFloat64()*float64(d.Deviation)
	return time.Duration(min(max(drawn, 0), float64(longestDelay)))
}

// ready fills in the defaults and refuses what makes no sense.
func (r Rule) ready() (Rule, error) {
	if r.When == "" {
		r.When = engine.BeforeCall
		if r.Action == Drop || r.Action == Malformed {
			r.When = engine.AtAnswer
		}
	}
	ofCall := r.When == engine.BeforeCall || r.When == engine.AfterCall
	switch {
	case !slices.Contains(Actions(), r.Action):
		return r, fmt.Errorf("action %q is none of %v", r.Action, Actions())
	case !slices.Contains(engine.Stages(), r.When):
		return r, fmt.Errorf("when %q is none of %v", r.When, engine.Stages())
	case r.Action == Fail && r.When == engine.AtAnswer:
		return r, errors.New("what is committed cannot fail any more: fail has no stage answer")
	case r.Step < 0 || r.Step > 0 && !ofCall:
		return r, errors.New("step is the number of a call, from 1, with the stages before and after")
	case r.Tenant != "" && r.When == engine.AtRequest:
		return r, errors.New("the tenant of a request is not known at the stage request")
	case r.Probability < 0 || r.Probability > 1:
		return r, fmt.Errorf("probability %v is not between 0 and 1", r.Probability)
	case r.Skip < 0 || r.Times < 0:
		return r, errors.New("skip and times are not below 0")
	case r.Action != Fail && (r.Code != "" || r.Text != ""):
		return r, fmt.Errorf("code and text are those of fail, not of %s", r.Action)
	case r.Action != Delay && r.Delay != nil:
		return r, fmt.Errorf("a delay is that of delay, not of %s", r.Action)
	}
	switch r.Action {
	case Fail:
		if code, err := r.code(); err != nil {
			return r, err
		} else if !code.Failed() {
			return r, fmt.Errorf("code %s is no failure", code)
		}
	case Delay:
		return r, r.Delay.check()
	}
	return r, nil
}

func (r Rule) code() (mpf.HRESULT, error) {
	if r.Code == "" {
		return mpf.Unexpected, nil
	}
	return mpf.ParseHRESULT(r.Code)
}

// CausePrefix stands before the id of a rule in the cause of an error that the
// rule made. Callers do not see it, the journal does.
const CausePrefix = "fault:"

// failure is the error of fail.
func (r Rule) failure() error {
	code, err := r.code()
	if err != nil {
		return err
	}
	text := r.Text
	if text == "" {
		text = code.Text()
	}
	if text == "" {
		text = "The call failed by the fault rule '" + r.ID + "'."
	}
	return &mpf.Error{Code: code, Description: text, Cause: CausePrefix + r.ID}
}

// matches tells whether the rule is about a point in a request that was made
// for a web service's operation.
func (r Rule) matches(p engine.Point, operation string) bool {
	return r.When == p.Stage &&
		(r.Namespace == "" || strings.EqualFold(r.Namespace, p.Target.Namespace)) &&
		(r.Procedure == "" || strings.EqualFold(r.Procedure, p.Target.Procedure)) &&
		(r.Step == 0 || r.Step == p.Step) &&
		(r.Operation == "" || SameOperation(r.Operation, operation)) &&
		(r.Caller == "" || sameAccount(r.Caller, p.Caller)) &&
		(r.Tenant == "" || SameOrganization(r.Tenant, p.Organization()))
}

func sameAccount(rule, caller string) bool {
	_, name, _ := strings.Cut(caller, `\`)
	return strings.EqualFold(rule, caller) || name != "" && strings.EqualFold(rule, name)
}

// SameOperation tells whether a name, with its service or without, means the
// operation "HostedExchange.EnableUser". Letter case does not matter.
func SameOperation(name, operation string) bool {
	_, bare, _ := strings.Cut(operation, ".")
	return operation != "" && (strings.EqualFold(name, operation) || strings.EqualFold(name, bare))
}

// SameOrganization tells whether a path, distinguished name or plain name
// means the organization of a path.
func SameOrganization(name, path string) bool {
	if path == "" {
		return false
	}
	if strings.EqualFold(name, path) {
		return true
	}
	of, err := ldappath.ParseLoose(path)
	if err != nil {
		return false
	}
	if strings.EqualFold(name, of.DN.RDN().Value) {
		return true
	}
	asked, err := ldappath.ParseLoose(name)
	return err == nil && asked.DN.Key() == of.DN.Key()
}
