package windowsbasedhosting

import (
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
)

func userRows() []engine.Procedure {
	text := func(name string, aliases ...string) engine.Argument {
		return engine.Argument{Name: name, Type: engine.Text, Aliases: aliases}
	}
	return []engine.Procedure{
		{
			Name: "CreateUser", Summary: "Creates a user as a policy tells, with a password, and makes it an administrator of the organization if asked for.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "container", Fidelity: engine.Documented, Run: createUser,
			Arguments: []engine.Argument{
				{Name: "container", Type: engine.Path, Required: true},
				{Name: "userPrincipalName", Type: engine.Text, Required: true},
				controller,
				{Name: "isAdmin", Type: engine.Boolean},
				{Name: "newPassword", Type: engine.Secret},
				text("sAMAccountName"), text("policyName"), text("givenName", "giveName"), text("sn", "surname"), text("middleName"),
				text("initials"), text("displayName"), text("description"),
				{Name: "properties", Type: engine.Tree},
			},
		},
		{
			Name: "DeleteUser", Summary: "Deletes a user with the mailbox, gives back what the user held, and notes it in the plan database.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "path", Fidelity: engine.Documented, Run: deleteUser,
			Arguments: []engine.Argument{{Name: "path", Type: engine.Path, Required: true}, controller},
		},
	}
}

// createUser makes the account and enters it in the plan database. Without a
// password it stays disabled (F343).
func createUser(c *engine.Call) error {
	made, err := c.Execute(activeDirectory, "CreateUser", pass(c, "container", "userPrincipalName", "policyName", "sAMAccountName", "givenName", "sn",
		"middleName", "initials", "displayName", "description", "properties", controller.Name)...)
	if err != nil {
		return err
	}
	user := xmldoc.Child(made, "user")
	at, _ := xmldoc.Attr(user, "path")
	dc, err := controllerNode(c)
	if err != nil {
		return err
	}
	steps := []step{{plans, "CreateCustomerRecord_", []*xmldoc.Node{xmldoc.TextElement("path", at), xmldoc.TextElement("customerTypeName", "BusinessUser")}}}
	if !c.Secret("newPassword").IsZero() {
		account := xmldoc.TextElement("user", at)
		steps = append(steps,
			step{activeDirectory, "SetUserPassword", append(pass(c, "newPassword"), xmldoc.Clone(account), xmldoc.Clone(dc))},
			step{activeDirectory, "EnableUser", []*xmldoc.Node{account, xmldoc.Clone(dc)}})
	}
	if c.Boolean("isAdmin") {
		steps = append(steps, step{plans, "MakeUserAdmin", append(pass(c, "isAdmin"), xmldoc.TextElement("path", at), dc)})
	}
	for _, s := range steps {
		if _, err := c.Execute(s.namespace, s.procedure, s.arguments...); err != nil {
			return err
		}
	}
	c.Output(xmldoc.Clone(user))
	return nil
}

// step is a call of another procedure.
type step struct {
	namespace, procedure string
	arguments            []*xmldoc.Node
}

func deleteUser(c *engine.Call) error {
	dc, err := controllerNode(c)
	if err != nil {
		return err
	}
	_, err = c.Execute(plans, "DeleteBusinessUser", append(pass(c, "path"), dc)...)
	return err
}

// controllerNode is the caller's domain controller, or the first one, for
// procedures that ask for one.
func controllerNode(c *engine.Call) (*xmldoc.Node, error) {
	name := c.Text(controller.Name)
	if name == "" {
		var err error
		if name, err = c.ControllerName(""); err != nil {
			return nil, err
		}
	}
	return xmldoc.TextElement(controller.Name, name), nil
}
