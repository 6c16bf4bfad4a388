package hostedexchange

import (
	"errors"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// own calls another procedure of this namespace.
func own(c *engine.Call, procedure string, args ...*xmldoc.Node) (*xmldoc.Node, error) {
	return withController(c, Name, procedure, args)
}

// directory calls a procedure on accounts, groups and organizations.
func runDirectory(c *engine.Call, procedure string, args ...*xmldoc.Node) (*xmldoc.Node, error) {
	return withController(c, activeDirectory, procedure, args)
}

// resource calls a procedure on room in stores.
func resourceManager(c *engine.Call, procedure string, args ...*xmldoc.Node) (*xmldoc.Node, error) {
	return withController(c, resources, procedure, args)
}

// provider calls a procedure on mail objects. Those take no domain controller.
func provider(c *engine.Call, procedure string, args ...*xmldoc.Node) (*xmldoc.Node, error) {
	return c.Execute(exchange, procedure, args...)
}

func withController(c *engine.Call, namespace, procedure string, args []*xmldoc.Node) (*xmldoc.Node, error) {
	return c.Execute(namespace, procedure, append(args, pass(c, controller.Name)...)...)
}

// pathTo makes an argument that is the path of an object.
func pathTo(name string, o *directory.Object) *xmldoc.Node {
	return xmldoc.TextElement(name, o.DN.ADsPath())
}

// openOrganization gives the organization at the path argument, which has to
// be its root.
func openOrganization(c *engine.Call) (*directory.Object, error) {
	o, err := c.Open(path.Name)
	if err != nil {
		return nil, err
	}
	is, err := organization.Is(c.Tx, o)
	if err != nil {
		return nil, err
	}
	if !is {
		return nil, mpf.NotAnOrganization.New(o.DN.ADsPath())
	}
	return o, nil
}

// openUser gives the user at the path argument and the organization that the
// user belongs to.
func openUser(c *engine.Call) (user, org *directory.Object, err error) {
	if user, err = c.Open(path.Name, "user"); err != nil {
		return nil, nil, err
	}
	org, err = organization.Of(c.Tx, user)
	return user, org, err
}

// defaultDomain gives the primary SMTP domain of an organization. One without
// is not enabled for Exchange.
func defaultDomain(c *engine.Call, org *directory.Object) (string, error) {
	d, err := c.Mail().PrimaryDomain(org)
	if errors.Is(err, state.ErrNotFound) {
		return "", mpf.NotExchangeEnabled.New(organization.Name(org))
	}
	return d.Name, err
}

// isCustomer tells whether an object has a record in the plan database.
// Accounts and organizations made without this namespace have none.
func isCustomer(c *engine.Call, o *directory.Object) (bool, error) {
	customer, err := c.Plans().Customer(o.GUID)
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	return err == nil && !sameName(customer.Status, plan.StatusDeleted), err
}

// note logs an event of a customer; objects without a record have no events.
func note(c *engine.Call, o *directory.Object, event string) error {
	is, err := isCustomer(c, o)
	if err != nil || !is {
		return err
	}
	_, err = own(c, "LogEventRecord_", pathTo("path", o), xmldoc.TextElement("eventTypeName", event))
	return err
}

// forget gives a customer's record the status Deleted.
func forget(c *engine.Call, o *directory.Object) error {
	is, err := isCustomer(c, o)
	if err != nil || !is {
		return err
	}
	_, err = own(c, "DeleteCustomerRecord_", pathTo("path", o))
	return err
}

// hasCode tells whether an error carries the code.
func hasCode(err error, code mpf.HRESULT) bool {
	var e *mpf.Error
	return errors.As(err, &e) && e.Code == code
}
