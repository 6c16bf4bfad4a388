package directory

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/mock/state"
)

func TestView_RefusesEveryWrite(t *testing.T) {
	c := newContent(t)
	d := In(c.root.Read(c.env))
	o := mustGet(t, d, testReseller)
	group, err := d.BySAM("A@Reseller1")
	require.NoError(t, err)
	user, err := d.BySAM("hsadmin")
	require.NoError(t, err)
	for name, write := range map[string]func() error{
		"create":          func() error { _, err := d.Create(testReseller.Child("OU", "X"), "organizationalUnit", nil); return err },
		"root":            func() error { _, err := d.CreateRoot(testBase.Child("CN", "X"), "configuration"); return err },
		"set":             func() error { return d.Set(o, "description", "x") },
		"set links":       func() error { return d.Set(o, "managedBy", user.DN.String()) },
		"add links":       func() error { return d.Add(o, "showInAddressBook", user.DN.String()) },
		"all":             func() error { return d.SetAll(o, Attributes{value("description", "x")}) },
		"delete":          func() error { return d.Delete(group) },
		"delete tree":     func() error { return d.DeleteTree(o) },
		"rename":          func() error { _, err := d.Rename(o, "X"); return err },
		"member":          func() error { return d.AddMember(group, user) },
		"well-known":      func() error { return d.SetWellKnown(o, WellKnownAddressList, group) },
		"no well-known":   func() error { return d.RemoveWellKnown(o, WellKnownAddressList) },
		"password":        func() error { return d.SetPassword(user, "New-Pass-1") },
		"change password": func() error { return d.ChangePassword(user, testPassword, "New-Pass-1") },
		"policy":          func() error { return d.SetPasswordPolicy(PasswordPolicy{}) },
		"count":           func() error { return d.CountWrongPassword(user) },
		"unlock":          func() error { return d.Unlock(user) },
		"setting":         func() error { return d.SetSetting("x", "y") },
		"access grant":    func() error { return d.GrantAccess(o, user, "Read") },
		"enable":          func() error { return d.SetEnabled(user, true) },
		"account expires": func() error { return d.ExpireAccount(user, testClock) },
	} {
		assert.ErrorIs(t, write(), state.ErrReadOnly, name)
	}
}

func TestTx_AfterItsEnd(t *testing.T) {
	d := updating(t)
	o := mustGet(t, d, testReseller)
	d.tx.End()
	for name, read := range map[string]func() error{
		"get":        func() error { _, err := d.Get(testBase); return err },
		"by id":      func() error { _, err := d.ByID(o.ID); return err },
		"by name":    func() error { _, err := d.BySAM("hsadmin"); return err },
		"values":     func() error { _, err := d.Values(o, "ou"); return err },
		"attributes": func() error { _, err := d.Attributes(o); return err },
		"search":     func() error { _, _, err := d.Search(Query{Base: testBase}); return err },
		"children":   func() error { _, err := d.Children(o, ""); return err },
		"descendants": func() error {
			for _, err := range d.Descendants(o) {
				return err
			}
			return nil
		},
		"domain": func() error { _, err := d.Domain(); return err },
		"write":  func() error { return d.Set(o, "description", "x") },
	} {
		assert.ErrorIs(t, read(), state.ErrTxDone, name)
	}
}

func TestDelete_CallsTheRoomsAbove(t *testing.T) {
	c := newContent(t)
	var gone []int64
	c.env.Deleted = append(c.env.Deleted, func(_ *state.Tx, id int64) error {
		gone = append(gone, id)
		return nil
	})
	d := c.begin()
	unit := mustCreate(t, d, testReseller.Child("OU", "u"), "organizationalUnit")
	one := mustCreate(t, d, unit.DN.Child("CN", "1"), "contact")
	two := mustCreate(t, d, unit.DN.Child("CN", "2"), "contact")
	require.NoError(t, d.Delete(two))
	require.NoError(t, d.DeleteTree(unit))
	assert.Equal(t, []int64{two.ID, one.ID, unit.ID}, gone, "what is below goes first")

	refused := errors.New("refused")
	c.env.Deleted = append(c.env.Deleted, func(*state.Tx, int64) error { return refused })
	d = c.begin()
	assert.ErrorIs(t, d.Delete(mustCreate(t, d, testReseller.Child("OU", "u"), "organizationalUnit")), refused)
}

