package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDomains(t *testing.T) {
	tx := updating(t)
	org := mustCreate(t, tx, testReseller.Child("OU", "org"), "organizationalUnit")
	other := mustCreate(t, tx, testReseller.Child("OU", "other"), "organizationalUnit")
	require.NoError(t, tx.CreateDomain(org, "First.example", PrimaryDomain))
	require.NoError(t, tx.CreateDomain(org, "second.example.", SecondaryDomain))
	require.NoError(t, tx.CreateDomain(other, "other.example", PrimaryDomain))
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"taken by another":    {func() error { return tx.CreateDomain(other, "FIRST.example", VanityDomain) }, ErrConflict},
		"taken by itself":     {func() error { return tx.CreateDomain(org, "second.example", VanityDomain) }, ErrConflict},
		"second primary":      {func() error { return tx.CreateDomain(org, "third.example", PrimaryDomain) }, ErrConstraint},
		"unknown kind":        {func() error { return tx.CreateDomain(org, "third.example", "Odd") }, ErrSyntax},
		"no name":             {func() error { return tx.CreateDomain(org, "", SecondaryDomain) }, ErrSyntax},
		"blank":               {func() error { return tx.CreateDomain(org, "a b.example", SecondaryDomain) }, ErrSyntax},
		"empty label":         {func() error { return tx.CreateDomain(org, "a..example", SecondaryDomain) }, ErrSyntax},
		"label too long":      {func() error { return tx.CreateDomain(org, strings.Repeat("a", 64)+".example", SecondaryDomain) }, ErrSyntax},
		"delete another's":    {func() error { return tx.DeleteDomain(org, "other.example") }, ErrNotFound},
		"promote another's":   {func() error { return tx.SetPrimaryDomain(org, "other.example") }, ErrConflict},
		"promote unknown":     {func() error { return tx.SetPrimaryDomain(org, "none.example") }, ErrNotFound},
		"address as a domain": {func() error { return tx.CreateDomain(org, "a@b.example", SecondaryDomain) }, ErrSyntax},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
	err := tx.CreateDomain(other, "FIRST.example", VanityDomain)
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, org.ID, conflict.Holder.ID)
	assert.Equal(t, KindDomain, conflict.Kind)

	require.NoError(t, tx.SetPrimaryDomain(org, "SECOND.example"))
	domains, err := tx.Domains(org)
	require.NoError(t, err)
	require.Len(t, domains, 2)
	assert.Equal(t, SMTPDomain{"First.example", org.ID, SecondaryDomain, testClock}, domains[0])
	assert.Equal(t, SMTPDomain{"second.example", org.ID, PrimaryDomain, testClock}, domains[1])
	require.NoError(t, tx.SetPrimaryDomain(org, "second.example"), "again")
	found, holder, err := tx.DomainOwner("Second.EXAMPLE")
	require.NoError(t, err)
	assert.Equal(t, domains[1], found)
	assert.Equal(t, org.ID, holder.ID)
	require.NoError(t, tx.DeleteDomain(org, "SECOND.example"))
	_, err = tx.PrimaryDomain(org)
	assert.ErrorIs(t, err, ErrNotFound)
	require.NoError(t, tx.Delete(org))
	require.NoError(t, tx.CreateDomain(other, "first.example", SecondaryDomain), "a deleted organization's domain is free")
}

func TestFolders(t *testing.T) {
	tx := updating(t)
	org := mustCreate(t, tx, testReseller.Child("OU", "org"), "organizationalUnit")
	other := mustCreate(t, tx, testReseller.Child("OU", "other"), "organizationalUnit")
	admins := mustCreate(t, tx, org.DN.Child("CN", "admins"), "group")
	everyone := mustCreate(t, tx, org.DN.Child("CN", "everyone"), "group")
	top, err := tx.CreateFolder(Folder{Path: `\Org Folder\`, OrganizationID: org.ID, MaxItemKB: -1, PostLimitKB: 1024})
	require.NoError(t, err)
	assert.Equal(t, "/Org Folder", top.Path)
	below, err := tx.CreateFolder(Folder{Path: "/org folder / Below", OrganizationID: org.ID})
	require.NoError(t, err)
	assert.Equal(t, top.ID, below.ParentID)
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"taken": {func() error {
			_, err := tx.CreateFolder(Folder{Path: "/ORG FOLDER", OrganizationID: other.ID})
			return err
		}, ErrConflict},
		"no parent":   {func() error { _, err := tx.CreateFolder(Folder{Path: "/none/x", OrganizationID: org.ID}); return err }, ErrNotFound},
		"no name":     {func() error { _, err := tx.CreateFolder(Folder{Path: "/", OrganizationID: org.ID}); return err }, ErrSyntax},
		"unknown":     {func() error { _, err := tx.Folder("/none"); return err }, ErrNotFound},
		"has a child": {func() error { return tx.DeleteFolder(top) }, ErrNotLeaf},
		"odd role": {func() error {
			return tx.SetFolderPermissions(top, false, FolderPermission{admins, "king"})
		}, ErrSyntax},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
	_, err = tx.CreateFolder(Folder{Path: "/ORG FOLDER", OrganizationID: other.ID})
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, org.ID, conflict.Holder.ID)

	require.NoError(t, tx.SetFolderPermissions(top, false, FolderPermission{admins, "Publishing  Editor"}, FolderPermission{everyone, "author"}))
	require.NoError(t, tx.SetFolderPermissions(top, false, FolderPermission{everyone, "Reviewer"}))
	permissions, err := tx.FolderPermissions(top)
	require.NoError(t, err)
	assert.Equal(t, []FolderPermission{{admins, "publishing editor"}, {everyone, "reviewer"}}, permissions)
	require.NoError(t, tx.SetFolderPermissions(top, true, FolderPermission{everyone, "owner"}))
	permissions, err = tx.FolderPermissions(top)
	require.NoError(t, err)
	assert.Equal(t, []FolderPermission{{everyone, "owner"}}, permissions)
	require.NoError(t, tx.SetFolderLimits(top, 5, 6))
	again, err := tx.Folder("/ORG folder")
	require.NoError(t, err)
	top.MaxItemKB, top.PostLimitKB = 5, 6
	assert.Equal(t, top, again)
	folders, err := tx.Folders(org)
	require.NoError(t, err)
	assert.Equal(t, []*Folder{top, below}, folders)
	require.NoError(t, tx.DeleteFolder(below))
	assert.ErrorIs(t, tx.DeleteFolder(below), ErrNotFound)
	require.NoError(t, tx.DeleteTree(org))
	_, err = tx.Folder("/Org Folder")
	assert.ErrorIs(t, err, ErrNotFound, "folders go with their organization")
}
