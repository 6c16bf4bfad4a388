package deployment

import (
	"fmt"
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Surroundings are what a state does not tell of the installation it is in.
type Surroundings struct {
	Database   string           // file of the state; empty: it is in memory
	Namespaces []string         // that the engine has
	Services   string           // URL of the web services if they were seen, else empty
	Failed     map[string]error // initialisers that failed, by the names of their steps
}

// Title is the name of the tree's root.
const Title = "Requirements Status"

// tree is what the functions of the nodes share.
type tree struct {
	tx     *state.Tx
	domain directory.Domain
	at     Surroundings
}

// branches are the groups directly below the root, in the order of the guide.
var branches = []func(*tree) (Requirement, error){
	(*tree).activeDirectory, (*tree).databases, (*tree).namespaces, (*tree).initialization, (*tree).exchange,
	(*tree).services, (*tree).resources, (*tree).reseller,
}

// Tree returns the guide's requirements with what a state tells of each. A state
// without a domain is directory.ErrNotSeeded.
func Tree(tx *state.Tx, at Surroundings) (Requirement, error) {
	domain, err := directory.In(tx).Domain()
	if err != nil {
		return Requirement{}, err
	}
	t := &tree{tx, domain, at}
	var below []Requirement
	for _, branch := range branches {
		one, err := branch(t)
		if err != nil {
			return Requirement{}, err
		}
		below = append(below, one)
	}
	return group(Title, below...), nil
}

func verified(name, reason string) Requirement {
	return Requirement{Name: name, State: Verified, Reason: reason}
}

func (t *tree) activeDirectory() (Requirement, error) {
	controllers, err := directory.In(t.tx).Controllers()
	if err != nil {
		return Requirement{}, err
	}
	hosts := Requirement{Name: "Domain Controllers", State: Verified, Reason: strings.Join(controllers, ", ")}
	if len(controllers) == 0 {
		hosts.State, hosts.Reason, hosts.Next = NotInstalled, "the domain has none", "name one in domain.controllers of the seed"
	}
	return group("Active Directory",
		hosts,
		verified("Native Mode", "the directory of "+t.domain.DN.String()+" knows no other"),
		verified("List Object Mode", "customers see their own objects only"),
	), nil
}

// databaseNames are the databases of the original.
var databaseNames = []string{
	"MPF Config Database", "Resource Manager Database", "MPF Audit Database", "MPF Transaction Database", "Plans Database",
}

func (t *tree) databases() (Requirement, error) {
	var below []Requirement
	for _, name := range databaseNames {
		one := verified(name, "is in "+t.at.Database)
		if t.at.Database == "" {
			one.State, one.Reason, one.Next = Unverified, "is kept in memory, and is gone when the program ends", "name a file in the setting database"
		}
		below = append(below, one)
	}
	return group("Databases", below...), nil
}

// needed are the namespaces that the panel's calls go to.
var needed = []string{
	"MPF Config", "Active Directory Provider", "Exchange Provider", "Managed Helpers", "Managed Active Directory", "Managed Exchange", "Managed Hosting",
	"Windows-based Hosting", "Exchange Resource Manager", "Exchange Resource Manager Ex", "Exchange OAB Resource Manager", "Hosted Exchange",
	"WS Exchange Provider Adapter",
}

func (t *tree) namespaces() (Requirement, error) {
	var below []Requirement
	for _, name := range needed {
		one := verified(name, "")
		if !slices.Contains(t.at.Namespaces, name) {
			one.State, one.Reason, one.Next = NotInstalled, "the engine does not have it", "use a program of this version"
		}
		below = append(below, one)
	}
	return group("Windows-based Hosting", append([]Requirement{verified("MPF Engine", "runs the requests")}, below...)...), nil
}

const runInit = "run init"

func (t *tree) initialization() (Requirement, error) {
	var below []Requirement
	for _, node := range []func(*tree) (Requirement, error){
		(*tree).hosting, (*tree).security, notApplicable("Managed Web Hosting: InitializeNamespaceSecurity", "web sites"),
		notApplicable("Managed Sharepoint Hosting: InitializeNamespaceSecurity", "team sites"), (*tree).planDatabase, (*tree).hostedExchange,
	} {
		one, err := node(t)
		if err != nil {
			return Requirement{}, err
		}
		below = append(below, one)
	}
	return group("Namespace Initialization", below...), nil
}

// notApplicable is a node of what is hosted elsewhere: in the original its first
// execution failed as well, as its guide says.
func notApplicable(name, what string) func(*tree) (Requirement, error) {
	return func(*tree) (Requirement, error) {
		return verified(name, "not applicable: no "+what+" are hosted here"), nil
	}
}

// executed is the node of an initialiser.
func (t *tree) executed(name string) Requirement {
	r := Requirement{Name: name, State: NotInstalled, Next: runInit}
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Name == name })
	r.Procedure = &steps[i].Procedure
	return r
}

