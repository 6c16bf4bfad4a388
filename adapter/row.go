package adapter

// kind says what becomes of a parameter.
type kind int

const (
	kindText        kind = iota // an element with text
	kindFragment                // XML, given as text or as nodes, with a known root
	kindFlag                    // a boolean, as an element or an attribute
	kindCredentials             // asks for the caller's credentials in the request
	kindNamespace               // names the MPF namespace to call
	kindProcedure               // names the MPF procedure to call
	kindBlob                    // the request's data, passed as it is
	kindConstant                // no parameter: an empty element of the service's own
)

// guard says how the scope guard looks at a text.
type guard int

const (
	unguarded   guard = iota
	guardPath         // must be an LDAP path under the base
	guardOrName       // if it is an LDAP path, it must be under the base
	guardRead         // as guardPath, or a computer account of the domain
)

// row is one operation: what the contract does not say about it.
type row struct {
	name string
	// value is where the answer's data holds the value that goes back to the
	// caller, for operations that return a string and an errorReturn.
	value place
	// parameters are in the order of the executeData elements.
	parameters []parameter
}

// place is an element below data or executeData, and one of its attributes or
// its text.
type place struct {
	elements  []string
	attribute string
}

// parameter is one argument of an operation, or a constant.
type parameter struct {
	name    string // as the wire spells it; "" for a constant
	kind    kind
	to      place
	aliases []string
	// root is the name that the root of a fragment must have.
	root string
	// words writes a flag as true and false, not 1 and 0.
	words bool
	// dropEmpty leaves out an element whose text is empty.
	dropEmpty bool
	secret    bool
	guard     guard
	// yieldsTo names a parameter that makes this one superfluous.
	yieldsTo string
	guid     bool
}

// text is a string that becomes an element of the same name; empty text gives
// an empty element.
func text(name string) parameter {
	return parameter{name: name, to: place{elements: []string{name}}}
}

// optional is a text that counts as absent when it is empty (F040).
func optional(name string) parameter {
	p := text(name)
	p.dropEmpty = true
	return p
}

// path is a text that the scope guard must accept.
func path(name string) parameter {
	p := text(name)
	p.guard = guardPath
	return p
}

// password is a text that nobody may log.
func password(name string, aliases ...string) parameter {
	p := text(name).alias(aliases...)
	p.secret = true
	return p
}

// fragment is an XML parameter whose root becomes the element (F041).
func fragment(name, root string, aliases ...string) parameter {
	p := text(name).as(root).alias(aliases...)
	p.kind, p.root = kindFragment, root
	return p
}

// digit is a boolean written as 1 or 0, word one written as true or false.
func digit(name string) parameter {
	p := text(name)
	p.kind = kindFlag
	return p
}

func word(name string) parameter {
	p := digit(name)
	p.words = true
	return p
}

// constant is an empty element that the web service adds on its own while no
// event sink does the work behind it (F042).
func constant(name string) parameter {
	return parameter{kind: kindConstant, to: place{elements: []string{name}}}
}

// as sets the elements, outermost first, that the parameter becomes.
func (p parameter) as(elements ...string) parameter {
	p.to.elements = elements
	return p
}

// on makes the parameter an attribute of an element that another one makes.
func (p parameter) on(element, attribute string) parameter {
	p.to = place{elements: []string{element}, attribute: attribute}
	return p
}

func (p parameter) alias(names ...string) parameter {
	p.aliases = append(append([]string(nil), p.aliases...), names...)
	return p
}

func (p parameter) guarded(g guard) parameter {
	p.guard = g
	return p
}

// Parameters that many operations share.
var (
	object      = path("ldapPath").as("path").alias("path")
	container   = path("container").alias("path", "ldapPath")
	controller  = text("preferredDomainController").alias("domainController", "pdc")
	smtpDomain  = text("smtpDomain").as("SMTPDomain").alias("domain")
	credentials = parameter{name: "sendCredentials", kind: kindCredentials}
	properties  = fragment("propertiesXmlString", "properties", "propertiesXml", "properties")
)

func (p place) String() string {
	s := ""
	for _, e := range p.elements {
		if s != "" {
			s += "/"
		}
		s += e
	}
	if p.attribute != "" {
		s += "/@" + p.attribute
	}
	return s
}
