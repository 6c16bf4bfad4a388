package cldap

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/ldap/wire"
)

var fabrikam = Domain{
	GUID:   [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	Forest: "fabrikam.com", DNSName: "fabrikam.com", NetBIOS: "FABRIKAM", Host: "dc1.fabrikam.com",
	Address: netip.MustParseAddr("192.0.2.7"),
}

// octetsOf reads octets as they are written in the specification, with blanks.
func octetsOf(t *testing.T, text string) []byte {
	t.Helper()
	octets, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	require.NoError(t, err)
	return octets
}

func TestDomain_Answer(t *testing.T) {
	const (
		names = `
			08 66616272696b616d 03 636f6d 00      ` + // forest, at 24: fabrikam.com
			`c018                                 ` + // domain: the same
			`03 646331 c018                       ` + // dc1 and the same
			`08 4641425249 4b414d 00              ` + // FABRIKAM
			`03 444331 00                         ` // DC1
		site = `17 44656661756c742d46697273742d536974652d4e616d65 00`
		guid = `000102030405060708090a0b0c0d0e0f`
	)
	for name, row := range map[string]struct {
		ping   Ping
		known  bool
		change func(*Domain)
		want   string
	}{
		"no user": {want: "1700 0000 9d0100e0" + guid + names + "00" + site + "c03e" + "05000000 ffff ffff"},
		"an address is asked for": {
			ping: Ping{Version: Version5EX | Version5EXWithIP},
			want: "1700 0000 9d0100e0" + guid + names + "00" + site + "c03e" + "10 0200 0000 c0000207 0000000000000000 0d000000 ffff ffff",
		},
		"a user that is known": {
			ping: Ping{User: "ann"}, known: true,
			want: "1700 0000 9d0100e0" + guid + names + "03 616e6e 00" + site + "c042" + "05000000 ffff ffff",
		},
		"a user that is not known": {
			ping: Ping{User: "ann"},
			want: "1900 0000 9d0100e0" + guid + names + "03 616e6e 00" + site + "c042" + "05000000 ffff ffff",
		},
		"flags and a site of its own": {
			change: func(d *Domain) { d.Flags, d.Site = FlagLDAP, "Here" },
			want:   "1700 0000 08000000" + guid + names + "00" + "04 48657265 00" + "c03e" + "05000000 ffff ffff",
		},
	} {
		t.Run(name, func(t *testing.T) {
			domain := fabrikam
			if row.change != nil {
				row.change(&domain)
			}
			assert.Equal(t, octetsOf(t, row.want), domain.Answer(row.ping, row.known))
		})
	}
}

func TestNames_LabelsAreCut(t *testing.T) {
	n := names{seen: map[string]int{}}
	n.add(strings.Repeat("x", 100))
	assert.Len(t, n.octets, 65)
	assert.EqualValues(t, 63, n.octets[0])
}

func TestDomain_Knows(t *testing.T) {
	assert.True(t, fabrikam.Knows(Ping{}))
	assert.True(t, fabrikam.Knows(Ping{DNSDomain: "Fabrikam.COM", DomainGUID: string(fabrikam.GUID[:])}))
	assert.False(t, fabrikam.Knows(Ping{DNSDomain: "example.com"}))
	assert.False(t, fabrikam.Knows(Ping{DomainGUID: "x"}))
}

// question returns the octets of a search of the root DSE.
func question(t testing.TB, filter string, attributes ...string) []byte {
	t.Helper()
	compiled, err := ldap.CompileFilter(filter)
	require.NoError(t, err)
	integer := func(tag ber.Tag, n int64) *ber.Packet {
		return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, tag, n, "")
	}
	text := func(s string) *ber.Packet {
		return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
	}
	list := ber.NewSequence("")
	for _, a := range attributes {
		list.AppendChild(text(a))
	}
	search := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	for _, child := range []*ber.Packet{
		text(""), integer(ber.TagEnumerated, 0), integer(ber.TagEnumerated, 0), integer(ber.TagInteger, 0), integer(ber.TagInteger, 0),
		ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""), compiled, list,
	} {
		search.AppendChild(child)
	}
	message := ber.NewSequence("")
	message.AppendChild(integer(ber.TagInteger, 7))
	message.AppendChild(search)
	return message.Bytes()
}

const usual = `(&(DnsDomain=fabrikam.com)(Host=client)(User=ann)(AAC=\10\00\00\00)(DomainSid=\01\02)(NtVer=\06\00\00\00))`

func TestReadPing(t *testing.T) {
	read := func(filter string, attributes ...string) (Ping, error) {
		message, err := wire.DecodeDatagram(question(t, filter, attributes...), wire.Limits{})
		require.NoError(t, err)
		return ReadPing(message.Request.(*wire.SearchRequest))
	}
	p, err := read(usual, "NetLogon")
	require.NoError(t, err)
	assert.Equal(t, Ping{DNSDomain: "fabrikam.com", Host: "client", User: "ann", DomainSID: "\x01\x02", Version: Version5 | Version5EX}, p)
	p, err = read("(DnsDomain=fabrikam.com.)", "netlogon")
	require.NoError(t, err)
	assert.Equal(t, "fabrikam.com", p.DNSDomain, "the root of the DNS is left out")
	for filter, want := range map[string]string{
		"(&(DnsDomain=*))":                       "not a conjunction of equalities",
		`(NtVer=\01)`:                            "NtVer is not four octets",
		"(&" + strings.Repeat("(a=b)", 17) + ")": "too many items",
	} {
		_, err := read(filter, "netlogon")
		assert.ErrorContains(t, err, want)
	}
	_, err = read(usual, "cn")
	assert.ErrorContains(t, err, "not a search of the root DSE for netlogon")
}

