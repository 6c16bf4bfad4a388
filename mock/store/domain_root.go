package store

import (
	"database/sql"
	"errors"
	"fmt"

	"wsexchange/internal/ldappath"
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

// Names of the rows of the setting table.
const (
	settingDomain   = "domain"
	settingNetBIOS  = "netbios"
	settingSID      = "domain sid"
	settingExchange = "exchange organization"
	settingHosting  = "hosting"
	settingSeeded   = "seeded"
)

// Domain gives the names of the domain. Before the store is seeded it is
// ErrNotSeeded.
func (t *Tx) Domain() (Domain, error) {
	rows, err := collect(t, func(row scanner) ([2]string, error) {
		var pair [2]string
		return pair, row.Scan(&pair[0], &pair[1])
	}, "SELECT name, value FROM setting")
	if err != nil {
		return Domain{}, err
	}
	settings := make(map[string]string, len(rows))
	for _, row := range rows {
		settings[row[0]] = row[1]
	}
	if settings[settingDomain] == "" {
		return Domain{}, ErrNotSeeded
	}
	d := Domain{NetBIOS: settings[settingNetBIOS], SID: SID(settings[settingSID])}
	if d.DN, err = ldappath.ParseDN(settings[settingDomain]); err != nil {
		return Domain{}, fmt.Errorf("domain: %w", err)
	}
	d.Name, d.Configuration = d.DN.Domain(), d.DN.Child("CN", "Configuration")
	for name, into := range map[string]*ldappath.DN{settingExchange: &d.Exchange, settingHosting: &d.Hosting} {
		if settings[name] == "" {
			continue
		}
		if *into, err = ldappath.ParseDN(settings[name]); err != nil {
			return Domain{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return d, nil
}

// Setting gives a named text of the store, "" if it was never set.
func (t *Tx) Setting(name string) (string, error) {
	var value string
	err := t.row("SELECT value FROM setting WHERE name = ?", []any{name}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// SetSetting keeps a named text in the store. The domain's own names are
// among them; choose others.
func (t *Tx) SetSetting(name, value string) error {
	_, err := t.exec("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}
