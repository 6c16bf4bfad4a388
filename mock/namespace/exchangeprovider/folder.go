package exchangeprovider

import (
	"errors"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// noLimit is how the limits of a folder say that there is none.
const noLimit = -1

// folderPath is the path of the folder that folderpath and name mean.
func folderPath(c *engine.Call) string {
	return strings.Trim(strings.ReplaceAll(c.Text("folderpath"), `\`, "/"), "/ ") + "/" + c.Text("name")
}

func createFolder(c *engine.Call) error {
	mdb, err := c.Open("mdbDN", "msExchPublicMDB")
	if err != nil {
		return err
	}
	permissions, _, err := readPermissions(c)
	if err != nil {
		return err
	}
	org, err := folderOrganization(c, permissions)
	if err != nil {
		return err
	}
	made, err := c.Mail().CreateFolder(mail.Folder{
		Path: folderPath(c), OrganizationID: org.ID, StoreID: mdb.ID,
		MaxItemKB: limit(c, "maxItemSize"), PostLimitKB: limit(c, "prohibitPostLimit"),
	})
	if err != nil {
		return folderError(err)
	}
	return c.Mail().SetFolderPermissions(made, true, permissions...)
}

// limit gives a limit in kilobytes, noLimit where none is given.
func limit(c *engine.Call, name string) int64 {
	if c.Text(name) == "" {
		return noLimit
	}
	return c.Number(name)
}

// folderOrganization gives the organization that a new folder belongs to: the
// one named, else that of the folder above, else that of the principals with
// permissions. A top-level folder without any is refused, as those outside of
// the organization would see it (F250).
func folderOrganization(c *engine.Call, permissions []mail.FolderPermission) (*directory.Object, error) {
	above := strings.Trim(c.Text("folderpath"), `/\ `)
	if above == "" && len(permissions) == 0 {
		return nil, mpf.ArgumentMissing.New("Permissions")
	}
	var parent *mail.Folder
	if above != "" {
		var err error
		if parent, err = openFolder(c, above); err != nil {
			return nil, err
		}
	}
	switch {
	case c.Text("owningOrg") != "":
		o, err := c.Open("owningOrg")
		if err != nil {
			return nil, err
		}
		return organization.Of(c.Tx, o)
	case parent != nil:
		return c.Directory().ByID(parent.OrganizationID)
	}
	return organization.Of(c.Tx, permissions[0].Trustee)
}

// openFolder gives the folder with a path.
func openFolder(c *engine.Call, path string) (*mail.Folder, error) {
	f, err := c.Mail().Folder(path)
	if err != nil || c.InBase(ldappath.DN{}) {
		return f, folderError(err)
	}
	org, err := c.Directory().ByID(f.OrganizationID)
	if err == nil && !c.InBase(org.DN) {
		err = mpf.FolderUnknown.New(path)
	}
	return f, err
}

// folderError tells callers which folder the store refused.
func folderError(err error) error {
	var missing *state.NotFoundError
	var refused *mail.FolderError
	switch {
	case errors.As(err, &missing) && missing.Kind == mail.KindFolder:
		return mpf.FolderUnknown.New(missing.Value)
	case errors.As(err, &refused) && errors.Is(err, state.ErrNotLeaf):
		return mpf.FolderNotEmpty.New(refused.Path)
	}
	return err
}

// readPermissions gives the permissions asked for and whether they replace all
// others. Principals must be mail-enabled.
func readPermissions(c *engine.Call) (permissions []mail.FolderPermission, replace bool, err error) {
	n := c.Node("Permissions")
	if n == nil {
		return nil, false, nil
	}
	mode, _ := xmldoc.Attr(n, "mode")
	switch strings.ToLower(strings.TrimSpace(mode)) {
	case "set":
		replace = true
	case "", "update":
	default:
		return nil, false, mpf.ArgumentInvalid.New("Permissions", "the mode '"+mode+"' is neither set nor update")
	}
	for p := range xmldoc.Children(n, "Permission") {
		trustee, err := c.Directory().Resolve(xmldoc.Text(p))
		if err != nil {
			return nil, false, err
		}
		enabled, err := isMailEnabled(c, trustee)
		if err != nil {
			return nil, false, err
		}
		if !enabled {
			return nil, false, mpf.MailEnabledNot.New(trustee.DN.ADsPath())
		}
		role, err := folderRole(p)
		if err != nil {
			return nil, false, err
		}
		permissions = append(permissions, mail.FolderPermission{Trustee: trustee, Role: role})
	}
	return permissions, replace, nil
}

func folderRole(permission *xmldoc.Node) (string, error) {
	written, _ := xmldoc.Attr(permission, "role")
	for _, role := range mail.FolderRoles() {
		if strings.EqualFold(role, strings.Join(strings.Fields(written), " ")) {
			return role, nil
		}
	}
	return "", mpf.ArgumentInvalid.New("Permissions", "the role '"+written+"' is not one of "+strings.Join(mail.FolderRoles(), ", "))
}

func modifyFolder(c *engine.Call) error {
	if _, err := c.Open("mdbDN", "msExchPublicMDB"); err != nil {
		return err
	}
	f, err := openFolder(c, folderPath(c))
	if err != nil {
		return err
	}
	item, post := f.MaxItemKB, f.PostLimitKB
	if c.Text("maxItemSize") != "" {
		item = c.Number("maxItemSize")
	}
	if c.Text("prohibitPostLimit") != "" {
		post = c.Number("prohibitPostLimit")
	}
	if err := c.Mail().SetFolderLimits(f, item, post); err != nil {
		return err
	}
	permissions, replace, err := readPermissions(c)
	if err != nil {
		return err
	}
	return c.Mail().SetFolderPermissions(f, replace, permissions...)
}

func deleteFolder(c *engine.Call) error {
	f, err := openFolder(c, folderPath(c))
	if err != nil {
		return err
	}
	return folderError(c.Mail().DeleteFolder(f))
}
