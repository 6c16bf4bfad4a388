package engine

import (
	"slices"
	"strings"

	"wsexchange/mpf"
)

// Namespace is a set of procedures under one name.
type Namespace struct {
	Name        string // "Hosted Exchange"
	Description string
	Provider    string // ProgID of the original's provider, "" if it only chains others
	Procedures  []Procedure
}

// Type says whether a procedure may write.
type Type string

// The types of procedures. The zero value reads (F193).
const (
	Read  Type = "read"
	Write Type = "write"
)

// Access says who may name a procedure.
type Access string

// The accesses. A private procedure is called by procedures only. The zero
// value is private, as in the original's namespace files.
const (
	Private Access = "private"
	Public  Access = "public"
)

// Role is what a caller has to be to call a procedure.
type Role string

// The roles. Which groups hold them is in role.go.
const (
	Anyone      Role = ""
	UserCreator Role = "UserCreator"
	OrgCreator  Role = "OrgCreator"
	DomainAdmin Role = "DomainAdmin"
	OABUpdater  Role = "OABUpdater"
)

// Fidelity tells how sure it is that a procedure does what the original did.
type Fidelity string

// The fidelities.
const (
	Documented Fidelity = "documented" // the original's reference tells it
	Inferred   Fidelity = "inferred"   // concluded from several of its pages
	Invented   Fidelity = "invented"   // what its users would expect
)

// ArgumentType says what an argument's text has to be.
type ArgumentType string

// The types of arguments.
const (
	Text       ArgumentType = "text"
	Path       ArgumentType = "path"                 // ADsPath of a directory object
	PathOrUPN  ArgumentType = "path or UPN"          // ADsPath, or userPrincipalName of an account
	Number     ArgumentType = "number"               // decimal, 0 or more
	Signed     ArgumentType = "signed"               // decimal, with or without a sign
	Boolean    ArgumentType = "boolean"              // 0, 1, true, false in any letter case
	Flag       ArgumentType = "flag"                 // an element whose presence is the message
	Tree       ArgumentType = "tree"                 // XML that the procedure reads itself; may repeat
	Controller ArgumentType = "controller"           // DNS or host name of a domain controller
	Preferred  ArgumentType = "preferred controller" // the same; one that does not answer counts as not given
	DateTime   ArgumentType = "date and time"        // 2006-01-02T15:04:05Z and the forms in arguments.go
	GUID       ArgumentType = "GUID"
	Secret     ArgumentType = "secret"  // a password: never trimmed, echoed or logged
	Ignored    ArgumentType = "ignored" // accepted for the sake of old callers
)

// Argument is a row: one element that a procedure takes in its executeData.
type Argument struct {
	Name     string
	Aliases  []string // other names of the element, which get this one
	Type     ArgumentType
	Required bool     // missing or empty is refused; trees may be empty
	Max      int      // longest text in characters, 0 = 1024
	OneOf    []string // closed list, compared without regard to letter case
	Trustees string   // elements in it whose texts name accounts as directory.Resolve reads them, OwnText for its own
}

// Refusals are the causes with which a provider refuses the elements of its
// executeData. Each takes the element's name, the procedure's, and Invalid what
// is wrong.
type Refusals struct {
	Missing *mpf.Cause // required and absent, or empty
	Invalid *mpf.Cause
}

// OwnText says of an argument that its own text names an account.
const OwnText = "."

// Procedure is a row: what the engine knows of a procedure.
type Procedure struct {
	Name      string
	Spellings []string // other spellings of the name, as callers know it
	Summary   string   // one sentence
	Type      Type
	Access    Access
	Role      Role
	Subject   string     // the argument whose path the role is tested against; "" for Anyone and DomainAdmin
	Arguments []Argument // in documented order
	Reraises  bool       // its error takes the place of the one being handled even with the same code (F257)
	AnyCase   bool       // arguments are taken in any letter case (F214)
	Refusals  *Refusals  // nil: E_INVALIDARG for both
	Fidelity  Fidelity
	Refused   bool // every call is refused; metrics begin with the first one
	Run       func(*Call) error
}

// folded finds the row of an argument by its name in any letter case, if the
// procedure takes them so.
func (p *Procedure) folded(name string) *Argument {
	for i := range p.Arguments {
		if p.AnyCase && strings.EqualFold(p.Arguments[i].Name, name) {
			return &p.Arguments[i]
		}
	}
	return nil
}

// alias finds the row of an argument by another of its names.
func (p *Procedure) alias(name string) *Argument {
	for i := range p.Arguments {
		if slices.Contains(p.Arguments[i].Aliases, name) {
			return &p.Arguments[i]
		}
	}
	return nil
}

// missing is the refusal of a required argument that is not there.
func (p *Procedure) missing(name string) error {
	if p.Refusals != nil {
		return p.Refusals.Missing.New(name, p.Name)
	}
	return mpf.ArgumentMissing.New(name)
}

// empty is the refusal of a required argument without a text.
func (p *Procedure) empty(name string) error {
	if p.Refusals != nil {
		return p.Refusals.Missing.New(name, p.Name)
	}
	return mpf.ArgumentEmpty.New(name)
}

// invalid is the refusal of an argument's value.
func (p *Procedure) invalid(name, why string) error {
	if p.Refusals != nil {
		return p.Refusals.Invalid.New(name, p.Name, why)
	}
	return mpf.ArgumentInvalid.New(name, why)
}

// argument finds the row of an argument.
func (p *Procedure) argument(name string) *Argument {
	for i := range p.Arguments {
		if p.Arguments[i].Name == name {
			return &p.Arguments[i]
		}
	}
	return nil
}
