package directory

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

var deletedInDomain = testBase.Child("CN", deletedObjects)

// deleted returns what a search of deleted objects finds.
func deleted(t testing.TB, d Directory, base ldappath.DN, scope Scope, filter string) []*Object {
	t.Helper()
	f, err := ParseFilter(filter)
	require.NoError(t, err)
	found, more, err := d.SearchDeleted(Query{Base: base, Scope: scope, Filter: f})
	require.NoError(t, err)
	require.False(t, more)
	return found
}

// tombstoneName is how a deleted object is named.
func tombstoneName(o *Object) string {
	return o.DN.RDN().String() + `\0ADEL:` + strings.Trim(o.GUID.String(), "{}") + "," + deletedInDomain.String()
}

func TestDelete_LeavesATombstone(t *testing.T) {
	d := updating(t)
	home := testReseller.Child("OU", "u+1")
	unit := mustCreate(t, d, home, "organizationalUnit", value("description", "d"))
	ann := mustCreate(t, d, home.Child("CN", "Ann, A"), "user", value(KindSAM, "ann"), value(KindUPN, "ann@x.example"),
		value(proxyAddresses, "SMTP:ann@x.example"), value("mail", "ann@x.example"), value("legacyExchangeDN", "/o=x/cn=ann"), value("description", "d"))
	group := mustCreate(t, d, home.Child("CN", "g"), "group", value("member", ann.DN.String()))
	require.NoError(t, d.SetPassword(ann, "Fabrikam-1234"))
	before, err := d.HighestUSN()
	require.NoError(t, err)
	require.NoError(t, d.DeleteTree(unit))

	all := deleted(t, d, deletedInDomain, ScopeOne, "(isDeleted=TRUE)")
	require.Len(t, all, 3)
	byGUID := map[GUID]*Object{all[0].GUID: all[0], all[1].GUID: all[1], all[2].GUID: all[2]}
	for _, o := range []*Object{unit, ann, group} {
		gone := byGUID[o.GUID]
		require.NotNil(t, gone, o.DN)
		assert.Equal(t, tombstoneName(o), gone.DN.String())
		assert.True(t, gone.Deleted())
		assert.Greater(t, gone.USNChanged, before)
	}
	found, err := d.Attributes(byGUID[ann.GUID])
	require.NoError(t, err)
	texts := make(map[string][]string)
	for _, a := range found {
		texts[a.Name] = a.Values
	}
	delete(texts, "uSNCreated")
	delete(texts, "uSNChanged")
	name := "Ann, A\nDEL:" + strings.Trim(ann.GUID.String(), "{}")
	assert.Equal(t, map[string][]string{
		"objectClass": {"top", "person", "organizationalPerson", "user"}, "distinguishedName": {tombstoneName(ann)},
		"name": {name}, "cn": {name}, "objectGUID": {ann.GUID.Octets()}, "objectSid": {string(ann.SID)}, "isDeleted": {"TRUE"},
		"lastKnownParent": {tombstoneName(unit)}, "instanceType": {"4"}, KindSAM: {"ann"}, "userAccountControl": {"514"},
		"legacyExchangeDN": {"/o=x/cn=ann"}, "whenCreated": {GeneralizedTime(testClock)}, "whenChanged": {GeneralizedTime(testClock)},
	}, texts, "no link, address, logon name or password")
	parent, err := d.Value(byGUID[unit.GUID], "lastKnownParent")
	require.NoError(t, err)
	assert.Equal(t, testReseller.String(), parent)

	again := mustCreate(t, d, home, "organizationalUnit")
	mustCreate(t, d, ann.DN, "user", value(KindSAM, "ann"), value(KindUPN, "ann@x.example"), value(proxyAddresses, "SMTP:ann@x.example"))
	require.NoError(t, d.DeleteTree(again))
	assert.Len(t, deleted(t, d, deletedInDomain, ScopeOne, "(sAMAccountName=ANN)"), 2, "whose names were the same")
}

