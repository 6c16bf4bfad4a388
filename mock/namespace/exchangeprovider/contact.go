package exchangeprovider

import (
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// openNamed gives the container at path and the object cn in it.
func openNamed(c *engine.Call, class string) (container, o *directory.Object, err error) {
	if container, err = c.Open("path"); err != nil {
		return nil, nil, err
	}
	o, err = c.OpenDN(container.DN.Child("CN", c.Text("cn")), class)
	return container, o, err
}

// enableNamed mail-enables the object cn in the container path under the
// address proxyAddress and stamps it.
func enableNamed(c *engine.Call, class string) (*directory.Object, error) {
	container, o, err := openNamed(c, class)
	if err != nil {
		return nil, err
	}
	enabled, err := isMailEnabled(c, o)
	if err != nil {
		return nil, err
	}
	if enabled {
		return nil, mpf.MailEnabledAlready.New(o.DN.ADsPath())
	}
	address, err := bare(c.Text("proxyAddress"))
	if err != nil {
		return nil, err
	}
	if err := enable(c, o, "", []string{address}); err != nil {
		return nil, err
	}
	return o, stamp(c, o, container)
}

// disableNamed undoes enableNamed.
func disableNamed(c *engine.Call, class string) error {
	container, o, err := openNamed(c, class)
	if err != nil {
		return err
	}
	enabled, err := isMailEnabled(c, o)
	if err != nil {
		return err
	}
	if !enabled {
		return mpf.MailEnabledNot.New(o.DN.ADsPath())
	}
	if err := unstamp(c, o, container); err != nil {
		return err
	}
	return disable(c, o, mailAttributes)
}

func mailEnableContact(c *engine.Call) error {
	target, err := bare(c.Text("targetAddress"))
	if err != nil {
		return err
	}
	contact, err := enableNamed(c, "contact")
	if err != nil {
		return err
	}
	return c.Directory().SetAll(contact, directory.Attributes{}.With("targetAddress", strings.ToUpper(smtpPrefix)+target).With("mAPIRecipient", "FALSE"))
}

func mailDisableContact(c *engine.Call) error { return disableNamed(c, "contact") }

func mailEnableGroup(c *engine.Call) error {
	group, err := enableNamed(c, "group")
	if err != nil {
		return err
	}
	return c.Directory().Set(group, "reportToOriginator", "TRUE")
}

func mailDisableGroup(c *engine.Call) error { return disableNamed(c, "group") }