// start serves on a free port until the test ends.
func start(t *testing.T, change func(*Config)) *net.UDPAddr {
	t.Helper()
	cfg := Config{Describe: func(context.Context) (Domain, error) { return fabrikam, nil }}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	require.NoError(t, err)
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, conn) }()
	t.Cleanup(func() { cancel(); assert.NoError(t, <-served) })
	return conn.LocalAddr().(*net.UDPAddr)
}

func dial(t *testing.T, address *net.UDPAddr) *net.UDPConn {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return conn
}

// receive reads the messages of a datagram.
func receive(t *testing.T, conn *net.UDPConn) []*ber.Packet {
	t.Helper()
	buffer := make([]byte, 2000)
	n, err := conn.Read(buffer)
	require.NoError(t, err)
	var messages []*ber.Packet
	for datagram := bytes.NewReader(buffer[:n]); datagram.Len() > 0; {
		p, err := ber.ReadPacket(datagram)
		require.NoError(t, err)
		messages = append(messages, p)
	}
	return messages
}

func send(t *testing.T, conn *net.UDPConn, octets []byte) {
	t.Helper()
	_, err := conn.Write(octets)
	require.NoError(t, err)
}

func TestServer_Answers(t *testing.T) {
	conn := dial(t, start(t, func(c *Config) { c.Known = func(_ context.Context, user string) bool { return user != "ann" } }))
	send(t, conn, []byte("not LDAP"))
	send(t, conn, question(t, usual, "netlogon"))
	messages := receive(t, conn)
	require.Len(t, messages, 2, "an entry and the result in one datagram")
	assert.EqualValues(t, 7, messages[0].Children[0].Value)
	attribute := messages[0].Children[1].Children[1].Children[0]
	assert.Equal(t, "netlogon", attribute.Children[0].Value)
	assert.Equal(t, string(fabrikam.Answer(Ping{User: "ann"}, false)), attribute.Children[1].Children[0].Data.String())
	assert.EqualValues(t, ldap.ApplicationSearchResultDone, messages[1].Children[1].Tag)

	send(t, conn, question(t, "(DnsDomain=example.com)", "netlogon"))
	assert.Len(t, receive(t, conn), 1, "another domain: no entry")
	send(t, conn, question(t, "(objectClass=*)"))
	assert.Len(t, receive(t, conn), 1, "the root DSE is not configured")
}

func TestServer_RootDSE(t *testing.T) {
	conn := dial(t, start(t, func(c *Config) {
		c.RootDSE = func(context.Context, *wire.SearchRequest) ([]wire.Attribute, error) {
			return []wire.Attribute{{Name: "dnsHostName", Values: []string{"dc1.fabrikam.com"}}}, nil
		}
	}))
	send(t, conn, question(t, "(objectClass=*)"))
	assert.Equal(t, "dnsHostName", receive(t, conn)[0].Children[1].Children[1].Children[0].Children[0].Value)
}

func TestServer_AFailureIsNotAnswered(t *testing.T) {
	fail := true
	conn := dial(t, start(t, func(c *Config) {
		c.Describe = func(context.Context) (Domain, error) {
			if fail {
				fail = false
				return Domain{}, errors.New("no directory")
			}
			return fabrikam, nil
		}
	}))
	send(t, conn, question(t, usual, "netlogon"))
	send(t, conn, question(t, usual, "netlogon"))
	assert.Len(t, receive(t, conn), 2)
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Millisecond)))
	_, err := conn.Read(make([]byte, 10))
	assert.Error(t, err, "one answer for two questions")
}

func TestServer_Limits(t *testing.T) {
	now := time.Unix(1000, 0)
	l := limit{perAddress: 2, total: 5}
	allowed := func(ip string, want ...bool) {
		t.Helper()
		for _, w := range want {
			assert.Equal(t, w, l.allows(netip.MustParseAddr(ip), now))
		}
	}
	allowed("192.0.2.1", true, true, false)
	allowed("::ffff:192.0.2.1", false)
	allowed("2001:db8::1", true)
	allowed("2001:db8::2", true, false)
	allowed("192.0.2.2", true, false)
	allowed("192.0.2.3", false)
	now = now.Add(time.Second)
	allowed("192.0.2.1", true)
}

func TestServer_AnswersAnAddressOnlySoOften(t *testing.T) {
	now := time.Unix(1000, 0)
	conn := dial(t, start(t, func(c *Config) { c.PerSecond, c.Now = 3, func() time.Time { return now } }))
	for range 20 {
		send(t, conn, question(t, usual, "netlogon"))
	}
	for range 3 {
		receive(t, conn)
	}
	require.NoError(t, conn.SetDeadline(time.Now().Add(50*time.Millisecond)))
	_, err := conn.Read(make([]byte, 10))
	assert.Error(t, err)
}

func TestNew_Refuses(t *testing.T) {
	_, err := New(Config{})
	assert.ErrorContains(t, err, "a description of the domain is required")
}

func FuzzReadDatagram(f *testing.F) {
	f.Add(question(f, usual, "netlogon"))
	f.Add(question(f, "(objectClass=*)"))
	s, err := New(Config{Describe: func(context.Context) (Domain, error) { return fabrikam, nil }})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, octets []byte) {
		if answer := s.answer(t.Context(), octets); answer != nil {
			_, err := ber.DecodePacketErr(answer)
			require.NoError(t, err)
		}
	})
}
