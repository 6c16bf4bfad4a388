package wire

import (
	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Operation is the application tag of a request or a response.
type Operation uint8

// The operations of RFC 4511.
const (
	OpBindRequest        Operation = ldap.ApplicationBindRequest
	OpBindResponse       Operation = ldap.ApplicationBindResponse
	OpUnbindRequest      Operation = ldap.ApplicationUnbindRequest
	OpSearchRequest      Operation = ldap.ApplicationSearchRequest
	OpSearchResultEntry  Operation = ldap.ApplicationSearchResultEntry
	OpSearchResultDone   Operation = ldap.ApplicationSearchResultDone
	OpModifyRequest      Operation = ldap.ApplicationModifyRequest
	OpModifyResponse     Operation = ldap.ApplicationModifyResponse
	OpAddRequest         Operation = ldap.ApplicationAddRequest
	OpAddResponse        Operation = ldap.ApplicationAddResponse
	OpDeleteRequest      Operation = ldap.ApplicationDelRequest
	OpDeleteResponse     Operation = ldap.ApplicationDelResponse
	OpModifyDNRequest    Operation = ldap.ApplicationModifyDNRequest
	OpModifyDNResponse   Operation = ldap.ApplicationModifyDNResponse
	OpCompareRequest     Operation = ldap.ApplicationCompareRequest
	OpCompareResponse    Operation = ldap.ApplicationCompareResponse
	OpAbandonRequest     Operation = ldap.ApplicationAbandonRequest
	OpSearchReference    Operation = ldap.ApplicationSearchResultReference
	OpExtendedRequest    Operation = ldap.ApplicationExtendedRequest
	OpExtendedResponse   Operation = ldap.ApplicationExtendedResponse
	OpIntermediateResult Operation = ldap.ApplicationIntermediateResponse
)

// operations holds the requests: their name and the response that ends them.
// Unbind and abandon have no response.
var operations = map[Operation]struct {
	name     string
	response Operation
}{
	OpBindRequest:     {"bind", OpBindResponse},
	OpUnbindRequest:   {"unbind", 0},
	OpSearchRequest:   {"search", OpSearchResultDone},
	OpModifyRequest:   {"modify", OpModifyResponse},
	OpAddRequest:      {"add", OpAddResponse},
	OpDeleteRequest:   {"delete", OpDeleteResponse},
	OpModifyDNRequest: {"modifyDN", OpModifyDNResponse},
	OpCompareRequest:  {"compare", OpCompareResponse},
	OpAbandonRequest:  {"abandon", 0},
	OpExtendedRequest: {"extended", OpExtendedResponse},
}

// String returns the name of a request, such as "search".
func (o Operation) String() string { return operations[o].name }

// Response returns the operation that ends a request, 0 if it has no response.
func (o Operation) Response() Operation { return operations[o].response }

// IsRequest reports whether the operation is a request of RFC 4511.
func (o Operation) IsRequest() bool { return operations[o].name != "" }

// Identifier octets of the elements used here.
const (
	tagBoolean    = byte(ber.TagBoolean)
	tagInteger    = byte(ber.TagInteger)
	tagOctets     = byte(ber.TagOctetString)
	tagEnumerated = byte(ber.TagEnumerated)
	tagSequence   = byte(ber.TagSequence) | constructed
	tagSet        = byte(ber.TagSet) | constructed

	constructed = byte(ber.TypeConstructed)
	application = byte(ber.ClassApplication)
	context     = byte(ber.ClassContext)
	classMask   = byte(ber.ClassBitmask)
	numberMask  = byte(0x1f)
)
