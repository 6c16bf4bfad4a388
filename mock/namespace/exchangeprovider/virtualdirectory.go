package exchangeprovider

import (
	"errors"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// defaultFolderPath is the folder of a virtual directory for mailboxes.
const defaultFolderPath = "MBX"

// sslRequired is the access flag that refuses connections without SSL,
// MD_ACCESS_SSL of the metabase.
const sslRequired = "8"

func createVirtualDirectory(c *engine.Call) error {
	folder := c.Text("folderPath")
	if folder == "" {
		folder = defaultFolderPath
	}
	mailboxes := strings.EqualFold(folder, defaultFolderPath)
	domain := strings.TrimSuffix(c.Text("SMTPDomain"), ".")
	switch {
	case mailboxes && domain == "":
		return mpf.ArgumentMissing.New("SMTPDomain")
	case domain != "" && !domainName(domain):
		return mpf.DomainInvalid.New(domain)
	case strings.Contains(c.Text("name"), "."):
		return mpf.ArgumentInvalid.New("name", "a dot is not allowed in it")
	}
	instance, err := httpInstance(c)
	if err != nil {
		return err
	}
	set := directory.Attributes{}.With("folderPathname", folder).With("msExchLogonMethod", "3")
	if domain != "" {
		set = set.With("msExchDefaultDomain", domain)
	}
	if c.Boolean("sslEnable") {
		set = set.With("msExchAccessSSLFlags", sslRequired)
	}
	_, err = c.Directory().Create(instance.DN.Child("CN", c.Text("name")), "msExchProtocolCfgHTTPVirtualDirectory", set)
	return err
}

// httpInstance gives the HTTP virtual server of a server that serverInstance
// names.
func httpInstance(c *engine.Call) (*directory.Object, error) {
	server, err := openServer(c, c.Text("server"))
	if err != nil {
		return nil, err
	}
	if err := c.TestWhole(server.DN); err != nil {
		return nil, err
	}
	http := server.DN.Child("CN", "Protocols").Child("CN", "HTTP")
	return c.OpenDN(http.Child("CN", c.Text("serverInstance")), "protocolCfgHTTPServer")
}

func deleteVirtualDirectory(c *engine.Call) error {
	instance, err := httpInstance(c)
	if err != nil {
		return err
	}
	o, err := c.Directory().Get(instance.DN.Child("CN", c.Text("name")))
	if errors.Is(err, state.ErrNotFound) {
		return mpf.VirtualDirectoryUnknown.New(c.Text("name"), c.Text("server"))
	}
	if err != nil {
		return err
	}
	return c.Directory().Delete(o)
}
