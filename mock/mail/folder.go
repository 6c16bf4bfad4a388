package mail

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// Folder is a public folder.
type Folder struct {
	ID             int64     `json:"id"`
	Path           string    `json:"path"`             // absolute: /top/below
	ParentID       int64     `json:"parent,omitempty"` // 0 for a top-level folder
	OrganizationID int64     `json:"organization"`     // Object.ID of the organization that owns it
	StoreID        int64     `json:"store,omitempty"`  // Object.ID of its public store, 0 if none is known
	MaxItemKB      int64     `json:"maxItemKB"`        // largest item; negative = no limit
	PostLimitKB    int64     `json:"postLimitKB"`      // size at which posting ends; negative = no limit
	Created        time.Time `json:"created"`
}

// folder is the row of a public folder.
type folder struct {
	Folder
	Usage       *int64       `json:"usageKB,omitempty"`     // what it holds; nil if it was never set
	Permissions []permission `json:"permissions,omitempty"` // one a trustee
}

// permission is the role of a trustee, by Object.ID.
type permission struct {
	Trustee int64  `json:"trustee"`
	Role    string `json:"role"`
}

var (
	folders = state.Declare(state.Spec[int64, folder]{
		Name: "public_folder", Key: func(f *folder) int64 { return f.ID }, Compare: cmp.Compare[int64], Describe: describeFolder,
	})
	foldersByPath = state.Unique(folders, "path", strings.Compare, func(f *folder, add func(string)) { add(ldappath.Fold(f.Path)) })
	subFolders    = state.Ordered(folders, "parent", comparePlaces, func(f *folder, add func(placeKey)) {
		add(placeKey{f.ParentID, ldappath.Fold(f.Path)})
	})
	foldersByOrganization = state.Ordered(folders, "organization", comparePlaces, func(f *folder, add func(placeKey)) {
		add(placeKey{f.OrganizationID, ldappath.Fold(f.Path)})
	})
	foldersByStore = state.Ordered(folders, "store", cmp.Compare[int64], func(f *folder, add func(int64)) {
		if f.StoreID != 0 {
			add(f.StoreID)
		}
	})
	foldersByTrustee = state.Ordered(folders, "trustee", cmp.Compare[int64], func(f *folder, add func(int64)) {
		for _, p := range f.Permissions {
			add(p.Trustee)
		}
	})
)

func describeFolder(tx *state.Tx, f *folder) state.Description {
	attributes := map[string][]string{
		"path": {f.Path}, "organization": {objectName(tx, f.OrganizationID)},
		"max_item_kb": {fmt.Sprint(f.MaxItemKB)}, "post_limit_kb": {fmt.Sprint(f.PostLimitKB)},
	}
	if f.StoreID != 0 {
		attributes["store"] = []string{objectName(tx, f.StoreID)}
	}
	if f.Usage != nil {
		attributes["usage (kilobytes)"] = []string{fmt.Sprint(*f.Usage)}
	}
	for _, p := range f.Permissions {
		attributes["permission"] = append(attributes["permission"], objectName(tx, p.Trustee)+": "+p.Role)
	}
	return state.Description{Object: "public_folder " + f.Path, Attributes: attributes}
}

// cleanFolderPath writes a folder's path in the form of rows: both slashes
// separate, blanks around names do not count.
func cleanFolderPath(path string) (string, error) {
	var parts []string
	for part := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '\\' }) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	clean := "/" + strings.Join(parts, "/")
	const longest = 1024
	if len(parts) == 0 || len(clean) > longest || strings.ContainsRune(clean, 0) {
		return "", &state.SyntaxError{Attribute: KindFolder, Syntax: "folder path", Value: path}
	}
	return clean, nil
}

// CreateFolder makes a public folder from Path, OrganizationID, StoreID and
// the limits of f, in KB. The folder above it must exist; a taken path is
// state.ErrConflict.
func (m Mail) CreateFolder(f Folder) (*Folder, error) {
	var err error
	if f.Path, err = cleanFolderPath(f.Path); err != nil {
		return nil, err
	}
	if held := foldersByPath.Find(m.tx, ldappath.Fold(f.Path)); held != nil {
		holder, err := m.directory().ByID(held.OrganizationID)
		conflict := &state.ConflictError{Kind: KindFolder, Value: f.Path}
		if err == nil {
			conflict.Holder = holder.DN
		}
		return nil, errors.Join(conflict, err)
	}
	f.ParentID = 0
	if above := f.Path[:strings.LastIndexByte(f.Path, '/')]; above != "" {
		parent, err := m.Folder(above)
		if err != nil {
			return nil, err
		}
		f.ParentID = parent.ID
	}
	if err := m.foldersObjects(f); err != nil {
		return nil, err
	}
	if f.ID, err = m.tx.Next("folder"); err != nil {
		return nil, err
	}
	f.Created = m.tx.Now()
	return &f, folders.Put(m.tx, &folder{Folder: f})
}

