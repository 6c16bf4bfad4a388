package drift

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// directory asks an engine what there is.
type directory struct {
	caller
	engine mpf.Submitter
}

// ask submits a call that reads, and returns the data of the answer. What the
// procedure refuses is an *mpf.Error.
func (d *directory) ask(ctx context.Context, c Call) (*xmldoc.Node, error) {
	response, err := d.engine.Submit(ctx, c.Request())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Target, err)
	}
	if response.Err != nil {
		return nil, fmt.Errorf("%s: %w", c.Target, response.Err)
	}
	return response.Data, nil
}

// noSuchObject reports whether an engine says that the object of a path is not
// there.
func noSuchObject(err error) bool {
	var refused *mpf.Error
	return errors.As(err, &refused) && refused.Code == mpf.NoSuchObject
}

// observed is what there is of an organization.
type observed struct {
	name        string
	dn          ldappath.DN
	description string
	listed      bool // has address lists
	domains     map[string]observedDomain
	plans       map[string]string // names by folded name
	mail        int64             // megabytes
	public      int64
	folder      *int64 // megabytes, nil = there is none
	users       map[string]*object
	contacts    map[string]*object
	lists       map[string]*object
	addresses   map[string]string // keys of recipients by address, folded
}

type observedDomain struct{ name, kind string }

// globalList is the name under which an organization knows its global address
// list, among its otherWellKnownObjects.
const globalList = "89FB25B7DF784FC198A493E2E8A0EE7E"

// wellKnown reads a value of otherWellKnownObjects: B:32:GUID:DN.
func wellKnown(value string) (guid string, dn ldappath.DN) {
	const fields = 4
	parts := strings.SplitN(value, ":", fields)
	if len(parts) != fields {
		return "", ldappath.DN{}
	}
	dn, err := ldappath.ParseDN(parts[3])
	if err != nil {
		return "", ldappath.DN{}
	}
	return strings.ToUpper(parts[2]), dn
}

// objectAttributes are what is read of objects, beside what plans set.
var objectAttributes = []string{
	"objectClass", "description", "otherWellKnownObjects", "userPrincipalName", "sAMAccountName", "displayName", "givenName", "middleName", "sn",
	"initials", "physicalDeliveryOfficeName", "telephoneNumber", "street", "postOfficeBox", "l", "st", "c", "userAccountControl", "memberOf",
	"altRecipient", "deliverAndRedirect", "proxyAddresses", "homeMDB", "mDBOverQuotaLimit", "protocolSettings", "targetAddress", "managedBy", "member",
}

// everything matches all that is compared.
const everything = "(|(objectClass=organizationalUnit)(objectClass=user)(objectClass=contact)(objectClass=group))"

