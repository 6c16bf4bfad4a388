package wire

// Message is one request with what comes with every request.
type Message struct {
	ID       int32
	Request  Request
	Controls []Control
}

// Request is one of the requests below.
type Request interface {
	// Operation returns the tag of the request.
	Operation() Operation
}

// Control is a control of a request or a response (RFC 4511 section 4.1.11).
type Control struct {
	OID      string
	Critical bool
	Value    string // its octets
	HasValue bool   // an empty value is not a missing one
}

// BindRequest asks to change who the client is.
type BindRequest struct {
	Version int32
	Name    string
	// Method is the tag of the authentication choice: simple, SASL, or one of
	// the choices of Sicily (MS-ADTS section 5.1.1.1.3).
	Method   BindMethod
	Password string // of a simple bind
	// Mechanism and Credentials are those of SASL.
	Mechanism   string
	Credentials string
}

// BindMethod is the tag of an authentication choice.
type BindMethod uint8

// The authentication choices.
const (
	BindSimple         BindMethod = 0
	BindSASL           BindMethod = 3
	BindSicilyDiscover BindMethod = 9
	BindSicilyBegin    BindMethod = 10
	BindSicilyAnswer   BindMethod = 11
)

// UnbindRequest announces that the client leaves.
type UnbindRequest struct{}

// Scope says how much below its base a search looks at. The values are
// go-ldap's.
type Scope uint8

// SearchRequest asks for entries.
type SearchRequest struct {
	Base       string
	Scope      Scope
	Deref      uint8
	SizeLimit  int32 // 0: the client sets none
	TimeLimit  int32 // in seconds; 0: the client sets none
	TypesOnly  bool
	Filter     Filter
	Attributes []string
	// Controls are those of the message.
	Controls []Control
}

// CompareRequest asks whether an entry has a value.
type CompareRequest struct {
	Name, Attribute, Value string
}

// Change is one change of a ModifyRequest. The operation is go-ldap's.
type Change struct {
	Operation uint8
	Attribute Attribute
}

// Attribute is a name with values.
type Attribute struct {
	Name   string
	Values []string
}

// ModifyRequest asks to change an entry.
type ModifyRequest struct {
	Name    string
	Changes []Change
}

// AddRequest asks to create an entry.
type AddRequest struct {
	Name       string
	Attributes []Attribute
}

// DeleteRequest asks to delete an entry.
type DeleteRequest struct{ Name string }

// ModifyDNRequest asks to rename an entry, or to move it.
type ModifyDNRequest struct {
	Name, NewRDN string
	DeleteOld    bool
	Superior     string
	HasSuperior  bool
}

// AbandonRequest asks to stop an operation, which then has no response.
type AbandonRequest struct{ ID int32 }

// ExtendedRequest asks for an operation that RFC 4511 does not define.
type ExtendedRequest struct {
	Name     string
	Value    string
	HasValue bool
}

// The operations of the requests.

func (*BindRequest) Operation() Operation     { return OpBindRequest }
func (*UnbindRequest) Operation() Operation   { return OpUnbindRequest }
func (*SearchRequest) Operation() Operation   { return OpSearchRequest }
func (*CompareRequest) Operation() Operation  { return OpCompareRequest }
func (*ModifyRequest) Operation() Operation   { return OpModifyRequest }
func (*AddRequest) Operation() Operation      { return OpAddRequest }
func (*DeleteRequest) Operation() Operation   { return OpDeleteRequest }
func (*ModifyDNRequest) Operation() Operation { return OpModifyDNRequest }
func (*AbandonRequest) Operation() Operation  { return OpAbandonRequest }
func (*ExtendedRequest) Operation() Operation { return OpExtendedRequest }
