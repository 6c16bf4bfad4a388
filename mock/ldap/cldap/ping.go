package cldap

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/ldap/wire"
)

// Ping is what a client asks.
type Ping struct {
	DNSDomain  string // DnsDomain: the domain looked for, "" for any
	Host       string // the client
	User       string // an account looked for, "" for none
	DomainSID  string // octets
	DomainGUID string // octets
	Version    uint32 // NtVer: bits of the versions that the client understands
}

// Bits of NtVer (MS-ADTS section 6.3.1.1).
const (
	Version5   uint32 = 0x02
	Version5EX uint32 = 0x04
	// Version5EXWithIP asks for the address of the domain controller in the
	// answer.
	Version5EXWithIP uint32 = 0x08
)

// maxItems bounds the items of a ping; Windows sends six.
const maxItems = 16

// ReadPing reads a search request, which must be a ping: a search of the root
// DSE for the attribute netlogon with a conjunction of equalities.
func ReadPing(r *wire.SearchRequest) (Ping, error) {
	if r.Base != "" || r.Scope != ldap.ScopeBaseObject || len(r.Attributes) != 1 || !strings.EqualFold(r.Attributes[0], "netlogon") {
		return Ping{}, errors.New("not a search of the root DSE for netlogon")
	}
	items := []wire.Filter{r.Filter}
	if r.Filter.Choice == ldap.FilterAnd {
		items = r.Filter.Parts
	}
	if len(items) > maxItems {
		return Ping{}, errors.New("too many items")
	}
	var p Ping
	for _, item := range items {
		if item.Choice != ldap.FilterEqualityMatch {
			return Ping{}, errors.New("not a conjunction of equalities")
		}
		if err := p.set(item.Attribute, item.Value); err != nil {
			return Ping{}, err
		}
	}
	return p, nil
}

// set takes an item. What is not known is passed over, such as AAC, which
// describes the kinds of accounts looked for.
func (p *Ping) set(attribute, value string) error {
	switch strings.ToLower(attribute) {
	case "dnsdomain":
		p.DNSDomain = strings.TrimSuffix(value, ".")
	case "host":
		p.Host = value
	case "user":
		p.User = value
	case "domainsid":
		p.DomainSID = value
	case "domainguid":
		p.DomainGUID = value
	case "ntver":
		if len(value) != 4 {
			return errors.New("NtVer is not four octets")
		}
		p.Version = binary.LittleEndian.Uint32([]byte(value))
	}
	return nil
}
