package hostedexchange

import (
	"slices"
	"strconv"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/plan"
	"wsexchange/mpf"
)

// plan is a mailbox plan as a mailbox needs it.
type servicePlan struct {
	name        string
	kilobytes   int64             // room to reserve; 0 = the store's defaults
	mail        map[string]string // settings of the mailbox, by element name
	others      []string          // names in mail beside size and switches, in the plan's order
	properties  *xmldoc.Node      // attributes to set
	fullOutlook bool              // needs the organization's address lists
}

// switches are the settings of a mailbox that a plan turns on (0) and off (1).
// One that a plan does not name is on (F346).
var switches = []string{"disablePOP", "disableIMAP", "disableHTTP"}

// limits are the settings of a mailbox of which noLimit is a value.
var limits = []string{"outgoingSizeLimit", "incomingSizeLimit", "recipientLimit"}

const (
	mailboxSize = "size"
	fullOutlook = "showInAddressLists"
	noLimit     = "-1"
)

// planToUse gives the plan at the planName argument, before the organization's
// domain is looked for (F360). Business users may use only those that their
// organization may.
func planToUse(c *engine.Call) (*servicePlan, error) {
	if !isConsumer(c) {
		if _, err := own(c, "EnsureServicePlanAvailable_", pass(c, "path", "planName")...); err != nil {
			return nil, err
		}
	}
	return readPlan(c, c.Text("planName"), plan.StatusEnabled)
}

// readPlan gives a plan, of any status if status is empty.
func readPlan(c *engine.Call, name, status string) (*servicePlan, error) {
	found, err := own(c, "GetPlanDetail", xmldoc.TextElement("planName", name), xmldoc.TextElement("statusTypeName", status))
	if err != nil {
		return nil, err
	}
	if kind, _ := xmldoc.ChildText(found, "planTypeName"); !sameName(kind, mailboxPlan) {
		return nil, mpf.PlanTypeWrong.New(name, mailboxPlan)
	}
	settings := xmldoc.Child(found, "planSettings")
	p := &servicePlan{name: name, mail: make(map[string]string), properties: xmldoc.Child(settings, "properties")}
	for setting := range xmldoc.Elements(xmldoc.Child(settings, "mail")) {
		p.mail[setting.Data] = xmldoc.Text(setting)
		if setting.Data != mailboxSize && setting.Data != fullOutlook && !slices.Contains(switches, setting.Data) {
			p.others = append(p.others, setting.Data)
		}
	}
	if size := p.mail[mailboxSize]; size != "" {
		if p.kilobytes, err = strconv.ParseInt(size, 10, 64); err != nil {
			return nil, mpf.PlanFeatureValue.New(mailboxSize, size, "a number is needed")
		}
	}
	for setting := range xmldoc.Elements(settings) {
		shown, ok := xmldoc.ChildText(setting, fullOutlook)
		p.fullOutlook = p.fullOutlook || ok && shown != "0"
	}
	return p, nil
}

// mailElement writes the plan's settings as the provider takes them; sizes of
// both are kilobytes (F347). The provider refuses those that it does not know
// (F359).
func (p *servicePlan) mailElement() *xmldoc.Node {
	mail := xmldoc.Element("mail", xmldoc.TextElement(mailboxSize, strconv.FormatInt(p.kilobytes, 10)))
	for _, name := range switches {
		value := p.mail[name]
		if value == "" {
			value = "0"
		}
		xmldoc.Append(mail, xmldoc.TextElement(name, value))
	}
	for _, name := range p.others {
		xmldoc.Append(mail, xmldoc.TextElement(name, p.mail[name]))
	}
	return mail
}

// mailAfter is mailElement for a mailbox that has another plan: what only that
// one limited has no limit any more.
func (p *servicePlan) mailAfter(former *servicePlan) *xmldoc.Node {
	mail := p.mailElement()
	if former == nil {
		return mail
	}
	for _, name := range limits {
		if former.mail[name] != "" && p.mail[name] == "" {
			xmldoc.Append(mail, xmldoc.TextElement(name, noLimit))
		}
	}
	return mail
}

// changeUserMailboxPlan fits room, settings and attributes to another plan. A
// user without a mailbox gets one (F348).
func changeUserMailboxPlan(c *engine.Call) error {
	user, org, err := openUser(c)
	if err != nil {
		return err
	}
	p, err := planToUse(c)
	if err != nil {
		return err
	}
	domain, err := defaultDomain(c, org)
	if err != nil {
		return err
	}
	if name := domainAsked(c); name != "" {
		held, err := ownDomain(c, org, name)
		if err != nil {
			return err
		}
		domain = held.Name
	}
	mailbox, err := hasMailbox(c, user)
	if err != nil {
		return err
	}
	if mailbox {
		err = refitMailbox(c, user, org, p)
	} else {
		err = firstMailbox(c, user, org, p, domain)
	}
	if err != nil {
		return err
	}
	c.Output(p.mailElement())
	if p.properties != nil {
		c.Output(xmldoc.Clone(p.properties))
	}
	return nil
}

func firstMailbox(c *engine.Call, user, org *directory.Object, p *servicePlan, domain string) error {
	addresses, err := newAddresses(c, user, org, domain)
	if err != nil {
		return err
	}
	return makeMailbox(c, user, org, p, addresses)
}

// refitMailbox changes a mailbox from the plan it has to another one.
func refitMailbox(c *engine.Call, user, org *directory.Object, p *servicePlan) error {
	if err := ensureRecord(c, user); err != nil {
		return err
	}
	if p.fullOutlook {
		if err := ensureAddressLists(c, org); err != nil {
			return err
		}
	}
	if err := reallocateMailbox(c, user, p.kilobytes); err != nil {
		return err
	}
	former, err := formerPlan(c, user)
	if err != nil {
		return err
	}
	if _, err := provider(c, "EditMailbox", pathTo("path", user), p.mailAfter(former)); err != nil {
		return err
	}
	if former != nil {
		if err := applyProperties(c, user, p.cleared(former)); err != nil {
			return err
		}
	}
	if err := applyProperties(c, user, p.properties); err != nil {
		return err
	}
	_, err = own(c, "SetCustomerPlanRecord_", pathTo("path", user), xmldoc.TextElement("planName", p.name))
	return err
}

// formerPlan gives the plan that a user has so far, nil if none.
func formerPlan(c *engine.Call, user *directory.Object) (*servicePlan, error) {
	record, err := own(c, "GetCustomerPlanRecord_", pathTo("path", user))
	if err != nil {
		return nil, err
	}
	name, _ := xmldoc.ChildText(record, "planName")
	if name == "" {
		return nil, nil
	}
	return readPlan(c, name, "")
}

// cleared lists, without values, the attributes that the plan so far set and
// this one does not name.
func (p *servicePlan) cleared(former *servicePlan) *xmldoc.Node {
	stays := make(map[string]bool)
	for property := range xmldoc.Elements(p.properties) {
		attribute, _ := xmldoc.Attr(property, "name")
		stays[attribute] = true
	}
	cleared := xmldoc.Element("properties")
	for property := range xmldoc.Elements(former.properties) {
		if attribute, _ := xmldoc.Attr(property, "name"); !stays[attribute] {
			xmldoc.Append(cleared, xmldoc.SetAttr(xmldoc.Element("property"), "name", attribute))
		}
	}
	return cleared
}
