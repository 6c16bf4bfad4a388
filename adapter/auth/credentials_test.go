package auth

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func basic(pair string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

func TestParseHeader(t *testing.T) {
	type reading struct {
		form                       Form
		domain, username, password string
	}
	rows := map[string]struct {
		pair    string
		sent    reading
		decoded *reading
		account string
	}{
		"down-level":          {`FABRIKAM\hsadmin:s3cr`, reading{DownLevel, "FABRIKAM", "hsadmin", "s3cr"}, nil, "hsadmin"},
		"user principal name": {"hsadmin@fabrikam.local:x", reading{UPN, "fabrikam.local", "hsadmin", "x"}, nil, "hsadmin"},
		"plain":               {"HSAdmin:x", reading{Plain, "", "HSAdmin", "x"}, nil, "hsadmin"},
		"no domain before the backslash": {
			`\hsadmin:x`, reading{Plain, "", "hsadmin", "x"}, nil, "hsadmin",
		},
		"backslash wins over at sign": {
			`FABRIKAM\a@b:x`, reading{DownLevel, "FABRIKAM", "a@b", "x"}, nil, "a@b",
		},
		"last at sign separates": {"a@b@c.d:x", reading{UPN, "c.d", "a@b", "x"}, nil, "a@b"},
		"at sign at the end":     {"a@:x", reading{Plain, "", "a@", "x"}, nil, "a@"},
		"colons in the password": {"a:b:c", reading{Plain, "", "a", "b:c"}, nil, "a"},
		"empty password":         {"a:", reading{Plain, "", "a", ""}, nil, "a"},
		"UTF-8":                  {"jörg:grüße", reading{Plain, "", "jörg", "grüße"}, nil, "jörg"},
		"windows-1252":           {"j\xf6rg:\x80\x9c", reading{Plain, "", "jörg", "€œ"}, nil, "jörg"},
		"ISO-8859-1 control":     {"j\xf6rg:\x81", reading{Plain, "", "jörg", "\u0081"}, nil, "jörg"},
		"percent-encoded": {
			`FABRIKAM%5Chsadmin:s3cr%25t`,
			reading{Plain, "", "FABRIKAM%5Chsadmin", "s3cr%25t"},
			&reading{DownLevel, "FABRIKAM", "hsadmin", "s3cr%t"}, "hsadmin",
		},
		"password alone percent-encoded": {
			`FABRIKAM\hsadmin:a%40b+c`,
			reading{DownLevel, "FABRIKAM", "hsadmin", "a%40b+c"},
			&reading{DownLevel, "FABRIKAM", "hsadmin", "a@b+c"}, "hsadmin",
		},
		"percent-encoded windows-1252": {
			"j%f6rg:x", reading{Plain, "", "j%f6rg", "x"}, &reading{Plain, "", "jörg", "x"}, "jörg",
		},
		"percent sign that encodes nothing": {
			"a:100%", reading{Plain, "", "a", "100%"}, nil, "a",
		},
		"percent sign that encodes nothing, beside an encoded name": {
			"F%5Ca:100%", reading{Plain, "", "F%5Ca", "100%"}, &reading{DownLevel, "F", "a", "100%"}, "a",
		},
		"encoded control character is no name": {
			"a%00b:x", reading{Plain, "", "a%00b", "x"}, nil, "a%00b",
		},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			pair, err := ParseHeader(basic(row.pair))
			require.NoError(t, err)
			of := func(c Credentials) reading { return reading{c.Form, c.Domain, c.Username, c.Password.Reveal()} }
			assert.Equal(t, row.sent, of(pair.Sent))
			decoded, ok := pair.Decoded()
			assert.Equal(t, row.decoded != nil, ok)
			if row.decoded != nil {
				assert.Equal(t, *row.decoded, of(decoded))
			}
			assert.Equal(t, row.account, pair.account())
		})
	}
}

