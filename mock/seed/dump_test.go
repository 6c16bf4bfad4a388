package seed

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// dump is what a state holds, as text: object for object, attribute for
// attribute, and what the other rooms know of it. testdata/*.txt
// has recordings.
type dump struct {
	strings.Builder
	t         testing.TB
	directory directory.Directory
	mail      mail.Mail
	resources resource.Resources
	plans     plan.Plans
	skip      []string // attributes that are left out
}

// dumped returns the content of a root, but for the named attributes.
func dumped(t testing.TB, tx *state.Tx, skip ...string) string {
	t.Helper()
	d := &dump{t: t, directory: directory.In(tx), mail: mail.In(tx), resources: resource.In(tx), plans: plan.In(tx), skip: skip}
	domain, err := d.directory.Domain()
	require.NoError(t, err)
	d.line("domain %s %s %s %s %s %s %s", domain.Name, domain.NetBIOS, domain.DN, domain.SID, domain.Configuration, domain.Exchange, domain.Hosting)
	policy, err := d.directory.PasswordPolicy()
	require.NoError(t, err)
	d.line("policy %+v", policy)
	d.vocabularies()
	for _, kind := range []resource.ResourceKind{resource.MailStore, resource.PublicStore, resource.ConsumerStore, resource.OABServer, resource.FrontEndServer} {
		d.pool(kind)
	}
	for _, dn := range []string{domain.DN.String(), domain.Configuration.String()} {
		d.below(dn)
	}
	return d.String()
}

func (d *dump) line(format string, arguments ...any) { fmt.Fprintf(d, format+"\n", arguments...) }

func (d *dump) below(root string) {
	d.t.Helper()
	top, err := d.directory.Resolve(root)
	require.NoError(d.t, err)
	d.object(top)
	for o, err := range d.directory.Descendants(top) {
		require.NoError(d.t, err)
		d.object(o)
	}
}

func (d *dump) object(o *directory.Object) {
	d.t.Helper()
	d.line("object %s (%s)", o.DN, o.Class)
	attributes, err := d.directory.Attributes(o)
	require.NoError(d.t, err)
	for _, a := range attributes {
		for _, value := range a.Values {
			if !slices.Contains(d.skip, a.Name) {
				d.line("  %s: %s", a.Name, value)
			}
		}
	}
	grants, err := d.directory.Grants(o)
	require.NoError(d.t, err)
	for _, g := range grants {
		d.line("  grant %s: %s", g.Trustee.DN, g.Access)
	}
	if has, err := d.directory.HasPassword(o); has {
		require.NoError(d.t, err)
		d.line("  password")
	}
	domains, err := d.mail.Domains(o)
	require.NoError(d.t, err)
	for _, one := range domains {
		d.line("  SMTP domain %s (%s) %s", one.Name, one.Kind, one.Created)
	}
	d.customer(o.GUID)
	d.shares(o.GUID)
}

func (d *dump) customer(guid directory.GUID) {
	d.t.Helper()
	c, err := d.plans.Customer(guid)
	if err != nil {
		require.ErrorIs(d.t, err, state.ErrNotFound)
		return
	}
	of := ""
	if c.Organization != (directory.GUID{}) {
		o, err := d.directory.ByGUID(c.Organization)
		require.NoError(d.t, err)
		of = o.DN.String()
	}
	d.line("  customer %s (%s) %s of %q %s %s %s", c.Name, c.Type, c.Status, of, c.DN, c.Created, c.Updated)
	assets, err := d.plans.Assets(guid, "", "")
	require.NoError(d.t, err)
	for _, a := range assets {
		d.line("  asset %s %s %s", a.Type, a.Value, a.Status)
	}
	available, err := d.plans.AvailablePlans(guid, "")
	require.NoError(d.t, err)
	for _, a := range available {
		d.line("  available %s %s", a.Plan.Name, a.Status)
	}
	assigned, err := d.plans.AssignedPlan(guid, "ExchMailbox")
	require.NoError(d.t, err)
	d.line("  assigned %q", assigned)
	events, err := d.plans.Events(guid)
	require.NoError(d.t, err)
	for _, e := range events {
		d.line("  event %s %s", e.Type, e.At)
	}
}

func (d *dump) shares(guid directory.GUID) {
	d.t.Helper()
	for _, kind := range []resource.ResourceKind{resource.MailStore, resource.PublicStore} {
		shares, err := d.resources.Allocations(guid, kind)
		require.NoError(d.t, err)
		for _, a := range shares {
			d.line("  share of %s: %d MB, %d KB used by %d", a.Resource.Name, a.Megabytes, a.UsedKilobytes, a.Consumers)
		}
	}
	consumers, err := d.resources.Consumers(guid, resource.MailboxConsumer)
	require.NoError(d.t, err)
	for _, c := range consumers {
		d.line("  mailbox of %s: %d KB", c.DN, c.Kilobytes)
	}
}

func (d *dump) pool(kind resource.ResourceKind) {
	d.t.Helper()
	found, err := d.resources.Resources(kind)
	require.NoError(d.t, err)
	for _, r := range found {
		d.line("resource %s %s %q: %d of %d, shared %t, provisionable %t", r.Kind, r.Server, r.Name, r.Allocated, r.Megabytes, r.Shared, r.Provisionable)
		o, err := d.directory.ByGUID(r.GUID)
		require.NoError(d.t, err)
		d.line("  object %s", o.DN)
	}
}

func (d *dump) vocabularies() {
	d.t.Helper()
	for _, kind := range []string{plan.TermEventType, plan.TermStatusType, plan.TermCustomerType, plan.TermAssetType, plan.TermPlanType, plan.TermPlanCategory} {
		terms, err := d.plans.Terms(kind)
		require.NoError(d.t, err)
		for _, term := range terms {
			d.line("term %s %s %q %q", term.Kind, term.Name, term.Code, term.Description)
		}
	}
	all, err := d.plans.Plans(plan.PlanFilter{})
	require.NoError(d.t, err)
	for _, one := range all {
		p, err := d.plans.Plan(one.Name)
		require.NoError(d.t, err)
		d.line("plan %s (%s) %s %q %v %s", p.Name, p.Type, p.Status, p.Description, p.Categories, p.Created)
		for _, f := range p.Features {
			d.line("  feature %+v", f)
		}
	}
}

// unlike returns what a dump has that another has not, object by object.
func unlike(before, after string) string {
	held := make(map[string]bool)
	for _, block := range blocks(before) {
		held[block] = true
	}
	var b strings.Builder
	for _, block := range blocks(after) {
		if !held[block] {
			b.WriteString(block)
		}
	}
	return b.String()
}

func blocks(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if len(all) == 0 || !strings.HasPrefix(line, "  ") {
			all = append(all, "")
		}
		all[len(all)-1] += line
	}
	return all
}

// generatedSkip are attributes that do not show whether an object is as the
// procedures leave it: they come from class and name, or count.
var generatedSkip = []string{
	"objectClass", "objectCategory", "distinguishedName", "name", "instanceType", "cn", "ou", "objectGUID", "msExchMailboxGuid",
	"uSNCreated", "uSNChanged", "whenCreated", "whenChanged", "homeMDBBL", "showInAddressBookBL", "msExchUseOABBL",
}
