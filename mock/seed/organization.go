package seed

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// maker makes organizations and users in one transaction.
type maker struct {
	rooms
	generator *generator
}

// organization is one that a generator made.
type organization struct {
	object             *directory.Object
	name, domain       string
	admins, users      *directory.Object
	share              int64 // row of its share of a mail store
	home               mailHome
	list, global, book string // names of its address lists
}

// organization makes the next organization, with all but its users.
func (m maker) organization(done Progress) (organization, error) {
	name := fmt.Sprintf("org%04d", done.Organizations+1)
	o := organization{name: name, domain: name + ".example"}
	for _, step := range []func(*organization, Progress) error{
		m.makeUnit, m.makeDomain, m.allocate, m.makeDirectories, m.makeLists, m.givePlans,
	} {
		if err := step(&o, done); err != nil {
			return o, err
		}
	}
	return o, nil
}

// makeUnit makes the OU with its groups (F230) and its record.
func (m maker) makeUnit(o *organization, _ Progress) (err error) {
	place := &m.generator.place
	dn := place.reseller.Child("OU", o.name)
	if o.object, err = m.directory.Create(dn, "organizationalUnit", nil); err != nil {
		return err
	}
	reseller, err := m.directory.Get(place.reseller)
	if err != nil {
		return err
	}
	if err := m.directory.SetWellKnown(o.object, directory.WellKnownThisOrganizationRoot, o.object); err != nil {
		return err
	}
	if err := m.directory.SetWellKnown(o.object, directory.WellKnownForeignOwnerOrg, reseller); err != nil {
		return err
	}
	if o.admins, err = m.group(o, dn, "Admins@", "A@", directory.WellKnownUserCreators); err != nil {
		return err
	}
	private, err := m.directory.Create(dn.Child("CN", privateContainer), "container", nil)
	if err != nil {
		return err
	}
	if o.users, err = m.group(o, private.DN, "AllUsers@", "AU@", directory.WellKnownAllUsers); err != nil {
		return err
	}
	customers, err := m.directory.Get(place.customers)
	if err != nil {
		return err
	}
	if err := m.directory.AddMember(customers, o.users); err != nil {
		return err
	}
	return m.record(o.object, "BusinessOrganization", directory.GUID{})
}

// group makes a group of an organization, which names it by a well-known GUID.
func (m maker) group(o *organization, in ldappath.DN, name, sam, guid string) (*directory.Object, error) {
	made, err := m.directory.Create(in.Child("CN", name+o.name), "group", directory.Attributes{
		value(directory.KindSAM, sam+o.name), value("groupType", directory.GroupUniversalSecurity),
	})
	if err != nil {
		return nil, err
	}
	return made, m.directory.SetWellKnown(o.object, guid, made)
}

// record makes an object a customer.
func (m maker) record(o *directory.Object, kind string, organization directory.GUID) error {
	customer := plan.Customer{GUID: o.GUID, Name: o.DN.RDN().Value, Type: kind, Organization: organization}
	if _, err := m.plans.CreateCustomer(customer); err != nil {
		return err
	}
	return m.plans.LogEvent(o.GUID, "Created")
}

// makeDomain gives an organization its SMTP domain, in a recipient policy too.
func (m maker) makeDomain(o *organization, _ Progress) error {
	if err := m.mail.CreateDomain(o.object, o.domain, mail.PrimaryDomain); err != nil {
		return err
	}
	asset := plan.Asset{Type: string(mail.PrimaryDomain), Value: o.domain, Status: plan.StatusEnabled}
	if err := m.plans.SetAsset(o.object.GUID, asset); err != nil {
		return err
	}
	if err := m.plans.LogEvent(o.object.GUID, "AssetAdded"); err != nil {
		return err
	}
	return m.addPolicy(o.domain)
}

// Recipient policies: a domain goes into that of its hash (F249).
const (
	policies      = 1000
	mostOfAPolicy = 799 // domains
	policyPrefix  = "Policy"
	policyAddress = "gatewayProxy"
)

func (m maker) addPolicy(domain string) error {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(ldappath.Fold(domain))) // never fails
	first := int(sum.Sum32() % policies)
	for i := range policies {
		dn := m.generator.place.domain.Exchange.Child("CN", recipientPolicies).Child("CN", policyPrefix+strconv.Itoa((first+i)%policies))
		held, err := m.directory.Get(dn)
		if errors.Is(err, state.ErrNotFound) {
			_, err = m.directory.Create(dn, "msExchRecipientPolicy", directory.Attributes{
				value(policyAddress, "smtp:@"+domain), value("purportedSearch", "(mailNickname=*)"), value("msExchPolicyEnabled", "TRUE"),
			})
			return err
		}
		if err != nil {
			return err
		}
		domains, err := m.directory.Values(held, policyAddress)
		if err != nil {
			return err
		}
		if len(domains) < mostOfAPolicy {
			return m.directory.Add(held, policyAddress, "smtp:@"+domain)
		}
	}
	return fmt.Errorf("%w: all recipient policies are full", ErrInventory)
}

// allocate gives an organization its share of a mail store and of a public one.
func (m maker) allocate(o *organization, done Progress) error {
	public, err := m.choose(resource.PublicStore, publicMegabytes)
	if err != nil {
		return err
	}
	if _, err := m.resources.Allocate(o.object.GUID, public.ID, publicMegabytes); err != nil {
		return err
	}
	megabytes := m.generator.megabytes(done.Users, m.generator.usersOf(done.Organizations))
	store, err := m.choose(resource.MailStore, megabytes)
	if err != nil {
		return err
	}
	share, err := m.resources.Allocate(o.object.GUID, store.ID, megabytes)
	if err != nil {
		return err
	}
	o.share, o.home = share.ID, m.generator.place.stores[store.Name]
	return nil
}

// makeDirectories makes the virtual directory on every server (F324).
func (m maker) makeDirectories(o *organization, _ Progress) error {
	for _, server := range m.generator.place.servers {
		dn := server.Child("CN", "Protocols").Child("CN", "HTTP").Child("CN", "1").Child("CN", o.name)
		_, err := m.directory.Create(dn, "msExchProtocolCfgHTTPVirtualDirectory", directory.Attributes{
			value("folderPathname", "MBX"), value("msExchLogonMethod", "3"), value("msExchDefaultDomain", o.domain),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// givePlans makes all plans available.
func (m maker) givePlans(o *organization, _ Progress) error {
	for _, p := range m.generator.plans {
		if err := m.plans.SetAvailablePlan(o.object.GUID, p.name, plan.StatusEnabled); err != nil {
			return err
		}
		if err := m.plans.LogEvent(o.object.GUID, "PlanAdded"); err != nil {
			return err
		}
	}
	return nil
}
