package journal

import (
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Entry is one request.
type Entry struct {
	Seq           int64                `json:"seq"` // from 1, in the order in which requests ended
	TransactionID string               `json:"transactionId"`
	ClientID      string               `json:"clientTransactionId,omitempty"` // the gateway's id of the SOAP call
	Operation     string               `json:"operation,omitempty"`           // that call, "HostedExchange.EnableUser"; "" if no gateway made the request
	Caller        string               `json:"caller,omitempty"`
	Organization  string               `json:"organization,omitempty"` // path
	Namespace     string               `json:"namespace"`
	Procedure     string               `json:"procedure"`
	Trusted       bool                 `json:"trusted,omitempty"` // it brought its own procedure
	Queued        bool                 `json:"queued,omitempty"`  // the engine's queue submitted it
	At            time.Time            `json:"at"`
	Microseconds  int64                `json:"microseconds"`
	Code          string               `json:"code"` // 0x00000000 for success
	Error         *Failure             `json:"error,omitempty"`
	Calls         []Call               `json:"calls,omitempty"`
	Changes       []state.ObjectChange `json:"changes,omitempty"`
	Request       string               `json:"request"`  // XML, without secrets
	Response      string               `json:"response"` // XML, without secrets
}

// Call is one call of a procedure.
type Call struct {
	Step         int    `json:"step"`
	Depth        int    `json:"depth"` // 0 for a call of the request, 1 for one that such a call made, and so on
	Namespace    string `json:"namespace"`
	Procedure    string `json:"procedure"`
	Code         string `json:"code"`
	Microseconds int64  `json:"microseconds"`
}

// Failure is how a request failed.
type Failure struct {
	Step        int      `json:"step"`
	Cause       string   `json:"cause,omitempty"` // id of the rule, E-…
	Description string   `json:"description"`
	Through     []string `json:"through,omitempty"` // procedures, innermost first
	// Hidden is the error behind an internal one, which callers do not see.
	Hidden string `json:"hidden,omitempty"`
}

// Failed tells whether the request failed.
func (e Entry) Failed() bool { return e.Error != nil }

func entryOf(r engine.Record) Entry {
	e := Entry{
		TransactionID: r.TransactionID, ClientID: r.ClientID, Operation: r.Operation, Caller: r.Caller, Organization: r.Organization,
		Namespace: r.Target.Namespace, Procedure: r.Target.Procedure, Trusted: r.Trusted, Queued: r.Queued,
		At: r.Started.UTC(), Microseconds: r.Duration.Microseconds(), Code: mpf.OK.String(), Changes: r.Changes,
		Request: xmldoc.String(r.Request), Response: xmldoc.String(r.Response),
	}
	for _, c := range r.Calls {
		e.Calls = append(e.Calls, Call{
			Step: c.Step, Depth: c.Depth, Namespace: c.Target.Namespace, Procedure: c.Target.Procedure, Code: c.Code.String(),
			Microseconds: c.Duration.Microseconds(),
		})
	}
	if r.Err == nil {
		return e
	}
	e.Code = r.Err.Code.String()
	e.Error = &Failure{Step: r.Err.ExecuteSeqNo, Cause: r.Err.Cause, Description: r.Err.Description}
	for _, s := range r.Err.Sources {
		e.Error.Through = append(e.Error.Through, mpf.Target(s).String())
	}
	if r.Hidden != nil {
		e.Error.Hidden = r.Hidden.Error()
	}
	return e
}

// size is about what an entry takes in memory, in bytes.
func (e *Entry) size() int {
	const fixed, each = 512, 96
	size := fixed + len(e.Request) + len(e.Response) + each*len(e.Calls)
	for _, c := range e.Changes {
		size += each + len(c.Object)
		for _, a := range c.Attributes {
			size += each + len(strings.Join(a.Before, "")) + len(strings.Join(a.After, ""))
		}
	}
	return size
}

// Filter says which entries are wanted. What is empty matches everything;
// letter case matters nowhere.
type Filter struct {
	Tenant    string `json:"tenant,omitempty"`    // organization: path, distinguished name or name
	Operation string `json:"operation,omitempty"` // of the web service, "EnableUser" or "HostedExchange.EnableUser"
	Namespace string `json:"namespace,omitempty"` // of the request or one of its calls
	Procedure string `json:"procedure,omitempty"` // of the request or one of its calls, together with Namespace
	Object    string `json:"object,omitempty"`    // part of the name of an object changed, or of the text of request or error
	Code      string `json:"code,omitempty"`      // result code as the entry shows it, or a cause's id
	ID        string `json:"id,omitempty"`        // transactionId or clientTransactionId
	Caller    string `json:"caller,omitempty"`
	After     int64  `json:"after,omitempty"` // entries with a higher seq only
	Limit     int    `json:"limit,omitempty"` // the newest so many; 0 is all
}

func (f Filter) matches(e *Entry) bool {
	return e.Seq > f.After &&
		(f.Tenant == "" || fault.SameOrganization(f.Tenant, e.Organization)) &&
		(f.Operation == "" || fault.SameOperation(f.Operation, e.Operation)) &&
		(f.Caller == "" || strings.EqualFold(f.Caller, e.Caller)) &&
		(f.ID == "" || sameID(f.ID, e.TransactionID) || sameID(f.ID, e.ClientID)) &&
		(f.Code == "" || strings.EqualFold(f.Code, e.Code) || e.Error != nil && strings.EqualFold(f.Code, e.Error.Cause)) &&
		f.calls(e) && f.concerns(e)
}

// sameID reports whether two ids are the same, with braces around them or
// without.
func sameID(a, b string) bool { return strings.EqualFold(strings.Trim(a, "{}"), strings.Trim(b, "{}")) }

// calls tells whether the request, or a call in it, is of the procedure.
func (f Filter) calls(e *Entry) bool {
	is := func(namespace, procedure string) bool {
		return (f.Namespace == "" || strings.EqualFold(f.Namespace, namespace)) &&
			(f.Procedure == "" || strings.EqualFold(f.Procedure, procedure))
	}
	return is(e.Namespace, e.Procedure) ||
		slices.ContainsFunc(e.Calls, func(c Call) bool { return is(c.Namespace, c.Procedure) })
}

// concerns tells whether an object is changed, or named in request or error.
func (f Filter) concerns(e *Entry) bool {
	if f.Object == "" {
		return true
	}
	object := ldappath.Fold(strings.TrimPrefix(f.Object, "LDAP://"))
	return strings.Contains(ldappath.Fold(e.Request), object) ||
		e.Error != nil && strings.Contains(ldappath.Fold(e.Error.Description), object) || slices.ContainsFunc(e.Changes, func(c state.ObjectChange) bool {
		return strings.Contains(ldappath.Fold(c.Object), object)
	})
}
