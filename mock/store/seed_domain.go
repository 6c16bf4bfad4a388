package store

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"wsexchange/internal/ldappath"
)

// topContainers are what lies directly below a new domain, with the GUIDs by
// which its wellKnownObjects names them. F109.
var topContainers = []struct{ rdn, name, class, guid string }{
	{"CN", "Builtin", "builtinDomain", ""},
	{"CN", "Computers", "container", "AA312825768811D1ADED00C04FD8D5CD"},
	{"OU", "Domain Controllers", "organizationalUnit", "A361B2FFFFD211D1AA4B00C04FD7D83A"},
	{"CN", "ForeignSecurityPrincipals", "container", "22B70C67D56E4EFB91E9300FCA3DC1AA"},
	{"CN", "System", "container", "AB1D30F3768811D1ADED00C04FD8D5CD"},
	{"CN", "Users", "container", "A9D1CA15768811D1ADED00C04FD8D5CD"},
}

// standardGroups are the groups that every domain has, by relative id. F109.
var standardGroups = []struct {
	container, name, kind string
	rid                   int64
	description           string
	memberOf              []string
}{
	{"Builtin", "Administrators", GroupBuiltin, 544, "Administrators have complete and unrestricted access", nil},
	{"Builtin", "Users", GroupBuiltin, 545, "All accounts of the domain", nil},
	{"Builtin", "Guests", GroupBuiltin, 546, "Guests of the domain", nil},
	{"Users", "Domain Admins", GroupGlobalSecurity, 512, "Designated administrators of the domain", []string{"Administrators"}},
	{"Users", "Domain Users", GroupGlobalSecurity, 513, "All domain users", []string{"Users"}},
	{"Users", "Domain Guests", GroupGlobalSecurity, 514, "All domain guests", []string{"Guests"}},
	{"Users", "Domain Computers", GroupGlobalSecurity, 515, "All workstations and servers joined to the domain", nil},
	{"Users", "Domain Controllers", GroupGlobalSecurity, 516, "All domain controllers in the domain", nil},
	{"Users", "Schema Admins", GroupGlobalSecurity, 518, "Designated administrators of the schema", nil},
	{"Users", "Enterprise Admins", GroupGlobalSecurity, 519, "Designated administrators of the enterprise", []string{"Administrators"}},
}

// builtinSID is the domain of the groups in CN=Builtin.
const builtinSID SID = "S-1-5-32"

// seedDomain makes the domain's root, its containers, standard groups,
// controllers and the configuration's root.
func seedDomain(t *Tx, seed Seed) error {
	dn, sid := domainName(seed.Domain.Name), seedSID(t, seed)
	for name, value := range map[string]string{settingDomain: dn.String(), settingNetBIOS: seed.Domain.NetBIOS, settingSID: string(sid)} {
		if err := t.SetSetting(name, value); err != nil {
			return err
		}
	}
	root, err := t.create(nil, dn, "domainDNS", nil, sid)
	if err != nil {
		return err
	}
	// The policy holds new passwords, not those that a domain has already: it is
	// set when the accounts are made.
	if err := t.SetPasswordPolicy(PasswordPolicy{}); err != nil {
		return err
	}
	for _, top := range topContainers {
		made, err := t.Create(dn.Child(top.rdn, top.name), top.class, nil)
		if err != nil {
			return err
		}
		if top.guid == "" {
			continue
		}
		if err := t.Add(root, "wellKnownObjects", "B:32:"+top.guid+":"+made.DN.String()); err != nil {
			return err
		}
	}
	if err := seedStandardGroups(t, root, sid); err != nil {
		return err
	}
	if err := seedControllers(t, root, seed); err != nil {
		return err
	}
	return seedConfiguration(t, root, seed)
}

func seedStandardGroups(t *Tx, root *Object, domain SID) error {
	for _, group := range standardGroups {
		parent, err := t.Get(root.DN.Child("CN", group.container))
		if err != nil {
			return err
		}
		sid := domain.Child(group.rid)
		if group.container == "Builtin" {
			sid = builtinSID.Child(group.rid)
		}
		o, err := t.create(parent, parent.DN.Child("CN", group.name), "group", Attributes{
			value(KindSAM, group.name), value("groupType", group.kind), value("description", group.description),
		}, sid)
		if err != nil {
			return err
		}
		if err := joinGroups(t, o, group.memberOf); err != nil {
			return err
		}
	}
	return nil
}