func TestDelete_TombstonesAreNoObjects(t *testing.T) {
	d := updating(t)
	ann := mustCreate(t, d, testReseller.Child("CN", "ann"), "user", value(KindSAM, "ann"), value("legacyExchangeDN", "/o=x/cn=ann"))
	require.NoError(t, d.Delete(ann))
	for name, find := range map[string]func() error{
		"name":      func() error { _, err := d.Get(ann.DN); return err },
		"GUID":      func() error { _, err := d.ByGUID(ann.GUID); return err },
		"SID":       func() error { _, err := d.BySID(ann.SID); return err },
		"SAM":       func() error { _, err := d.BySAM("ann"); return err },
		"id":        func() error { _, err := d.ByID(ann.ID); return err },
		"container": func() error { _, err := d.Get(deletedInDomain); return err },
	} {
		assert.ErrorIs(t, find(), state.ErrNotFound, name)
	}
	for _, filter := range []string{"(isDeleted=TRUE)", "(lastKnownParent=*)", "(legacyExchangeDN=/o=x/cn=ann)", "(name=ann*)"} {
		f, err := ParseFilter(filter)
		require.NoError(t, err)
		found, _, err := d.Search(Query{Base: testBase, Scope: ScopeSubtree, Filter: f})
		require.NoError(t, err)
		assert.Empty(t, found, filter)
	}
	assert.ErrorIs(t, d.Set(mustGet(t, d, testReseller), "isDeleted", "TRUE"), state.ErrConstraint)
	changes := state.Describe(d.tx.Began().Read(state.Env{}), d.tx, d.tx.Changes())
	assert.Empty(t, changes, "what came and went in one transaction is not a difference")
}

func TestSearchDeleted_Scopes(t *testing.T) {
	d := updating(t)
	configuration := testBase.Child("CN", "Configuration")
	list := mustCreate(t, d, configuration.Child("CN", "list"), "container")
	ann := mustCreate(t, d, testReseller.Child("CN", "ann"), "contact")
	require.NoError(t, d.Delete(list))
	require.NoError(t, d.Delete(ann))
	both := configuration.Child("CN", deletedObjects)
	for _, row := range []struct {
		base  ldappath.DN
		scope Scope
		want  string // "D", "C": the containers; "a", "l": the objects
	}{
		{testBase, ScopeBase, ""},
		{testBase, ScopeOne, "D"},
		{testBase, ScopeSubtree, "Da"},
		{deletedInDomain, ScopeBase, "D"},
		{deletedInDomain, ScopeOne, "a"},
		{deletedInDomain, ScopeSubtree, "Da"},
		{configuration, ScopeSubtree, "Cl"},
		{both, ScopeOne, "l"},
		{both, ScopeBase, "C"},
		{testReseller, ScopeSubtree, ""},
		{testBase.Child("CN", "x"), ScopeSubtree, ""},
		{ldappath.DN{}, ScopeSubtree, "DCla"},
	} {
		got := ""
		for _, o := range deleted(t, d, row.base, row.scope, "(objectClass=*)") {
			switch {
			case o.DN.Equal(deletedInDomain):
				got += "D"
			case o.DN.Equal(both):
				got += "C"
			default:
				got += o.DN.RDN().Value[:1]
			}
		}
		assert.Equal(t, row.want, got, "%s %d", row.base, row.scope)
	}
	for _, o := range deleted(t, d, ldappath.DN{}, ScopeSubtree, "(objectClass=*)") {
		byGUID, err := d.DeletedByGUID(o.GUID)
		require.NoError(t, err)
		assert.Equal(t, o.DN.String(), byGUID.DN.String())
		byName, err := d.DeletedByName(strings.ToLower(o.DN.String()))
		require.NoError(t, err)
		assert.Equal(t, o.GUID, byName.GUID)
		assert.Equal(t, o.ID != 0, DeletedName(o.DN.String()), "the container's name is like others")
	}
	gone, err := d.DeletedByGUID(ann.GUID)
	require.NoError(t, err)
	assert.Len(t, deleted(t, d, gone.DN, ScopeBase, "(objectClass=*)"), 1)
	assert.Len(t, deleted(t, d, gone.DN, ScopeSubtree, "(objectClass=contact)"), 1)
	assert.Empty(t, deleted(t, d, gone.DN, ScopeOne, "(objectClass=*)"))
	guid := strings.Trim(ann.GUID.String(), "{}")
	for _, name := range []string{
		`CN=bob\0ADEL:` + guid + "," + deletedInDomain.String(), `CN=ann\0ADEL:` + guid + "," + both.String(), `CN=ann\0ADEL:x,` + deletedInDomain.String(),
		"CN=Deleted Objects,DC=x",
	} {
		_, err := d.DeletedByName(name)
		assert.ErrorIs(t, err, state.ErrNotFound, name)
	}
	_, err = d.DeletedByGUID(mustGet(t, d, testBase).GUID)
	assert.ErrorIs(t, err, state.ErrNotFound)
}

