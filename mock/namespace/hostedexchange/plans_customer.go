package hostedexchange

import (
	"errors"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// customerRows are the private procedures on customers: organizations and
// users by the path of their object.
func customerRows() []engine.Procedure {
	text := func(name string) engine.Argument {
		return engine.Argument{Name: name, Type: engine.Text, Required: true, Max: 255}
	}
	assetType := engine.Argument{Name: "assetTypeName", Type: engine.Text, Max: 20}
	return []engine.Procedure{
		private(engine.Write, "CreateCustomerRecord_", "Makes the object at path a customer of a type, a user in the nearest organization above that is one, and notes Created.", createCustomerRecord,
			customerPath, text("customerTypeName"), anyController),
		private(engine.Write, "DeleteCustomerRecord_", "Gives the customer at path and its assets the status Deleted, takes its plans, and notes Deleted.", deleteCustomerRecord,
			customerPath, anyController),
		private(engine.Write, "SetCustomerStatus_", "Changes the status of the customer at path and notes the event of that name.", setCustomerStatus,
			customerPath, required(statusName), anyController),
		private(engine.Write, "LogEventRecord_", "Notes an event of the customer at path.", logEventRecord,
			customerPath, text("eventTypeName"), anyController),
		private(engine.Write, "SetCustomerPlanRecord_", "Gives the customer at path a plan in place of the one of that type, and notes PlanChange.", setCustomerPlanRecord,
			customerPath, planName, anyController),
		private(engine.Read, "GetCustomerPlanRecord_", "Tells the plan of the customer at path: planName, empty if none.", getCustomerPlanRecord,
			customerPath, planTypeName, anyController),
		private(engine.Write, "SetCustomerAssetRecord_", "Gives the customer at path an asset, or changes type and status of it (Enabled unless given).", setCustomerAssetRecord,
			customerPath, required(assetType), text("assetValue"), statusName, anyController),
		private(engine.Read, "GetCustomerAssetsRecord_", "Lists the assets of the customer at path, of a type if given, with status Enabled unless given.", getCustomerAssetsRecord,
			customerPath, assetType, statusName, anyController),
	}
}

// customerAt gives the customer that the object at path is.
func customerAt(c *engine.Call) (*plan.Customer, error) {
	o, err := c.Open("path")
	if err != nil {
		return nil, err
	}
	customer, err := c.Plans().Customer(o.GUID)
	if err != nil {
		return nil, planFault(err)
	}
	if sameName(customer.Status, plan.StatusDeleted) {
		return nil, mpf.CustomerUnknown.New()
	}
	return customer, nil
}

// customerOrganization gives the organization that an object is or lies in:
// the nearest above that is a customer without an organization of its own.
func customerOrganization(c *engine.Call, o *directory.Object) (*plan.Customer, error) {
	for {
		customer, err := c.Plans().Customer(o.GUID)
		switch {
		case err == nil && customer.Organization == (directory.GUID{}) && !userType(customer.Type):
			return customer, nil
		case err != nil && !errors.Is(err, state.ErrNotFound):
			return nil, err
		}
		o, err = c.Directory().Parent(o)
		if errors.Is(err, state.ErrNotFound) {
			return nil, mpf.CustomerUnknown.New()
		}
		if err != nil {
			return nil, err
		}
	}
}

// userType tells whether customers of a type belong to an organization.
func userType(name string) bool {
	return sameName(name, "BusinessUser") || sameName(name, "ConsumerUser")
}

func createCustomerRecord(c *engine.Call) error {
	o, err := c.Open("path")
	if err != nil {
		return err
	}
	customer := plan.Customer{GUID: o.GUID, Name: o.DN.RDN().Value, Type: c.Text("customerTypeName")}
	if userType(customer.Type) {
		owner, err := customerOrganization(c, o)
		if err != nil {
			return err
		}
		customer.Organization = owner.GUID
	}
	if _, err := c.Plans().CreateCustomer(customer); err != nil {
		if errors.Is(err, state.ErrConflict) {
			return mpf.CustomerExists.New(o.DN.ADsPath())
		}
		return planFault(err)
	}
	return planFault(c.Plans().LogEvent(o.GUID, "Created"))
}

func deleteCustomerRecord(c *engine.Call) error {
	customer, err := customerAt(c)
	if err != nil {
		return err
	}
	if err := c.Plans().LogEvent(customer.GUID, plan.StatusDeleted); err != nil {
		return planFault(err)
	}
	return planFault(c.Plans().DeleteCustomer(customer.GUID))
}

func setCustomerStatus(c *engine.Call) error {
	customer, err := customerAt(c)
	if err != nil {
		return err
	}
	if err := c.Plans().SetCustomerStatus(customer.GUID, c.Text("statusTypeName")); err != nil {
		return planFault(err)
	}
	return planFault(c.Plans().LogEvent(customer.GUID, c.Text("statusTypeName")))
}

func logEventRecord(c *engine.Call) error {
	customer, err := customerAt(c)
	if err != nil {
		return err
	}
	return planFault(c.Plans().LogEvent(customer.GUID, c.Text("eventTypeName")))
}

func setCustomerPlanRecord(c *engine.Call) error {
	customer, err := customerAt(c)
	if err != nil {
		return err
	}
	if err := c.Plans().AssignPlan(customer.GUID, c.Text("planName")); err != nil {
		return planFault(err)
	}
	return planFault(c.Plans().LogEvent(customer.GUID, "PlanChange"))
}

func getCustomerPlanRecord(c *engine.Call) error {
	customer, err := customerAt(c)
	if err != nil {
		return err
	}
	kind := c.Text("planTypeName")
	if kind == "" {
		kind = mailboxPlan
	}
	name, err := c.Plans().AssignedPlan(customer.GUID, kind)
	if err != nil {
		return planFault(err)
	}
	c.OutputText("planName", name)
	return nil
}

func setCustomerAssetRecord(c *engine.Call) error {
	customer, err := customerAt(c)
	if err != nil {
		return err
	}
	asset := plan.Asset{Type: c.Text("assetTypeName"), Value: c.Text("assetValue"), Status: c.Text("statusTypeName")}
	if err := c.Plans().SetAsset(customer.GUID, asset); err != nil {
		return planFault(err)
	}
	event := "AssetAdded"
	if sameName(asset.Status, plan.StatusDeleted) {
		event = "AssetDeleted"
	}
	return planFault(c.Plans().LogEvent(customer.GUID, event))
}

func getCustomerAssetsRecord(c *engine.Call) error {
	customer, err := customerAt(c)
	if err != nil {
		return err
	}
	status := c.Text("statusTypeName")
	if status == "" {
		status = plan.StatusEnabled
	}
	assets, err := c.Plans().Assets(customer.GUID, c.Text("assetTypeName"), status)
	if err != nil {
		return planFault(err)
	}
	list := xmldoc.Element("assets")
	for _, a := range assets {
		xmldoc.Append(list, xmldoc.Element("asset",
			xmldoc.TextElement("assetTypeName", a.Type),
			xmldoc.TextElement("assetValue", a.Value),
			xmldoc.TextElement("assetStatus", a.Status)))
	}
	c.Output(list)
	return nil
}