// Values of a domain controller's computer account.
const (
	controllerFlags = "532480" // SERVER_TRUST_ACCOUNT, TRUSTED_FOR_DELEGATION
	controllerGroup = "516"
)

func seedControllers(t *Tx, root *Object, seed Seed) error {
	for _, host := range seed.Domain.Controllers {
		name := hostLabel(host)
		if _, err := t.Create(root.DN.Child("OU", "Domain Controllers").Child("CN", name), "computer", Attributes{
			value(KindSAM, name+"$"), value("dNSHostName", host), value("userAccountControl", controllerFlags),
			value("primaryGroupID", controllerGroup), value("operatingSystem", "Windows Server 2003"),
		}); err != nil {
			return err
		}
	}
	return nil
}

// hostLabel is the computer name of a DNS host name: its first label, capitals.
func hostLabel(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return strings.ToUpper(label)
}

// seedConfiguration makes the configuration's root, which lies under the
// domain by name alone, and in it the cross-reference that tells the domain's
// NetBIOS name.
func seedConfiguration(t *Tx, root *Object, seed Seed) error {
	configuration, err := t.create(nil, root.DN.Child("CN", "Configuration"), "configuration", nil, "")
	if err != nil {
		return err
	}
	for _, name := range []string{"Services", "Sites"} {
		if _, err := t.Create(configuration.DN.Child("CN", name), "container", nil); err != nil {
			return err
		}
	}
	partitions, err := t.Create(configuration.DN.Child("CN", "Partitions"), "crossRefContainer", nil)
	if err != nil {
		return err
	}
	_, err = t.Create(partitions.DN.Child("CN", seed.Domain.NetBIOS), "crossRef", Attributes{
		value("nETBIOSName", seed.Domain.NetBIOS), value("dnsRoot", seed.Domain.Name), value("nCName", root.DN.String()),
	})
	return err
}

// users is the container of the domain's own groups and accounts.
func users(seed Seed) ldappath.DN { return domainName(seed.Domain.Name).Child("CN", "Users") }

func seedGroups(t *Tx, seed Seed) error {
	for _, group := range seed.Groups {
		attributes := Attributes{value(KindSAM, group.Name)}
		if group.Description != "" {
			attributes = attributes.With("description", group.Description)
		}
		o, err := t.Create(users(seed).Child("CN", group.Name), "group", attributes)
		if err != nil {
			return err
		}
		if err := joinGroups(t, o, group.Groups); err != nil {
			return fmt.Errorf("group %s: %w", group.Name, err)
		}
	}
	return nil
}

func seedAccounts(t *Tx, seed Seed) error {
	for _, account := range seed.Accounts {
		attributes := Attributes{
			value(KindSAM, account.Name), value(KindUPN, account.Name+"@"+seed.Domain.Name),
			value("userAccountControl", "66048"),
		} // NORMAL_ACCOUNT, DONT_EXPIRE_PASSWORD
		if account.DisplayName != "" {
			attributes = attributes.With("displayName", account.DisplayName)
		}
		if account.Description != "" {
			attributes = attributes.With("description", account.Description)
		}
		o, err := t.Create(users(seed).Child("CN", account.Name), "user", attributes)
		if err != nil {
			return err
		}
		if account.Password != "" {
			if err := t.seedPassword(o, account); err != nil {
				return fmt.Errorf("account %s: %w", account.Name, err)
			}
		}
		if err := joinGroups(t, o, account.Groups); err != nil {
			return fmt.Errorf("account %s: %w", account.Name, err)
		}
	}
	return t.SetPasswordPolicy(seed.Domain.PasswordPolicy)
}

// seedPassword gives an account its password. One that stands in the built-in
// seed needs no slow hash: everybody can read it, and the start waits for it.
func (t *Tx) seedPassword(o *Object, account SeedAccount) error {
	policy, err := t.passwordRules(o, string(account.Password))
	if err != nil {
		return err
	}
	cost := t.store.hashCost
	if sha256.Sum256([]byte(account.Password)) == account.published {
		cost = bcrypt.MinCost
	}
	return t.storePassword(o, string(account.Password), policy, cost)
}
