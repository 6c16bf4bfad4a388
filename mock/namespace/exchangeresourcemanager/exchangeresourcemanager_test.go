package exchangeresourcemanager_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	erm "wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	alpine  = "OU=Alpine," + enginetest.Reseller
	contoso = "OU=Contoso," + enginetest.Reseller
	org     = "<organization>LDAP://" + alpine + "</organization>"
	other   = "<organization>LDAP://" + contoso + "</organization>"
	nobody  = `FABRIKAM\nobody`
	bob     = "CN=bob@alpine.com," + alpine
	ann     = "CN=ann@contoso.com," + contoso
)

// pool is a universe with a small pool of stores, two organizations with a
// user each, and an account that has no role.
func pool(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, erm.Namespaces()...)
	u.User("CN=Users,DC=fabrikam,DC=com", "nobody", "Pr0vision!")
	u.Update(func(tx *state.Tx) error {
		for _, name := range []string{alpine, contoso} {
			o, err := directory.In(tx).Create(ldappath.MustParseDN(name), "organizationalUnit", nil)
			require.NoError(t, err)
			require.NoError(t, directory.In(tx).SetWellKnown(o, directory.WellKnownThisOrganizationRoot, o))
		}
		for _, kind := range []resource.ResourceKind{resource.MailStore, resource.PublicStore, resource.ConsumerStore, resource.OABServer} {
			all, err := resource.In(tx).Resources(kind)
			require.NoError(t, err)
			for _, r := range all {
				require.NoError(t, resource.In(tx).RemoveResource(r.ID))
			}
		}
		for n, size := range []int64{100, 300, 200} {
			_, err := resource.In(tx).RegisterStore(resource.MailStore, "EX1", mail(n+1), size, n != 2)
			require.NoError(t, err)
		}
		_, err := resource.In(tx).RegisterStore(resource.PublicStore, "EX1", "Public Folder Store (EX1)", 50, true)
		return err
	})
	u.User(alpine, "bob@alpine.com", "Pr0vision!")
	u.User(contoso, "ann@contoso.com", "Pr0vision!")
	return u
}

func mail(n int) string { return fmt.Sprintf("Mailbox Store %d (EX1)", n) }

func call(u *enginetest.Universe, procedure, data string) *mpf.Response {
	return u.Call(erm.Name, procedure, data)
}

func must(t *testing.T, u *enginetest.Universe, procedure, data string) string {
	t.Helper()
	r := call(u, procedure, data)
	require.Nil(t, r.Err, "%s: %v", procedure, r.Err)
	balanced(t, u)
	return xmldoc.String(r.Data)
}

func balanced(t *testing.T, u *enginetest.Universe) {
	t.Helper()
	u.View(func(tx *state.Tx) { assert.NoError(t, resource.In(tx).CheckConservation()) })
}

// shares tells what an organization has: store number, megabytes and what is
// used of it in kilobytes.
func shares(t *testing.T, u *enginetest.Universe, organization string) string {
	t.Helper()
	var all []string
	u.View(func(tx *state.Tx) {
		o, err := directory.In(tx).Get(ldappath.MustParseDN(organization))
		require.NoError(t, err)
		for _, kind := range []resource.ResourceKind{resource.MailStore, resource.PublicStore} {
			found, err := resource.In(tx).Allocations(o.GUID, kind)
			require.NoError(t, err)
			for _, a := range found {
				name := strings.Fields(strings.TrimPrefix(a.Resource.Name, "Mailbox Store "))[0]
				all = append(all, fmt.Sprintf("%s:%d/%d", name, a.Megabytes, a.UsedKilobytes))
			}
		}
	})
	return strings.Join(all, " ")
}

// named is a sourceMailStore element.
func named(op string, n int, megabytes string) string {
	attribute := ""
	if op != "" {
		attribute = ` op="` + op + `"`
	}
	return "<sourceMailStore" + attribute + "><serverName>ex1</serverName><mailStoreName>" + mail(n) + "</mailStoreName><megabytes>" + megabytes + "</megabytes></sourceMailStore>"
}

