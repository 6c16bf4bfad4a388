package seed

import (
	"log/slog"

	"wsexchange/mock/directory"
)

// Seed is the starting content of an emulator.
type Seed struct {
	Domain    Domain    `yaml:"domain"`
	Groups    []Group   `yaml:"groups"`
	Accounts  []Account `yaml:"accounts"`
	Hosting   Hosting   `yaml:"hosting"`
	Exchange  Exchange  `yaml:"exchange"`
	Resources Resources `yaml:"resources"`
	Plans     Plans     `yaml:"plans"`
}

// Domain is the domain and its controllers.
type Domain struct {
	Name           string                   `yaml:"name"`           // DNS name
	NetBIOS        string                   `yaml:"netBIOS"`        // empty = first label of the name, in capitals
	SID            directory.SID            `yaml:"sid"`            // S-1-5-21-a-b-c; empty = made from a GUID
	Controllers    []string                 `yaml:"controllers"`    // DNS host names
	PasswordPolicy directory.PasswordPolicy `yaml:"passwordPolicy"` // absent = directory.DefaultPasswordPolicy
}

// Group is a group in CN=Users.
type Group struct {
	Name        string   `yaml:"name"`
	Description string   `yaml:"description"`
	Groups      []string `yaml:"groups"` // sAMAccountNames of groups that it is in
}

// Account is a user in CN=Users.
type Account struct {
	Name        string   `yaml:"name"` // CN, sAMAccountName and login of the userPrincipalName
	DisplayName string   `yaml:"displayName"`
	Description string   `yaml:"description"`
	Password    Password `yaml:"password"` // empty = nobody can log on with it
	Groups      []string `yaml:"groups"`   // sAMAccountNames of groups that it is in

	published published // the password that everybody can read in the built-in seed
}

// Password is a password in a Seed. It does not print.
type Password string

// String returns asterisks in place of the password.
func (Password) String() string { return "***" }

// GoString returns asterisks in place of the password.
func (Password) GoString() string { return "***" }

// LogValue returns asterisks in place of the password.
func (Password) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalText returns asterisks in place of the password.
func (Password) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Hosting is the hosting OU at the top of the domain.
type Hosting struct {
	Name              string     `yaml:"name"`
	OrganizationTypes []string   `yaml:"organizationTypes"`
	Resellers         []Reseller `yaml:"resellers"`
}

// Reseller is a reseller organization in the hosting OU.
type Reseller struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

// Exchange is the Exchange organization.
type Exchange struct {
	Organization        string   `yaml:"organization"`
	AdministrativeGroup string   `yaml:"administrativeGroup"`
	Servers             []Server `yaml:"servers"`
}

// Server is an Exchange server with its stores.
type Server struct {
	Name         string   `yaml:"name"` // NetBIOS name
	Host         string   `yaml:"host"` // DNS host name
	StorageGroup string   `yaml:"storageGroup"`
	MailStores   []string `yaml:"mailStores"`
	PublicStores []string `yaml:"publicStores"`
}

// Resources is what the resource manager starts with.
type Resources struct {
	MailStores         []MailStore `yaml:"mailStores"`
	PublicStores       []MailStore `yaml:"publicStores"`
	ConsumerMailStores []MailStore `yaml:"consumerMailStores"`
	OABServers         []OABServer `yaml:"oabServers"`
}

// MailStore is the pool entry of a store of an Exchange server.
type MailStore struct {
	Server    string `yaml:"server"`
	Store     string `yaml:"store"`
	Megabytes int64  `yaml:"megabytes"`
	Shared    bool   `yaml:"shared"` // several organizations may use it; mail stores only
}

// OABServer is the pool entry of a server for offline address books.
type OABServer struct {
	Server   string `yaml:"server"`
	Capacity int    `yaml:"capacity"` // offline address books at most
}

// Plans is what the plan database starts with.
type Plans struct {
	Categories []Category `yaml:"categories"`
	Features   []Feature  `yaml:"features"`
	Plans      []Plan     `yaml:"plans"`
}

// Category is a category of plans.
type Category struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

// Feature is a type of feature that plans can have.
type Feature struct {
	Name            string `yaml:"name"`
	Description     string `yaml:"description"`
	Unit            string `yaml:"unit"`
	NativeAttribute string `yaml:"nativeAttribute"`
	ParentNode      string `yaml:"parentNode"`
	XSLDataType     string `yaml:"xslDataType"`
}

// Plan is a plan with the values of its features.
type Plan struct {
	Name        string        `yaml:"name"`
	Description string        `yaml:"description"`
	Type        string        `yaml:"type"`
	Categories  []string      `yaml:"categories"`
	Features    []PlanFeature `yaml:"features"`
}

// PlanFeature is the value of a feature in a plan.
type PlanFeature struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}
