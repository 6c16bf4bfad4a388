package wire

import (
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecode_Requests(t *testing.T) {
	sasl := with(ber.Encode(ber.ClassContext, ber.TypeConstructed, 3, nil, ""), octets("GSS-SPNEGO"), octets("token"))
	attribute := sequence(octets("mail"), set(octets("a@b"), octets("c@d")))
	mail := Attribute{Name: "mail", Values: []string{"a@b", "c@d"}}
	for name, row := range map[string]struct {
		operation *ber.Packet
		want      Request
	}{
		"simple bind": {
			packet(OpBindRequest, integer(3), octets(`FABRIKAM\a`), contextual(0, "secret")),
			&BindRequest{Version: 3, Name: `FABRIKAM\a`, Method: BindSimple, Password: "secret"},
		},
		"SASL bind": {
			packet(OpBindRequest, integer(3), octets(""), sasl),
			&BindRequest{Version: 3, Method: BindSASL, Mechanism: "GSS-SPNEGO", Credentials: "token"},
		},
		"Sicily": {
			packet(OpBindRequest, integer(3), octets(""), contextual(9, "NTLM")),
			&BindRequest{Version: 3, Method: BindSicilyDiscover, Credentials: "NTLM"},
		},
		"LDAPv2 bind": {
			packet(OpBindRequest, integer(2), octets("a"), contextual(0, "b")),
			&BindRequest{Version: 2, Name: "a", Password: "b"},
		},
		"unbind": {ber.Encode(ber.ClassApplication, ber.TypePrimitive, ber.Tag(OpUnbindRequest), nil, ""), &UnbindRequest{}},
		"search": {
			search(compiled(t, "(mail=a@b)"), "cn", "mail"),
			&SearchRequest{
				Base: "DC=fabrikam,DC=com", Scope: ldap.ScopeWholeSubtree, SizeLimit: 1000, TimeLimit: 30,
				Filter:     Filter{Choice: ldap.FilterEqualityMatch, Attribute: "mail", Value: "a@b"},
				Attributes: []string{"cn", "mail"},
			},
		},
		"compare": {
			packet(OpCompareRequest, octets("CN=a"), sequence(octets("mail"), octets("a@b"))),
			&CompareRequest{Name: "CN=a", Attribute: "mail", Value: "a@b"},
		},
		"modify": {
			packet(OpModifyRequest, octets("CN=a"), sequence(sequence(enumerated(ldap.ReplaceAttribute), attribute))),
			&ModifyRequest{Name: "CN=a", Changes: []Change{{Operation: ldap.ReplaceAttribute, Attribute: mail}}},
		},
		"add": {
			packet(OpAddRequest, octets("CN=a"), sequence(attribute)),
			&AddRequest{Name: "CN=a", Attributes: []Attribute{mail}},
		},
		"delete": {
			ber.NewString(ber.ClassApplication, ber.TypePrimitive, ber.Tag(OpDeleteRequest), "CN=a", ""),
			&DeleteRequest{Name: "CN=a"},
		},
		"modifyDN": {
			packet(OpModifyDNRequest, octets("CN=a"), octets("CN=b"), boolean(true), contextual(0, "OU=c")),
			&ModifyDNRequest{Name: "CN=a", NewRDN: "CN=b", DeleteOld: true, Superior: "OU=c", HasSuperior: true},
		},
		"abandon": {
			ber.NewInteger(ber.ClassApplication, ber.TypePrimitive, ber.Tag(OpAbandonRequest), 300, ""),
			&AbandonRequest{ID: 300},
		},
		"extended": {
			packet(OpExtendedRequest, contextual(0, "1.2.3"), contextual(1, "value")),
			&ExtendedRequest{Name: "1.2.3", Value: "value", HasValue: true},
		},
		"extended without a value": {packet(OpExtendedRequest, contextual(0, "1.2.3")), &ExtendedRequest{Name: "1.2.3"}},
	} {
		t.Run(name, func(t *testing.T) {
			raw := message(70000, row.operation)
			m := decode(t, raw)
			assert.Equal(t, &Message{ID: 70000, Request: row.want}, m)
			id, operation, err := Peek(raw)
			require.NoError(t, err)
			assert.EqualValues(t, 70000, id)
			assert.Equal(t, row.want.Operation(), operation)
		})
	}
}

func TestDecode_Controls(t *testing.T) {
	m := decode(t, message(1, search(compiled(t, "(cn=a)")),
		sequence(octets("1.2.3"), boolean(true), octets("")), sequence(octets("1.2.4"), octets("x")), sequence(octets("1.2.5"))))
	want := []Control{{OID: "1.2.3", Critical: true, HasValue: true}, {OID: "1.2.4", Value: "x", HasValue: true}, {OID: "1.2.5"}}
	assert.Equal(t, want, m.Controls)
	assert.Equal(t, want, m.Request.(*SearchRequest).Controls)
}

func TestDecode_LengthsOfFourOctets(t *testing.T) {
	raw := []byte("\x30\x84\x00\x00\x00\x19\x02\x01\x05\x77\x84\x00\x00\x00\x10\x80\x84\x00\x00\x00\x05" + "1.2.3" + "\x81\x83\x00\x00\x00")
	assert.Equal(t, &ExtendedRequest{Name: "1.2.3", HasValue: true}, decode(t, raw).Request, "as Windows writes them")
}

func TestDecode_Filters(t *testing.T) {
	for _, text := range []string{
		"(&(cn=a)(|(mail=*)(!(sn>=b))(x<=y)(z~=q)))", "(cn=a*)", "(cn=*a)", "(cn=a*b*c*d)", "(cn=*b*)",
		"(memberOf:1.2.840.113556.1.4.1941:=CN=a)", "(ou:dn:=x)", "(:caseIgnoreMatch:=x)", `(objectGUID=\00\ff\2a)`, "(cn=)", "(&)", "(|)",
	} {
		t.Run(text, func(t *testing.T) {
			sent := ber.Encode(ber.ClassContext, ber.TypeConstructed, ldap.FilterAnd, nil, "")
			switch text {
			case "(&)":
			case "(|)":
				sent.Tag, sent = ldap.FilterOr, ber.Encode(ber.ClassContext, ber.TypeConstructed, ldap.FilterOr, nil, "")
			default:
				sent = compiled(t, text)
			}
			filter := decode(t, message(1, search(sent))).Request.(*SearchRequest).Filter
			assert.Equal(t, sent.Bytes(), filter.Packet().Bytes(), "the octets that came in")
			if text != "(&)" && text != "(|)" {
				assert.Equal(t, text, filter.String())
			}
		})
	}
}

func TestDecode_MalformedRequestsCanBeAnswered(t *testing.T) {
	part := func(tag ber.Tag, s string) *ber.Packet { return contextual(tag, s) }
	substrings := func(parts ...*ber.Packet) *ber.Packet {
		return search(with(ber.Encode(ber.ClassContext, ber.TypeConstructed, ldap.FilterSubstrings, nil, ""), octets("cn"), sequence(parts...)))
	}
	negation := ber.Encode(ber.ClassContext, ber.TypeConstructed, ldap.FilterNot, nil, "")
	base := func(scope int64) *ber.Packet {
		return packet(OpSearchRequest, octets(""), enumerated(scope), enumerated(0), integer(0), integer(0), boolean(false), compiled(t, "(a=b)"), sequence())
	}
	for name, row := range map[string]struct {
		operation *ber.Packet
		want      string
	}{
		"empty bind":           {packet(OpBindRequest), "bind request: version is missing"},
		"bind without method":  {packet(OpBindRequest, integer(3), octets("")), "authentication is missing"},
		"scope":                {base(3), "scope 3"},
		"empty search":         {packet(OpSearchRequest), "base is missing"},
		"negative limit":       {packet(OpSearchRequest, octets(""), enumerated(0), enumerated(0), integer(-1)), "size limit is negative"},
		"huge limit":           {packet(OpSearchRequest, octets(""), enumerated(0), enumerated(0), integer(1<<40)), "size limit is larger"},
		"unknown filter":       {search(ber.Encode(ber.ClassContext, ber.TypeConstructed, 20, nil, "")), "unknown choice 20"},
		"filter of octets":     {search(octets("(cn=a)")), "filter has the tag 0x04"},
		"negation of nothing":  {search(negation), "a negation has 0 filters"},
		"no substrings":        {substrings(), "substrings without parts"},
		"empty substring":      {substrings(part(1, "")), "a substring is empty"},
		"final before any":     {substrings(part(2, "a"), part(1, "b")), "is not where it may be"},
		"initial after any":    {substrings(part(1, "a"), part(0, "b")), "is not where it may be"},
		"no value":             {search(with(ber.Encode(ber.ClassContext, ber.TypeConstructed, ldap.FilterExtensibleMatch, nil, ""), part(2, "cn"))), "needs a value"},
		"compare half":         {packet(OpCompareRequest, octets("CN=a"), sequence(octets("mail"))), "value is missing"},
		"extended nameless":    {packet(OpExtendedRequest), "name is missing"},
		"change":               {packet(OpModifyRequest, octets("a"), sequence(sequence(enumerated(9), sequence(octets("a"), set())))), "change 9"},
		"add without values":   {packet(OpAddRequest, octets("a"), sequence(sequence(octets("mail")))), "values is missing"},
		"modifyDN of a name":   {packet(OpModifyDNRequest, octets("a")), "newrdn is missing"},
		"abandon of nothing":   {ber.NewString(ber.ClassApplication, ber.TypePrimitive, ber.Tag(OpAbandonRequest), "", ""), "of 0 octets"},
		"attribute list is no": {packet(OpSearchRequest, octets(""), enumerated(0), enumerated(0), integer(0), integer(0), boolean(false), compiled(t, "(a=b)")), "attributes is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(message(7, row.operation))
			var malformed *RequestError
			require.ErrorAs(t, err, &malformed)
			assert.EqualValues(t, 7, malformed.ID)
			assert.NotEmpty(t, malformed.Operation.String())
			assert.ErrorContains(t, err, row.want)
		})
	}
	_, err := Decode(message(7, search(compiled(t, "(a=b)")), octets("1.2.3")))
	assert.ErrorContains(t, err, "control has the tag 0x04")
}

