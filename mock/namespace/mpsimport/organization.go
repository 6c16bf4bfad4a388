package mpsimport

import (
	"errors"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// importOrganization does all that makes an OU a customer. Without an SMTP domain
// and stores it is not enabled for Exchange.
func importOrganization(c *engine.Call) error {
	if err := enableOrganization(c); err != nil {
		return err
	}
	if _, err := call(c, Name, "EnableCustomerForPlans", pass(c, "path")...); err != nil {
		return err
	}
	if c.Text("SMTPDomain") != "" || c.Has("mailStore") || c.Has("publicStore") || c.Has("sourceMailStores") {
		_, err := call(c, hostedExchange, "ExchangeEnableOrganization",
			pass(c, "path", "SMTPDomain", "mailStore", "sourceMailStores", "publicStore", "createAddressLists", "createSMTPDomain")...)
		if err != nil {
			return err
		}
	}
	if !c.Has("availablePlans") {
		return nil
	}
	_, err := call(c, hostedExchange, "AddAvailablePlans", pass(c, "path", "availablePlans")...)
	return err
}

// above is the type of the organization above one of a policy.
var above = map[string]string{"reseller": organization.Hosting, "customer": organization.Reseller}

// enableOrganization completes an OU, which has to be at its policy's level.
func enableOrganization(c *engine.Call) error {
	org, err := c.Open("path", "organizationalUnit")
	if err != nil {
		return err
	}
	name := policy(c)
	if err := atLevel(c, org, name); err != nil {
		return err
	}
	answer, err := call(c, activeDirectory, "CompleteOrganization_", pathTo("org", org), text("policyName", name))
	if err != nil {
		return err
	}
	var made *xmldoc.Node
	for made = range xmldoc.Children(answer, "org") { // the last one: the first is the argument
	}
	c.Output(xmldoc.Clone(made))
	return nil
}

// policy returns the policy of an organization, that of a customer unless one is
// given.
func policy(c *engine.Call) string {
	for _, name := range []string{"reseller", "default"} {
		if sameName(c.Text("policyName"), name) {
			return name
		}
	}
	return "customer"
}

// atLevel refuses an OU that is not below an organization of the right type: a
// reseller below the hosting OU, a customer below a reseller, a department below
// any.
func atLevel(c *engine.Call, org *directory.Object, policy string) error {
	parent, err := c.Directory().Parent(org)
	if errors.Is(err, state.ErrNotFound) {
		return mpf.PolicyMisfit.New(policy, org.DN.ADsPath(), "none")
	}
	if err != nil {
		return err
	}
	owner, err := organization.Above(c.Tx, parent)
	if err != nil {
		return err
	}
	kind := "none"
	if owner != nil {
		if kind, err = organization.Type(c.Tx, owner); err != nil {
			return err
		}
	}
	if want, ok := above[policy]; owner == nil || ok && kind != want {
		return mpf.PolicyMisfit.New(policy, parent.DN.ADsPath(), kind)
	}
	return nil
}

// enableCustomer enters the object in the plan database unless it is there.
func enableCustomer(c *engine.Call) error {
	o, err := c.Open("path", "organizationalUnit", "user")
	if err != nil {
		return err
	}
	held, err := c.Plans().Customer(o.GUID)
	if err == nil && !sameName(held.Status, "Deleted") {
		return nil
	}
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	kind, err := customerType(c, o)
	if err != nil {
		return err
	}
	_, err = call(c, hostedExchange, "CreateCustomerRecord_", pathTo("path", o), text("customerTypeName", kind))
	return err
}

// customerType is the type asked for, else that which follows from what the object
// is. Consumers cannot be recognised.
func customerType(c *engine.Call, o *directory.Object) (string, error) {
	asked := c.Text("customerTypeName")
	isUser := o.Is("user")
	if asked != "" {
		if isUser != (sameName(asked, businessUser) || sameName(asked, consumerUser)) {
			return "", mpf.ArgumentInvalid.New("customerTypeName", "it is not a type of a "+o.Class)
		}
		return asked, nil
	}
	if isUser {
		return businessUser, nil
	}
	is, err := organization.Is(c.Tx, o)
	if err != nil {
		return "", err
	}
	if !is {
		return "", mpf.NotAnOrganization.New(o.DN.ADsPath())
	}
	kind, err := organization.Type(c.Tx, o)
	if kind == organization.Reseller {
		return resellerOrganization, err
	}
	return businessOrganization, err
}