func TestParseHeader_Refuses(t *testing.T) {
	rows := map[string]struct {
		header string
		want   Reason
	}{
		"nothing":               {"", ReasonMissing},
		"NTLM":                  {"NTLM TlRMTVNTUAAB", ReasonScheme},
		"Negotiate":             {"Negotiate abc", ReasonScheme},
		"no base64":             {"Basic !!!", ReasonMalformed},
		"no colon":              {basic("hsadmin"), ReasonMalformed},
		"nothing encoded":       {"Basic", ReasonMalformed},
		"no login":              {basic(":x"), ReasonMalformed},
		"domain without login":  {basic(`FABRIKAM\:x`), ReasonMalformed},
		"line break in a login": {basic("a\nb:x"), ReasonMalformed},
		"login too long":        {basic(strings.Repeat("a", maxLogin+1) + ":x"), ReasonMalformed},
		"header too long":       {basic("a:" + strings.Repeat("x", maxHeader)), ReasonMalformed},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := ParseHeader(row.header)
			require.ErrorIs(t, err, ErrBadCredentials)
			assert.Equal(t, row.want, ReasonOf(err))
		})
	}
}

func TestParseHeader_TakesWhatClientsWrite(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte("a:bc1"))
	for _, header := range []string{
		"Basic " + encoded, "basic " + encoded, "BASIC  " + encoded + " ", "Basic " + strings.TrimRight(encoded, "="),
	} {
		pair, err := ParseHeader(header)
		require.NoError(t, err, header)
		assert.Equal(t, "bc1", pair.Sent.Password.Reveal())
	}
}

func TestCredentials_PrintWithoutPassword(t *testing.T) {
	c := NewCredentials(`FABRIKAM\hsadmin`, "pass-Phrase-7")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		assert.NotContains(t, fmt.Sprintf(verb+verb, c, Login{Credentials: c}), "pass-Phrase-7", verb)
	}
	assert.Equal(t, `FABRIKAM\hsadmin`, c.String())
}

func FuzzParseHeader(f *testing.F) {
	for _, seed := range []string{
		"", "Basic", "Basic QTpi", "Negotiate x", basic(`FABRIKAM%5Chsadmin:s3cr%25t`), basic("j\xf6rg:\x80"), basic("a@b@c:%"),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		pair, err := ParseHeader(header)
		if err != nil {
			require.ErrorIs(t, err, ErrBadCredentials)
			return
		}
		readings := []Credentials{pair.Sent}
		if decoded, ok := pair.Decoded(); ok {
			readings = append(readings, decoded)
		}
		for _, c := range readings {
			require.True(t, c.usable())
			require.True(t, utf8.ValidString(c.Login()+c.Password.Reveal()))
			again := NewCredentials(c.Login(), c.Password.Reveal())
			if c.Form != Plain { // a plain "\a\b" loses its backslash, and its login is another one
				require.Equal(t, c, again)
			}
		}
		require.NotEmpty(t, pair.account())
	})
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	rows := map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"no proxy":                     {"192.0.2.1:1234", nil, "192.0.2.1"},
		"header of a stranger":         {"192.0.2.1:1234", []string{"198.51.100.7"}, "192.0.2.1"},
		"behind a proxy":               {"127.0.0.1:1234", []string{"198.51.100.7"}, "198.51.100.7"},
		"the client forges":            {"127.0.0.1:1234", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		"two proxies":                  {"127.0.0.1:1234", []string{"198.51.100.7, 10.1.1.1"}, "198.51.100.7"},
		"two headers":                  {"127.0.0.1:1234", []string{"203.0.113.9", "198.51.100.7,10.1.1.1"}, "198.51.100.7"},
		"proxies only":                 {"127.0.0.1:1234", []string{"10.1.1.2, 10.1.1.1"}, "10.1.1.2"},
		"proxy without header":         {"127.0.0.1:1234", nil, "127.0.0.1"},
		"not an address":               {"127.0.0.1:1234", []string{"198.51.100.7, unknown"}, "127.0.0.1"},
		"not an address after a proxy": {"127.0.0.1:1234", []string{"unknown, 10.1.1.1"}, "10.1.1.1"},
		"with ports":                   {"[fd00::1]:1234", []string{"198.51.100.7:555"}, "198.51.100.7"},
		"IPv6 in brackets":             {"[fd00::1]:1234", []string{"[2001:db8::7]"}, "2001:db8::7"},
		"IPv4 in IPv6":                 {"[::ffff:127.0.0.1]:1234", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		"zone":                         {"[fe80::1%eth0]:1234", nil, "fe80::1"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: row.remote, Header: http.Header{"X-Forwarded-For": row.forwarded}}
			assert.Equal(t, row.want, ClientAddress(r, trusted).String())
		})
	}
	assert.False(t, ClientAddress(&http.Request{RemoteAddr: "@"}, nil).IsValid(), "a Unix socket")
}

func TestSourceOf(t *testing.T) {
}