// TestSearchDeleted_Readers is a reader that asks for what was deleted since it
// asked last, in pages, and sees each object once.
func TestSearchDeleted_Readers(t *testing.T) {
	d := updating(t)
	var all []string
	for i := range 7 {
		o := mustCreate(t, d, testReseller.Child("CN", fmt.Sprint(i)), "contact")
		require.NoError(t, d.Delete(o))
		all = append(all, tombstoneName(o))
	}
	usn, err := d.HighestUSN()
	require.NoError(t, err)
	later := mustCreate(t, d, testReseller.Child("CN", "later"), "contact")
	require.NoError(t, d.Delete(later))

	looked := 0
	since, err := ParseFilter(fmt.Sprintf("(&(isDeleted=TRUE)(uSNChanged>=%d))", usn+1))
	require.NoError(t, err)
	found, more, err := d.SearchDeleted(Query{Base: deletedInDomain, Scope: ScopeOne, Filter: since, Budget: func(n int) error {
		looked += n
		return nil
	}})
	require.NoError(t, err)
	assert.False(t, more)
	require.Len(t, found, 1)
	assert.Equal(t, tombstoneName(later), found[0].DN.String())
	assert.LessOrEqual(t, looked, step, "the older ones are not looked at")

	after := ""
	var paged []string
	for more := true; more; {
		found, rest, err := d.SearchDeleted(Query{Base: deletedInDomain, Scope: ScopeOne, After: after, Limit: 3})
		require.NoError(t, err)
		for _, o := range found {
			paged, after = append(paged, o.DN.String()), fmt.Sprint(o.USNChanged)
		}
		more = rest
	}
	assert.Equal(t, append(all, tombstoneName(later)), paged)
	refused := fmt.Errorf("too much")
	_, _, err = d.SearchDeleted(Query{Base: deletedInDomain, Scope: ScopeOne, Budget: func(int) error { return refused }})
	assert.ErrorIs(t, err, refused)
	_, _, err = d.SearchDeleted(Query{Base: deletedInDomain, After: "x"})
	assert.Error(t, err)
}

func TestForgetDeleted(t *testing.T) {
	c := newContent(t)
	for i := range 5 {
		c.env.Now = func() time.Time { return testClock.Add(time.Duration(i) * time.Hour) }
		require.NoError(t, c.update(func(tx *state.Tx) error {
			return In(tx).Delete(mustCreate(t, In(tx), testReseller.Child("CN", fmt.Sprint(i)), "contact"))
		}))
	}
	d := c.begin()
	assert.False(t, d.DeletedBefore(testClock))
	for _, row := range []struct {
		before     time.Duration
		most, want int
	}{{0, 9, 0}, {90 * time.Minute, 9, 2}, {5 * time.Hour, 2, 2}, {5 * time.Hour, 2, 1}, {5 * time.Hour, 2, 0}} {
		assert.Equal(t, row.want > 0, d.DeletedBefore(testClock.Add(row.before)))
		forgotten, err := d.ForgetDeleted(testClock.Add(row.before), row.most)
		require.NoError(t, err)
		assert.Equal(t, row.want, forgotten)
	}
	assert.Empty(t, deleted(t, d, deletedInDomain, ScopeOne, "(objectClass=*)"))
}

// TestTombstone_Row holds that a ledger returns what it was given.
func TestTombstone_Row(t *testing.T) {
	d := updating(t)
	require.NoError(t, d.Delete(mustCreate(t, d, testReseller.Child("CN", `a"\b`), "user", value(KindSAM, "ann"))))
	for row := range tombstones.All(d.tx) {
		text, err := row.MarshalJSON()
		require.NoError(t, err)
		var read tombstone
		require.NoError(t, read.UnmarshalJSON(text))
		assert.Equal(t, *row, read)
	}
	assert.Error(t, new(tombstone).UnmarshalJSON([]byte(`{"context":1,"object":{}}`)))
	assert.Error(t, new(tombstone).UnmarshalJSON([]byte(`[]`)))
}
