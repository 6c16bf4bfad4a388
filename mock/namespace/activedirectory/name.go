package activedirectory

import (
	"errors"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// nameFormat is a row: a form of names, of EXTENDED_NAME_FORMAT.
type nameFormat struct {
	name   string
	number int
	// find returns the objects of a name in this form.
	find func(d directory.Directory, domain directory.Domain, name string) ([]*directory.Object, error)
	// write returns the name of an object in this form, "" if it has none.
	write func(d directory.Directory, domain directory.Domain, o *directory.Object) (string, error)
}

// nameFormats is in the order in which a name of unknown form is tried.
var nameFormats = []nameFormat{
	{"NameFullyQualifiedDN", 1, findDN, func(_ directory.Directory, _ directory.Domain, o *directory.Object) (string, error) {
		return o.DN.String(), nil
	}},
	{"NameSamCompatible", 2, findSAM, func(d directory.Directory, domain directory.Domain, o *directory.Object) (string, error) {
		return qualified(d, domain.NetBIOS, o)
	}},
	{"NameUserPrincipal", 8, findUPN, attributeOf("userPrincipalName")},
	{"NameUniqueId", 6, findGUID, func(_ directory.Directory, _ directory.Domain, o *directory.Object) (string, error) {
		return o.GUID.String(), nil
	}},
	{"NameCanonical", 7, findCanonical("/"), canonical("/")},
	{"NameCanonicalEx", 9, findCanonical("\n"), canonical("\n")},
	{"NameServicePrincipal", 10, findValue("servicePrincipalName"), attributeOf("servicePrincipalName")},
	{"NameDnsDomain", 12, findDNSDomain, func(d directory.Directory, domain directory.Domain, o *directory.Object) (string, error) {
		return qualified(d, domain.Name, o)
	}},
	{"NameDisplay", 3, findValue("displayName"), attributeOf("displayName")},
}

const unknownFormat = "NameUnknown" // number 0

// formatOf finds a form by its name or number, nil for the unknown form.
func formatOf(text string) (*nameFormat, error) {
	number, err := strconv.Atoi(text)
	for i := range nameFormats {
		f := &nameFormats[i]
		if strings.EqualFold(f.name, text) || err == nil && f.number == number {
			return f, nil
		}
	}
	if text == "" || strings.EqualFold(text, unknownFormat) || err == nil && number == 0 {
		return nil, nil
	}
	return nil, mpf.EvaluateEnum.New(text, "EXTENDED_NAME_FORMAT")
}

func translateName(c *engine.Call) error {
	from, err := formatOf(c.Text("inputFormat"))
	if err != nil {
		return err
	}
	to, err := formatOf(c.Text("outputFormat"))
	if err != nil {
		return err
	}
	if to == nil {
		return mpf.EvaluateEnum.New(c.Text("outputFormat"), "of formats of an answer")
	}
	domain, err := c.Directory().Domain()
	if err != nil {
		return err
	}
	o := c.Identity().Object
	if name := c.Text("inputName"); name != "" {
		if o, err = named(c, domain, from, name); err != nil {
			return err
		}
	}
	if o == nil {
		return mpf.AccountUnmapped.New(c.Text("inputName"))
	}
	written, err := to.write(c.Directory(), domain, o)
	if err != nil {
		return err
	}
	if written == "" {
		return mpf.AccountUnmapped.New(c.Text("inputName"))
	}
	c.OutputText("outputName", written)
	return nil
}

// named finds the one object of a name that the caller may see, nil if there is
// none or more than one.
func named(c *engine.Call, domain directory.Domain, from *nameFormat, name string) (*directory.Object, error) {
	for i := range nameFormats {
		if from != nil && from.number != nameFormats[i].number {
			continue
		}
		found, err := nameFormats[i].find(c.Directory(), domain, name)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return nil, err
		}
		var seen []*directory.Object
		for _, o := range found {
			sees, err := c.Sees(o.DN)
			if err != nil {
				return nil, err
			}
			if sees && c.InBase(o.DN) {
				seen = append(seen, o)
			}
		}
		if len(seen) == 1 {
			return seen[0], nil
		}
	}
	return nil, nil
}

// one makes a list of what a look-up found.
func one(o *directory.Object, err error) ([]*directory.Object, error) {
	if err != nil {
		return nil, err
	}
	return []*directory.Object{o}, nil
}

