package store

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
)

// Folder is a public folder.
type Folder struct {
	ID             int64
	Path           string // absolute: /top/below
	ParentID       int64  // 0 for a top-level folder
	OrganizationID int64  // Object.ID of the organization that owns it
	StoreID        int64  // Object.ID of its public store, 0 if none is known
	MaxItemKB      int64  // largest item; negative = no limit
	PostLimitKB    int64  // size at which posting ends; negative = no limit
	Created        time.Time
}

// FolderPermission is the role of a trustee on a folder.
type FolderPermission struct {
	Trustee *Object
	Role    string // one of FolderRoles
}

// folderRoles are the roles, in the spelling kept. F121.
var folderRoles = []string{
	"owner", "publishing editor", "editor", "publishing author", "author", "nonediting author",
	"reviewer", "contributor", "none",
}

// FolderRoles gives the roles that a permission can have.
func FolderRoles() []string { return append([]string(nil), folderRoles...) }

const folderColumns = "id, path, parent_id, org_id, store_id, max_item_kb, post_limit_kb, created"

func scanFolder(row scanner) (*Folder, error) {
	var (
		f             Folder
		parent, store sql.NullInt64
		created       int64
	)
	err := row.Scan(&f.ID, &f.Path, &parent, &f.OrganizationID, &store, &f.MaxItemKB, &f.PostLimitKB, &created)
	f.ParentID, f.StoreID, f.Created = parent.Int64, store.Int64, fromMicros(created)
	return &f, err
}

// cleanFolderPath writes a folder's path in the store's form: both slashes
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
		return "", &SyntaxError{Attribute: KindFolder, Syntax: "folder path", Value: path}
	}
	return clean, nil
}

// CreateFolder makes a public folder from Path, OrganizationID, StoreID and
// the limits of f. The folder above it must exist; a taken path is
// ErrConflict.
func (t *Tx) CreateFolder(f Folder) (*Folder, error) {
	var err error
	if f.Path, err = cleanFolderPath(f.Path); err != nil {
		return nil, err
	}
	if held, err := t.Folder(f.Path); err == nil {
		holder, holderErr := t.ByID(held.OrganizationID)
		return nil, errors.Join(&ConflictError{Kind: KindFolder, Value: f.Path, Holder: holder}, holderErr)
	} else if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	var parent, store any
	if above := f.Path[:strings.LastIndexByte(f.Path, '/')]; above != "" {
		folder, err := t.Folder(above)
		if err != nil {
			return nil, err
		}
		f.ParentID, parent = folder.ID, folder.ID
	}
	if f.StoreID != 0 {
		store = f.StoreID
	}
	if f.ID, err = t.next("folder"); err != nil {
		return nil, err
	}
	f.Created = t.Now()
	_, err = t.exec("INSERT INTO public_folder (id, folded, path, parent_id, org_id, store_id, max_item_kb, post_limit_kb, created)"+
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", f.ID, ldappath.Fold(f.Path), f.Path, parent, f.OrganizationID, store,
		f.MaxItemKB, f.PostLimitKB, micros(f.Created))
	if err != nil {
		return nil, err
	}
	return &f, nil
}

// Folder gives the public folder with a path, in any letter case.
func (t *Tx) Folder(path string) (*Folder, error) {
	clean, err := cleanFolderPath(path)
	if err != nil {
		return nil, err
	}
	found, err := collect(t, scanFolder, "SELECT "+folderColumns+" FROM public_folder WHERE folded = ?", ldappath.Fold(clean))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &NotFoundError{Kind: KindFolder, Value: clean}
	}
	return found[0], nil
}

// Folders gives the public folders of an organization, those above before
// those below.
func (t *Tx) Folders(org *Object) ([]*Folder, error) {
	return collect(t, scanFolder, "SELECT "+folderColumns+" FROM public_folder WHERE org_id = ? ORDER BY folded", org.ID)
}

// SubFolders gives the folders directly below one.
func (t *Tx) SubFolders(f *Folder) ([]*Folder, error) {
	return collect(t, scanFolder, "SELECT "+folderColumns+" FROM public_folder WHERE parent_id = ? ORDER BY folded", f.ID)
}

// SetFolderLimits changes the limits of a folder, in KB; negative = none.
func (t *Tx) SetFolderLimits(f *Folder, maxItem, postLimit int64) error {
	changed, err := t.exec("UPDATE public_folder SET max_item_kb = ?, post_limit_kb = ? WHERE id = ?", maxItem, postLimit, f.ID)
	if err == nil && changed == 0 {
		return &NotFoundError{Kind: KindFolder, Value: f.Path}
	}
	return err
}

// DeleteFolder removes a public folder that has none below it, else it is
// ErrNotLeaf.
func (t *Tx) DeleteFolder(f *Folder) error {
	below, err := t.SubFolders(f)
	if err != nil {
		return err
	}
	if len(below) > 0 {
		return &FolderError{Path: f.Path, Err: ErrNotLeaf}
	}
	removed, err := t.exec("DELETE FROM public_folder WHERE id = ?", f.ID)
	if err == nil && removed == 0 {
		return &NotFoundError{Kind: KindFolder, Value: f.Path}
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

// FolderPermissions gives the permissions on a folder in the order of the
// trustees' names.
func (t *Tx) FolderPermissions(f *Folder) ([]FolderPermission, error) {
	type granted struct {
		id   int64
		role string
	}
	rows, err := collect(t, func(row scanner) (granted, error) {
		var g granted
		return g, row.Scan(&g.id, &g.role)
	}, "SELECT p.trustee_id, p.role FROM folder_permission p JOIN object o ON o.id = p.trustee_id WHERE p.folder_id = ? ORDER BY o.dn_key", f.ID)
	if err != nil {
		return nil, err
	}
	permissions := make([]FolderPermission, 0, len(rows))
	for _, row := range rows {
		trustee, err := t.ByID(row.id)
		if err != nil {
			return nil, err
		}
		permissions = append(permissions, FolderPermission{Trustee: trustee, Role: row.role})
	}
	return permissions, nil
}

// SetFolderPermissions gives trustees their roles on a folder; with replace,
// all others lose theirs. Roles are read in any letter case.
func (t *Tx) SetFolderPermissions(f *Folder, replace bool, permissions ...FolderPermission) error {
	permissions = slices.Clone(permissions)
	for i, permission := range permissions {
		role := ldappath.Fold(strings.Join(strings.Fields(permission.Role), " "))
		if !slices.Contains(folderRoles, role) {
			return &SyntaxError{Attribute: KindFolder, Syntax: "folder role", Value: permission.Role}
		}
		permissions[i].Role = role
	}
	if replace {
		if _, err := t.exec("DELETE FROM folder_permission WHERE folder_id = ?", f.ID); err != nil {
			return err
		}
	}
	for _, permission := range permissions {
		if _, err := t.exec("INSERT INTO folder_permission (folder_id, trustee_id, role) VALUES (?, ?, ?)"+
			" ON CONFLICT (folder_id, trustee_id) DO UPDATE SET role = excluded.role",
			f.ID, permission.Trustee.ID, permission.Role); err != nil {
			return err
		}
	}
	return nil
}
