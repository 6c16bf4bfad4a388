package drift

import (
	"context"
	"errors"
	"strings"
	"sync"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// PlanNames are the plans that the panel's types mean. F904.
var PlanNames = map[string]string{
	"base_mail": "BaseMail", "gold_mail": "GoldMail", "plat_mail": "PlatinumMail", "plat_mailp": "PlatinumPlusMail",
}

// plan is a plan as the installation knows it.
type plan struct {
	name    string
	missing string // why there is none, or ""
	size    string // kilobytes of the mailbox, "" or 0 if the store decides
	off     map[string]bool
	// properties are attributes that it sets on the user.
	properties []property
}

// protocols are the settings that switch a protocol off, and the protocol's name
// in protocolSettings.
var protocols = []struct{ setting, protocol, name string }{
	{"disablePOP", "POP3", "POP"}, {"disableIMAP", "IMAP4", "IMAP"}, {"disableHTTP", "HTTP", "OWA"},
}

// plans knows the plans of an installation, each asked for once.
type plans struct {
	names map[string]string // by type
	mu    sync.Mutex
	known map[string]*plan
}

func newPlans(further map[string]string) *plans {
	p := &plans{names: map[string]string{}, known: map[string]*plan{}}
	for kind, name := range PlanNames {
		p.names[kind] = name
	}
	for kind, name := range further {
		p.names[strings.ToLower(kind)] = name
	}
	return p
}

// of returns the plan that a type of the panel means, nil for no type.
func (p *plans) of(ctx context.Context, d *directory, kind string) (*plan, error) {
	if kind == "" {
		return nil, nil
	}
	name, ok := p.names[strings.ToLower(kind)]
	if !ok {
		return &plan{name: kind, missing: "the plan type " + kind + " is not known: tell its name by --plan " + kind + "=NAME"}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if held := p.known[name]; held != nil {
		return held, nil
	}
	read, err := d.readPlan(ctx, name)
	if err == nil {
		p.known[name] = read
	}
	return read, err
}

// attributes are those that any of the known plans sets.
func (p *plans) attributes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	seen := map[string]bool{}
	for _, one := range p.known {
		for _, set := range one.properties {
			if !seen[set.name] {
				names = append(names, set.name)
				seen[set.name] = true
			}
		}
	}
	return names
}

func (d *directory) readPlan(ctx context.Context, name string) (*plan, error) {
	answer, err := d.ask(ctx, d.call(hostedExchange, "GetPlanDetail", text("planName", name)))
	var refused *mpf.Error
	if errors.As(err, &refused) {
		return &plan{name: name, missing: "the plan " + name + " of the installation cannot be read: " + refused.Description}, nil
	}
	if err != nil {
		return nil, err
	}
	p := &plan{name: name, off: map[string]bool{}}
	settings := xmldoc.Child(answer, "planSettings")
	for n := range xmldoc.Elements(xmldoc.Child(settings, "mail")) {
		value := strings.TrimSpace(xmldoc.Text(n))
		if n.Data == "size" {
			p.size = value
			continue
		}
		p.off[n.Data] = value == "1" || strings.EqualFold(value, "true")
	}
	for n := range xmldoc.Children(xmldoc.Child(settings, "properties"), "property") {
		name, _ := xmldoc.Attr(n, "name")
		p.properties = append(p.properties, property{name, strings.TrimSpace(xmldoc.Text(n))})
	}
	return p, nil
}

// fits returns what of a user's mailbox is not as the plan has it, or "". Which
// plan a mailbox was made with is not to be asked for: what the plan sets is
// compared. F904.
func (p *plan) fits(user *object) string {
	if user.first("homeMDB") == "" {
		return "no mailbox"
	}
	if size := user.first("mDBOverQuotaLimit"); size != p.size && (p.size != "" && p.size != "0" || size != "") {
		return "a mailbox of " + size + " kilobytes"
	}
	for _, protocol := range protocols {
		if off := isOff(user, protocol.protocol); off != p.off[protocol.setting] {
			return "a mailbox with " + protocol.name + map[bool]string{true: " off", false: " on"}[off]
		}
	}
	for _, set := range p.properties {
		if value := user.first(set.name); value != set.value {
			return "a mailbox with " + set.name + " '" + value + "'"
		}
	}
	return ""
}

// isOff reports whether a protocol is switched off. A value of protocolSettings
// is the protocol's name and its settings, parted by §; the first of these is 0
// if it is.
func isOff(user *object, protocol string) bool {
	for _, value := range user.attributes["protocolsettings"] {
		name, rest, _ := strings.Cut(value, "§")
		if strings.EqualFold(name, protocol) {
			return strings.HasPrefix(rest, "0")
		}
	}
	return false
}