func TestDescendants_EnterTheConfiguration(t *testing.T) {
	d := updating(t)
	root := mustGet(t, d, testBase)
	names := func(classes ...string) (all []string) {
		previous := ""
		for o, err := range d.Descendants(root, classes...) {
			require.NoError(t, err)
			assert.Greater(t, o.DN.Key(), previous, "in the order of keys")
			previous = o.DN.Key()
			all = append(all, o.DN.RDN().Value)
		}
		return all
	}
	everything := strings.Join(names(), ",")
	assert.Contains(t, everything, "Computers,Configuration,Services,Fabrikam,EX1,InformationStore,Store1,Store2,Lists,All,Offline,Users")
	assert.Equal(t, []string{"Store1", "Store2"}, names("msExchPrivateMDB"))
	assert.Equal(t, []string{"hsadmin", "MPFServiceAcct"}, names("user"))
	assert.Empty(t, names("unicorn"))
	require.NoError(t, d.DeleteTree(mustGet(t, d, testBase)))
	assert.Zero(t, objects.Len(d.tx)+links.Len(d.tx)+passwords.Len(d.tx))
}

func TestControllers(t *testing.T) {
	names, err := updating(t).Controllers()
	require.NoError(t, err)
	assert.Equal(t, []string{"dc1.fabrikam.com", "dc2.fabrikam.com"}, names)
}

func TestDomain(t *testing.T) {
	d := updating(t)
	domain := mustDomain(t, d)
	assert.Equal(t, Domain{
		Name: "fabrikam.com", NetBIOS: "FABRIKAM", DN: testBase, SID: testSID, Configuration: testBase.Child("CN", "Configuration"),
		Exchange: testExchange, Hosting: testReseller.Parent(),
	}, domain)
	_, err := d.CreateDomainRoot(testBase.Parent(), "COM", testSID)
	assert.ErrorIs(t, err, state.ErrConflict, "a second domain")
	require.NoError(t, d.SetSetting(settingHosting, "nonsense"))
	_, err = d.Domain()
	assert.ErrorContains(t, err, "hosting: ")

	schema, err := state.NewSchema(append(Tables(), state.Counters())...)
	require.NoError(t, err)
	empty := In(schema.Root().Begin(testEnv()))
	_, err = empty.Domain()
	assert.ErrorIs(t, err, ErrNotSeeded)
	_, err = empty.PasswordPolicy()
	assert.ErrorIs(t, err, ErrNotSeeded)
	_, err = empty.Get(testBase)
	assert.ErrorIs(t, err, state.ErrNotFound)
}

func TestMailboxes(t *testing.T) {
	d := updating(t)
	counted, err := d.Mailboxes()
	require.NoError(t, err)
	assert.Zero(t, counted)
	database := testExchange.Child("CN", "EX1").Child("CN", "InformationStore").Child("CN", "Store1").String()
	for name, control := range map[string]string{"one": "512", "two": "514", "three": "66048"} {
		mustCreate(t, d, testReseller.Child("CN", name), "user", value(KindSAM, name), value("userAccountControl", control), value("homeMDB", database))
	}
	counted, err = d.Mailboxes()
	require.NoError(t, err)
	assert.Equal(t, Mailboxes{Enabled: 2, Disabled: 1}, counted)
}

