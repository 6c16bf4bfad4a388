package hspheretest

import (
	"fmt"
	"strings"
)

// Size is how much Generate makes.
type Size struct {
	Organizations, Users int
	// Odd makes some of the organizations in the ways in which panel and directory
	// come apart; without it all rows fit each other.
	Odd bool
}

// Bases are the bases of the three resellers of generated content.
var Bases = []string{
	"OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", "OU=Reseller2,OU=Hosting,DC=fabrikam,DC=com", "OU=Reseller3,OU=Hosting,DC=fabrikam,DC=com",
}

// Plans are the types of plans, which go round among the users.
var Plans = []string{"base_mail", "gold_mail", "plat_mail", "plat_mailp"}

// Password is that of a generated user.
func Password(number int) string { return fmt.Sprintf("Pa55-Word-%06d", number) }

// Generate makes the content of a panel of three resellers. Organizations are
// named org0001 and so on, with a domain org0001.example; users are
// user000001@org0001.example. Every seventh account is suspended; every fifth
// user forwards, every eleventh has a password that no policy takes.
func Generate(size Size) *Content {
	c := New(Bases...)
	number := 0
	for i := range size.Organizations {
		users := size.Users / size.Organizations
		if i < size.Users%size.Organizations {
			users++
		}
		o := c.Organization(i%len(Bases)+1, fmt.Sprintf("org%04d", i+1), fmt.Sprintf("org%04d.example", i+1), users*21+1)
		if i%7 == 6 {
			c.Set("accounts", o.Account, "suspended", "2009-05-01 08:00:00")
		}
		for range users {
			number++
			c.fill(o, number)
		}
		c.lists(o)
		if size.Odd {
			c.oddity(o, i)
		}
	}
	return c
}

// Organization is one of the content, with the ids of its rows.
type Organization struct {
	ID, Account           int
	Name, Domain          string
	DomainID, SecondaryID int
	MailID, PublicID      int
	Users, Contacts       []int
	Principals            []string
}

// Organization adds an organization of a reseller: with a primary, a secondary
// and a vanity domain, shares of stores, a public folder and all plans.
func (c *Content) Organization(reseller int, name, domain string, megabytes int) *Organization {
	o := &Organization{ID: c.ID(), Account: c.ID(), Name: name, Domain: domain, MailID: c.ID(), PublicID: c.ID(), DomainID: c.ID(), SecondaryID: c.ID()}
	c.Add("accounts", o.Account, nil, nil, reseller, name)
	c.Add("he_bizorg", o.ID, name, "Company "+name, strings.Join(Plans, ","))
	c.Child(o.Account, o.ID, "bizorg", 0, "bizorg")
	c.Child(o.Account, c.ID(), "mysqldb", 0, "mysqldb") // what is not Exchange
	c.Add("he_storequota", o.MailID, megabytes)
	c.Add("he_storequota", o.PublicID, 5)
	c.Child(o.Account, o.MailID, "mailstore", o.ID, "bizorg")
	c.Child(o.Account, o.PublicID, "pubstore", o.ID, "bizorg")
	c.Child(o.Account, c.ID(), "public_folder", o.PublicID, "pubstore")
	c.Add("he_smtpdomain", o.DomainID, domain, 1)
	c.Child(o.Account, o.DomainID, "domain", o.ID, "bizorg")
	c.Add("he_smtpdomain", o.SecondaryID, "mail."+domain, 2)
	c.Child(o.Account, o.SecondaryID, "domain", o.ID, "bizorg")
	vanity := c.ID()
	c.Add("he_smtpdomain", vanity, "vanity."+domain, 3)
	c.Child(o.Account, vanity, "domain", o.ID, "bizorg")
	return o
}

// User adds a user of the organization, and returns the id.
func (c *Content) User(o *Organization, login, password, plan string) int {
	id := c.ID()
	account := login + "_" + o.Name
	c.Add("he_bizuser", id, login, password, "Mailbox of "+login, len(o.Users) == 0, plan, account[:min(len(account), 20)], false, nil,
		"Display "+login, "Given", "", "Näme", "GN", o.DomainID, "Office 7", "+1 555 0100", "1 Main Street", "PO 9", "Zürich", "ZH", "CH")
	c.Child(o.Account, id, "bizuser", o.ID, "bizorg")
	o.Users = append(o.Users, id)
	o.Principals = append(o.Principals, login+"@"+o.Domain)
	return id
}

