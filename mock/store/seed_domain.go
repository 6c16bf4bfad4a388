package store

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
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
		made, err := plant(t, root, branch{top.name, top.class, nil, nil})
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
	home, err := t.Get(root.DN.Child("OU", "Domain Controllers"))
	if err != nil {
		return err
	}
	for _, host := range seed.Domain.Controllers {
		name := hostLabel(host)
		if _, err := plant(t, home, branch{name, "computer", Attributes{
			value(KindSAM, name+"$"), value("dNSHostName", host), value("userAccountControl", controllerFlags),
			value("primaryGroupID", controllerGroup), value("operatingSystem", "Windows Server 2003"),
		}, nil}); err != nil {
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
		if _, err := plant(t, configuration, branch{name, "container", nil, nil}); err != nil {
			return err
		}
	}
	_, err = plant(t, configuration, branch{"Partitions", "crossRefContainer", nil, []branch{
		{seed.Domain.NetBIOS, "crossRef", Attributes{
			value("nETBIOSName", seed.Domain.NetBIOS), value("dnsRoot", seed.Domain.Name), value("nCName", root.DN.String()),
		}, nil},
	}})
	return err
}

// users is the container of the domain's own groups and accounts.
func users(seed Seed) ldappath.DN { return domainName(seed.Domain.Name).Child("CN", "Users") }

func seedGroups(t *Tx, seed Seed) error {
	home, err := t.Get(users(seed))
	if err != nil {
		return err
	}
	for _, group := range seed.Groups {
		attributes := Attributes{value(KindSAM, group.Name)}
		if group.Description != "" {
			attributes = attributes.With("description", group.Description)
		}
		o, err := plant(t, home, branch{group.Name, "group", attributes, nil})
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
	home, err := t.Get(users(seed))
	if err != nil {
		return err
	}
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
		o, err := plant(t, home, branch{account.Name, "user", attributes, nil})
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

// seedPassword gives an account its password.
func (t *Tx) seedPassword(o *Object, account SeedAccount) error {
	policy, err := t.passwordRules(o, string(account.Password))
	if err != nil {
		return err
	}
	made := <-account.hashed
	if made.err != nil {
		return fmt.Errorf("hash password: %w", made.err)
	}
	return t.storeHash(o, made.hash, policy)
}

// hashing begins to hash the passwords of accounts, which takes long, and gives
// the accounts that will be told the hashes.
func (s *Store) hashing(accounts []SeedAccount) []SeedAccount {
	accounts = slices.Clone(accounts)
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, account := range accounts {
		if account.Password == "" {
			continue
		}
		told := make(chan seedHash, 1) // taken or not, the goroutine ends
		accounts[i].hashed = told
		go func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			hash, err := hashPassword(string(account.Password), account.cost(s.hashCost))
			told <- seedHash{hash, err}
		}()
	}
	return accounts
}

// seedHash is what became of hashing a password.
type seedHash struct {
	hash string
	err  error
}

// cost is the bcrypt cost of the account's password. One that stands in the
// built-in seed needs no slow hash: everybody can read it, and the start waits
// for it.
func (a SeedAccount) cost(standard int) int {
	if sha256.Sum256([]byte(a.Password)) == a.published {
		return bcrypt.MinCost
	}
	return standard
}