func TestVisibility(t *testing.T) {
	d := updating(t)
	own := mustCreate(t, d, testReseller.Child("OU", "own"), "organizationalUnit")
	other := mustCreate(t, d, testReseller.Child("OU", "other"), "organizationalUnit")
	inside := mustCreate(t, d, own.DN.Child("CN", "box"), "container")
	member := mustCreate(t, d, inside.DN.Child("CN", "member"), "user")
	mighty := mustCreate(t, d, testReseller.Child("CN", "mighty"), "user")
	admins := mustCreate(t, d, testBase.Child("CN", "Users").Child("CN", "MPFAdmins"), "group", value(KindSAM, "MPFAdmins"))
	require.NoError(t, d.AddMember(admins, mighty))
	configuration := testBase.Child("CN", "Configuration")
	for _, row := range []struct {
		account *Object
		sees    [5]bool // own, other, hosting, configuration, users
	}{
		{member, [5]bool{true, false, false, false, true}},
		{mighty, [5]bool{true, true, true, true, true}},
		{mustGet(t, d, testBase.Child("CN", "Users").Child("CN", "hsadmin")), [5]bool{false, false, false, true, true}},
	} {
		v, err := d.Visibility(row.account)
		require.NoError(t, err)
		assert.Equal(t, row.sees, [5]bool{
			v.Sees(own.DN), v.Sees(other.DN), v.Sees(testReseller.Parent()), v.Sees(configuration), v.Sees(testBase.Child("CN", "Users")),
		}, row.account.DN)
	}
	v, err := d.Visibility(member)
	require.NoError(t, err)
	assert.True(t, v.Begins(testReseller), "above its organization")
	assert.False(t, v.Begins(other.DN))
	assert.Equal(t, testReseller.String(), v.Nearest(other.DN.Child("CN", "x")).String())
}

func TestTimes_KeepWholeSeconds(t *testing.T) {
	c := newContent(t)
	c.env.Now = func() time.Time { return testClock.Add(123456 * time.Microsecond) }
	d := c.begin()
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	for _, name := range []string{"whenCreated", "whenChanged", "createTimeStamp", "modifyTimeStamp"} {
		got, err := d.Value(o, name)
		require.NoError(t, err)
		assert.Equal(t, "20040506070809.0Z", got, name)
	}
	found, _, err := d.Search(Query{Base: o.DN, Filter: mustFilter(t, "(&(whenCreated<=20040506070809.7Z)(whenCreated>=20040506070809Z)(whenCreated=20040506070809.0Z))")})
	require.NoError(t, err)
	assert.Len(t, found, 1)
}

// TestWrites_EndWithTheirContext asks that a write of a transaction whose
// context has ended leaves nothing.
func TestWrites_EndWithTheirContext(t *testing.T) {
	d := updating(t)
	ctx, cancel := context.WithCancel(t.Context())
	d.tx.With(ctx)
	before := dump(t, d.tx)
	cancel()
	_, err := d.Create(testReseller.Child("OU", "u"), "organizationalUnit", nil)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, d.DeleteTree(&Object{ID: 1}), context.Canceled)
	_, _, err = d.Search(Query{Base: testBase})
	assert.ErrorIs(t, err, context.Canceled)
	sameDump(t, before, dump(t, d.tx))
}

func TestPlainValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := make(map[uint16][]string)
		var encoded plainValues
		for range rapid.IntRange(0, 20).Draw(t, "writes") {
			number := rapid.Uint16Range(0, 300).Draw(t, "number")
			held := rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "values")
			if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
				held = append(held, strings.Repeat("x", rapid.IntRange(100, 20000).Draw(t, "size")))
			}
			encoded = encoded.with(number, held)
			if want[number] = held; len(held) == 0 {
				delete(want, number)
			}
		}
		got := make(map[uint16][]string)
		last := -1
		for number, value := range encoded.all() {
			require.GreaterOrEqual(t, int(number), last, "in order")
			last = int(number)
			got[number] = append(got[number], value)
		}
		require.Equal(t, want, got)
		var attributes []plainAttribute
		for number, held := range want {
			r := record{plain: encoded}
			require.Equal(t, held, r.values(number))
			require.Equal(t, held[0], r.first(number))
			attributes = append(attributes, plainAttribute{number, held})
		}
		require.Equal(t, encoded, encodeValues(attributes))
	})
}

func TestCompactSID(t *testing.T) {
	for _, sid := range []SID{"", "S-1-5-32-544", testSID, testSID.Child(4294967295), testSID.Child(4294967296), "S-1-5-21-007", "S-1-0", "odd"} {
		assert.Equal(t, sid, sid.compact().text())
		assert.Equal(t, sid.compact(), sid.compact())
		assert.Zero(t, compareSIDs(sid.compact(), sid.compact()))
	}
	assert.NotZero(t, compareSIDs(testSID.Child(7).compact(), SID("S-1-5-32-7").compact()))
}
