package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/mail"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

func TestCreatePublicFolder(t *testing.T) {
	w := withAcme(t)
	w.ok("CreatePublicFolder", path(acme)+`<megabytes>4</megabytes>`)
	w.View(func(tx *state.Tx) {
		folder, err := mail.In(tx).Folder("/acme")
		require.NoError(t, err)
		assert.Equal(t, int64(4096), folder.PostLimitKB)
		permissions, err := mail.In(tx).FolderPermissions(folder)
		require.NoError(t, err)
		roles := make(map[string]string)
		for _, p := range permissions {
			roles[p.Trustee.DN.RDN().Value] = p.Role
		}
		assert.Equal(t, map[string]string{"Admins@acme": "owner", "AllUsers@acme": "publishing author"}, roles)
	})
	assert.Equal(t, "AllUsers@acme.example", w.attr("CN=AllUsers@acme,CN=_Private,"+acme, "mail"))
	found := w.of("Exchange Resource Manager", "QueryConsumersByOrganization", acmeOrg)
	assert.Equal(t, "/acme", textAt(found, "publicFolders", "publicFolder", "folderPath"))
	assert.Equal(t, "4", textAt(found, "publicFolders", "publicFolder", "megabytes"))
	assert.Contains(t, w.events(acme), "PublicFolderCreated")
	w.refused(mpf.FolderExists, "CreatePublicFolder", path(acme)+`<megabytes>4</megabytes>`)
}

func TestCreatePublicFolder_WhereAUserHasTheGroupsAddress(t *testing.T) {
	w := withAcme(t)
	w.user("Admins", "BaseMail")
	w.ok("CreatePublicFolder", path(acme)+`<megabytes>4</megabytes>`)
	assert.Equal(t, "Admins.acme@acme.example", w.attr("CN=Admins@acme,"+acme, "mail"))
}

func TestCreatePublicFolder_Refusals(t *testing.T) {
	w := withAcme(t)
	w.refused(mpf.NoRoomInOrganization, "CreatePublicFolder", path(acme)+`<megabytes>11</megabytes>`)
	w.refused(mpf.ArgumentInvalid, "CreatePublicFolder", path(acme)+`<megabytes>-1</megabytes>`)
	w.refused(mpf.ArgumentMissing, "CreatePublicFolder", path(acme))
	w.refused(mpf.DomainUnknown, "CreatePublicFolder", path(acme)+`<megabytes>1</megabytes><SMTPDomain>other.example</SMTPDomain>`)
	w.refused(mpf.NotAnOrganization, "CreatePublicFolder", path("CN=Admins@acme,"+acme)+`<megabytes>1</megabytes>`)
	w.refused(mpf.ObjectNotFound, "CreatePublicFolder", path("OU=none,"+base)+`<megabytes>1</megabytes>`)
}

func TestDeletePublicFolder(t *testing.T) {
	w := withAcme(t)
	w.refused(mpf.FolderUnknown, "DeletePublicFolder", path(acme))
	create := path(acme) + `<megabytes>4</megabytes>`
	w.ok("CreatePublicFolder", create)
	w.ok("DeletePublicFolder", path(acme))
	w.View(func(tx *state.Tx) {
		_, err := mail.In(tx).Folder("/acme")
		assert.ErrorIs(t, err, state.ErrNotFound)
		assert.NoError(t, resource.In(tx).CheckConservation())
	})
	w.ok("CreatePublicFolder", create)
	assert.Nil(t, w.Call("Hosted Exchange", "DeletePublicFolder", path(acme)+`<name>/acme</name>`).Err, "the domain controller is optional")
	w.ok("CreatePublicFolder", create)
	w.organization("beta", "beta.example")
	w.refused(mpf.FolderUnknown, "DeletePublicFolder", path("OU=beta,"+base)+`<name>acme</name>`)
	assert.Contains(t, w.events(acme), "PublicFolderDeleted")
}
