package seed

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
)

// topContainers are what is directly below a new domain, with the GUIDs by
// which its wellKnownObjects names them. F109.
var topContainers = []struct{ name, class, guid string }{
	{"Builtin", "builtinDomain", ""},
	{"Computers", "container", "AA312825768811D1ADED00C04FD8D5CD"},
	{"Domain Controllers", "organizationalUnit", "A361B2FFFFD211D1AA4B00C04FD7D83A"},
	{"ForeignSecurityPrincipals", "container", "22B70C67D56E4EFB91E9300FCA3DC1AA"},
	{"System", "container", "AB1D30F3768811D1ADED00C04FD8D5CD"},
	{"Users", "container", "A9D1CA15768811D1ADED00C04FD8D5CD"},
}

// standardGroups are the groups that every domain has, by relative id. F109.
var standardGroups = []struct {
	container, name, kind string
	rid                   int64
	description           string
	memberOf              []string
}{
	{"Builtin", "Administrators", directory.GroupBuiltin, 544, "Administrators have complete and unrestricted access", nil},
	{"Builtin", "Users", directory.GroupBuiltin, 545, "All accounts of the domain", nil},
	{"Builtin", "Guests", directory.GroupBuiltin, 546, "Guests of the domain", nil},
	{"Users", "Domain Admins", directory.GroupGlobalSecurity, 512, "Designated administrators of the domain", []string{"Administrators"}},
	{"Users", "Domain Users", directory.GroupGlobalSecurity, 513, "All domain users", []string{"Users"}},
	{"Users", "Domain Guests", directory.GroupGlobalSecurity, 514, "All domain guests", []string{"Guests"}},
	{"Users", "Domain Computers", directory.GroupGlobalSecurity, 515, "All workstations and servers joined to the domain", nil},
	{"Users", "Domain Controllers", directory.GroupGlobalSecurity, 516, "All domain controllers in the domain", nil},
	{"Users", "Schema Admins", directory.GroupGlobalSecurity, 518, "Designated administrators of the schema", nil},
	{"Users", "Enterprise Admins", directory.GroupGlobalSecurity, 519, "Designated administrators of the enterprise", []string{"Administrators"}},
}

// builtinSID is the domain of the groups in CN=Builtin.
const builtinSID directory.SID = "S-1-5-32"

// domainName turns fabrikam.com into DC=fabrikam,DC=com.
func domainName(dns string) ldappath.DN {
	var dn ldappath.DN
	labels := strings.Split(dns, ".")
	for i := len(labels) - 1; i >= 0; i-- {
		dn = dn.Child("DC", labels[i])
	}
	return dn
}

// domainSID makes the SID of the domain from the seed or from a new GUID.
func (w *writer) domainSID() directory.SID {
	if w.seed.Domain.SID != "" {
		return w.seed.Domain.SID
	}
	guid := w.tx.NewGUID()
	sid := directory.SID("S-1-5-21")
	for part := 4; part < len(guid); part += 4 {
		number := int64(guid[part]) | int64(guid[part+1])<<8 | int64(guid[part+2])<<16 | int64(guid[part+3])<<24
		sid += directory.SID("-" + strconv.FormatInt(number, 10))
	}
	return sid
}

// makeDomain makes the domain's root, its containers, standard groups,
// controllers and the configuration's root.
func (w *writer) makeDomain() error {
	sid := w.domainSID()
	root, err := w.directory.CreateDomainRoot(w.domain, w.seed.Domain.NetBIOS, sid)
	if err != nil {
		return err
	}
	// The policy holds new passwords, not those that a domain has already: it is
	// set when the accounts are made.
	if err := w.directory.SetPasswordPolicy(directory.PasswordPolicy{}); err != nil {
		return err
	}
	for _, top := range topContainers {
		made, err := w.plant(root, branch{top.name, top.class, nil, nil})
		if err != nil {
			return err
		}
		if top.guid == "" {
			continue
		}
		if err := w.directory.Add(root, "wellKnownObjects", "B:32:"+top.guid+":"+made.DN.String()); err != nil {
			return err
		}
	}
	if err := w.makeStandardGroups(root, sid); err != nil {
		return err
	}
	if err := w.makeControllers(root); err != nil {
		return err
	}
	return w.makeConfiguration(root)
}

