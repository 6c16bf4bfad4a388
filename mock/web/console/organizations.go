package console

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mock/web/page"
)

// organizationsView is a list of organizations.
type organizationsView struct {
	view
	text string // what their names begin with
	rows []organizationRow
	next string
}

type organizationRow struct {
	name, dn, parent, status string
	domains                  []string
}

// units are the organizational units that can be organizations.
const units = "(objectClass=organizationalUnit)"

func (c *Console) organizations(v *page.Visit) error {
	w := &organizationsView{view: c.view(v, "Organizations", "/organizations"), text: strings.TrimSpace(v.QueryParam("name"))}
	filter := units
	if w.text != "" {
		filter = "(&" + units + "(ou=" + escaped(w.text) + "*))"
	}
	parsed, err := directory.ParseFilter(filter)
	if err != nil {
		return err
	}
	err = c.config.Emulator.Store.View(v.Ctx(), func(tx *state.Tx) error {
		d := directory.In(tx)
		domain, err := d.Domain()
		if err != nil {
			return err
		}
		found, more, err := d.Search(directory.Query{
			Base: domain.Hosting, Scope: directory.ScopeSubtree, Filter: parsed, After: v.QueryParam("after"), Limit: listed,
		})
		if err != nil {
			return err
		}
		if more {
			w.next = here(v, "after", found[len(found)-1].DN.Key())
		}
		for _, o := range found {
			row, is, err := rowOf(tx, o)
			if err != nil {
				return err
			}
			if is {
				w.rows = append(w.rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, organizationsPage(w))
}

// escaped writes a text into a filter.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\5c`, `*`, `\2a`, `(`, `\28`, `)`, `\29`, "\x00", `\00`).Replace(text)
}

// rowOf describes an organization; units without a root of their own are parts
// of one.
func rowOf(tx *state.Tx, o *directory.Object) (organizationRow, bool, error) {
	row := organizationRow{name: o.DN.RDN().Value, dn: o.DN.String(), parent: o.DN.Parent().RDN().Value}
	if _, err := directory.In(tx).WellKnown(o, directory.WellKnownUserCreators); errors.Is(err, state.ErrNotFound) {
		return row, false, nil
	} else if err != nil {
		return row, false, err
	}
	domains, err := mail.In(tx).Domains(o)
	if err != nil {
		return row, false, err
	}
	for _, domain := range domains {
		row.domains = append(row.domains, domain.Name)
	}
	customer, err := plan.In(tx).Customer(o.GUID)
	if err == nil {
		row.status = customer.Type + ", " + customer.Status
	} else if !errors.Is(err, state.ErrNotFound) {
		return row, false, err
	}
	return row, true, nil
}

// organizationView is one organization.
type organizationView struct {
	view
	object         *directory.Object
	domains        []mail.SMTPDomain
	plans          []plan.AvailablePlan
	administrators []string
	shares         []*resource.Allocation
	users          []mailboxRow
	next           string
}

type mailboxRow struct {
	name, dn, address, plan string
	quota, used             int64 // kilobytes; quota 0 is without a mailbox or limit
	mailbox, disabled       bool
}

var people = mustFilter("(&(objectCategory=person)(objectClass=user))")

func mustFilter(text string) *directory.Filter {
	f, err := directory.ParseFilter(text)
	if err != nil {
		panic(err)
	}
	return f
}

func (c *Console) organization(v *page.Visit) error {
	path, err := ldappath.ParseLoose(strings.TrimSpace(v.QueryParam("dn")))
	if err != nil {
		return page.Refuse(http.StatusBadRequest, "The name cannot be read: "+err.Error())
	}
	w := &organizationView{view: c.view(v, path.DN.RDN().Value, "/organizations")}
	err = c.config.Emulator.Store.View(v.Ctx(), func(tx *state.Tx) error { return w.read(tx, path.DN) })
	if errors.Is(err, state.ErrNotFound) {
		return page.Refuse(http.StatusNotFound, "There is no such organization.")
	}
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, organizationPage(w))
}

func (w *organizationView) read(tx *state.Tx, dn ldappath.DN) error {
	d := directory.In(tx)
	var err error
	if w.object, err = d.Get(dn); err != nil {
		return err
	}
	if w.domains, err = mail.In(tx).Domains(w.object); err != nil {
		return err
	}
	if _, err := plan.In(tx).Customer(w.object.GUID); err == nil {
		if w.plans, err = plan.In(tx).AvailablePlans(w.object.GUID, ""); err != nil {
			return err
		}
	}
	for _, kind := range []resource.ResourceKind{resource.MailStore, resource.PublicStore, resource.OABServer} {
		shares, err := resource.In(tx).Allocations(w.object.GUID, kind)
		if err != nil {
			return err
		}
		w.shares = append(w.shares, shares...)
	}
	if err := w.readAdministrators(d); err != nil {
		return err
	}
	found, more, err := d.Search(directory.Query{Base: dn, Scope: directory.ScopeSubtree, Filter: people, After: w.QueryParam("after"), Limit: listed})
	if err != nil {
		return err
	}
	if more {
		w.next = here(w.Visit, "after", found[len(found)-1].DN.Key())
	}
	for _, o := range found {
		row, err := mailboxOf(tx, o)
		if err != nil {
			return err
		}
		w.users = append(w.users, row)
	}
	return nil
}

func (w *organizationView) readAdministrators(d directory.Directory) error {
	group, err := d.WellKnown(w.object, directory.WellKnownUserCreators)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	members, err := d.Members(group)
	for _, m := range members[:min(len(members), listed)] {
		w.administrators = append(w.administrators, m.DN.String())
	}
	return err
}

func mailboxOf(tx *state.Tx, o *directory.Object) (mailboxRow, error) {
	d := directory.In(tx)
	row := mailboxRow{name: o.DN.RDN().Value, dn: o.DN.String()}
	attributes, err := d.Attributes(o, "mail", "mDBOverHardQuotaLimit", "homeMDB", "userAccountControl")
	if err != nil {
		return row, err
	}
	row.address, row.mailbox = attributes.First("mail"), attributes.Has("homeMDB")
	row.quota, _ = strconv.ParseInt(attributes.First("mDBOverHardQuotaLimit"), 10, 64)
	if flags, err := strconv.ParseInt(attributes.First("userAccountControl"), 10, 64); err == nil {
		row.disabled = flags&2 != 0
	}
	if row.mailbox {
		if row.used, _, err = mail.In(tx).MailboxUsage(o); err != nil {
			return row, err
		}
	}
	row.plan, err = plan.In(tx).AssignedPlan(o.GUID, "ExchMailbox")
	if errors.Is(err, state.ErrNotFound) {
		err = nil
	}
	return row, err
}

// resourcesView lists the registered resources of all kinds.
type resourcesView struct {
	view
	rows []resource.Usage
}

func (c *Console) resources(v *page.Visit) error {
	w := &resourcesView{view: c.view(v, "Resources", "/resources")}
	err := c.config.Emulator.Store.View(v.Ctx(), func(tx *state.Tx) error {
		for _, kind := range []resource.ResourceKind{
			resource.MailStore, resource.PublicStore, resource.ConsumerStore, resource.OABServer, resource.FrontEndServer,
		} {
			all, err := resource.In(tx).Usage(kind)
			if err != nil {
				return err
			}
			w.rows = append(w.rows, all[:min(len(all), 4*listed)]...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, resourcesPage(w))
}

// plansView lists plans.
type plansView struct {
	view
	plans []*plan.Plan
	next  string
}

func (c *Console) plans(v *page.Visit) error {
	w := &plansView{view: c.view(v, "Plans", "/plans")}
	err := c.config.Emulator.Store.View(v.Ctx(), func(tx *state.Tx) error {
		all, err := plan.In(tx).Plans(plan.PlanFilter{})
		if err != nil {
			return err
		}
		if all, w.next, err = paged(v, all); err != nil {
			return err
		}
		for _, p := range all {
			full, err := plan.In(tx).Plan(p.Name)
			if err != nil {
				return err
			}
			w.plans = append(w.plans, full)
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.plans = slices.Clip(w.plans)
	return v.Show(http.StatusOK, plansPage(w))
}