func findDN(d directory.Directory, _ directory.Domain, name string) ([]*directory.Object, error) {
	dn, err := ldappath.ParseDN(name)
	if err != nil {
		return nil, nil
	}
	return one(d.Get(dn))
}

func findSAM(d directory.Directory, domain directory.Domain, name string) ([]*directory.Object, error) {
	return accountIn(d, domain.NetBIOS, name)
}

func findDNSDomain(d directory.Directory, domain directory.Domain, name string) ([]*directory.Object, error) {
	return accountIn(d, domain.Name, name)
}

// accountIn finds the account of a name with the domain's before it.
func accountIn(d directory.Directory, domain, name string) ([]*directory.Object, error) {
	of, account, ok := strings.Cut(name, `\`)
	if !ok || !strings.EqualFold(of, domain) {
		return nil, nil
	}
	return one(d.BySAM(account))
}

func findUPN(d directory.Directory, _ directory.Domain, name string) ([]*directory.Object, error) {
	return one(d.ByUPN(name))
}

func findGUID(d directory.Directory, _ directory.Domain, name string) ([]*directory.Object, error) {
	guid, err := directory.ParseGUID(name)
	if err != nil {
		return nil, nil
	}
	return one(d.ByGUID(guid))
}

// mostOfOneName bounds the objects that are looked at for a name that need not be
// unique.
const mostOfOneName = 100

// findValue returns the function that finds objects by a value of an attribute.
func findValue(attribute string) func(directory.Directory, directory.Domain, string) ([]*directory.Object, error) {
	return func(d directory.Directory, domain directory.Domain, name string) ([]*directory.Object, error) {
		filter, err := directory.ParseFilter("(" + attribute + "=" + ldap.EscapeFilter(name) + ")")
		if err != nil {
			return nil, nil
		}
		found, _, err := d.Search(directory.Query{Base: domain.DN, Scope: directory.ScopeSubtree, Filter: filter, Limit: mostOfOneName})
		return found, err
	}
}

// deepestCanonical bounds the parts of a canonical name.
const deepestCanonical = 64

// findCanonical returns the function that walks down a canonical name, whose last
// part follows the given separator.
func findCanonical(last string) func(directory.Directory, directory.Domain, string) ([]*directory.Object, error) {
	return func(d directory.Directory, domain directory.Domain, name string) ([]*directory.Object, error) {
		name = strings.ReplaceAll(name, "\r\n", "\n")
		if last != "/" {
			if strings.Count(name, last) != 1 {
				return nil, nil
			}
			name = strings.Replace(name, last, "/", 1)
		}
		parts := strings.Split(strings.TrimSuffix(name, "/"), "/")
		if !strings.EqualFold(parts[0], domain.Name) || len(parts) > deepestCanonical {
			return nil, nil
		}
		at, err := one(d.Get(domain.DN))
		for _, part := range parts[1:] {
			if err != nil || len(at) != 1 {
				return nil, err
			}
			at, err = childrenNamed(d, at[0], part)
		}
		return at, err
	}
}

func childrenNamed(d directory.Directory, parent *directory.Object, name string) ([]*directory.Object, error) {
	filter, err := directory.ParseFilter("(name=" + ldap.EscapeFilter(name) + ")")
	if err != nil {
		return nil, nil
	}
	found, _, err := d.Search(directory.Query{Base: parent.DN, Scope: directory.ScopeOne, Filter: filter, Limit: 2})
	return found, err
}

// canonical returns the function that writes canonical names.
func canonical(last string) func(directory.Directory, directory.Domain, *directory.Object) (string, error) {
	return func(_ directory.Directory, domain directory.Domain, o *directory.Object) (string, error) {
		name := domain.Name
		for i := o.DN.Len() - domain.DN.Len() - 1; i >= 0; i-- {
			separator := "/"
			if i == 0 {
				separator = last
			}
			name += separator + o.DN.At(i).Value
		}
		if name == domain.Name {
			name += last
		}
		return name, nil
	}
}

// attributeOf returns the function that writes an attribute.
func attributeOf(attribute string) func(directory.Directory, directory.Domain, *directory.Object) (string, error) {
	return func(d directory.Directory, _ directory.Domain, o *directory.Object) (string, error) {
		return d.Value(o, attribute)
	}
}

// qualified writes the account name of an object with a domain's before it.
func qualified(d directory.Directory, domain string, o *directory.Object) (string, error) {
	account, err := d.Value(o, "sAMAccountName")
	if err != nil || account == "" {
		return "", err
	}
	return domain + `\` + account, nil
}
