package directory

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// Syntax is what the values of an attribute are.
type Syntax string

// The syntaxes, named as error texts have them.
const (
	SyntaxString   Syntax = "text"
	SyntaxInteger  Syntax = "32-bit integer"
	SyntaxLarge    Syntax = "64-bit integer"
	SyntaxBoolean  Syntax = "TRUE or FALSE"
	SyntaxOctets   Syntax = "hex octets"
	SyntaxDN       Syntax = "distinguished name"
	SyntaxDNBinary Syntax = "distinguished name with binary"
	SyntaxTime     Syntax = "time"
	SyntaxSID      Syntax = "SID"
)

// Trait is a yes-or-no property of an attribute.
type Trait uint8

// The traits. Computed attributes are made from the object when they are read;
// kept ones are stored, and both are refused to callers who set them. Passwords
// are not attributes.
const (
	Multi    Trait = 1 << iota // may have several values
	Indexed                    // found by equality and prefix through an index
	Computed                   // made from the object when read
	Kept                       // stored, written by the directory alone
	Naming                     // the value of the object's RDN, if it is the class's naming attribute
	Few                        // a link of several values that never has many: it is kept in the object's row
)

// AttributeType is a row of the schema.
type AttributeType struct {
	Name   string // in the schema's spelling
	Syntax Syntax
	Max    int // characters (octets for octets, value for integers) at most; 0 = no limit
	Traits Trait
	number uint16 // index in attributeTypes
}

// attributeRow is an AttributeType as the table has it.
type attributeRow struct {
	name   string
	syntax Syntax
	max    int
	traits Trait
}

// attributeTypes is the schema in the order of the table. Rows in memory know
// attributes by their index in it.
var attributeTypes = func() []AttributeType {
	types := make([]AttributeType, len(attributeTable))
	for i, row := range attributeTable {
		types[i] = AttributeType{Name: row.name, Syntax: row.syntax, Max: row.max, Traits: row.traits, number: uint16(i)}
	}
	return types
}()

// Is reports whether the attribute has the trait.
func (a AttributeType) Is(trait Trait) bool { return a.Traits&trait != 0 }

// Link reports whether the values are names of other objects, kept as links.
// Computed attributes are not.
func (a AttributeType) Link() bool {
	return (a.Syntax == SyntaxDN || a.Syntax == SyntaxDNBinary) && !a.Is(Computed)
}

// near reports whether the values are links that are kept in the object's row.
// The others, which may have many values, are rows of their own.
func (a AttributeType) near() bool { return a.Link() && (!a.Is(Multi) || a.Is(Few)) }

// named reports whether the values are distinguished names, which have no order
// and no substrings.
func (a AttributeType) named() bool {
	return a.Syntax == SyntaxDN || a.Syntax == SyntaxDNBinary || a.number == attributeDistinguishedName
}

// attributeNumbers finds attributes by their names, as they are spelled and
// folded.
var attributeNumbers = func() map[string]uint16 {
	numbers := make(map[string]uint16, 2*len(attributeTypes))
	for _, a := range attributeTypes {
		numbers[a.Name], numbers[ldappath.Fold(a.Name)] = a.number, a.number
	}
	return numbers
}()

// inValueIndex says by number which attributes byValue has. The others that
// are Indexed have indexes of their own.
var inValueIndex = func() []bool {
	indexed := make([]bool, len(attributeTypes))
	for _, a := range attributeTypes {
		indexed[a.number] = a.Is(Indexed) && a.number != attributeSAM && a.number != attributeUPN && a.number != attributeAddresses
	}
	return indexed
}()

// Numbers of attributes that the directory itself reads or writes.
var (
	attributeSAM               = mustNumber(KindSAM)
	attributeUPN               = mustNumber(KindUPN)
	attributeAddresses         = mustNumber(proxyAddresses)
	attributeDistinguishedName = mustNumber("distinguishedName")
	attributeObjectClass       = mustNumber("objectClass")
	attributeObjectCategory    = mustNumber("objectCategory")
	attributeObjectGUID        = mustNumber("objectGUID")
	attributeObjectSID         = mustNumber("objectSid")
	attributeControl           = mustNumber("userAccountControl")
	attributePrimaryGroup      = mustNumber(primaryGroupID)
	attributeGroupType         = mustNumber("groupType")
	attributeMember            = mustNumber("member")
	attributeMemberOf          = mustNumber("memberOf")
	attributeWellKnown         = mustNumber(wellKnown)
	attributeSystemWellKnown   = mustNumber(systemWellKnown)
	attributeHomeMDB           = mustNumber("homeMDB")
	attributeUSNChanged        = mustNumber("uSNChanged")
	attributeIsDeleted         = mustNumber("isDeleted")
)

