package directory

import (
	"crypto/sha1" //nolint:gosec // version 5 of UUIDs is made of it
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Binary reports whether LDAP has the values in another form than text.
func (a AttributeType) Binary() bool { return a.Syntax == SyntaxOctets || a.Syntax == SyntaxSID }

// syntaxOIDs are the syntaxes as Active Directory's schema entry names them
// (MS-ADTS section 3.1.1.2.2.2).
var syntaxOIDs = map[Syntax]string{
	SyntaxString: "1.3.6.1.4.1.1466.115.121.1.15", SyntaxInteger: "1.3.6.1.4.1.1466.115.121.1.27", SyntaxLarge: "1.2.840.113556.1.4.906",
	SyntaxBoolean: "1.3.6.1.4.1.1466.115.121.1.7", SyntaxOctets: "1.3.6.1.4.1.1466.115.121.1.40", SyntaxDN: "1.3.6.1.4.1.1466.115.121.1.12",
	SyntaxDNBinary: "1.2.840.113556.1.4.903", SyntaxTime: "1.3.6.1.4.1.1466.115.121.1.24", SyntaxSID: "1.3.6.1.4.1.1466.115.121.1.40",
}

// OID returns the object identifier of an attribute or class of the schema. One
// that the original does not publish, such as those of Exchange, has an
// identifier that is made of its name (F418).
func OID(name string) string {
	if oid := attributeOIDs[name]; oid != "" {
		return oid
	}
	if oid := classOIDs[name]; oid != "" {
		return oid
	}
	return nameOID(name)
}

// oidNamespace is the UUID that names of the schema are hashed with.
var oidNamespace = GUID{0x5d, 0x1f, 0x9c, 0x3e, 0x7b, 0x0a, 0x4c, 0x52, 0x9e, 0x61, 0x2a, 0x8f, 0xd4, 0xb3, 0x70, 0x16}

// nameOID returns an identifier below 2.25, where everybody may use the number
// of a UUID (ITU-T X.667). The UUID is of version 5: made of the name.
func nameOID(name string) string {
	sum := sha1.Sum(append(oidNamespace[:], name...)) //nolint:gosec // see above
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x50, id[8]&0x3f|0x80
	return "2.25." + new(big.Int).SetBytes(id).String()
}

// Definition returns the attribute as a value of attributeTypes (RFC 4512
// section 4.1.2).
func (a AttributeType) Definition() string {
	text := fmt.Sprintf("( %s NAME '%s' SYNTAX '%s'", OID(a.Name), a.Name, syntaxOIDs[a.Syntax])
	if !a.Is(Multi) {
		text += " SINGLE-VALUE"
	}
	if a.Is(Computed) || a.Is(Kept) {
		text += " NO-USER-MODIFICATION"
	}
	return text + " )"
}

// ClassDefinitions returns all classes, abstract ones too, as values of
// objectClasses (RFC 4512 section 4.1.1), in the order of their names. Any
// attribute may be set on any object: top allows them all.
func ClassDefinitions() []string {
	above := make(map[string]string)
	concrete := make(map[string]bool)
	for _, c := range classes {
		concrete[c.Name] = true
		for i := 1; i < len(c.Chain); i++ {
			above[c.Chain[i]] = c.Chain[i-1]
		}
	}
	all := make([]string, 0, len(attributeTypes))
	for _, a := range attributeTypes {
		all = append(all, a.Name)
	}
	definitions := []string{fmt.Sprintf("( %s NAME 'top' ABSTRACT MUST (objectClass ) MAY (%s ) )", OID("top"), strings.Join(all, " $ "))}
	names := make([]string, 0, len(above))
	for name := range above {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		kind := "ABSTRACT"
		if concrete[name] {
			kind = "STRUCTURAL"
		}
		definitions = append(definitions, fmt.Sprintf("( %s NAME '%s' SUP %s %s )", OID(name), name, above[name], kind))
	}
	return definitions
}