func sources(all ...string) string {
	return "<sourceMailStores>" + strings.Join(all, "") + "</sourceMailStores>"
}

func grow(megabytes, shared string) string {
	return "<mailStore><megabytes>" + megabytes + "</megabytes><shared>" + shared + "</shared></mailStore>"
}

func public(megabytes string) string {
	return "<publicStore><megabytes>" + megabytes + "</megabytes></publicStore>"
}

func folder(path, megabytes string) string {
	return "<publicStore><folderPath>" + path + "</folderPath><megabytes>" + megabytes + "</megabytes></publicStore>"
}

func box(path string) string { return "<mailbox>LDAP://" + path + "</mailbox>" }
func kb(n string) string     { return "<kilobytes>" + n + "</kilobytes>" }

func storeFragment(container, server, name, rest string) string {
	item := strings.TrimSuffix(container, "s")
	if container == "consumerMailStores" {
		item = "mailStore"
	}
	field := map[bool]string{true: "publicStoreName", false: "mailStoreName"}[item == "publicStore"]
	if name != "" {
		name = "<" + field + ">" + name + "</" + field + ">"
	}
	return "<" + container + "><" + item + "><serverName>" + server + "</serverName>" + name + rest + "</" + item + "></" + container + ">"
}

const sized = "<megabytes>1000</megabytes><shared>1</shared>"

// step is a call that has to succeed.
type step struct{ procedure, data string }

var equipped = []step{
	{"AllocateOrganization", org + public("10") + grow("20", "1")},
	{"AllocateMailbox", org + box(bob) + kb("10000")},
	{"AllocatePublicFolder", org + folder("/Alpine", "4")},
}

