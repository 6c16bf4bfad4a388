package hsphere

import (
	"time"

	"wsexchange/internal/secret"
)

// Organization is a row of he_bizorg with all that belongs to it.
type Organization struct {
	ID                int64
	Name, Description string
	// Plans are the types of the plans that it may use, such as base_mail.
	Plans   []string
	Account Account
	// Mail and Public are the sizes of its shares in megabytes, as the panel
	// counts them; nil where the panel has no row.
	Mail, Public *int64
	// Folder reports whether it has a public folder, of the size Public.
	Folder   bool
	Domains  []Domain
	Users    []User
	Contacts []Contact
	Lists    []List
	// Problems are what does not fit together in the panel's own rows.
	Problems []Problem
}

// Account is the row of accounts that an organization belongs to.
type Account struct {
	ID, Reseller int64
	// Suspended accounts keep their objects, with users disabled. The rows of a
	// deleted one may linger.
	Suspended, Deleted bool
}

// DomainKind is what an SMTP domain is to its organization, under the name that
// the web services use.
type DomainKind string

// The kinds of SMTP domains.
const (
	PrimaryDomain   DomainKind = "PrimaryDomain"
	SecondaryDomain DomainKind = "SecondaryDomain"
	VanityDomain    DomainKind = "VanityDomain"
)

// Domain is a row of he_smtpdomain.
type Domain struct {
	ID   int64
	Name string
	Kind DomainKind
}

// User is a row of he_bizuser: a mailbox.
type User struct {
	ID int64
	// Login is the part of the userPrincipalName before the @, Domain that after
	// it. Domain is empty if the row names a domain that is not there.
	Login, Domain string
	Password      secret.String
	Admin         bool
	// Plan is the type of the mailbox's plan, such as gold_mail.
	Plan    string
	Account string // sAMAccountName
	// Forward is the id of the contact that mail is forwarded to, 0 for none;
	// Keep reports whether the mailbox gets the mail too.
	Forward int64
	Keep    bool

	DisplayName, GivenName, MiddleName, Surname, Initials, Description string
	Office, Telephone, Street, PostOfficeBox, City, State, Country     string

	// Addresses are further SMTP addresses, whole.
	Addresses []string
}

// Principal is the userPrincipalName, which is the name of the user's object too.
func (u *User) Principal() string { return u.Login + "@" + u.Domain }

// Contact is a row of he_contacts: an address outside that mail is forwarded to.
type Contact struct {
	ID int64
	// Alias is the name of the object, Address the address that it has in the
	// organization, Target the one outside.
	Alias, Address, Target string
}

// List is a row of he_distribution_list.
type List struct {
	ID   int64
	Name string
	// ManagedBy is a userPrincipalName or, from older releases, a path.
	ManagedBy string
	// Members are ids of users and lists.
	Members []int64
}

// Problem is what does not fit together in the panel's own rows.
type Problem struct {
	Table string
	ID    int64
	Text  string
}

// Settings are what a reseller's panel is pointed at. The URL, which holds a
// password, is not read.
type Settings struct {
	Reseller int64
	// Base is MPF_HE_LDAP, the distinguished name that organizations are below;
	// Controller is MPF_HE_PDC.
	Base, Controller string
}

// Counts are how much a panel has, for the progress of long work.
type Counts struct{ Organizations, Users int }

// Opened tells which panel was opened, for reports.
type Opened struct {
	// Source is the address without a password, or the folder.
	Source string
	// At is when the content was as it is read.
	At time.Time
}
