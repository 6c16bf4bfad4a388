package directory

import "wsexchange/mock/state"

// DefaultSite is the name of the site that a new domain has, with all of its
// controllers.
const DefaultSite = "Default-First-Site-Name"

// ControllersOU is the name of the OU below the domain that holds its
// controllers.
const ControllersOU = "Domain Controllers"

// Controllers returns the DNS names of the domain's controllers, in the order of
// their computers' names.
func (d Directory) Controllers() ([]string, error) {
	domain, err := d.Domain()
	if err != nil {
		return nil, err
	}
	unit := domain.DN.Child("OU", ControllersOU)
	above := d.lookup(unit)
	if above == nil {
		return nil, &state.NotFoundError{Kind: "name", Value: unit.String()}
	}
	var names []string
	for r := range d.childRows(above.id, "") {
		if name := r.first(attributeHost); r.class == classComputer && name != "" {
			names = append(names, name)
		}
	}
	return names, d.tx.Ready(false)
}

var (
	attributeHost    = mustNumber("dNSHostName")
	classComputer, _ = classNumber("computer")
)
