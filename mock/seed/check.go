package seed

import (
	"errors"
	"fmt"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
)

// forbiddenInSAM are the characters that a sAMAccountName must not have. F101.
const forbiddenInSAM = `"/\[]:;|=,+*?<>`

// longestNetBIOS is the longest NetBIOS name of a domain, in bytes.
const longestNetBIOS = 15

// isDomainName reports whether a text is a DNS name: labels of letters, digits,
// - and _, of at most 63 characters each and 255 together.
func isDomainName(name string) bool {
	const longest, longestLabel = 255, 63
	for label := range strings.SplitSeq(name, ".") {
		plain := strings.Trim(ldappath.Fold(label), "abcdefghijklmnopqrstuvwxyz0123456789-_")
		if label == "" || len(label) > longestLabel || plain != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(name) <= longest
}

// check collects what is wrong with a seed.
type check struct{ problems []error }

func (c *check) need(ok bool, format string, arguments ...any) {
	if !ok {
		c.problems = append(c.problems, fmt.Errorf("seed: "+format, arguments...))
	}
}

// Validate reports everything that is missing from a seed or does not fit
// together.
func (s Seed) Validate() error {
	c := new(check)
	c.need(isDomainName(s.Domain.Name), "domain.name %q is not a DNS name", s.Domain.Name)
	c.need(s.Domain.NetBIOS != "" && len(s.Domain.NetBIOS) <= longestNetBIOS && !strings.ContainsAny(s.Domain.NetBIOS, forbiddenInSAM+". "),
		"domain.netBIOS %q is not a NetBIOS name", s.Domain.NetBIOS)
	if s.Domain.SID != "" {
		_, err := directory.ParseSID(string(s.Domain.SID))
		c.need(err == nil, "domain.sid: %v", err)
	}
	c.need(len(s.Domain.Controllers) > 0, "domain.controllers is empty")
	for _, host := range s.Domain.Controllers {
		c.need(isDomainName(host), "domain.controllers: %q is not a DNS name", host)
	}
	c.need(s.Hosting.Name != "" || len(s.Hosting.Resellers)+len(s.Hosting.OrganizationTypes) == 0, "hosting.name is empty")
	c.need(s.Exchange.Organization != "" || s.Exchange.AdministrativeGroup == "" && len(s.Exchange.Servers) == 0, "exchange.organization is empty")
	c.need(s.Exchange.Organization == "" || s.Exchange.AdministrativeGroup != "", "exchange.administrativeGroup is empty")
	s.checkNames(c)
	s.checkResources(c)
	s.checkPlans(c)
	return errors.Join(c.problems...)
}

// unique refuses empty and repeated names of one list.
func (c *check) unique(list string, names []string) map[string]bool {
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		folded := strings.ToLower(name)
		c.need(name != "", "%s: an entry has no name", list)
		c.need(!seen[folded], "%s: %q is there twice", list, name)
		seen[folded] = true
	}
	return seen
}

// names returns the name of each entry of a list.
func names[T any](list []T, name func(T) string) []string {
	all := make([]string, 0, len(list))
	for _, entry := range list {
		all = append(all, name(entry))
	}
	return all
}

func (s Seed) checkNames(c *check) {
	c.unique("groups", names(s.Groups, func(g Group) string { return g.Name }))
	c.unique("accounts", names(s.Accounts, func(a Account) string { return a.Name }))
	c.unique("hosting.resellers", names(s.Hosting.Resellers, func(r Reseller) string { return r.Name }))
	c.unique("hosting.organizationTypes", s.Hosting.OrganizationTypes)
	c.unique("exchange.servers", names(s.Exchange.Servers, func(s Server) string { return s.Name }))
	var stores []string
	for _, server := range s.Exchange.Servers {
		c.need(isDomainName(server.Host), "exchange.servers: host %q of %q is not a DNS name", server.Host, server.Name)
		stores = append(append(stores, server.MailStores...), server.PublicStores...)
	}
	c.unique("stores of exchange.servers", stores)
}

func (s Seed) checkResources(c *check) {
	mail, public, servers := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for _, server := range s.Exchange.Servers {
		servers[strings.ToLower(server.Name)] = true
		for _, name := range server.MailStores {
			mail[strings.ToLower(server.Name+"/"+name)] = true
		}
		for _, name := range server.PublicStores {
			public[strings.ToLower(server.Name+"/"+name)] = true
		}
	}
	for _, section := range []struct {
		name   string
		stores []MailStore
		known  map[string]bool
	}{
		{"resources.mailStores", s.Resources.MailStores, mail},
		{"resources.publicStores", s.Resources.PublicStores, public},
		{"resources.consumerMailStores", s.Resources.ConsumerMailStores, mail},
	} {
		for _, one := range section.stores {
			c.need(section.known[strings.ToLower(one.Server+"/"+one.Store)], "%s: no such store %q on server %q in exchange.servers",
				section.name, one.Store, one.Server)
			c.need(one.Megabytes > 0, "%s: %q has no megabytes", section.name, one.Store)
		}
	}
	c.unique("resources.mailStores and consumerMailStores", names(append(append([]MailStore(nil), s.Resources.MailStores...),
		s.Resources.ConsumerMailStores...), func(m MailStore) string { return m.Store }))
	for _, one := range s.Resources.OABServers {
		c.need(servers[strings.ToLower(one.Server)], "resources.oabServers: no such server %q in exchange.servers", one.Server)
		c.need(one.Capacity > 0, "resources.oabServers: %q has no capacity", one.Server)
	}
}

func (s Seed) checkPlans(c *check) {
	features := c.unique("plans.features", names(s.Plans.Features, func(f Feature) string { return f.Name }))
	categories := c.unique("plans.categories", names(s.Plans.Categories, func(g Category) string { return g.Name }))
	c.unique("plans.plans", names(s.Plans.Plans, func(p Plan) string { return p.Name }))
	for _, feature := range s.Plans.Features {
		c.need(feature.NativeAttribute != "" && feature.ParentNode != "", "plans.features: %q lacks nativeAttribute or parentNode", feature.Name)
	}
	for _, plan := range s.Plans.Plans {
		c.need(plan.Type != "", "plans.plans: %q has no type", plan.Name)
		for _, name := range plan.Categories {
			c.need(categories[strings.ToLower(name)], "plans.plans: %q names the unknown category %q", plan.Name, name)
		}
		for _, feature := range plan.Features {
			c.need(features[strings.ToLower(feature.Name)], "plans.plans: %q names the unknown feature %q", plan.Name, feature.Name)
		}
	}
}
