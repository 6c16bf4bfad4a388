package drift

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"wsexchange/internal/hsphere"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// creationShare is what createBusinessOrganization is asked for by the panel,
// in megabytes; it grows the shares by their sizes afterwards. F906.
const creationShare = 1

// comparison compares one organization.
type comparison struct {
	*directory
	plans    *plans
	panel    *hsphere.Organization
	base     ldappath.DN
	dn       ldappath.DN
	seen     *observed
	result   *Result
	late     []Finding             // what is to be removed, after all else
	byID     map[int64]ldappath.DN // users and lists
	expected map[string]bool       // keys of users, contacts and lists of the panel
	taken    map[string]bool       // addresses that the panel's users will have, folded
	planned  map[string]*plan
	logon    Logon
}

// compare returns what differs about an organization. Its error is that the
// engine cannot be asked.
func (c *comparison) compare(ctx context.Context) error {
	c.result.Problems = append(c.result.Problems, problemsOf(c.panel)...)
	if err := c.resolvePlans(ctx); err != nil {
		return err
	}
	var err error
	if c.seen, err = c.read(ctx, c.dn, c.plans.attributes()); err != nil {
		var refused *mpf.Error
		if errors.As(err, &refused) {
			c.add(Finding{Kind: Unreadable, Object: Organization, Note: err.Error()})
			return nil
		}
		return err
	}
	c.index()
	if c.seen == nil && !c.create() {
		return nil
	}
	c.compareOrganization()
	c.compareDomains()
	c.comparePlans()
	c.compareShares()
	c.compareFolder()
	c.compareAddressLists()
	c.compareContacts()
	if err := c.compareUsers(ctx); err != nil {
		return err
	}
	c.compareLists()
	c.removeUnknown()
	c.result.Findings = append(c.result.Findings, c.late...)
	return nil
}

// add notes a finding; without a path it is about the organization.
func (c *comparison) add(f Finding) { c.result.Findings = append(c.result.Findings, c.complete(f)) }

// addLate notes one whose calls come after all others.
func (c *comparison) addLate(f Finding) { c.late = append(c.late, c.complete(f)) }

func (c *comparison) complete(f Finding) Finding {
	f.Organization = c.panel.Name
	if f.Path == "" {
		f.Path = c.dn.ADsPath()
	}
	return f
}

func (c *comparison) problem(table string, id int64, format string, args ...any) {
	c.result.Problems = append(c.result.Problems, Problem{c.panel.Name, table, id, fmt.Sprintf(format, args...)})
}

// resolvePlans asks for all plans that the organization and its users have.
func (c *comparison) resolvePlans(ctx context.Context) error {
	c.planned = map[string]*plan{}
	kinds := slices.Clone(c.panel.Plans)
	for i := range c.panel.Users {
		kinds = append(kinds, c.panel.Users[i].Plan)
	}
	for _, kind := range kinds {
		if kind == "" || c.planned[kind] != nil {
			continue
		}
		p, err := c.plans.of(ctx, c.directory, kind)
		if err != nil {
			return err
		}
		c.planned[kind] = p
		if p.missing != "" {
			c.problem("he_bizorg", c.panel.ID, "%s", p.missing)
		}
	}
	return nil
}

// index notes what the panel expects to be where.
func (c *comparison) index() {
	c.byID, c.expected, c.taken = map[int64]ldappath.DN{}, map[string]bool{}, map[string]bool{}
	expect := func(id int64, name, table string) {
		dn := c.dn.Child("CN", name)
		if c.expected[dn.Key()] {
			c.problem(table, id, "another row of the organization means %s too", dn)
		}
		c.byID[id], c.expected[dn.Key()] = dn, true
	}
	for i := range c.panel.Users {
		u := &c.panel.Users[i]
		expect(u.ID, u.Principal(), "he_bizuser")
		c.taken[ldappath.Fold(u.Login+"@"+c.primary())] = true
		for _, a := range u.Addresses {
			c.taken[ldappath.Fold(a)] = true
		}
	}
	for _, l := range c.panel.Lists {
		expect(l.ID, l.Name, "he_distribution_list")
	}
	for _, contact := range c.panel.Contacts {
		c.expected[c.contactDN(contact).Key()] = true // of which there may be several rows
	}
}

// primary is the organization's primary domain in the panel, "" if it has none.
func (c *comparison) primary() string {
	for _, d := range c.panel.Domains {
		if d.Kind == hsphere.PrimaryDomain {
			return d.Name
		}
	}
	return ""
}