// told gives an initialiser's node what was found: how much there is, and what
// is missing.
func (t *tree) told(r Requirement, held int, missing []string, good string) Requirement {
	switch {
	case len(missing) == 0:
		r.State, r.Reason, r.Next = Verified, good, ""
	case held > 0:
		r.State, r.Reason = VerifyFailed, "missing: "+listed(missing)
	default:
		r.Reason = "it was not run"
	}
	if err := t.at.Failed[r.Name]; err != nil && r.State != Verified {
		r.State, r.Reason, r.Next = InstallFailed, err.Error(), "remove the cause, then run init again"
	}
	return r
}

// listed joins names, the first few of many.
func listed(names []string) string {
	const few = 8
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// wellKnown are the parts of the hosting organization that it names.
var wellKnown = []struct{ name, guid string }{
	{"the group Admins@", directory.WellKnownUserCreators},
	{"the group CSRAdmins@", directory.WellKnownChildOrgCreators},
	{"the group AllCustomers@", directory.WellKnownAllCustomers},
	{"the group AllUsers@", directory.WellKnownAllUsers},
	{"the organization's own mark", directory.WellKnownThisOrganizationRoot},
	{"the organization's type", directory.WellKnownOrgType},
}

func (t *tree) hosting() (Requirement, error) {
	r := t.executed(ADForHosting)
	if t.domain.Hosting.IsZero() {
		r.State, r.Reason = InputNeeded, "there is no hosting organization; its name is Hosting unless another is given"
		r.Next = "run init, with --hosting NAME for another name"
		if t.at.Failed[r.Name] != nil {
			r = t.told(r, 0, []string{"all"}, "")
		}
		return r, nil
	}
	exists, err := directory.In(t.tx).Exists(t.domain.Hosting)
	if err != nil {
		return r, err
	}
	if !exists {
		return t.told(r, 1, []string{t.domain.Hosting.String()}, ""), nil
	}
	org, err := directory.In(t.tx).Get(t.domain.Hosting)
	if err != nil {
		return r, err
	}
	var missing []string
	for _, part := range wellKnown {
		if _, err := directory.In(t.tx).WellKnown(org, part.guid); err != nil {
			missing = append(missing, part.name)
		}
	}
	types := t.domain.Hosting.Child("CN", "_Private").Child("CN", "WatOrgTypes")
	for _, name := range []string{organization.Hosting, organization.Reseller, organization.Customer} {
		if exists, err := directory.In(t.tx).Exists(types.Child("CN", name)); err != nil {
			return r, err
		} else if !exists {
			missing = append(missing, "the organization type "+name)
		}
	}
	return t.told(r, 1, missing, t.domain.Hosting.String()), nil
}

func (t *tree) security() (Requirement, error) {
	missing, held, err := hostedexchange.MissingSecurity(t.tx)
	return t.told(t.executed(NamespaceSecurity), held, missing, "groups and accounts of the services exist"), err
}

func (t *tree) planDatabase() (Requirement, error) {
	missing, err := plan.In(t.tx).Missing()
	return t.told(t.executed(PlanDatabase), missing.Held, missing.Terms, "the vocabularies and feature types exist"), err
}

func (t *tree) hostedExchange() (Requirement, error) {
	missing, err := plan.In(t.tx).Missing()
	if err != nil {
		return Requirement{}, err
	}
	plans, err := plan.In(t.tx).Plans(plan.PlanFilter{Status: plan.StatusEnabled})
	var names []string
	for _, p := range plans {
		names = append(names, p.Name)
	}
	return t.told(t.executed(HostedExchange), len(names), missing.Plans, "plans: "+listed(names)), err
}

func (t *tree) exchange() (Requirement, error) {
	made := t.executed(ExchangeOrganization)
	if t.domain.Exchange.IsZero() {
		return group("Microsoft Exchange", t.told(made, 0, []string{"all"}, "")), nil
	}
	servers, err := t.servers()
	if err != nil {
		return Requirement{}, err
	}
	running := verified("Exchange Servers", listed(servers))
	running.Procedure = &mpf.Target{Namespace: "Exchange System Manager", Procedure: "CreateServer"}
	if len(servers) == 0 {
		running.State, running.Reason = InputNeeded, "the Exchange organization has no server"
		running.Next = "run CreateServer, CreateMailStore and CreatePublicStore of the namespace Exchange System Manager"
	}
	return group("Microsoft Exchange",
		t.told(made, 1, nil, t.domain.Exchange.RDN().Value),
		running,
		verified("Delegate Exchange Administration", "members of MPSExchangeAccts act on behalf of the providers"),
		verified("Disable Domain RUS", "addresses are made by procedures only"),
		verified("Secure All Address Lists", "lists are read by their organizations only"),
		verified("Native Mode", "the Exchange organization knows no other"),
	), nil
}

// servers returns the names of the Exchange servers with the number of their
// stores.
func (t *tree) servers() ([]string, error) {
	root, err := directory.In(t.tx).Get(t.domain.Exchange)
	if err != nil {
		return nil, err
	}
	var names []string
	for o, err := range directory.In(t.tx).Descendants(root, "msExchExchangeServer") {
		if err != nil {
			return nil, err
		}
		mail, public := 0, 0
		for store, err := range directory.In(t.tx).Descendants(o, "msExchPrivateMDB", "msExchPublicMDB") {
			if err != nil {
				return nil, err
			}
			if store.Is("msExchPublicMDB") {
				public++
			} else {
				mail++
			}
		}
		names = append(names, fmt.Sprintf("%s (%d mailbox stores, %d public stores)", o.DN.RDN().Value, mail, public))
	}
	return names, nil
}

func (t *tree) services() (Requirement, error) {
	web := verified("MPSWS", t.at.Services)
	if t.at.Services == "" {
		web.State, web.Reason, web.Next = Unverified, "the gateway serves it; that cannot be seen from here", "run wsexchange check"
	}
	return group("Web Service", web), nil
}

// pools are the kinds of resources, as the Resource Manager Web Client names
// them.
var pools = []struct {
	name, missing string
	kind          resource.ResourceKind
	optional      bool
	procedure     mpf.Target
}{
	{"Business Mailstores", "no mailbox can be created", resource.MailStore, false, mpf.Target{Namespace: "Exchange Resource Manager", Procedure: "AddExchangeResources"}},
	{"Public Stores", "no public folder can be created", resource.PublicStore, false, mpf.Target{Namespace: "Exchange Resource Manager", Procedure: "AddExchangeResources"}},
	{"OAB Servers", "no offline address list can be created", resource.OABServer, false, mpf.Target{Namespace: "Exchange OAB Resource Manager", Procedure: "AddResources"}},
	{"Consumer Mailstores", "none, and H-Sphere needs none", resource.ConsumerStore, true, mpf.Target{Namespace: "Exchange Resource Manager Ex", Procedure: "AddExchangeResources"}},
	{"Front End Servers", "none, and H-Sphere needs none", resource.FrontEndServer, true, mpf.Target{Namespace: "Exchange Resource Manager Ex", Procedure: "AddExchangeResources"}},
}

func (t *tree) resources() (Requirement, error) {
	var below []Requirement
	for i := range pools {
		one, err := t.pool(i)
		if err != nil {
			return Requirement{}, err
		}
		below = append(below, one)
	}
	return group("Resources", below...), nil
}

func (t *tree) pool(i int) (Requirement, error) {
	p := &pools[i]
	r := Requirement{Name: p.name, State: InputNeeded, Reason: "none is registered: " + p.missing, Procedure: &p.procedure}
	r.Next = "run " + p.procedure.Procedure + " of the namespace " + p.procedure.Namespace
	found, err := resource.In(t.tx).Resources(p.kind)
	if err != nil {
		return r, err
	}
	var free, capacity int64
	shared := false
	for _, one := range found {
		free, capacity = free+one.Free(), capacity+one.Megabytes
		shared = shared || one.Shared && one.Provisionable
	}
	switch {
	case len(found) == 0 && p.optional:
		return verified(r.Name, p.missing), nil
	case len(found) == 0:
		return r, nil
	case p.kind == resource.MailStore && !shared:
		r.State, r.Reason = VerifyFailed, "no store with shared 1 takes new allocations: a sign-up of H-Sphere asks for one"
		r.Next = "run ModifyExchangeResources of the namespace Exchange Resource Manager with shared 1, or add another store"
		return r, nil
	}
	unit := "megabytes"
	if p.kind == resource.OABServer {
		unit = "lists"
	}
	r.State, r.Next, r.Reason = Verified, "", fmt.Sprintf("%d registered, %d of %d %s free", len(found), free, capacity, unit)
	if p.kind == resource.FrontEndServer {
		r.Reason = fmt.Sprintf("%d registered", len(found))
	}
	return r, nil
}

func (t *tree) reseller() (Requirement, error) {
	r := Requirement{
		Name: "Create a reseller organization", State: InputNeeded, Reason: "there is none",
		Next:      "run CreateResellerOrganization of the namespace Windows-based Hosting",
		Procedure: &mpf.Target{Namespace: "Windows-based Hosting", Procedure: "CreateResellerOrganization"},
	}
	settings := Requirement{Name: "Settings of H-Sphere", State: InputNeeded, Reason: "they name the reseller organization", Next: "create a reseller organization"}
	names, err := t.resellers()
	if err != nil {
		return r, err
	}
	if len(names) > 0 {
		var list []string
		for _, dn := range names {
			list = append(list, dn.String())
		}
		r.State, r.Reason, r.Next = Verified, listed(list), ""
		settings.State, settings.Reason, settings.Next, err = t.settings(names[0])
	}
	return group("Reseller", r, settings), err
}

// resellers returns the names of the reseller organizations directly below the
// hosting one.
func (t *tree) resellers() ([]ldappath.DN, error) {
	if exists, err := directory.In(t.tx).Exists(t.domain.Hosting); err != nil || !exists {
		return nil, err
	}
	hosting, err := directory.In(t.tx).Get(t.domain.Hosting)
	if err != nil {
		return nil, err
	}
	units, err := directory.In(t.tx).Children(hosting, "organizationalUnit")
	if err != nil {
		return nil, err
	}
	var names []ldappath.DN
	for _, unit := range units {
		is, err := organization.Is(t.tx, unit)
		if err != nil {
			return nil, err
		}
		if !is {
			continue
		}
		kind, err := organization.Type(t.tx, unit)
		if err != nil {
			return nil, err
		}
		if kind == organization.Reseller {
			names = append(names, unit.DN)
		}
	}
	return names, nil
}

// settings are what is typed into H-Sphere. Whether it was typed cannot be seen.
func (t *tree) settings(reseller ldappath.DN) (at State, reason, next string, err error) {
	controllers, err := directory.In(t.tx).Controllers()
	if err != nil || len(controllers) == 0 {
		return InputNeeded, "they name a domain controller", "name one in domain.controllers of the seed", err
	}
	services := t.at.Services
	if services == "" {
		services = "http://SERVER/MPSWS"
	}
	scheme, rest, _ := strings.Cut(services, "://")
	return Unverified,
		fmt.Sprintf(`URL %s://%s\LOGIN:PASSWORD@%s; Primary Domain Controller %s; LDAP %s`, scheme, t.domain.NetBIOS, rest, controllers[0], reseller),
		"type them in E.Manager, MS Exchange", nil
}
