package exchangesystemmanager_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace"
	"wsexchange/mock/namespace/exchangesystemmanager"
	"wsexchange/mpf"
)

const (
	servers = "CN=Servers,CN=First Administrative Group,CN=Administrative Groups,CN=Fabrikam,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=fabrikam,DC=com"
	group   = "CN=First Storage Group,CN=InformationStore,CN=EX2," + servers
)

func ok(u *enginetest.Universe, procedure, executeData string) {
	u.MustCall(exchangesystemmanager.Name, procedure, executeData)
}

func TestServerAndStores(t *testing.T) {
	u := enginetest.New(t, namespace.All()...)
	before := u.Dump()
	ok(u, "CreateOrganization", "<name>Another</name>")
	u.Unchanged(before)
	ok(u, "CreateServer", "<serverName>EX2</serverName>")
	ok(u, "CreatePublicStore", "<serverName>EX2</serverName>")
	ok(u, "CreateMailStore", "<serverName>ex2</serverName><mailStoreName>Mailbox Store 1 (EX2)</mailStoreName>")
	assert.Equal(t, []string{"ex2.fabrikam.com"}, u.Attr("CN=EX2,CN=Computers,DC=fabrikam,DC=com", "dNSHostName"))
	assert.Equal(t, []string{"CN=Public Folder Store (EX2)," + group}, u.Attr("CN=Mailbox Store 1 (EX2),"+group, "msExchHomePublicMDB"))
	u.MustCall("Exchange Resource Manager", "AddExchangeResources", "<publicStores><publicStore><serverName>EX2</serverName><megabytes>10</megabytes></publicStore></publicStores>"+
		"<mailStores><mailStore><serverName>EX2</serverName><mailStoreName>Mailbox Store 1 (EX2)</mailStoreName><megabytes>100</megabytes><shared>1</shared></mailStore></mailStores>")
}

func TestRefusals(t *testing.T) {
	u := enginetest.New(t, namespace.All()...)
	u.User(enginetest.Reseller, "plain", "Secret-01")
	before := u.Dump()
	for _, row := range []struct {
		procedure, data string
		want            *mpf.Cause
	}{
		{"CreateOrganization", "", mpf.ArgumentMissing},
		{"CreateServer", "<serverName>EX1</serverName>", mpf.ObjectInTheWay},
		{"CreateServer", "<serverName>a.b</serverName>", mpf.ArgumentInvalid},
		{"CreateServer", "<serverName>longer-than-fifteen</serverName>", mpf.ArgumentInvalid},
		{"CreateServer", "<serverName>DC1</serverName>", mpf.AccountTaken},
		{"CreateMailStore", "<serverName>EX9</serverName><mailStoreName>M</mailStoreName>", mpf.ServerNotInDirectory},
		{"CreateMailStore", "<serverName>EX1</serverName><mailStoreName>mailbox store 1 (ex1)</mailStoreName>", mpf.StoreNameTaken},
		{"CreateMailStore", "<serverName>EX1</serverName>", mpf.ArgumentMissing},
		{"CreatePublicStore", "<serverName>EX1</serverName>", mpf.StoreNameTaken},
		{"CreatePublicStore", "<serverName>EX9</serverName>", mpf.ServerNotInDirectory},
	} {
		r := u.Call(exchangesystemmanager.Name, row.procedure, row.data)
		require.NotNil(t, r.Err, row.data)
		assert.Equal(t, row.want.ID, r.Err.Cause, "%s %s: %s", row.procedure, row.data, r.Err.Description)
		r = u.CallAs(`FABRIKAM\plain`, exchangesystemmanager.Name, row.procedure, row.data)
		require.NotNil(t, r.Err)
		assert.Contains(t, []string{mpf.NotDomainAdmin.ID, mpf.ArgumentMissing.ID, mpf.ArgumentInvalid.ID}, r.Err.Cause)
	}
	u.Unchanged(before)
}
