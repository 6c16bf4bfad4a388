package exchangeprovider

import (
	"errors"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Recipient policies (F249).
const (
	policyContainer = "Recipient Policies"
	policyPrefix    = "Policy"
	maxPolicies     = 1000 // Policy0 to Policy999
	maxDomains      = 800  // in one policy
)

// policyNumber is the hash of a domain. The original's function is not known.
func policyNumber(domain string) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(ldappath.Fold(domain)))
	return int(sum.Sum32() % maxPolicies)
}

// readDomains gives the domains of the SMTPDomains argument, at least one.
func readDomains(c *engine.Call) ([]string, error) {
	var domains []string
	for n := range xmldoc.Children(c.Node("SMTPDomains"), "SMTPDomain") {
		name := strings.TrimSuffix(strings.TrimSpace(xmldoc.Text(n)), ".")
		if !domainName(name) {
			return nil, mpf.DomainInvalid.New(name)
		}
		domains = append(domains, name)
	}
	if len(domains) == 0 {
		return nil, mpf.ArgumentEmpty.New("SMTPDomains")
	}
	return domains, nil
}

func createSMTPDomain(c *engine.Call) error {
	domains, err := readDomains(c)
	if err != nil {
		return err
	}
	container, err := policies(c)
	if err != nil {
		return err
	}
	for _, domain := range domains {
		if name := c.Text("policyName"); name != "" {
			_, err = extend(c, container, name, domain)
		} else {
			err = place(c, container, domain)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// policies gives the container of the recipient policies, which are those of the
// whole installation.
func policies(c *engine.Call) (*directory.Object, error) {
	container, err := below(c, policyContainer)
	if err == nil {
		err = c.TestWhole(container.DN)
	}
	return container, err
}

// place puts a domain into the policy of its hash, or the next that has room.
func place(c *engine.Call, container *directory.Object, domain string) error {
	first := policyNumber(domain)
	for i := range maxPolicies {
		done, err := extend(c, container, policyPrefix+strconv.Itoa((first+i)%maxPolicies), domain)
		if err != nil || done {
			return err
		}
	}
	return mpf.PoliciesFull.New(domain)
}

// extend adds a domain to a policy, which is made if missing, and tells
// whether it had room or the domain already.
func extend(c *engine.Call, container *directory.Object, name, domain string) (bool, error) {
	address := smtpPrefix + "@" + domain
	dn := container.DN.Child("CN", name)
	held, err := c.Directory().Get(dn)
	if errors.Is(err, state.ErrNotFound) {
		_, err = c.Directory().Create(dn, "msExchRecipientPolicy", directory.Attributes{}.With("gatewayProxy", address).
			With("purportedSearch", "(mailNickname=*)").With("msExchPolicyEnabled", "TRUE"))
		return true, err
	}
	if err != nil {
		return false, err
	}
	addresses, err := c.Directory().Values(held, "gatewayProxy")
	if err != nil {
		return false, err
	}
	if contains(addresses, address) {
		return true, nil
	}
	if len(addresses) >= maxDomains-1 {
		if c.Text("policyName") != "" {
			return false, mpf.PoliciesFull.New(domain)
		}
		return false, nil
	}
	return true, c.Directory().Add(held, "gatewayProxy", address)
}

func contains(addresses []string, address string) bool {
	return slices.ContainsFunc(addresses, func(a string) bool { return ldappath.Fold(a) == ldappath.Fold(address) })
}

// deleteSMTPDomain takes domains from every policy that has them. Unknown ones
// are no error, and a policy stays when its last domain goes.
func deleteSMTPDomain(c *engine.Call) error {
	domains, err := readDomains(c)
	if err != nil {
		return err
	}
	container, err := policies(c)
	if err != nil {
		return err
	}
	all, err := c.Directory().Children(container, "msExchRecipientPolicy")
	if err != nil {
		return err
	}
	for _, p := range all {
		addresses, err := c.Directory().Values(p, "gatewayProxy")
		if err != nil {
			return err
		}
		for _, domain := range domains {
			if !contains(addresses, smtpPrefix+"@"+domain) {
				continue
			}
			if err := c.Directory().Remove(p, "gatewayProxy", smtpPrefix+"@"+domain); err != nil {
				return err
			}
		}
	}
	return nil
}
