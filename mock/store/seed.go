package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
)

// Seed is the starting content of a store.
type Seed struct {
	Domain    SeedDomain    `yaml:"domain"`
	Groups    []SeedGroup   `yaml:"groups"`
	Accounts  []SeedAccount `yaml:"accounts"`
	Hosting   SeedHosting   `yaml:"hosting"`
	Exchange  SeedExchange  `yaml:"exchange"`
	Resources SeedResources `yaml:"resources"`
	Plans     SeedPlans     `yaml:"plans"`
}

// SeedDomain is the domain and its controllers.
type SeedDomain struct {
	Name           string         `yaml:"name"`           // DNS name
	NetBIOS        string         `yaml:"netBIOS"`        // empty = first label of the name, capitals
	SID            SID            `yaml:"sid"`            // S-1-5-21-a-b-c; empty = made from a GUID
	Controllers    []string       `yaml:"controllers"`    // DNS host names
	PasswordPolicy PasswordPolicy `yaml:"passwordPolicy"` // absent = DefaultPasswordPolicy
}

// SeedGroup is a group in CN=Users.
type SeedGroup struct {
	Name        string   `yaml:"name"`
	Description string   `yaml:"description"`
	Groups      []string `yaml:"groups"` // sAMAccountNames of groups that it is in
}

// SeedAccount is a user in CN=Users.
type SeedAccount struct {
	Name        string   `yaml:"name"` // CN, sAMAccountName and login of the userPrincipalName
	DisplayName string   `yaml:"displayName"`
	Description string   `yaml:"description"`
	Password    Password `yaml:"password"` // empty = nobody can log on with it
	Groups      []string `yaml:"groups"`   // sAMAccountNames of groups that it is in

	published [sha256.Size]byte // sum of the password that everybody can read in the built-in seed
	hashed    <-chan seedHash   // of the password; set while the seed is written
}

// Password is a password in a Seed. It does not print.
type Password string

// String hides the password.
func (Password) String() string { return "***" }

// GoString hides the password.
func (Password) GoString() string { return "***" }

// LogValue hides the password.
func (Password) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalText hides the password.
func (Password) MarshalText() ([]byte, error) { return []byte("***"), nil }

// SeedHosting is the hosting OU at the top of the domain.
type SeedHosting struct {
	Name              string         `yaml:"name"`
	OrganizationTypes []string       `yaml:"organizationTypes"`
	Resellers         []SeedReseller `yaml:"resellers"`
}

// SeedReseller is a reseller organization in the hosting OU.
type SeedReseller struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

// SeedExchange is the Exchange organization.
type SeedExchange struct {
	Organization        string       `yaml:"organization"`
	AdministrativeGroup string       `yaml:"administrativeGroup"`
	Servers             []SeedServer `yaml:"servers"`
}

// SeedServer is an Exchange server with its stores.
type SeedServer struct {
	Name         string   `yaml:"name"` // NetBIOS name
	Host         string   `yaml:"host"` // DNS host name
	StorageGroup string   `yaml:"storageGroup"`
	MailStores   []string `yaml:"mailStores"`
	PublicStores []string `yaml:"publicStores"`
}

// SeedResources is what the resource manager starts with.
type SeedResources struct {
	MailStores         []SeedMailStore `yaml:"mailStores"`
	PublicStores       []SeedMailStore `yaml:"publicStores"`
	ConsumerMailStores []SeedMailStore `yaml:"consumerMailStores"`
	OABServers         []SeedOABServer `yaml:"oabServers"`
}

// SeedMailStore is the pool entry of a store of an Exchange server.
type SeedMailStore struct {
	Server    string `yaml:"server"`
	Store     string `yaml:"store"`
	Megabytes int64  `yaml:"megabytes"`
	Shared    bool   `yaml:"shared"` // several organizations may use it; mail stores only
}

// SeedOABServer is the pool entry of a server for offline address books.
type SeedOABServer struct {
	Server   string `yaml:"server"`
	Capacity int    `yaml:"capacity"` // offline address books at most
}

