package managedactivedirectory

import "wsexchange/mock/engine"

func createContact(c *engine.Call) error {
	container, err := c.Open("container")
	if err != nil {
		return err
	}
	contact, err := newObject(c, container, "contact", c.Text("name"), properties(c))
	if err != nil {
		return err
	}
	c.OutputText("path", contact.DN.ADsPath())
	return nil
}

func modifyContact(c *engine.Call) error {
	contact, err := c.Open("contact", "contact")
	if err != nil {
		return err
	}
	return modify(c, contact, properties(c))
}