// mustNumber returns the number of an attribute that the schema has: it panics
// at the start of the program if it does not.
func mustNumber(name string) uint16 {
	number, known := attributeNumbers[name]
	if !known {
		panic("directory: the schema has no " + name)
	}
	return number
}

// numberOf returns the number of an attribute, named in any letter case, and
// reports whether the schema has it.
func numberOf(name string) (uint16, bool) {
	number, known := attributeNumbers[name]
	if !known {
		number, known = attributeNumbers[ldappath.Fold(strings.TrimSpace(name))]
	}
	return number, known
}

// LookupAttribute returns the schema row of an attribute, named in any letter
// case. An unknown name is ErrNoSuchAttribute.
func LookupAttribute(name string) (AttributeType, error) {
	number, known := numberOf(name)
	if !known {
		return AttributeType{}, &AttributeError{Attribute: name, Err: ErrNoSuchAttribute}
	}
	return attributeTypes[number], nil
}

// AttributeTypes returns the whole schema, in the order of the table.
func AttributeTypes() []AttributeType { return append([]AttributeType(nil), attributeTypes...) }

// normalize checks a value given by a caller and returns its stored form.
func (a AttributeType) normalize(value string) (string, error) {
	switch {
	case value == "":
		return "", &state.ConstraintError{Attribute: a.Name, Rule: state.RuleEmpty}
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return "", &state.SyntaxError{Attribute: a.Name, Syntax: string(a.Syntax), Value: strconv.QuoteToASCII(value)}
	}
	parse, ok := parsers[a.Syntax]
	if !ok {
		parse = parseText
	}
	normal, size, err := parse(value)
	if err != nil {
		return "", &state.SyntaxError{Attribute: a.Name, Syntax: string(a.Syntax), Value: value}
	}
	if a.Max > 0 && size > a.Max {
		rule := state.RuleTooLong
		if a.Syntax == SyntaxInteger || a.Syntax == SyntaxLarge {
			rule = state.RuleRange
		}
		return "", &state.ConstraintError{Attribute: a.Name, Rule: rule, Detail: fmt.Sprintf("%d, limit %d", size, a.Max)}
	}
	return normal, nil
}

// parsers return the normal form of a value and the size that Max limits.
var parsers = map[Syntax]func(string) (string, int, error){
	SyntaxInteger: func(s string) (string, int, error) { return parseInteger(s, 32) },
	SyntaxLarge:   func(s string) (string, int, error) { return parseInteger(s, 64) },
	SyntaxBoolean: parseBoolean,
	SyntaxOctets: func(s string) (string, int, error) {
		raw, err := hex.DecodeString(s)
		return strings.ToUpper(s), len(raw), err
	},
	SyntaxTime: parseTime,
	SyntaxSID: func(s string) (string, int, error) {
		sid, err := ParseSID(s)
		return string(sid), 0, err
	},
}

func parseText(s string) (string, int, error) { return s, utf8.RuneCountInString(s), nil }

func parseInteger(s string, bits int) (string, int, error) {
	number, err := strconv.ParseInt(strings.TrimSpace(s), 10, bits)
	return strconv.FormatInt(number, 10), int(number), err
}

// parseBoolean takes the directory's spelling in any letter case and the 0 and
// 1 of XML data types.
func parseBoolean(s string) (string, int, error) {
	switch strings.ToUpper(strings.TrimSpace(s)) {
	case "TRUE", "1":
		return "TRUE", 0, nil
	case "FALSE", "0":
		return "FALSE", 0, nil
	}
	return "", 0, fmt.Errorf("%q is not a boolean", s)
}

const timeLayout = "20060102150405Z"

// parseTime reads a time with or without a fraction of a second, which the
// directory does not keep.
func parseTime(s string) (string, int, error) {
	at, err := time.Parse(timeLayout, strings.TrimSpace(s))
	if err != nil {
		return "", 0, fmt.Errorf("%q is not a time", s)
	}
	return GeneralizedTime(at), 0, nil
}

// GeneralizedTime writes a time as the directory does: in whole seconds, which
// end in ".0Z". That of the zero time is empty.
func GeneralizedTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("20060102150405") + ".0Z"
}

// Wire returns the octets by which LDAP sends a value of the attribute.
func (a AttributeType) Wire(value string) []byte {
	switch a.Syntax {
	case SyntaxOctets:
		if raw, err := hex.DecodeString(value); err == nil {
			return raw
		}
	case SyntaxSID:
		if raw := SID(value).Octets(); raw != nil {
			return raw
		}
	}
	return []byte(value)
}