// SeedPlans is what the plan database starts with.
type SeedPlans struct {
	Categories []SeedCategory `yaml:"categories"`
	Features   []SeedFeature  `yaml:"features"`
	Plans      []SeedPlan     `yaml:"plans"`
}

// SeedCategory is a category of plans.
type SeedCategory struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

// SeedFeature is a type of feature that plans can have.
type SeedFeature struct {
	Name            string `yaml:"name"`
	Description     string `yaml:"description"`
	Unit            string `yaml:"unit"`
	NativeAttribute string `yaml:"nativeAttribute"`
	ParentNode      string `yaml:"parentNode"`
	XSLDataType     string `yaml:"xslDataType"`
}

// SeedPlan is a plan with the values of its features.
type SeedPlan struct {
	Name        string            `yaml:"name"`
	Description string            `yaml:"description"`
	Type        string            `yaml:"type"`
	Categories  []string          `yaml:"categories"`
	Features    []SeedPlanFeature `yaml:"features"`
}

// SeedPlanFeature is the value of a feature in a plan.
type SeedPlanFeature struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// seedStep writes one part of a seed.
type seedStep struct {
	name string
	run  func(*Tx, Seed) error
}

// seedSteps are the parts in their order: each may use what those before made.
var seedSteps = []seedStep{
	{"domain", seedDomain},
	{"groups", seedGroups},
	{"exchange", seedExchange},
	{"hosting", seedHosting},
	{"accounts", seedAccounts},
	{"resources", seedResources},
	{"plans", seedPlans},
}

// Seed writes the starting content in one transaction, and then what the more
// functions write. A store that has its content already is refused with
// ErrAlreadySeeded and stays as it is.
func (s *Store) Seed(ctx context.Context, seed Seed, more ...func(*Tx) error) error {
	if err := seed.Validate(); err != nil {
		return err
	}
	return s.Update(ctx, func(t *Tx) error {
		done, err := t.Seeded()
		if err != nil {
			return err
		}
		if done {
			return ErrAlreadySeeded
		}
		seed.Accounts = s.hashing(seed.Accounts)
		for _, step := range seedSteps {
			if err := step.run(t, seed); err != nil {
				return fmt.Errorf("seed %s: %w", step.name, err)
			}
		}
		for _, run := range more {
			if err := run(t); err != nil {
				return fmt.Errorf("seed: %w", err)
			}
		}
		return t.SetSetting(settingSeeded, generalizedTime(t.Now()))
	})
}

// Seeded tells whether the store has its starting content.
func (t *Tx) Seeded() (bool, error) {
	at, err := t.Setting(settingSeeded)
	return at != "", err
}

// domainName turns fabrikam.com into DC=fabrikam,DC=com.
func domainName(dns string) ldappath.DN {
	var dn ldappath.DN
	labels := strings.Split(dns, ".")
	for i := len(labels) - 1; i >= 0; i-- {
		dn = dn.Child("DC", labels[i])
	}
	return dn
}

// seedSID makes the SID of a domain from the seed or from a new GUID.
func seedSID(t *Tx, seed Seed) SID {
	if seed.Domain.SID != "" {
		return seed.Domain.SID
	}
	guid := t.NewGUID()
	sid := SID("S-1-5-21")
	for part := 4; part < len(guid); part += 4 {
		number := int64(guid[part]) | int64(guid[part+1])<<8 | int64(guid[part+2])<<16 | int64(guid[part+3])<<24
		sid += SID("-" + strconv.FormatInt(number, 10))
	}
	return sid
}

// joinGroups puts an account into groups by their sAMAccountNames.
func joinGroups(t *Tx, o *Object, names []string) error {
	for _, name := range names {
		group, err := t.BySAM(name)
		if err != nil {
			return err
		}
		if err := t.AddMember(group, o); err != nil && !errors.Is(err, ErrAlreadyMember) {
			return err
		}
	}
	return nil
}