// create notes that the organization is missing, and goes on as if it had been
// made. It returns false if it cannot be.
func (c *comparison) create() bool {
	f := Finding{Kind: Ghost, Object: Organization, Note: fmt.Sprintf("%d users in the panel", len(c.panel.Users))}
	if c.primary() == "" {
		c.problem("he_bizorg", c.panel.ID, "the organization has no primary domain: it cannot be made")
		c.add(f)
		return false
	}
	c.seen = empty(c.dn)
	c.seen.description = c.panel.Description
	c.seen.domains[ldappath.Fold(c.primary())] = observedDomain{c.primary(), string(hsphere.PrimaryDomain)}
	c.seen.mail, c.seen.public = creationShare, creationShare
	args := append([]*xmldoc.Node{
		path("container", c.base), text("name", c.panel.Name), text("SMTPDomain", c.primary()),
		xmldoc.Element("mailStore", megabytes(creationShare), text("shared", "1")),
		xmldoc.Element("publicStore", megabytes(creationShare)),
	}, given(property{"description", c.panel.Description})...)
	var names []string
	for _, p := range c.available() {
		names = append(names, p.name)
		c.seen.plans[ldappath.Fold(p.name)] = p.name
	}
	if len(names) > 0 {
		args = append(args, planNames(names))
	}
	made := c.call(hostedExchange, "CreateBusinessOrganization", c.inPolicy(args, "createSMTPDomain")...)
	made.Needed = true
	f.Calls = append(f.Calls, made)
	for _, share := range []struct {
		want *int64
		have *int64
		grow func(ldappath.DN, int64) Call
	}{{c.panel.Mail, &c.seen.mail, c.growMail}, {c.panel.Public, &c.seen.public, c.growPublic}} {
		if share.want != nil && *share.want != 0 {
			f.Calls = append(f.Calls, share.grow(c.dn, *share.want))
			*share.have += *share.want
		}
	}
	c.add(f)
	return true
}

