package seed

import (
	"fmt"
	"strconv"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/plan"
)

// mailboxPlan is a plan with what it means for a mailbox.
type mailboxPlan struct {
	name       string
	kilobytes  int64
	attributes directory.Attributes
}

// protocols are the settings that switch a protocol off, with the end of the
// values of protocolSettings (F245, F346).
var protocols = []struct{ setting, protocol, rest string }{
	{"disablePOP", "POP3", "§1§4§ISO-8859-1§0§1§0§0"},
	{"disableIMAP", "IMAP4", "§1§4§ISO-8859-1§0§1§0§0"},
	{"disableHTTP", "HTTP", "§1§§§§§§"},
}

// limits are the settings whose -1 is no limit, with their attributes (F243).
var limits = []struct{ setting, attribute string }{
	{"outgoingSizeLimit", "submissionContLength"},
	{"incomingSizeLimit", "delivContLength"},
	{"recipientLimit", "msExchRecipLimit"},
}

// mailboxPlans returns the enabled plans for mailboxes, at least one.
func (r rooms) mailboxPlans() ([]mailboxPlan, error) {
	found, err := r.plans.Plans(plan.PlanFilter{Type: "ExchMailbox", Status: plan.StatusEnabled})
	if err != nil {
		return nil, err
	}
	var all []mailboxPlan
	for _, one := range found {
		p, err := r.plans.Plan(one.Name)
		if err != nil {
			return nil, err
		}
		read, err := readPlan(p)
		if err != nil {
			return nil, err
		}
		all = append(all, read)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: there is no plan for mailboxes", ErrInventory)
	}
	return all, nil
}

// readPlan returns the attributes that a mailbox gets of a plan (F346, F347).
func readPlan(p *plan.Plan) (mailboxPlan, error) {
	made, settings := mailboxPlan{name: p.Name}, make(map[string]string)
	for _, f := range p.Features {
		if f.Value == "" {
			continue // sets nothing (F300)
		}
		switch f.ParentNode {
		case "mail":
			settings[f.NativeAttribute] = f.Value
		case "properties":
			made.attributes = made.attributes.With(f.NativeAttribute, f.Value)
		}
	}
	numbers := make(map[string]int64)
	for name, text := range settings {
		number, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return made, fmt.Errorf("%w: plan %s: %s is %q, not a number", ErrInventory, p.Name, name, text)
		}
		numbers[name] = number
	}
	made.kilobytes = numbers["size"]
	made.addQuotas(numbers)
	for _, l := range limits {
		if number, given := numbers[l.setting]; given && number >= 0 {
			made.attributes = made.attributes.With(l.attribute, strconv.FormatInt(number, 10))
		}
	}
	switches := make([]string, 0, len(protocols))
	for _, p := range protocols {
		switches = append(switches, p.protocol+"§"+strconv.FormatInt(1-numbers[p.setting], 10)+p.rest)
	}
	made.attributes = made.attributes.With("protocolSettings", switches...)
	return made, nil
}

// addQuotas adds the limits of size: the store's own for a plan without one
// (F243).
func (p *mailboxPlan) addQuotas(numbers map[string]int64) {
	const warning, hard, whole, largest = 90, 500, 100, 1<<31 - 1
	quotas := map[string]int64{"warningQuota": p.kilobytes * warning / whole, "prohibitSendAndReceiveQuota": min(p.kilobytes*hard/whole, largest)}
	byStore := "TRUE"
	for _, quota := range []struct{ setting, attribute string }{
		{"warningQuota", "mDBStorageQuota"}, {"size", "mDBOverQuotaLimit"}, {"prohibitSendAndReceiveQuota", "mDBOverHardQuotaLimit"},
	} {
		number, given := numbers[quota.setting]
		if !given {
			number = quotas[quota.setting]
		}
		if number > 0 {
			byStore = "FALSE"
			p.attributes = p.attributes.With(quota.attribute, strconv.FormatInt(number, 10))
		}
	}
	p.attributes = p.attributes.With("mDBUseDefaults", byStore)
}
