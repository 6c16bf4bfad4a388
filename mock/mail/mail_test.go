package mail

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

func TestDomains(t *testing.T) {
	tx := updating(t)
	m := In(tx)
	org := mustCreate(t, tx, testBase.Child("OU", "org"), "organizationalUnit")
	other := mustCreate(t, tx, testBase.Child("OU", "other"), "organizationalUnit")
	require.NoError(t, m.CreateDomain(org, "First.example", PrimaryDomain))
	require.NoError(t, m.CreateDomain(org, "second.example.", SecondaryDomain))
	require.NoError(t, m.CreateDomain(other, "other.example", PrimaryDomain))
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"taken by another":    {func() error { return m.CreateDomain(other, "FIRST.example", VanityDomain) }, state.ErrConflict},
		"taken by itself":     {func() error { return m.CreateDomain(org, "second.example", VanityDomain) }, state.ErrConflict},
		"second primary":      {func() error { return m.CreateDomain(org, "third.example", PrimaryDomain) }, state.ErrConstraint},
		"unknown kind":        {func() error { return m.CreateDomain(org, "third.example", "Odd") }, state.ErrSyntax},
		"no name":             {func() error { return m.CreateDomain(org, "", SecondaryDomain) }, state.ErrSyntax},
		"blank":               {func() error { return m.CreateDomain(org, "a b.example", SecondaryDomain) }, state.ErrSyntax},
		"empty label":         {func() error { return m.CreateDomain(org, "a..example", SecondaryDomain) }, state.ErrSyntax},
		"label too long":      {func() error { return m.CreateDomain(org, strings.Repeat("a", 64)+".example", SecondaryDomain) }, state.ErrSyntax},
		"delete another's":    {func() error { return m.DeleteDomain(org, "other.example") }, state.ErrNotFound},
		"promote another's":   {func() error { return m.SetPrimaryDomain(org, "other.example") }, state.ErrConflict},
		"promote unknown":     {func() error { return m.SetPrimaryDomain(org, "none.example") }, state.ErrNotFound},
		"address as a domain": {func() error { return m.CreateDomain(org, "a@b.example", SecondaryDomain) }, state.ErrSyntax},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
	err := m.CreateDomain(other, "FIRST.example", VanityDomain)
	var conflict *state.ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, org.DN, conflict.Holder)
	assert.Equal(t, KindDomain, conflict.Kind)

	require.NoError(t, m.SetPrimaryDomain(org, "SECOND.example"))
	domains, err := m.Domains(org)
	require.NoError(t, err)
	require.Len(t, domains, 2)
	assert.Equal(t, SMTPDomain{"First.example", org.ID, SecondaryDomain, testClock}, domains[0])
	assert.Equal(t, SMTPDomain{"second.example", org.ID, PrimaryDomain, testClock}, domains[1])
	require.NoError(t, m.SetPrimaryDomain(org, "second.example"), "again")
	found, holder, err := m.DomainOwner("Second.EXAMPLE")
	require.NoError(t, err)
	assert.Equal(t, domains[1], found)
	assert.Equal(t, org.ID, holder.ID)
	require.NoError(t, m.DeleteDomain(org, "SECOND.example"))
	_, err = m.PrimaryDomain(org)
	assert.ErrorIs(t, err, state.ErrNotFound)
	require.NoError(t, directory.In(tx).Delete(org))
	require.NoError(t, m.CreateDomain(other, "first.example", SecondaryDomain), "a deleted organization's domain is free")
}

func TestFolders(t *testing.T) {
	tx := updating(t)
	m := In(tx)
	org := mustCreate(t, tx, testBase.Child("OU", "org"), "organizationalUnit")
	other := mustCreate(t, tx, testBase.Child("OU", "other"), "organizationalUnit")
	admins := mustCreate(t, tx, org.DN.Child("CN", "admins"), "group")
	everyone := mustCreate(t, tx, org.DN.Child("CN", "everyone"), "group")
	top, err := m.CreateFolder(Folder{Path: `\Org Folder\`, OrganizationID: org.ID, MaxItemKB: -1, PostLimitKB: 1024})
	require.NoError(t, err)
	assert.Equal(t, "/Org Folder", top.Path)
	below, err := m.CreateFolder(Folder{Path: "/org folder / Below", OrganizationID: org.ID})
	require.NoError(t, err)
	assert.Equal(t, top.ID, below.ParentID)
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"taken": {func() error {
			_, err := m.CreateFolder(Folder{Path: "/ORG FOLDER", OrganizationID: other.ID})
			return err
		}, state.ErrConflict},
		"no parent":   {func() error { _, err := m.CreateFolder(Folder{Path: "/none/x", OrganizationID: org.ID}); return err }, state.ErrNotFound},
		"no name":     {func() error { _, err := m.CreateFolder(Folder{Path: "/", OrganizationID: org.ID}); return err }, state.ErrSyntax},
		"unknown":     {func() error { _, err := m.Folder("/none"); return err }, state.ErrNotFound},
		"has a child": {func() error { return m.DeleteFolder(top) }, state.ErrNotLeaf},
		"odd role": {func() error {
			return m.SetFolderPermissions(top, false, FolderPermission{admins, "king"})
		}, state.ErrSyntax},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
	_, err = m.CreateFolder(Folder{Path: "/ORG FOLDER", OrganizationID: other.ID})
	var conflict *state.ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, org.DN, conflict.Holder)

	require.NoError(t, m.SetFolderPermissions(top, false, FolderPermission{admins, "Publishing  Editor"}, FolderPermission{everyone, "author"}))
	require.NoError(t, m.SetFolderPermissions(top, false, FolderPermission{everyone, "Reviewer"}))
	permissions, err := m.FolderPermissions(top)
	require.NoError(t, err)
	assert.Equal(t, []FolderPermission{{admins, "publishing editor"}, {everyone, "reviewer"}}, permissions)
	require.NoError(t, m.SetFolderPermissions(top, true, FolderPermission{everyone, "owner"}))
	permissions, err = m.FolderPermissions(top)
	require.NoError(t, err)
	assert.Equal(t, []FolderPermission{{everyone, "owner"}}, permissions)
	require.NoError(t, m.SetFolderLimits(top, 5, 6))
	again, err := m.Folder("/ORG folder")
	require.NoError(t, err)
	top.MaxItemKB, top.PostLimitKB = 5, 6
	assert.Equal(t, top, again)
	folders, err := m.Folders(org)
	require.NoError(t, err)
	assert.Equal(t, []*Folder{top, below}, folders)
	require.NoError(t, m.DeleteFolder(below))
	assert.ErrorIs(t, m.DeleteFolder(below), state.ErrNotFound)
	require.NoError(t, directory.In(tx).DeleteTree(org))
	_, err = m.Folder("/Org Folder")
	assert.ErrorIs(t, err, state.ErrNotFound, "folders go with their organization")
}

func TestDomainOwner_OneForm(t *testing.T) {
	tx := updating(t)
	org := mustCreate(t, tx, testBase.Child("OU", "formed"), "organizationalUnit")
	require.NoError(t, In(tx).CreateDomain(org, "xn--bcher-kva.example", PrimaryDomain))
	for _, name := range []string{"xn--bcher-kva.example", "XN--BCHER-KVA.Example", " xn--bcher-kva.example. ", "bücher.example", "BÜCHER.example."} {
		_, owner, err := In(tx).DomainOwner(name)
		if assert.NoError(t, err, name) {
			assert.Equal(t, org.DN.String(), owner.DN.String())
		}
	}
	_, _, err := In(tx).DomainOwner("buecher.example")
	assert.ErrorIs(t, err, state.ErrNotFound)
}