func (w *writer) makeStandardGroups(root *directory.Object, domain directory.SID) error {
	for _, group := range standardGroups {
		sid := domain.Child(group.rid)
		if group.container == "Builtin" {
			sid = builtinSID.Child(group.rid)
		}
		o, err := w.directory.CreateWithSID(root.DN.Child("CN", group.container).Child("CN", group.name), "group", directory.Attributes{
			value(directory.KindSAM, group.name), value("groupType", group.kind), value("description", group.description),
		}, sid)
		if err != nil {
			return err
		}
		if err := w.join(o, group.memberOf); err != nil {
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

func (w *writer) makeControllers(root *directory.Object) error {
	home, err := w.directory.Get(root.DN.Child("OU", "Domain Controllers"))
	if err != nil {
		return err
	}
	for _, host := range w.seed.Domain.Controllers {
		name := hostLabel(host)
		if _, err := w.plant(home, branch{name, "computer", directory.Attributes{
			value(directory.KindSAM, name+"$"), value("dNSHostName", host), value("userAccountControl", controllerFlags),
			value("primaryGroupID", controllerGroup), value("operatingSystem", "Windows Server 2003"),
		}, nil}); err != nil {
			return err
		}
	}
	return nil
}

// hostLabel is the computer name of a DNS host name: its first label, in
// capitals.
func hostLabel(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return strings.ToUpper(label)
}

// makeConfiguration makes the configuration's root, which is under the domain
// by name alone, and in it the cross-reference that has the domain's NetBIOS
// name, and the site of the controllers.
func (w *writer) makeConfiguration(root *directory.Object) error {
	configuration, err := w.directory.CreateRoot(root.DN.Child("CN", "Configuration"), "configuration")
	if err != nil {
		return err
	}
	if _, err := w.plant(configuration, branch{"Services", "container", nil, nil}); err != nil {
		return err
	}
	domain := w.seed.Domain
	_, err = w.plant(configuration, branch{"Partitions", "crossRefContainer", nil, []branch{
		{domain.NetBIOS, "crossRef", directory.Attributes{
			value("nETBIOSName", domain.NetBIOS), value("dnsRoot", domain.Name), value("nCName", root.DN.String()),
		}, nil},
	}})
	if err != nil {
		return err
	}
	_, err = w.plant(configuration, w.site(root, configuration))
	return err
}

// site is the domain's only site with its controllers' settings, which the root
// DSE names (F453).
func (w *writer) site(root, configuration *directory.Object) branch {
	servers := branch{"Servers", "serversContainer", nil, nil}
	for _, host := range w.seed.Domain.Controllers {
		name := hostLabel(host)
		account := root.DN.Child("OU", directory.ControllersOU).Child("CN", name)
		servers.below = append(servers.below, branch{name, "server", directory.Attributes{
			value("dNSHostName", host), value("serverReference", account.String()),
		}, []branch{{"NTDS Settings", "nTDSDSA", directory.Attributes{
			value("options", "1"), // a global catalog
			value("msDS-Behavior-Version", "2"),
			{Name: "hasMasterNCs", Values: []string{root.DN.String(), configuration.DN.String()}},
		}, nil}}})
	}
	return branch{"Sites", "sitesContainer", nil, []branch{{directory.DefaultSite, "site", nil, []branch{servers}}}}
}

// users returns the container of the domain's own groups and accounts.
func (w *writer) users() (*directory.Object, error) {
	return w.directory.Get(w.domain.Child("CN", "Users"))
}

func (w *writer) makeGroups() error {
	home, err := w.users()
	if err != nil {
		return err
	}
	for _, group := range w.seed.Groups {
		attributes := directory.Attributes{value(directory.KindSAM, group.Name)}
		if group.Description != "" {
			attributes = attributes.With("description", group.Description)
		}
		o, err := w.plant(home, branch{group.Name, "group", attributes, nil})
		if err != nil {
			return err
		}
		if err := w.join(o, group.Groups); err != nil {
			return fmt.Errorf("group %s: %w", group.Name, err)
		}
	}
	return nil
}

// join puts an account into groups by their sAMAccountNames.
func (w *writer) join(o *directory.Object, names []string) error {
	for _, name := range names {
		group, err := w.directory.BySAM(name)
		if err != nil {
			return err
		}
		if err := w.directory.AddMember(group, o); err != nil && !errors.Is(err, directory.ErrAlreadyMember) {
			return err
		}
	}
	return nil
}

// branch is an object of the seed with what is below it.
type branch struct {
	name       string
	class      string
	attributes directory.Attributes
	below      []branch
}

// plant makes the objects of a branch and returns the first.
func (w *writer) plant(parent *directory.Object, b branch) (*directory.Object, error) {
	class, _ := directory.LookupClass(b.class) // Create refuses an unknown one
	o, err := w.directory.Create(parent.DN.Child(class.RDN, b.name), b.class, b.attributes)
	if err != nil {
		return nil, err
	}
	for _, child := range b.below {
		if _, err := w.plant(o, child); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// value is an attribute of one value.
func value(name, text string) directory.Attribute {
	return directory.Attribute{Name: name, Values: []string{text}}
}
