package store

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wsexchange/internal/ldappath"
)

// Syntax is what the values of an attribute are.
type Syntax string

// The syntaxes, named as error texts tell them.
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
// are no attributes.
const (
	Multi    Trait = 1 << iota // may have several values
	Indexed                    // found by equality and prefix through an index
	Computed                   // made from the object when read
	Kept                       // stored, written by the store alone
	Naming                     // the value of the object's RDN, if it is the class's naming attribute
)

// AttributeType is a row of the schema.
type AttributeType struct {
	Name   string // in the schema's spelling
	Syntax Syntax
	Max    int // characters (octets for octets, value for integers) at most; 0 = no limit
	Traits Trait
}

// Is tells whether the attribute has the trait.
func (a AttributeType) Is(trait Trait) bool { return a.Traits&trait != 0 }

// Link tells whether the values are names of other objects, kept as links.
// Computed attributes are not.
func (a AttributeType) Link() bool {
	return (a.Syntax == SyntaxDN || a.Syntax == SyntaxDNBinary) && !a.Is(Computed)
}

var attributeByName = func() map[string]AttributeType {
	byName := make(map[string]AttributeType, len(attributeTypes))
	for _, a := range attributeTypes {
		byName[ldappath.Fold(a.Name)] = a
	}
	return byName
}()

// LookupAttribute gives the schema row of an attribute, named in any letter
// case. An unknown name is ErrNoSuchAttribute.
func LookupAttribute(name string) (AttributeType, error) {
	a, ok := attributeByName[ldappath.Fold(strings.TrimSpace(name))]
	if !ok {
		return AttributeType{}, &AttributeError{Attribute: name, Err: ErrNoSuchAttribute}
	}
	return a, nil
}

// AttributeTypes gives the whole schema, in the order of the table.
func AttributeTypes() []AttributeType { return append([]AttributeType(nil), attributeTypes...) }

// normalize checks a value given by a caller and gives its stored form.
func (a AttributeType) normalize(value string) (string, error) {
	switch {
	case value == "":
		return "", &ConstraintError{Attribute: a.Name, Rule: RuleEmpty}
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return "", &SyntaxError{Attribute: a.Name, Syntax: a.Syntax, Value: strconv.QuoteToASCII(value)}
	}
	parse, ok := parsers[a.Syntax]
	if !ok {
		parse = parseText
	}
	normal, size, err := parse(value)
	if err != nil {
		return "", &SyntaxError{Attribute: a.Name, Syntax: a.Syntax, Value: value}
	}
	if a.Max > 0 && size > a.Max {
		rule := RuleTooLong
		if a.Syntax == SyntaxInteger || a.Syntax == SyntaxLarge {
			rule = RuleRange
		}
		return "", &ConstraintError{Attribute: a.Name, Rule: rule, Detail: fmt.Sprintf("%d, limit %d", size, a.Max)}
	}
	return normal, nil
}

// parsers give the normal form of a value and the size that Max limits.
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
	return "", 0, fmt.Errorf("%q is no boolean", s)
}

const timeLayout = "20060102150405.0Z"

func parseTime(s string) (string, int, error) {
	for _, layout := range []string{timeLayout, "20060102150405Z"} {
		if at, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return at.UTC().Format(timeLayout), 0, nil
		}
	}
	return "", 0, fmt.Errorf("%q is no time", s)
}

// Wire gives the octets by which LDAP sends a value of the attribute.
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
