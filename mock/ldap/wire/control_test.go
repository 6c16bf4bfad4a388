package wire

import (
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecodePaging(t *testing.T) {
	value := string(sequence(integer(500), octets("cookie")).Bytes())
	size, cookie, err := DecodePaging(value)
	require.NoError(t, err)
	assert.EqualValues(t, 500, size)
	assert.Equal(t, "cookie", cookie)
	size, cookie, err = DecodePaging(EncodePaging(70000, "more"))
	require.NoError(t, err)
	assert.EqualValues(t, 70000, size)
	assert.Equal(t, "more", cookie)
	for name, bad := range map[string]string{
		"nothing": "", "negative": string(sequence(integer(-1), octets("")).Bytes()), "no cookie": string(sequence(integer(1)).Bytes()),
		"cut": value[:5], "more": value + "x", "more inside": string(sequence(integer(1), octets(""), octets("")).Bytes()),
	} {
		_, _, err := DecodePaging(bad)
		assert.Error(t, err, name)
	}
}

func TestDecodeSort(t *testing.T) {
	reverse := ber.NewBoolean(ber.ClassContext, ber.TypePrimitive, 1, true, "")
	keys, err := DecodeSort(string(sequence(sequence(octets("cn")), sequence(octets("sn"), contextual(0, "2.5.13.3"), reverse)).Bytes()))
	require.NoError(t, err)
	assert.Equal(t, []SortKey{{Attribute: "cn"}, {Attribute: "sn", Rule: "2.5.13.3", Reverse: true}}, keys)
	for name, bad := range map[string]string{
		"nothing": "", "no key": string(sequence().Bytes()), "no attribute": string(sequence(sequence()).Bytes()), "no sequence": string(sequence(octets("cn")).Bytes()),
	} {
		_, err := DecodeSort(bad)
		assert.Error(t, err, name)
	}
}

func TestEncodeSortResult(t *testing.T) {
	p := parse(t, []byte(EncodeSortResult(ldap.LDAPResultNoSuchAttribute, "cn")))
	assert.EqualValues(t, ldap.LDAPResultNoSuchAttribute, p.Children[0].Value)
	assert.Equal(t, "cn", p.Children[1].Data.String())
	assert.Len(t, parse(t, []byte(EncodeSortResult(0, ""))).Children, 1)
}

func FuzzReadControlValues(f *testing.F) {
	f.Add(string(sequence(integer(500), octets("cookie")).Bytes()))
	f.Add(string(sequence(sequence(octets("cn"), contextual(0, "2.5.13.3"))).Bytes()))
	f.Fuzz(func(t *testing.T, value string) {
		if size, cookie, err := DecodePaging(value); err == nil {
			again, same, err := DecodePaging(EncodePaging(size, cookie))
			require.NoError(t, err)
			require.Equal(t, size, again)
			require.Equal(t, cookie, same)
		}
		_, _ = DecodeSort(value)
	})
}
