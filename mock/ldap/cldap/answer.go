package cldap

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"wsexchange/mock/directory"
)

// Domain describes a domain and the domain controller that answers.
type Domain struct {
	GUID    [16]byte // of the domain, in the order of its octets on the wire
	Forest  string   // DNS name of the forest, such as fabrikam.com
	DNSName string   // of the domain
	NetBIOS string   // name of the domain, such as FABRIKAM
	Host    string   // DNS name of the domain controller
	Site    string   // default: Default-First-Site-Name
	// Address is the domain controller's, for clients that ask for it. Only IPv4
	// has a place in the answer.
	Address netip.Addr
	Flags   uint32 // default: DefaultFlags
}

// Flags of a domain controller (MS-ADTS section 6.3.1.2).
const (
	FlagPDC            uint32 = 0x00000001
	FlagGlobalCatalog  uint32 = 0x00000004
	FlagLDAP           uint32 = 0x00000008
	FlagDS             uint32 = 0x00000010
	FlagKDC            uint32 = 0x00000020
	FlagTime           uint32 = 0x00000040
	FlagClosest        uint32 = 0x00000080
	FlagWritable       uint32 = 0x00000100
	FlagNDNC           uint32 = 0x00000400
	FlagDNSController  uint32 = 0x20000000
	FlagDNSDomain      uint32 = 0x40000000
	FlagDNSForest      uint32 = 0x80000000
	responseEX         uint16 = 23 // LOGON_SAM_LOGON_RESPONSE_EX
	responseUnknownEX  uint16 = 25 // LOGON_SAM_USER_UNKNOWN_EX
	versionNT5         uint32 = 0x00000001
	noToken            uint16 = 0xffff
	DefaultSite               = directory.DefaultSite
	familyIPv4         uint16 = 2
	sizeOfSocketAddrIn byte   = 16
)

// DefaultFlags are those of a controller that does what an emulator does: it
// serves LDAP of a whole directory, and no Kerberos.
const DefaultFlags = FlagPDC | FlagGlobalCatalog | FlagLDAP | FlagDS | FlagClosest | FlagWritable |
	FlagDNSController | FlagDNSDomain | FlagDNSForest

// Knows reports whether a ping is for this domain. A client that names none
// means whichever there is.
func (d *Domain) Knows(p Ping) bool {
	return (p.DNSDomain == "" || strings.EqualFold(p.DNSDomain, d.DNSName)) &&
		(p.DomainGUID == "" || p.DomainGUID == string(d.GUID[:]))
}

// Answer returns the value of netlogon for a ping (F416): a
// NETLOGON_SAM_LOGON_RESPONSE_EX. An account that is asked for is answered as
// unknown unless known is set.
func (d *Domain) Answer(p Ping, known bool) []byte {
	kind := responseEX
	if p.User != "" && !known {
		kind = responseUnknownEX
	}
	flags, site := d.Flags, d.Site
	if flags == 0 {
		flags = DefaultFlags
	}
	if site == "" {
		site = DefaultSite
	}
	n := names{octets: make([]byte, 0, 256), seen: map[string]int{}}
	n.octets = binary.LittleEndian.AppendUint16(n.octets, kind)
	n.octets = append(n.octets, 0, 0) // Sbz
	n.octets = binary.LittleEndian.AppendUint32(n.octets, flags)
	n.octets = append(n.octets, d.GUID[:]...)
	n.add(d.Forest)
	n.add(d.DNSName)
	n.add(d.Host)
	n.add(d.NetBIOS)
	host, _, _ := strings.Cut(d.Host, ".")
	n.add(strings.ToUpper(host))
	n.add(p.User)
	n.add(site) // of the controller
	n.add(site) // of the client
	version := versionNT5 | Version5EX
	if p.Version&Version5EXWithIP != 0 && d.Address.Is4() {
		version |= Version5EXWithIP
		n.octets = appendAddress(n.octets, d.Address)
	}
	n.octets = binary.LittleEndian.AppendUint32(n.octets, version)
	n.octets = binary.LittleEndian.AppendUint16(n.octets, noToken)
	return binary.LittleEndian.AppendUint16(n.octets, noToken)
}

// appendAddress appends the size of a sockaddr_in and the structure.
func appendAddress(octets []byte, address netip.Addr) []byte {
	octets = append(octets, sizeOfSocketAddrIn)
	octets = binary.LittleEndian.AppendUint16(octets, familyIPv4)
	octets = append(octets, 0, 0) // port
	octets = append(octets, address.AsSlice()...)
	return append(octets, make([]byte, 8)...)
}

// names appends names in the compressed form of RFC 1035 section 4.1.4: what a
// name ends with and was written before is replaced by where that is.
type names struct {
	octets []byte
	seen   map[string]int
}

// Limits of RFC 1035.
const (
	pointer    = 0xc000
	maxPointer = 0x3fff
	maxLabel   = 63
)

// add appends a name. What is longer than a label of it can be is cut.
func (n *names) add(name string) {
	for name != "" {
		if at, ok := n.seen[name]; ok {
			n.octets = binary.BigEndian.AppendUint16(n.octets, uint16(pointer|at))
			return
		}
		if len(n.octets) <= maxPointer {
			n.seen[name] = len(n.octets)
		}
		label, rest, _ := strings.Cut(name, ".")
		label = label[:min(len(label), maxLabel)]
		n.octets = append(n.octets, byte(len(label)))
		n.octets = append(n.octets, label...)
		name = rest
	}
	n.octets = append(n.octets, 0)
}
