package store

// ControllersOU is the name of the OU below the domain that holds its
// controllers.
const ControllersOU = "Domain Controllers"

// Controllers gives the DNS names of the domain's controllers, in the order of
// their computers' names.
func (t *Tx) Controllers() ([]string, error) {
	domain, err := t.Domain()
	if err != nil {
		return nil, err
	}
	unit, err := t.Get(domain.DN.Child("OU", ControllersOU))
	if err != nil {
		return nil, err
	}
	computers, err := t.Children(unit, "computer")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range computers {
		name, err := t.Value(c, "dNSHostName")
		if err != nil {
			return nil, err
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}