// foldersObjects returns why an object that the folder refers to cannot be
// found.
func (m Mail) foldersObjects(f Folder) error {
	if err := m.exists(f.OrganizationID); err != nil || f.StoreID == 0 {
		return err
	}
	return m.exists(f.StoreID)
}

// Folder returns the public folder with a path, in any letter case.
func (m Mail) Folder(path string) (*Folder, error) {
	clean, err := cleanFolderPath(path)
	if err != nil {
		return nil, err
	}
	found := foldersByPath.Find(m.tx, ldappath.Fold(clean))
	if found == nil {
		return nil, &state.NotFoundError{Kind: KindFolder, Value: clean}
	}
	f := found.Folder
	return &f, nil
}

// Folders returns the public folders of an organization, those above before
// those below.
func (m Mail) Folders(org *directory.Object) ([]*Folder, error) {
	return m.folderList(foldersByOrganization, org.ID)
}

// SubFolders returns the folders directly below one.
func (m Mail) SubFolders(f *Folder) ([]*Folder, error) { return m.folderList(subFolders, f.ID) }

func (m Mail) folderList(index *state.Index[int64, folder, placeKey], above int64) ([]*Folder, error) {
	var all []*Folder
	for place, row := range index.From(m.tx, placeKey{above: above}) {
		if place.above != above {
			break
		}
		f := row.Folder
		all = append(all, &f)
	}
	return all, m.tx.Ready(false)
}

// changeFolder puts a changed copy of a folder's row. change must not write
// into what the row refers to.
func (m Mail) changeFolder(f *Folder, change func(*folder)) error {
	row := folders.Get(m.tx, f.ID)
	if row == nil {
		return &state.NotFoundError{Kind: KindFolder, Value: f.Path}
	}
	changed := *row
	change(&changed)
	return folders.Put(m.tx, &changed)
}

// SetFolderLimits changes the limits of a folder, in KB; negative = none.
func (m Mail) SetFolderLimits(f *Folder, maxItem, postLimit int64) error {
	return m.changeFolder(f, func(row *folder) { row.MaxItemKB, row.PostLimitKB = maxItem, postLimit })
}

// DeleteFolder removes a public folder that has none below it, else it is
// state.ErrNotLeaf.
func (m Mail) DeleteFolder(f *Folder) error {
	below, err := m.SubFolders(f)
	if err != nil {
		return err
	}
	if len(below) > 0 {
		return &FolderError{Path: f.Path, Err: state.ErrNotLeaf}
	}
	removed, err := folders.Delete(m.tx, f.ID)
	if err == nil && !removed {
		return &state.NotFoundError{Kind: KindFolder, Value: f.Path}
	}
	return err
}

// FolderError tells on which public folder an operation was refused.
type FolderError struct {
	Path string
	Err  error
}

func (e *FolderError) Error() string { return KindFolder + " " + e.Path + ": " + e.Err.Error() }

func (e *FolderError) Unwrap() error { return e.Err }

// forgetFolders removes what folders have of an object that is deleted: an
// organization's folders with all below them, a trustee's permissions, a
// store's reference.
func (m Mail) forgetFolders(object int64) error {
	owned, err := m.folderList(foldersByOrganization, object)
	if err != nil {
		return err
	}
	for _, f := range owned {
		if err := m.deleteFolders(f); err != nil {
			return err
		}
	}
	for _, row := range slices.Collect(foldersByTrustee.Is(m.tx, object)) {
		if err := m.changeFolder(&row.Folder, func(f *folder) { f.Permissions = without(f.Permissions, object) }); err != nil {
			return err
		}
	}
	for _, row := range slices.Collect(foldersByStore.Is(m.tx, object)) {
		if err := m.changeFolder(&row.Folder, func(f *folder) { f.StoreID = 0 }); err != nil {
			return err
		}
	}
	return nil
}

// deleteFolders removes a folder and all below it.
func (m Mail) deleteFolders(f *Folder) error {
	below, err := m.SubFolders(f)
	if err != nil {
		return err
	}
	for _, sub := range below {
		if err := m.deleteFolders(sub); err != nil {
			return err
		}
	}
	_, err = folders.Delete(m.tx, f.ID)
	return err
}
