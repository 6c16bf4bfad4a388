package store

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the built-in seed
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed seed/default.yaml
var defaultSeed []byte

// maxSeed is the longest seed read, in bytes.
const maxSeed = 1 << 20

// LoadSeed reads a seed from YAML and validates it. Unknown keys and wrong
// types are refused with their line.
func LoadSeed(r io.Reader) (Seed, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSeed+1))
	if err != nil {
		return Seed{}, fmt.Errorf("seed: %w", err)
	}
	if len(text) > maxSeed {
		return Seed{}, fmt.Errorf("seed: longer than %d bytes", maxSeed)
	}
	seed := Seed{Domain: SeedDomain{PasswordPolicy: DefaultPasswordPolicy()}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&seed); err != nil {
		return Seed{}, fmt.Errorf("seed: %w", err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Seed{}, errors.New("seed: more than one YAML document")
	}
	if seed.Domain.NetBIOS == "" {
		label, _, _ := strings.Cut(seed.Domain.Name, ".")
		seed.Domain.NetBIOS = strings.ToUpper(label)
	}
	if err := seed.Validate(); err != nil {
		return Seed{}, err
	}
	return seed, nil
}

// LoadSeedFile is LoadSeed for a file, which its errors name.
func LoadSeedFile(path string) (Seed, error) {
	file, err := os.Open(path)
	if err != nil {
		return Seed{}, fmt.Errorf("seed: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	seed, err := LoadSeed(file)
	if err != nil {
		return Seed{}, fmt.Errorf("seed %s: %w", path, err)
	}
	return seed, nil
}

// DefaultSeed gives the built-in seed: the domain fabrikam.com with a
// reseller, an Exchange server, stores and plans that suit H-Sphere. It panics
// if the built-in text is bad, which a test rules out.
func DefaultSeed() Seed {
	seed, err := LoadSeed(bytes.NewReader(defaultSeed))
	if err != nil {
		panic(err)
	}
	for i := range seed.Accounts {
		seed.Accounts[i].published = sha256.Sum256([]byte(seed.Accounts[i].Password))
	}
	return seed
}

// DefaultSeedYAML gives the text of the built-in seed, to be changed.
func DefaultSeedYAML() []byte { return bytes.Clone(defaultSeed) }

// seedCheck collects what is wrong with a seed.
type seedCheck struct{ problems []error }

func (c *seedCheck) need(ok bool, format string, arguments ...any) {
	if !ok {
		c.problems = append(c.problems, fmt.Errorf("seed: "+format, arguments...))
	}
}

// Validate tells everything that is missing from a seed or does not fit
// together.
func (s Seed) Validate() error {
	c := new(seedCheck)
	c.need(checkDomainName(s.Domain.Name) == nil && s.Domain.Name != "", "domain.name %q is no DNS name", s.Domain.Name)
	c.need(s.Domain.NetBIOS != "" && len(s.Domain.NetBIOS) <= 15 && !strings.ContainsAny(s.Domain.NetBIOS, forbiddenInSAM+". "),
		"domain.netBIOS %q is no NetBIOS name", s.Domain.NetBIOS)
	if s.Domain.SID != "" {
		_, err := ParseSID(string(s.Domain.SID))
		c.need(err == nil, "domain.sid: %v", err)
	}
	c.need(len(s.Domain.Controllers) > 0, "domain.controllers is empty")
	for _, host := range s.Domain.Controllers {
		c.need(checkDomainName(host) == nil, "domain.controllers: %q is no DNS name", host)
	}
	c.need(s.Hosting.Name != "", "hosting.name is empty")
	c.need(s.Exchange.Organization != "", "exchange.organization is empty")
	c.need(s.Exchange.AdministrativeGroup != "", "exchange.administrativeGroup is empty")
	s.checkNames(c)
	s.checkResources(c)
	s.checkPlans(c)
	return errors.Join(c.problems...)
}

// unique refuses empty and repeated names of one list.
func (c *seedCheck) unique(list string, names []string) map[string]bool {
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		folded := strings.ToLower(name)
		c.need(name != "", "%s: an entry has no name", list)
		c.need(!seen[folded], "%s: %q is there twice", list, name)
		seen[folded] = true
	}
	return seen
}

// names gives the name of each entry of a list.
func names[T any](list []T, name func(T) string) []string {
	all := make([]string, 0, len(list))
	for _, entry := range list {
		all = append(all, name(entry))
	}
	return all
}

func (s Seed) checkNames(c *seedCheck) {
	c.unique("groups", names(s.Groups, func(g SeedGroup) string { return g.Name }))
	c.unique("accounts", names(s.Accounts, func(a SeedAccount) string { return a.Name }))
	c.unique("hosting.resellers", names(s.Hosting.Resellers, func(r SeedReseller) string { return r.Name }))
	c.unique("hosting.organizationTypes", s.Hosting.OrganizationTypes)
	c.unique("exchange.servers", names(s.Exchange.Servers, func(s SeedServer) string { return s.Name }))
	var stores []string
	for _, server := range s.Exchange.Servers {
		c.need(checkDomainName(server.Host) == nil, "exchange.servers: host %q of %q is no DNS name", server.Host, server.Name)
		stores = append(append(stores, server.MailStores...), server.PublicStores...)
	}
	c.unique("stores of exchange.servers", stores)
}

func (s Seed) checkResources(c *seedCheck) {
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
		stores []SeedMailStore
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
	c.unique("resources.mailStores and consumerMailStores", names(append(append([]SeedMailStore(nil), s.Resources.MailStores...),
		s.Resources.ConsumerMailStores...), func(m SeedMailStore) string { return m.Store }))
	for _, one := range s.Resources.OABServers {
		c.need(servers[strings.ToLower(one.Server)], "resources.oabServers: no such server %q in exchange.servers", one.Server)
		c.need(one.Capacity > 0, "resources.oabServers: %q has no capacity", one.Server)
	}
}

func (s Seed) checkPlans(c *seedCheck) {
	features := c.unique("plans.features", names(s.Plans.Features, func(f SeedFeature) string { return f.Name }))
	categories := c.unique("plans.categories", names(s.Plans.Categories, func(g SeedCategory) string { return g.Name }))
	c.unique("plans.plans", names(s.Plans.Plans, func(p SeedPlan) string { return p.Name }))
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
