package hsphere

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// domainKinds are the numbers of domain_type. F900.
var domainKinds = map[string]DomainKind{"1": PrimaryDomain, "2": SecondaryDomain, "3": VanityDomain}

// organization reads all that belongs to a row of he_bizorg. Rows of one owner
// have no order in the database; here they have one.
func (w *walk) organization(r *row) (*Organization, error) {
	b := &builder{walk: w, o: &Organization{ID: r.id}, domains: map[int64]string{}, users: map[int64]int{}, lists: map[int64]int{}}
	b.top(r)
	for _, read := range []func() error{
		b.readQuotas, b.readFolder, b.readDomains, b.readContacts, b.readUsers, b.readAddresses, b.readLists, b.readMembers,
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	for i := range b.o.Users {
		slices.Sort(b.o.Users[i].Addresses)
	}
	for i := range b.o.Lists {
		slices.Sort(b.o.Lists[i].Members)
	}
	return b.o, nil
}

// builder puts an organization together.
type builder struct {
	walk    *walk
	o       *Organization
	domains map[int64]string // names by id
	users   map[int64]int    // places in o.Users by id
	lists   map[int64]int
}

// problem notes what is wrong with a row.
func (b *builder) problem(t *table, r *row, format string, args ...any) {
	b.o.Problems = append(b.o.Problems, Problem{t.name, r.id, fmt.Sprintf(format, args...)})
}

func (b *builder) top(r *row) {
	t := &organizationColumns
	b.o.Name, b.o.Description = strings.TrimSpace(t.text(r, "name")), t.text(r, "description")
	for plan := range strings.SplitSeq(t.text(r, "available_plans"), ",") {
		if plan = strings.TrimSpace(plan); plan != "" {
			b.o.Plans = append(b.o.Plans, plan)
		}
	}
	b.o.Account = Account{
		ID: b.number(t, r, "account_id"), Reseller: b.number(t, r, "reseller_id"),
		Suspended: t.text(r, "suspended") != "", Deleted: isDeleted(t.text(r, "deleted")),
	}
	if b.o.Account.ID == 0 {
		b.problem(t, r, "no row of %s tells its account", parentTable)
	}
}

// isDeleted reads accounts.deleted, of which releases make a date, a number or a
// boolean. F902.
func isDeleted(text string) bool {
	is, err := boolean(text)
	return is || err != nil
}

func (b *builder) number(t *table, r *row, column string) int64 {
	n, err := number(t.text(r, column))
	if err != nil {
		b.problem(t, r, "%s: %s", column, err)
	}
	return n
}

func (b *builder) boolean(t *table, r *row, column string) bool {
	is, err := boolean(t.text(r, column))
	if err != nil {
		b.problem(t, r, "%s: %s", column, err)
	}
	return is
}

// each calls a function with the organization's rows of a table.
func (b *builder) each(s *stream, do func(t *table, r *row)) error {
	for r, err := range b.walk.of(s, b.o.ID) {
		if err != nil {
			return err
		}
		do(s.table, r)
	}
	return nil
}

func (b *builder) readQuotas() error {
	read := func(to **int64) func(*table, *row) {
		return func(t *table, r *row) {
			if *to != nil {
				b.problem(t, r, "it is the second one of the organization for its %s", t.kind)
				return
			}
			*to = new(b.number(t, r, "size"))
		}
	}
	if err := b.each(b.walk.quotas, read(&b.o.Mail)); err != nil {
		return err
	}
	return b.each(b.walk.publics, read(&b.o.Public))
}

func (b *builder) readFolder() error {
	return b.each(b.walk.folders, func(*table, *row) { b.o.Folder = true })
}

func (b *builder) readDomains() error {
	return b.each(b.walk.domains, func(t *table, r *row) {
		d := Domain{ID: r.id, Name: strings.TrimSuffix(strings.TrimSpace(t.text(r, "name")), ".")}
		d.Kind = domainKinds[strings.TrimSpace(t.text(r, "domain_type"))]
		switch {
		case d.Name == "":
			b.problem(t, r, "it has no name")
			return
		case d.Kind == "":
			b.problem(t, r, "domain_type %q is none of 1, 2, 3", cut(t.text(r, "domain_type")))
			return
		}
		b.domains[d.ID] = d.Name
		b.o.Domains = append(b.o.Domains, d)
	})
}

func (b *builder) readContacts() error {
	return b.each(b.walk.contacts, func(t *table, r *row) {
		c := Contact{
			ID: r.id, Alias: strings.TrimSpace(t.text(r, "alias")), Address: strings.TrimSpace(t.text(r, "smtpaddr")),
			Target: strings.TrimSpace(t.text(r, "targetaddr")),
		}
		if c.Alias == "" {
			b.problem(t, r, "it has no alias")
			return
		}
		b.o.Contacts = append(b.o.Contacts, c)
	})
}

func (b *builder) readUsers() error {
	return b.each(b.walk.users, func(t *table, r *row) {
		text := func(column string) string { return strings.TrimSpace(t.text(r, column)) }
		u := User{
			ID: r.id, Login: text("principal_name"), Password: r.secret.String, Admin: b.boolean(t, r, "is_admin"),
			Plan: text("plan_type"), Account: text("samaccountname"), Forward: b.number(t, r, "altrecipient"), Keep: b.boolean(t, r, "store_forward"),
			DisplayName: text("display_name"), GivenName: text("given_name"), MiddleName: text("middle_name"), Surname: text("sn"),
			Initials: text("initials"), Description: text("description"), Office: text("physicaldeliveryofficename"),
			Telephone: text("telephonenumber"), Street: text("street"), PostOfficeBox: text("postofficebox"), City: text("city"),
			State: text("state"), Country: text("country"),
		}
		domain := b.number(t, r, "smtp_domain")
		u.Domain = b.domains[domain]
		switch {
		case u.Login == "":
			b.problem(t, r, "it has no principal_name")
			return
		case u.Domain == "":
			b.problem(t, r, "its smtp_domain %d is not a domain of the organization", domain)
			return
		}
		b.users[u.ID] = len(b.o.Users)
		b.o.Users = append(b.o.Users, u)
	})
}

func (b *builder) readAddresses() error {
	return b.each(b.walk.addresses, func(t *table, r *row) {
		at, ok := b.users[r.id]
		name := strings.TrimSpace(t.text(r, "name"))
		if !ok || name == "" {
			b.problem(t, r, "the address %q belongs to no user that can be read", cut(name))
			return
		}
		u := &b.o.Users[at]
		if !strings.Contains(name, "@") { // F901
			name += "@" + u.Domain
		}
		u.Addresses = append(u.Addresses, name)
	})
}

func (b *builder) readLists() error {
	return b.each(b.walk.lists, func(t *table, r *row) {
		l := List{ID: r.id, Name: strings.TrimSpace(t.text(r, "name")), ManagedBy: strings.TrimSpace(t.text(r, "managedby"))}
		if l.Name == "" {
			b.problem(t, r, "it has no name")
			return
		}
		b.lists[l.ID] = len(b.o.Lists)
		b.o.Lists = append(b.o.Lists, l)
	})
}

func (b *builder) readMembers() error {
	known := maps.Clone(b.users)
	maps.Copy(known, b.lists)
	return b.each(b.walk.members, func(t *table, r *row) {
		member := b.number(t, r, "subscriber_id")
		at, ok := b.lists[r.id]
		_, isKnown := known[member]
		if !ok || !isKnown {
			b.problem(t, r, "the member %d, or the list, is not one of the organization that can be read", member)
			return
		}
		b.o.Lists[at].Members = append(b.o.Lists[at].Members, member)
	})
}
