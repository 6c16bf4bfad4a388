package exchangeresourcemanager

import (
	"errors"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// folderArgument reads the organization's public share and the folder's path,
// which begins with a slash: /Organization for the top folder (F277).
func folderArgument(c *engine.Call) (*resource.Allocation, element, string, error) {
	public, _ := argument(c, "publicStore")
	o, err := openOrganization(c)
	if err != nil {
		return nil, public, "", err
	}
	path, err := public.need("folderPath")
	if err != nil {
		return nil, public, "", err
	}
	path = strings.TrimRight(strings.ReplaceAll(path, `\`, "/"), "/")
	if len(path) < 2 || path[0] != '/' || strings.Contains(path, "//") {
		return nil, public, "", mpf.ArgumentInvalid.New("publicStore/folderPath", "'"+public.text("folderPath")+"' is not a path that begins with /")
	}
	share, err := publicShare(c.Tx, o)
	return share, public, path, err
}

// allocateFolder takes a folder out of the organization's share and tells the
// public store. Folders below it are allocated on their own.
func allocateFolder(c *engine.Call) error {
	share, public, path, err := folderArgument(c)
	if err != nil {
		return err
	}
	megabytes, err := public.amount("megabytes")
	if err != nil {
		return err
	}
	if megabytes > share.FreeMegabytes() {
		return mpf.NoRoomInOrganization.New(number(share.FreeMegabytes()), number(megabytes), resource.Megabyte)
	}
	_, err = c.Resources().AddConsumer(resource.Consumer{
		AllocationID: share.ID, Kind: resource.FolderConsumer,
		GUID: directory.GUID(c.Tx.NewGUID()), Path: path, Kilobytes: resource.Kilobytes(megabytes),
	})
	if errors.Is(err, state.ErrConflict) {
		return mpf.AllocationExists.New(path)
	}
	if err != nil {
		return fault(err)
	}
	at, err := c.Directory().ByGUID(share.Resource.GUID)
	if errors.Is(err, state.ErrNotFound) {
		return mpf.StoreNotInExchange.New(share.Resource.Name, share.Resource.Server)
	}
	if err != nil {
		return err
	}
	c.OutputText("publicStorePath", at.DN.ADsPath())
	return nil
}

func folderConsumer(c *engine.Call) (*resource.Allocation, *resource.Consumer, element, error) {
	share, public, path, err := folderArgument(c)
	if err != nil {
		return nil, nil, public, err
	}
	folder, err := c.Resources().FolderOn(share.ID, path)
	if errors.Is(err, state.ErrNotFound) {
		err = mpf.AllocationMissing.New(path)
	}
	return share, folder, public, err
}

func deallocateFolder(c *engine.Call) error {
	_, folder, _, err := folderConsumer(c)
	if err != nil {
		return err
	}
	return c.Resources().RemoveConsumer(folder.ID)
}

func reallocateFolder(c *engine.Call) error {
	share, folder, public, err := folderConsumer(c)
	if err != nil {
		return err
	}
	megabytes, err := public.signed("megabytes")
	switch {
	case err != nil:
		return err
	case megabytes > share.FreeMegabytes():
		return mpf.NoRoomInOrganization.New(number(share.FreeMegabytes()), number(megabytes), resource.Megabyte)
	case megabytes < -folder.Megabytes():
		return mpf.ReleaseExceeds.New(number(folder.Megabytes()), strings.TrimPrefix(number(megabytes), "-"), resource.Megabyte)
	}
	_, err = c.Resources().ResizeConsumer(folder.ID, resource.Kilobytes(megabytes))
	return fault(err)
}

func getFolderUID(c *engine.Call) error {
	_, folder, _, err := folderConsumer(c)
	if err != nil {
		return err
	}
	c.OutputText("GUID", folder.GUID.String())
	return nil
}
