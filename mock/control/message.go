package control

import (
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// Nothing is the body of requests and answers that have none.
type Nothing struct{}

// Failure is the answer of a request that was refused.
type Failure struct {
	Error string `json:"error"`
}

// Snapshots lists the names of the snapshots.
type Snapshots struct {
	Names []string `json:"names"`
}

// Between names two snapshots; empty is the present content.
type Between struct {
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Difference is what differs between two snapshots, as data and as text.
type Difference struct {
	Changes []state.ObjectChange `json:"changes"`
	Text    string               `json:"text"`
}

// Usage is what the mailbox of a user holds.
type Usage struct {
	Path      string `json:"path"` // path, distinguished name or login
	Kilobytes int64  `json:"kilobytes"`
}

// Policy is the domain's rule for passwords and logons.
type Policy struct {
	MinimumLength    int            `json:"minimumLength"` // characters
	Complexity       bool           `json:"complexity"`
	History          int            `json:"history"` // past passwords that cannot come back
	HistoryOnReset   bool           `json:"historyOnReset"`
	MaximumAge       fault.Duration `json:"maximumAge"`       // 0s is no end
	LockoutThreshold int            `json:"lockoutThreshold"` // 0 is never
	LockoutDuration  fault.Duration `json:"lockoutDuration"`
	LockoutWindow    fault.Duration `json:"lockoutWindow"`
}

// Store is a registered resource.
type Store struct {
	Kind      resource.ResourceKind `json:"kind"` // mail, public, consumer, oab, frontend
	Server    string                `json:"server"`
	Name      string                `json:"name,omitempty"`
	Megabytes int64                 `json:"megabytes"` // capacity; of oab the number of books
	Allocated int64                 `json:"allocated"`
}

// Stores lists resources.
type Stores struct {
	Stores []Store `json:"stores"`
}

// Search asks for directory objects.
type Search struct {
	Base   string `json:"base,omitempty"`   // default the domain
	Scope  string `json:"scope,omitempty"`  // base, one, subtree; default subtree
	Filter string `json:"filter,omitempty"` // of LDAP; default everything
	Limit  int    `json:"limit,omitempty"`  // default 1000

	Controller string `json:"controller,omitempty"` // DNS name of the domain controller that is asked; default everything there is
}

// Object is a directory object.
type Object struct {
	DN         string      `json:"dn"`
	Class      string      `json:"class"`
	GUID       string      `json:"guid"`
	Attributes []Attribute `json:"attributes"`
}

// Attribute is an attribute with its values.
type Attribute struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// Objects is the answer to a search.
type Objects struct {
	Objects []Object `json:"objects"`
	More    bool     `json:"more"` // there are more than the limit
}

// Entries are requests of the journal, oldest first.
type Entries struct {
	Entries []journal.Entry `json:"entries"`
	Last    int64           `json:"last"` // seq of the newest request of all
}

// Wait asks for the first request that matches, for so long at most.
type Wait struct {
	Filter  journal.Filter `json:"filter"`
	Timeout fault.Duration `json:"timeout"` // up to 10m; default 30s
}

// Faults lists the fault rules.
type Faults struct {
	Rules []fault.Status `json:"rules"`
}