// available are the plans of the panel that the installation has.
func (c *comparison) available() []*plan {
	var all []*plan
	for _, kind := range c.panel.Plans {
		if p := c.planned[kind]; p.missing == "" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

func (c *comparison) compareOrganization() {
	if c.seen.description != c.panel.Description {
		c.add(Finding{
			Kind: Difference, Object: Organization, Field: "description", Panel: c.panel.Description, Directory: c.seen.description,
			Calls: []Call{c.call(managedDirectory, "ModifyOrganization", path("org", c.dn), properties(property{"description", c.panel.Description}))},
		})
	}
	if len(c.seen.domains) == 0 && c.primary() != "" {
		args := []*xmldoc.Node{
			path("path", c.dn), xmldoc.Element("mailStore", megabytes(creationShare), text("shared", "1")), text("SMTPDomain", c.primary()),
			xmldoc.Element("publicStore", megabytes(creationShare)),
		}
		enable := c.call(hostedExchange, "ExchangeEnableOrganization", c.inPolicy(args, "createSMTPDomain")...)
		enable.Needed = true
		c.add(Finding{Kind: Difference, Object: Organization, Field: "Exchange", Panel: "enabled", Directory: "not enabled", Calls: []Call{enable}})
		c.seen.domains[ldappath.Fold(c.primary())] = observedDomain{c.primary(), string(hsphere.PrimaryDomain)}
		c.seen.mail, c.seen.public = creationShare, creationShare
	}
}

func (c *comparison) compareDomains() {
	known := map[string]bool{}
	for _, d := range c.panel.Domains {
		key := ldappath.Fold(d.Name)
		if known[key] {
			c.problem("he_smtpdomain", d.ID, "the organization has the domain %s twice", d.Name)
			continue
		}
		known[key] = true
		held, ok := c.seen.domains[key]
		switch {
		case !ok:
			c.add(Finding{Kind: Ghost, Object: Domain, Name: d.Name, Note: string(d.Kind), Calls: []Call{c.createDomain(c.dn, d.Name, string(d.Kind))}})
		case held.kind != string(d.Kind):
			c.add(Finding{
				Kind: Difference, Object: Domain, Name: d.Name, Field: "kind", Panel: string(d.Kind), Directory: held.kind, Calls: c.changeKind(d, held),
			})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.seen.domains)) {
		if held := c.seen.domains[key]; !known[key] {
			c.addLate(Finding{Kind: Orphan, Object: Domain, Name: held.name, Note: held.kind, Calls: []Call{c.deleteDomain(c.dn, held.name)}})
		}
	}
}

// changeKind promotes a domain to the primary one, which makes the former one a
// secondary one; other kinds change only by deleting a domain, which has to be
// free of addresses.
func (c *comparison) changeKind(d hsphere.Domain, held observedDomain) []Call {
	switch {
	case d.Kind == hsphere.PrimaryDomain:
		return []Call{c.createDomain(c.dn, d.Name, string(d.Kind))}
	case held.kind == string(hsphere.PrimaryDomain):
		return nil // the promotion of another one sees to it
	}
	away := c.deleteDomain(c.dn, d.Name)
	again := c.createDomain(c.dn, d.Name, string(d.Kind))
	away.Needed, again.Removes = true, true // only together
	return []Call{away, again}
}

func (c *comparison) comparePlans() {
	known := map[string]bool{}
	for _, kind := range c.panel.Plans {
		known[ldappath.Fold(c.planned[kind].name)] = true
	}
	for _, p := range c.available() {
		if _, ok := c.seen.plans[ldappath.Fold(p.name)]; !ok {
			c.add(Finding{Kind: Ghost, Object: PlanOf, Name: p.name, Calls: []Call{
				c.call(hostedExchange, "AddAvailablePlans", path("path", c.dn), planNames([]string{p.name})),
			}})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.seen.plans)) {
		if name := c.seen.plans[key]; !known[key] {
			c.addLate(Finding{Kind: Orphan, Object: PlanOf, Name: name, Calls: []Call{
				c.removal(hostedExchange, "RemoveAvailablePlans", path("path", c.dn), planNames([]string{name})),
			}})
		}
	}
}

// compareShares compares the shares of stores, which have a megabyte more than
// the panel says. F906.
func (c *comparison) compareShares() {
	for _, share := range []struct {
		object Object
		want   *int64
		have   int64
		grow   func(ldappath.DN, int64) Call
	}{{MailStore, c.panel.Mail, c.seen.mail, c.growMail}, {PublicStore, c.panel.Public, c.seen.public, c.growPublic}} {
		if share.want == nil || *share.want+creationShare == share.have {
			continue
		}
		want := *share.want + creationShare
		c.add(Finding{
			Kind: Difference, Object: share.object, Field: "megabytes", Panel: strconv.FormatInt(want, 10), Directory: strconv.FormatInt(share.have, 10),
			Calls: []Call{share.grow(c.dn, want-share.have)},
		})
	}
}

func (c *comparison) compareFolder() {
	size := int64(creationShare)
	if c.panel.Public != nil {
		size = *c.panel.Public
	}
	name := c.seen.folderPath()
	switch {
	case c.panel.Folder && c.seen.folder == nil:
		c.add(Finding{Kind: Ghost, Object: PublicFolder, Name: name, Calls: []Call{
			c.mailEnableGroup(c.dn, "Admins@"+c.panel.Name, "Admins@"+c.primary()),
			c.mailEnableGroup(c.seen.private(), "AllUsers@"+c.panel.Name, "AllUsers@"+c.primary()),
			c.call(hostedExchange, "CreatePublicFolder", path("path", c.dn), megabytes(size)),
		}})
	case c.panel.Folder && *c.seen.folder != size:
		c.add(Finding{
			Kind: Difference, Object: PublicFolder, Name: name, Field: "megabytes", Panel: strconv.FormatInt(size, 10),
			Directory: strconv.FormatInt(*c.seen.folder, 10),
			Calls: []Call{c.call(resourceManager, "ReallocatePublicFolder", path("organization", c.dn),
				xmldoc.Element("publicStore", text("folderPath", name), megabytes(size-*c.seen.folder)))},
		})
	case !c.panel.Folder && c.seen.folder != nil:
		c.addLate(Finding{Kind: Orphan, Object: PublicFolder, Name: name, Calls: []Call{
			c.removal(hostedExchange, "DeletePublicFolder", path("path", c.dn)),
		}})
	}
}

// compareAddressLists asks for what each sign-up makes last.
func (c *comparison) compareAddressLists() {
	if c.seen.listed || c.primary() == "" {
		return
	}
	c.add(Finding{Kind: Ghost, Object: AddressLists, Calls: []Call{
		c.call(hostedExchange, "CreateOrganizationAddressLists", path("path", c.dn), text("SMTPDomain", c.primary())),
	}})
}

// removeUnknown notes what the panel does not know: users before contacts and
// lists before all that they may need.
func (c *comparison) removeUnknown() {
	unknown := c.late
	c.late = nil
	for _, sort := range []struct {
		object             Object
		in                 map[string]*object
		namespace, removal string
		argument           string
	}{
		{List, c.seen.lists, hostedExchange, "DeleteDistributionList", "path"},
		{User, c.seen.users, hostedExchange, "DeleteBusinessUser", "path"},
		{Contact, c.seen.contacts, managedDirectory, "DeleteContact", "contact"},
	} {
		for _, key := range slices.Sorted(maps.Keys(sort.in)) {
			if o := sort.in[key]; !c.expected[key] {
				c.addLate(Finding{Kind: Orphan, Object: sort.object, Path: o.dn.ADsPath(), Calls: []Call{
					c.removal(sort.namespace, sort.removal, path(sort.argument, o.dn)),
				}})
			}
		}
	}
	c.late = append(c.late, unknown...)
}