// Each refusal names its cause and changes nothing.
func TestRefusals(t *testing.T) {
	for _, row := range []struct {
		name      string
		before    []step
		procedure string
		data      string
		want      *mpf.Cause
	}{
		{"add without a store", nil, "AddExchangeResources", "", mpf.NoStoreNamed},
		{"add without a server", nil, "AddExchangeResources", "<mailStores><mailStore/></mailStores>", mpf.ArgumentMissing},
		{"add with an empty server", nil, "AddExchangeResources", storeFragment("mailStores", "", "x", sized), mpf.ArgumentEmpty},
		{"add without a size", nil, "AddExchangeResources", storeFragment("mailStores", "EX1", mail(4), "<shared>1</shared>"), mpf.ArgumentMissing},
		{"add without shared", nil, "AddExchangeResources", storeFragment("mailStores", "EX1", mail(4), "<megabytes>1</megabytes>"), mpf.ArgumentMissing},
		{"add with a negative size", nil, "AddExchangeResources", storeFragment("publicStores", "EX1", "", "<megabytes>-1</megabytes>"), mpf.ArgumentInvalid},
		{"add a size beyond all bounds", nil, "AddExchangeResources", storeFragment("mailStores", "EX1", mail(1), "<megabytes>9000000000000000000</megabytes><shared>1</shared>"), mpf.ArgumentInvalid},
		{"add what Exchange does not have", nil, "AddExchangeResources", storeFragment("mailStores", "EX1", "none", sized), mpf.StoreNotInExchange},
		{"add twice", nil, "AddExchangeResources", storeFragment("mailStores", "EX1", mail(1), sized), mpf.StoreExists},
		{"add a public store under its usual name twice", nil, "AddExchangeResources", storeFragment("publicStores", "EX1", "", sized), mpf.StoreExists},
		{"remove what is not registered", nil, "RemoveExchangeResources", storeFragment("mailStores", "EX1", "none", ""), mpf.StoreUnknown},
		{"remove what is in use", equipped, "RemoveExchangeResources", storeFragment("publicStores", "EX1", "", ""), mpf.StoreInUse},
		{"modify nothing", nil, "ModifyExchangeResources", "", mpf.NoStoreNamed},
		{"modify what is not registered", nil, "ModifyExchangeResources", storeFragment("mailStores", "EX09", mail(1), sized), mpf.StoreUnknown},
		{"shrink below what is allocated", equipped, "ModifyExchangeResources", storeFragment("publicStores", "EX1", "", "<megabytes>-41</megabytes>"), mpf.StoreInUse},
		{"shrink below nothing", nil, "ModifyExchangeResources", storeFragment("publicStores", "EX1", "", "<megabytes>-51</megabytes>"), mpf.ReleaseExceeds},
		{"grow beyond all bounds", nil, "ModifyExchangeResources", storeFragment("publicStores", "EX1", "", "<megabytes>9000000000000000000</megabytes>"), mpf.ArgumentInvalid},
		{"unshare what two have", []step{
			{"AllocateOrganization", org + "<mailStore>" + sources(named("", 1, "1")) + "</mailStore>"},
			{"AllocateOrganization", other + "<mailStore>" + sources(named("", 1, "1")) + "</mailStore>"},
		}, "ModifyExchangeResources", storeFragment("mailStores", "EX1", mail(1), "<shared>0</shared>"), mpf.StoreInUse},
		{"provisionable of an unknown server", nil, "ModifyExchangeResources", `<provisionable><serverName provisionable="0">EX09</serverName></provisionable>`, mpf.StoreUnknown},
		{"provisionable without a state", nil, "ModifyExchangeResources", `<provisionable><serverName>EX1</serverName></provisionable>`, mpf.ArgumentInvalid},

		{"resources of nobody", nil, "QueryResourcesByOrganization", "", mpf.ArgumentMissing},
		{"resources of what is not there", nil, "QueryResourcesByOrganization", "<organization>LDAP://OU=None," + enginetest.Reseller + "</organization>", mpf.ObjectNotFound},
		{"resources of a user", nil, "QueryResourcesByOrganization", "<organization>LDAP://" + bob + "</organization>", mpf.NotAnOrganization},
		{"resources by a name instead of a GUID", nil, "QueryResourcesByOrganization", "<GUID>Alpine</GUID>", mpf.ArgumentInvalid},
		{"resources by an unknown GUID", nil, "QueryResourcesByOrganization", "<GUID>{00000000-0000-4000-8000-000000000001}</GUID>", mpf.ObjectNotFound},
		{"consumers of nobody", nil, "QueryConsumersByOrganization", "", mpf.ArgumentMissing},
		{"holders of no store", nil, "QueryOrganizationsByMailstore", "<mailStore/>", mpf.ArgumentMissing},
		{"holders of an unknown store", nil, "QueryOrganizationsByMailstore", "<mailStore><mailStoreName>none</mailStoreName></mailStore>", mpf.StoreUnknown},
		{"holders of an unknown public store", nil, "QueryOrganizationsByPublicstore", "<publicStore><serverName>EX09</serverName></publicStore>", mpf.StoreUnknown},

		{"allocate nothing", nil, "AllocateOrganization", org, mpf.NoStoreNamed},
		{"allocate without a size", nil, "AllocateOrganization", org + "<mailStore><shared>1</shared></mailStore>", mpf.ArgumentMissing},
		{"allocate by an unknown algorithm", nil, "AllocateOrganization", org + `<mailStore algorithm="level"><megabytes>1</megabytes></mailStore>`, mpf.ArgumentInvalid},
		{"allocate twice", equipped, "AllocateOrganization", org + grow("1", "1"), mpf.AllocationExists},
		{"allocate more than all stores have", nil, "AllocateOrganization", org + grow("401", "1"), mpf.NoRoom},
		{"allocate more than the public store has", nil, "AllocateOrganization", org + public("51"), mpf.NoRoom},
		{"allocate on an unknown public server", nil, "AllocateOrganization", org + "<publicStore><megabytes>1</megabytes><sourcePublicStoreServer>EX09</sourcePublicStoreServer></publicStore>", mpf.StoreUnknown},
		{"allocate on a named store without room", nil, "AllocateOrganization", org + "<mailStore>" + sources(named("", 1, "101")) + "</mailStore>", mpf.NoRoomInStore},
		{"allocate on a named store of the other kind", nil, "AllocateOrganization", org + "<mailStore><shared>1</shared>" + sources(named("", 3, "1")) + "</mailStore>", mpf.StoreUnavailable},
		{"allocate on an unknown store", nil, "AllocateOrganization", org + "<mailStore>" + sources(named("", 9, "1")) + "</mailStore>", mpf.StoreUnknown},
		{
			"allocate on a closed server",
			[]step{{"ModifyExchangeResources", `<provisionable><serverName provisionable="0">EX1</serverName></provisionable>`}},
			"AllocateOrganization", org + "<mailStore>" + sources(named("", 1, "1")) + "</mailStore>", mpf.StoreUnavailable,
		},
		{
			"allocate automatically where all is closed",
			[]step{{"ModifyExchangeResources", `<provisionable><serverName provisionable="0">EX1</serverName></provisionable>`}},
			"AllocateOrganization", org + grow("1", "1"), mpf.NoRoom,
		},
		{
			"allocate an unshared store that another has",
			[]step{{"AllocateOrganization", other + grow("1", "0")}},
			"AllocateOrganization", org + grow("1", "0"), mpf.NoRoom,
		},
		{
			"allocate by name an unshared store that another has",
			[]step{{"AllocateOrganization", other + grow("1", "0")}},
			"AllocateOrganization", org + "<mailStore>" + sources(named("", 3, "1")) + "</mailStore>", mpf.StoreUnavailable,
		},
		{"deallocate with consumers", equipped, "DeallocateOrganization", org, mpf.AllocationInUse},

		{"grow mail without a size", equipped, "ReallocateOrganizationMailNoMove", org + "<mailStore/>", mpf.ArgumentMissing},
		{"grow mail by a word", equipped, "ReallocateOrganizationMailNoMove", org + grow("much", "1"), mpf.ArgumentInvalid},
		{"grow mail beyond all stores", equipped, "ReallocateOrganizationMailNoMove", org + grow("381", "1"), mpf.NoRoom},
		{"shrink mail that is not there", nil, "ReallocateOrganizationMailNoMove", org + grow("-1", "1"), mpf.AllocationMissing},
		{"shrink mail below nothing", equipped, "ReallocateOrganizationMailNoMove", org + grow("-21", "1"), mpf.ReleaseExceeds},
		{"shrink mail below its mailboxes", equipped, "ReallocateOrganizationMailNoMove", org + grow("-11", "1"), mpf.NoRoomInOrganization},
		{
			"shrink mail on two stores", append(equipped[:1:1], step{"ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("allocate", 2, "1")) + "</mailStore>"}),
			"ReallocateOrganizationMailNoMove", org + grow("-1", "1"), mpf.SourceStoresNeeded,
		},
		{"named store with an unknown op", equipped, "ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("move", 1, "1")) + "</mailStore>", mpf.ArgumentInvalid},
		{"no named store", equipped, "ReallocateOrganizationMailNoMove", org + "<mailStore><sourceMailStores/></mailStore>", mpf.ArgumentMissing},
		{"change a store that is not allocated", equipped, "ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("", 2, "1")) + "</mailStore>", mpf.StoreNotAllocated},
		{"allocate a store that is allocated", equipped, "ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("allocate", 1, "1")) + "</mailStore>", mpf.AllocationExists},
		{"deallocate a store with mailboxes", equipped, "ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("deallocate", 1, "0")) + "</mailStore>", mpf.AllocationInUse},
		{"half of two named stores", equipped, "ReallocateOrganizationMailNoMove", org + "<mailStore>" + sources(named("allocate", 2, "1"), named("", 1, "81")) + "</mailStore>", mpf.NoRoomInStore},
		{"grow public beyond its store", equipped, "ReallocateOrganizationPublic", org + public("41"), mpf.NoRoomInStore},
		{"shrink public below its folders", equipped, "ReallocateOrganizationPublic", org + public("-7"), mpf.NoRoomInOrganization},
		{"shrink public below nothing", equipped, "ReallocateOrganizationPublic", org + public("-11"), mpf.ReleaseExceeds},
		{"grow public that is not there", nil, "ReallocateOrganizationPublic", org + public("1"), mpf.AllocationMissing},
		{
			"grow public of a closed server", append(equipped[:1:1], step{"ModifyExchangeResources", `<provisionable><serverName provisionable="0">EX1</serverName></provisionable>`}),
			"ReallocateOrganizationPublic", org + public("1"), mpf.StoreUnavailable,
		},

		{"mailbox without a share", nil, "AllocateMailbox", org + box(bob) + kb("1"), mpf.NoRoomInOrganization},
		{"mailbox larger than the share", equipped[:1], "AllocateMailbox", org + box(bob) + kb("20481"), mpf.NoRoomInOrganization},
		{"mailbox of another organization", equipped[:1], "AllocateMailbox", org + box(ann) + kb("1"), mpf.UsageOfOtherOrg},
		{"mailbox twice", equipped, "AllocateMailbox", org + box(bob) + kb("1"), mpf.AllocationExists},
		{"mailbox of an organization", equipped, "AllocateMailbox", org + box(alpine) + kb("1"), mpf.ClassWrong},
		{"mailbox of nobody", equipped, "AllocateMailbox", org + box("CN=none,"+alpine) + kb("1"), mpf.ObjectNotFound},
		{"mailbox of negative size", equipped[:1], "AllocateMailbox", org + box(bob) + kb("-1"), mpf.ArgumentInvalid},
		{"mailbox on a store without share", equipped[:1], "AllocateMailbox", org + box(bob) + kb("1") + "<mailStore><serverName>EX1</serverName><mailStoreName>" + mail(2) + "</mailStoreName></mailStore>", mpf.StoreNotAllocated},
		{"mailbox on half a store", equipped[:1], "AllocateMailbox", org + box(bob) + kb("1") + "<mailStore><serverName>EX1</serverName></mailStore>", mpf.ArgumentMissing},
		{"deallocate a mailbox that has nothing", equipped[:1], "DeallocateMailbox", box(bob), mpf.AllocationMissing},
		{"deallocate no mailbox", nil, "DeallocateMailbox", "", mpf.ArgumentMissing},
		{"deallocate by a bad GUID", nil, "DeallocateMailbox", "<GUID>x</GUID>", mpf.ArgumentInvalid},
		{"deallocate by an unknown GUID", nil, "DeallocateMailbox", "<GUID>{00000000-0000-4000-8000-000000000001}</GUID>", mpf.AllocationMissing},
		{"reallocate a mailbox that has nothing", equipped[:1], "ReallocateMailbox", box(bob) + kb("1"), mpf.AllocationMissing},
		{"reallocate a mailbox beyond the share", equipped, "ReallocateMailbox", box(bob) + kb("10481"), mpf.NoRoomInOrganization},
		{"reallocate a mailbox below nothing", equipped, "ReallocateMailbox", box(bob) + kb("-10001"), mpf.ReleaseExceeds},
		{"query the mailbox of nobody", nil, "QueryMailboxAllocation", box("CN=none," + alpine), mpf.ObjectNotFound},

		{"folder without a share", nil, "AllocatePublicFolder", org + folder("/Alpine", "1"), mpf.AllocationMissing},
		{"folder without a path", equipped, "AllocatePublicFolder", org + public("1"), mpf.ArgumentMissing},
		{"folder with a bad path", equipped, "AllocatePublicFolder", org + folder("Alpine", "1"), mpf.ArgumentInvalid},
		{"folder twice", equipped, "AllocatePublicFolder", org + folder("/ALPINE", "1"), mpf.AllocationExists},
		{"folder larger than the share", equipped, "AllocatePublicFolder", org + folder("/Alpine/Sub", "7"), mpf.NoRoomInOrganization},
		{"folder of absurd size", equipped, "AllocatePublicFolder", org + folder("/Alpine/Sub", "9000000000000000000"), mpf.NoRoomInOrganization},
		{"reallocate a folder that has nothing", equipped, "ReallocatePublicFolder", org + folder("/None", "1"), mpf.AllocationMissing},
		{"reallocate a folder beyond the share", equipped, "ReallocatePublicFolder", org + folder("/Alpine", "7"), mpf.NoRoomInOrganization},
		{"reallocate a folder below nothing", equipped, "ReallocatePublicFolder", org + folder("/Alpine", "-5"), mpf.ReleaseExceeds},
		{"deallocate a folder that has nothing", equipped, "DeallocatePublicFolder", org + folder("/None", "0"), mpf.AllocationMissing},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := pool(t)
			for _, s := range row.before {
				must(t, u, s.procedure, s.data)
			}
			before := u.Dump()
			r := call(u, row.procedure, row.data)
			require.NotNil(t, r.Err)
			assert.Equal(t, row.want.ID, r.Err.Cause, r.Err.Description)
			u.Unchanged(before)
		})
	}
}

// Who has no role is refused by every procedure that is not for everyone.
func TestRoles(t *testing.T) {
	u := pool(t)
	for _, row := range []struct {
		procedure, data string
		want            *mpf.Cause
	}{
		{"AddExchangeResources", storeFragment("mailStores", "EX1", mail(1), sized), mpf.NotDomainAdmin},
		{"RemoveExchangeResources", storeFragment("mailStores", "EX1", mail(1), ""), mpf.NotDomainAdmin},
		{"ModifyExchangeResources", storeFragment("mailStores", "EX1", mail(1), sized), mpf.NotDomainAdmin},
		{"QueryAllStores", "", mpf.NotDomainAdmin},
		{"QueryAllOrganizations", "", mpf.NotDomainAdmin},
		{"QueryOrganizationsByMailstore", "<mailStore/>", mpf.NotDomainAdmin},
		{"QueryOrganizationsByPublicstore", "<publicStore/>", mpf.NotDomainAdmin},
		{"QueryResourcesByOrganization", org, mpf.RoleMissing},
		{"QueryResourcesByOrganization", "<GUID>{00000000-0000-4000-8000-000000000001}</GUID>", mpf.RoleMissing},
		{"QueryConsumersByOrganization", org, mpf.RoleMissing},
		{"AllocateOrganization", org + public("1"), mpf.RoleMissing},
		{"DeallocateOrganization", org, mpf.RoleMissing},
		{"ReallocateOrganizationMailNoMove", org + grow("1", "1"), mpf.RoleMissing},
		{"ReallocateOrganizationPublic", org + public("1"), mpf.RoleMissing},
		{"AllocateMailbox", org + box(bob) + kb("1"), mpf.RoleMissing},
		{"DeallocateMailbox", box(bob), mpf.RoleMissing},
		{"DeallocateMailbox", "<GUID>{00000000-0000-4000-8000-000000000001}</GUID>", mpf.RoleMissing},
		{"ReallocateMailbox", box(bob) + kb("1"), mpf.RoleMissing},
		{"QueryMailboxAllocation", box(bob), mpf.RoleMissing},
		{"AllocatePublicFolder", org + folder("/Alpine", "1"), mpf.RoleMissing},
		{"DeallocatePublicFolder", org + folder("/Alpine", "1"), mpf.RoleMissing},
		{"ReallocatePublicFolder", org + folder("/Alpine", "1"), mpf.RoleMissing},
	} {
		r := u.CallAs(nobody, erm.Name, row.procedure, row.data)
		if assert.NotNil(t, r.Err, row.procedure) {
			assert.Equal(t, row.want.ID, r.Err.Cause, row.procedure)
		}
	}
}