// read returns what there is of an organization, nil if it is not there.
func (d *directory) read(ctx context.Context, dn ldappath.DN, further []string) (*observed, error) {
	o := empty(dn)
	protected := map[string]bool{}
	var groups []*object
	err := d.search(ctx, dn, everything, append(further, objectAttributes...), func(found *object) {
		switch {
		case found.dn.Equal(dn):
			o.take(found, protected)
		case found.is("user"):
			o.users[found.dn.Key()] = found
		case found.is("contact"):
			o.contacts[found.dn.Key()] = found
		case found.is("group"):
			groups = append(groups, found)
		}
		o.hold(found)
	})
	if noSuchObject(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if !protected[g.dn.Key()] && !o.own(g.dn) {
			o.lists[g.dn.Key()] = g
		}
	}
	for _, more := range []func(context.Context, *observed) error{d.readDomains, d.readPlans, d.readResources, d.readFolder} {
		if err := more(ctx, o); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func empty(dn ldappath.DN) *observed {
	return &observed{
		name: dn.RDN().Value, dn: dn, domains: map[string]observedDomain{}, plans: map[string]string{}, users: map[string]*object{},
		contacts: map[string]*object{}, lists: map[string]*object{}, addresses: map[string]string{},
	}
}

// take reads the organization's own object; protected gets the objects that it
// rests on.
func (o *observed) take(unit *object, protected map[string]bool) {
	o.description = unit.first("description")
	for _, value := range unit.attributes["otherwellknownobjects"] {
		guid, dn := wellKnown(value)
		protected[dn.Key()] = true
		o.listed = o.listed || guid == globalList
	}
}

// own reports whether a group is one that organizations are made with.
func (o *observed) own(group ldappath.DN) bool {
	return group.Equal(o.admins()) || group.Under(o.private())
}

func (o *observed) admins() ldappath.DN { return o.dn.Child("CN", "Admins@"+o.name) }

func (o *observed) private() ldappath.DN { return o.dn.Child("CN", "_Private") }

// hold notes who has which address.
func (o *observed) hold(recipient *object) {
	for _, address := range smtp(recipient) {
		o.addresses[ldappath.Fold(address.text)] = recipient.dn.Key()
	}
}

// address is an SMTP address of a recipient.
type address struct {
	text    string
	primary bool
}

// smtp are the SMTP addresses of a recipient; the prefix of the primary one is in
// capitals.
func smtp(recipient *object) []address {
	var all []address
	for _, value := range recipient.attributes["proxyaddresses"] {
		prefix, rest, ok := strings.Cut(value, ":")
		if ok && strings.EqualFold(prefix, "smtp") {
			all = append(all, address{rest, prefix == "SMTP"})
		}
	}
	return all
}

func (d *directory) readDomains(ctx context.Context, o *observed) error {
	answer, err := d.ask(ctx, d.call(hostedExchange, "GetOrganizationDomains", path("path", o.dn)))
	if err != nil {
		return err
	}
	for n := range xmldoc.Children(xmldoc.Child(answer, "SMTPDomains"), "SMTPDomain") {
		name, _ := xmldoc.ChildText(n, "domainName")
		kind, _ := xmldoc.ChildText(n, "domainTypeName")
		o.domains[ldappath.Fold(name)] = observedDomain{name, kind}
	}
	return nil
}

func (d *directory) readPlans(ctx context.Context, o *observed) error {
	answer, err := d.ask(ctx, d.call(hostedExchange, "GetAvailablePlans", path("path", o.dn)))
	if err != nil {
		return err
	}
	for n := range xmldoc.Children(xmldoc.Child(answer, "servicePlans"), "plan") {
		if name, _ := xmldoc.ChildText(n, "planName"); name != "" {
			o.plans[ldappath.Fold(name)] = name
		}
	}
	return nil
}

// readResources sums up the organization's shares. Where there are several mail
// stores they are listed below mailStores, and the first again by itself.
func (d *directory) readResources(ctx context.Context, o *observed) error {
	answer, err := d.ask(ctx, d.call(resourceManager, "QueryResourcesByOrganization", path("organization", o.dn)))
	if err != nil {
		return err
	}
	resources := xmldoc.Child(answer, "orgResources")
	list := xmldoc.Child(resources, "mailStores")
	if list == nil {
		list = resources
	}
	if o.mail, err = sum(list, "mailStore"); err != nil {
		return err
	}
	o.public, err = sum(resources, "publicStore")
	return err
}

func sum(in *xmldoc.Node, name string) (total int64, err error) {
	for n := range xmldoc.Children(in, name) {
		text, _ := xmldoc.ChildText(n, "megabytes")
		if text == "" {
			continue
		}
		size, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%w: %s/megabytes is not a number", mpf.ErrProtocol, name)
		}
		total += size
	}
	return total, nil
}

// readFolder looks for the organization's top folder among the consumers. One
// that is not there is listed too, without a GUID or with an empty one.
func (d *directory) readFolder(ctx context.Context, o *observed) error {
	answer, err := d.ask(ctx, d.call(resourceManager, "QueryConsumersByOrganization", path("organization", o.dn)))
	if err != nil {
		return err
	}
	for n := range xmldoc.Children(xmldoc.Child(answer, "publicFolders"), "publicFolder") {
		guid, _ := xmldoc.ChildText(n, "GUID")
		at, _ := xmldoc.ChildText(n, "folderPath")
		if strings.Trim(guid, "{}0- ") == "" || !strings.EqualFold(at, o.folderPath()) {
			continue
		}
		text, _ := xmldoc.ChildText(n, "megabytes")
		size, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return fmt.Errorf("%w: publicFolder/megabytes is not a number", mpf.ErrProtocol)
		}
		o.folder = &size
	}
	return nil
}

// folderPath is the path of the organization's public folder.
func (o *observed) folderPath() string { return "/" + o.name }
