package directory

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
	unit, err := d.Get(domain.DN.Child("OU", ControllersOU))
	if err != nil {
		return nil, err
	}
	computers, err := d.Children(unit, "computer")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range computers {
		name, err := d.Value(c, "dNSHostName")
		if err != nil {
			return nil, err
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}
