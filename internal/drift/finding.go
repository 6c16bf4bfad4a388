package drift

import (
	"wsexchange/internal/hsphere"
	"wsexchange/internal/ldappath"
)

// Kind is how the sides come apart.
type Kind string

// The kinds of findings.
const (
	Ghost      Kind = "ghost"      // in the panel, not in the directory
	Orphan     Kind = "orphan"     // in the directory, not in the panel
	Difference Kind = "difference" // in both, with other values
	// Unreadable is what the engine refuses to tell: whether the sides agree is
	// not known.
	Unreadable Kind = "unreadable"
)

// Kinds are all kinds.
var Kinds = []Kind{Ghost, Orphan, Difference, Unreadable}

// Object is what a finding is about.
type Object string

// The objects of findings.
const (
	Reseller     Object = "reseller"
	Organization Object = "organization"
	Domain       Object = "domain"
	PlanOf       Object = "available plan"
	MailStore    Object = "mail store"
	PublicStore  Object = "public store"
	PublicFolder Object = "public folder"
	AddressLists Object = "address lists"
	Contact      Object = "contact"
	User         Object = "user"
	List         Object = "list"
	Member       Object = "member"
)

// Objects are all objects.
var Objects = []Object{
	Reseller, Organization, Domain, PlanOf, MailStore, PublicStore, PublicFolder, AddressLists, Contact, User, List, Member,
}

// Finding is one way in which the sides come apart. It holds no password.
type Finding struct {
	Kind         Kind   `json:"kind"`
	Object       Object `json:"object"`
	Organization string `json:"organization"`
	// Path is the object's place in the directory; Name tells what has none,
	// such as a domain.
	Path string `json:"path"`
	Name string `json:"name,omitempty"`
	// Field is what differs, with the value of each side.
	Field     string `json:"field,omitempty"`
	Panel     string `json:"panel,omitempty"`
	Directory string `json:"directory,omitempty"`
	Note      string `json:"note,omitempty"`
	// Calls make the directory follow the panel; none if no call does.
	Calls []Call `json:"-"`
}

// Problem is a row of the panel that does not fit the others.
type Problem struct {
	Organization string `json:"organization,omitempty"`
	Table        string `json:"table"`
	ID           int64  `json:"id"`
	Text         string `json:"text"`
}

// Result is what there is to tell about an organization.
type Result struct {
	Organization string
	Path         ldappath.DN
	Users        int // in the panel
	Findings     []Finding
	Problems     []Problem
}

func problemsOf(o *hsphere.Organization) []Problem {
	var all []Problem
	for _, p := range o.Problems {
		all = append(all, Problem{o.Name, p.Table, p.ID, p.Text})
	}
	return all
}
