package mail

import (
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// FolderPermission is the role of a trustee on a folder.
type FolderPermission struct {
	Trustee *directory.Object
	Role    string // one of FolderRoles
}

// folderRoles are the roles, in the spelling kept. F121.
var folderRoles = []string{
	"owner", "publishing editor", "editor", "publishing author", "author", "nonediting author",
	"reviewer", "contributor", "none",
}

// FolderRoles returns the roles that a permission can have.
func FolderRoles() []string { return slices.Clone(folderRoles) }

// FolderPermissions returns the permissions on a folder in the order of the
// trustees' names.
func (m Mail) FolderPermissions(f *Folder) ([]FolderPermission, error) {
	row := folders.Get(m.tx, f.ID)
	if row == nil {
		return []FolderPermission{}, m.tx.Ready(false)
	}
	permissions := make([]FolderPermission, 0, len(row.Permissions))
	for _, p := range row.Permissions {
		trustee, err := m.directory().ByID(p.Trustee)
		if err != nil {
			return nil, err
		}
		permissions = append(permissions, FolderPermission{Trustee: trustee, Role: p.Role})
	}
	slices.SortFunc(permissions, func(a, b FolderPermission) int { return strings.Compare(a.Trustee.DN.Key(), b.Trustee.DN.Key()) })
	return permissions, nil
}

// SetFolderPermissions gives trustees their roles on a folder; with replace,
// all others lose theirs. Roles are read in any letter case.
func (m Mail) SetFolderPermissions(f *Folder, replace bool, permissions ...FolderPermission) error {
	given := make([]permission, 0, len(permissions))
	for _, p := range permissions {
		i := slices.Index(folderRoles, ldappath.Fold(strings.Join(strings.Fields(p.Role), " ")))
		if i < 0 {
			return &state.SyntaxError{Attribute: KindFolder, Syntax: "folder role", Value: p.Role}
		}
		given = append(given, permission{Trustee: p.Trustee.ID, Role: folderRoles[i]})
	}
	for _, p := range given {
		if err := m.exists(p.Trustee); err != nil {
			return err
		}
	}
	return m.changeFolder(f, func(row *folder) {
		var held []permission
		if !replace {
			held = row.Permissions
		}
		for _, p := range given {
			held = append(without(held, p.Trustee), p)
		}
		row.Permissions = held
	})
}

// without returns a copy of permissions without those of a trustee.
func without(permissions []permission, trustee int64) []permission {
	kept := make([]permission, 0, len(permissions)+1)
	for _, p := range permissions {
		if p.Trustee != trustee {
			kept = append(kept, p)
		}
	}
	return kept
}