func TestDecode_NotAMessage(t *testing.T) {
	for name, row := range map[string]struct{ octets, want string }{
		"nothing":      {"", "LDAP message is missing"},
		"no id":        {"\x30\x00", "message id is missing"},
		"id 0":         {"\x30\x05\x02\x01\x00\x42\x00", "message id 0 is reserved"},
		"no operation": {"\x30\x03\x02\x01\x01", "without an operation"},
		"a response":   {"\x30\x05\x02\x01\x01\x61\x00", "is not a request"},
		"context":      {"\x30\x05\x02\x01\x01\x80\x00", "is not a request"},
		"two":          {"\x30\x05\x02\x01\x01\x42\x00\x30", "octets after"},
		"cut":          {"\x30\x05\x02\x01\x01\x42", "longer than what it is in"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode([]byte(row.octets))
			var malformed *SyntaxError
			require.ErrorAs(t, err, &malformed)
			assert.ErrorContains(t, err, row.want)
			_, _, err = Peek([]byte(row.octets))
			if name != "two" {
				assert.Error(t, err)
			}
		})
	}
}

func TestDecode_FilterDepth(t *testing.T) {
	nested := func(depth int) []byte {
		return message(1, search(compiled(t, strings.Repeat("(!", depth-1)+"(a=b)"+strings.Repeat(")", depth-1))))
	}
	decode(t, nested(maxFilterDepth))
	_, err := Decode(nested(maxFilterDepth + 1))
	assert.ErrorContains(t, err, "the filter nests more than 64 deep")
}

func TestDecode_KeepsNothingOfTheOctets(t *testing.T) {
	raw := message(1, packet(OpCompareRequest, octets("CN=a"), sequence(octets("mail"), octets("a@b"))))
	m, err := Decode(raw)
	require.NoError(t, err)
	clear(raw)
	assert.Equal(t, &CompareRequest{Name: "CN=a", Attribute: "mail", Value: "a@b"}, m.Request)
}
