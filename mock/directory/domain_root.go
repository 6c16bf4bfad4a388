package directory

import (
	"fmt"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// Domain is what the whole directory has once.
type Domain struct {
	Name          string      // DNS name: fabrikam.com
	NetBIOS       string      // FABRIKAM
	DN            ldappath.DN // DC=fabrikam,DC=com
	SID           SID         // S-1-5-21-…
	Configuration ldappath.DN // CN=Configuration,DC=fabrikam,DC=com
	Exchange      ldappath.DN // the Exchange organization's container
	Hosting       ldappath.DN // the hosting OU
}

// Names of settings.
const (
	settingDomain   = "domain"
	settingNetBIOS  = "netbios"
	settingSID      = "domain sid"
	settingExchange = "exchange organization"
	settingHosting  = "hosting"
)

// namingSettings are the settings that are distinguished names.
var namingSettings = map[string]bool{settingDomain: true, settingExchange: true, settingHosting: true}

// firstRID is the relative id before that of a domain's first own account.
const firstRID = 1000

// setting is a named text.
type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`

	dn  ldappath.DN // what the value says, if it is to be a name
	err error       // why it is not one
}

// newSetting makes the row of a setting.
func newSetting(name, value string) *setting {
	s := &setting{Name: name, Value: value}
	if namingSettings[name] && value != "" {
		s.dn, s.err = ldappath.ParseDN(value)
	}
	return s
}

// UnmarshalJSON reads a row as the ledger has it.
func (s *setting) UnmarshalJSON(data []byte) error {
	var text struct{ Name, Value string }
	if err := unmarshal(data, &text); err != nil {
		return err
	}
	*s = *newSetting(text.Name, text.Value)
	return nil
}

// Domain returns the names of the domain. Before the domain was made it is
// ErrNotSeeded.
func (d Directory) Domain() (Domain, error) {
	if err := d.tx.Ready(false); err != nil {
		return Domain{}, err
	}
	root := settings.Get(d.tx, settingDomain)
	if root == nil || root.Value == "" {
		return Domain{}, ErrNotSeeded
	}
	if root.err != nil {
		return Domain{}, fmt.Errorf("domain: %w", root.err)
	}
	home := Domain{
		Name: root.dn.Domain(), DN: root.dn, Configuration: root.dn.Child("CN", "Configuration"),
		NetBIOS: d.text(settingNetBIOS), SID: SID(d.text(settingSID)),
	}
	var err error
	if home.Exchange, err = d.namedBy(settingExchange); err != nil {
		return Domain{}, err
	}
	home.Hosting, err = d.namedBy(settingHosting)
	return home, err
}

// namedBy returns the name that a setting holds, the empty one if it is not set.
func (d Directory) namedBy(name string) (ldappath.DN, error) {
	s := settings.Get(d.tx, name)
	if s == nil {
		return ldappath.DN{}, nil
	}
	if s.err != nil {
		return ldappath.DN{}, fmt.Errorf("%s: %w", name, s.err)
	}
	return s.dn, nil
}

func (d Directory) text(name string) string {
	if s := settings.Get(d.tx, name); s != nil {
		return s.Value
	}
	return ""
}

// Setting returns a named text of the directory, "" if it was never set.
func (d Directory) Setting(name string) (string, error) { return d.text(name), d.tx.Ready(false) }

// SetSetting keeps a named text in the directory. The domain's own names are
// among them ("exchange organization" and "hosting" are Domain.Exchange and
// Domain.Hosting); choose others.
func (d Directory) SetSetting(name, value string) error {
	return settings.Put(d.tx, newSetting(name, value))
}

// CreateDomainRoot makes the root of the domain, whose name consists of DCs,
// with its SID, and remembers both with the NetBIOS name: accounts get SIDs
// below this one, from relative id 1001 on. A second domain is state.ErrConflict.
func (d Directory) CreateDomainRoot(dn ldappath.DN, netBIOS string, sid SID) (*Object, error) {
	if held := settings.Get(d.tx, settingDomain); held != nil {
		return nil, &state.ConflictError{Kind: "domain", Value: dn.String(), Holder: held.dn}
	}
	if d.tx.Last("rid") < firstRID {
		if err := d.tx.Skip("rid", firstRID); err != nil {
			return nil, err
		}
	}
	o, err := d.create(nil, dn, "domainDNS", nil, sid)
	if err != nil {
		return nil, err
	}
	for _, s := range [][2]string{{settingDomain, dn.String()}, {settingNetBIOS, strings.Clone(netBIOS)}, {settingSID, string(sid)}} {
		if err := d.SetSetting(s[0], s[1]); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// CreateRoot makes an object without a parent: a naming context of its own,
// such as CN=Configuration, which is below the domain by name alone. A search
// that begins above does not enter it; Descendants does.
func (d Directory) CreateRoot(dn ldappath.DN, class string) (*Object, error) {
	return d.create(nil, dn, class, nil, "")
}