// Contact adds a contact, and returns the id.
func (c *Content) Contact(o *Organization, alias, address, target string) int {
	id := c.ID()
	c.Add("he_contacts", id, alias, address, target)
	c.Child(o.Account, id, "exchange_contact", o.ID, "bizorg")
	o.Contacts = append(o.Contacts, id)
	return id
}

// List adds a distribution list with members, and returns the id.
func (c *Content) List(o *Organization, name string, managedBy any, members ...int) int {
	id := c.ID()
	c.Add("he_distribution_list", id, managedBy, name)
	c.Child(o.Account, id, "distribution_list", o.ID, "bizorg")
	for _, member := range members {
		c.Add("he_distribution_list_subscr", id, member)
	}
	return id
}

// fill adds a user as the number has it.
func (c *Content) fill(o *Organization, number int) {
	login := fmt.Sprintf("user%06d", number)
	password := Password(number)
	if number%11 == 0 {
		password = "short"
	}
	id := c.User(o, login, password, Plans[number%len(Plans)])
	switch number % 5 {
	case 1: // the panel makes the contact's address of the one outside
		contact := c.Contact(o, "fwd-"+login, login+"@"+o.Domain, login+"@elsewhere.example")
		c.Set("he_bizuser", id, "altrecipient", contact)
		c.Set("he_bizuser", id, "store_forward", number%2 == 0)
	case 2:
		c.Add("he_bizuser_proxy", "alias."+login, id)
		c.Add("he_bizuser_proxy", "alias."+login+"@vanity."+o.Domain, id)
	case 3:
		c.Set("he_bizuser", id, "altrecipient", 0)
	}
}

// lists adds lists that are members of lists.
func (c *Content) lists(o *Organization) {
	if len(o.Users) == 0 {
		return
	}
	half := o.Users[:(len(o.Users)+1)/2]
	sales := c.List(o, "Sales and Service", o.Principals[0], half...)
	c.List(o, "Everybody", fmt.Sprintf("LDAP://CN=%s,OU=%s,DC=old,DC=example", o.Principals[0], o.Name), append([]int{sales}, o.Users...)...)
	c.List(o, "empty", nil)
}

// withoutFolder takes the public folder of an organization.
func (c *Content) withoutFolder(o *Organization) {
	var kept [][]any
	for _, row := range c.Tables["parent_child"] {
		if row[2] != Types["public_folder"] || row[3] != o.PublicID {
			kept = append(kept, row)
		}
	}
	c.Tables["parent_child"] = kept
}

// oddity makes an organization odd in one way.
func (c *Content) oddity(o *Organization, number int) {
	const ways = 10
	switch number % ways {
	case 0: // the contact of a forward that was deleted: nobody forwards to it
		c.Contact(o, "left-over", "left-over@"+o.Domain, "left@over.example")
	case 1: // two rows for one contact
		for range 2 {
			contact := c.Contact(o, "twice", "twice@"+o.Domain, "twice@elsewhere.example")
			c.Set("he_bizuser", o.Users[len(o.Contacts)%len(o.Users)], "altrecipient", contact)
		}
	case 2: // a deleted account whose rows linger
		ghost := c.Organization(1, "gone-"+o.Name, "gone."+o.Domain, 10)
		c.User(ghost, "gone", "Gone-pass-1", "base_mail")
		c.Set("accounts", ghost.Account, "deleted", "2009-06-01 00:00:00")
	case 3: // a user in another domain than the primary one
		c.Set("he_bizuser", c.User(o, "second", "Second-pass-1", "gold_mail"), "smtp_domain", o.SecondaryID)
	case 4: // a user without a password, and one with signs in it
		c.User(o, "nopass", "", "base_mail")
		c.User(o, "signs", `<&>"' "Pä55-Wörd`, "base_mail")
	case 5: // names that have to be escaped
		c.User(o, "o'neil", "Oneil-pass-1", "base_mail")
		c.List(o, `Smith, Jones + "Sons"`, o.Principals[0], o.Users[0])
	case 6: // no public folder
		c.withoutFolder(o)
	case 7: // an organization whose name has to be escaped
		c.Set("he_bizorg", o.ID, "name", fmt.Sprintf("Müller, Söhne & Co %d", number))
		c.Set("he_bizorg", o.ID, "description", "")
	case 8: // an older path for no user at all
		c.List(o, "orphaned", "LDAP://CN=nobody@old.example,OU=old,DC=old,DC=example", o.Users[0])
	}
}
