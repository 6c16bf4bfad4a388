package directory

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

const manyRows = 256

func values(name string, v ...string) Attribute { return Attribute{Name: name, Values: v} }

func TestCreate_Refusals(t *testing.T) {
	d := updating(t)
	mustCreate(t, d, testReseller.Child("CN", "Taken"), "user", value(KindSAM, "taken"), value(KindUPN, "taken@org.example"),
		values("proxyAddresses", "SMTP:taken@org.example", "smtp:second@org.example"))
	under := func(rdn, value string) ldappath.DN { return testReseller.Child(rdn, value) }
	for name, row := range map[string]struct {
		dn         ldappath.DN
		class      string
		attributes Attributes
		want       error
	}{
		"no parent":                {under("OU", "Missing").Child("CN", "x"), "user", nil, state.ErrNotFound},
		"unknown class":            {under("CN", "x"), "unicorn", nil, ErrClassViolation},
		"wrong naming attribute":   {under("OU", "x"), "user", nil, ErrNaming},
		"unit under a container":   {testBase.Child("CN", "Users").Child("OU", "x"), "organizationalUnit", nil, ErrNaming},
		"below a leaf":             {under("CN", "Taken").Child("CN", "x"), "contact", nil, ErrNaming},
		"name of another case":     {under("CN", "TAKEN"), "contact", nil, state.ErrConflict},
		"name longer than 64":      {under("CN", strings.Repeat("x", 65)), "contact", nil, state.ErrConstraint},
		"account name taken":       {under("CN", "x"), "group", Attributes{value(KindSAM, "TAKEN")}, state.ErrConflict},
		"login taken":              {under("CN", "x"), "user", Attributes{value(KindUPN, "Taken@ORG.example")}, state.ErrConflict},
		"address taken":            {under("CN", "x"), "contact", Attributes{value("proxyAddresses", "smtp:TAKEN@org.example")}, state.ErrConflict},
		"second address taken":     {under("CN", "x"), "contact", Attributes{value("proxyAddresses", "SMTP:second@org.example")}, state.ErrConflict},
		"unknown attribute":        {under("CN", "x"), "user", Attributes{value("shoeSize", "43")}, ErrNoSuchAttribute},
		"account name of 21":       {under("CN", "x"), "user", Attributes{value(KindSAM, strings.Repeat("x", 21))}, state.ErrConstraint},
		"account name with slash":  {under("CN", "x"), "user", Attributes{value(KindSAM, "a/b")}, state.ErrConstraint},
		"account name with dot":    {under("CN", "x"), "user", Attributes{value(KindSAM, "ab.")}, state.ErrConstraint},
		"another common name":      {under("CN", "x"), "user", Attributes{value("cn", "y")}, state.ErrConstraint},
		"computed attribute":       {under("CN", "x"), "user", Attributes{value("memberOf", testReseller.String())}, state.ErrConstraint},
		"kept attribute":           {under("CN", "x"), "user", Attributes{value("badPwdCount", "1")}, state.ErrConstraint},
		"two values for one":       {under("CN", "x"), "user", Attributes{values("displayName", "a", "b")}, state.ErrConstraint},
		"the same value twice":     {under("CN", "x"), "user", Attributes{values("description", "a", "A")}, ErrValueExists},
		"an attribute twice":       {under("CN", "x"), "user", Attributes{value("sn", "a"), value("SN", "b")}, ErrValueExists},
		"empty value":              {under("CN", "x"), "user", Attributes{value("sn", "")}, state.ErrConstraint},
		"not a number":             {under("CN", "x"), "user", Attributes{value("countryCode", "one")}, state.ErrSyntax},
		"number out of range":      {under("CN", "x"), "user", Attributes{value("countryCode", "65536")}, state.ErrConstraint},
		"number too big":           {under("CN", "x"), "user", Attributes{value("countryCode", "99999999999")}, state.ErrSyntax},
		"not a boolean":            {under("CN", "x"), "user", Attributes{value("deliverAndRedirect", "yes")}, state.ErrSyntax},
		"not hex":                  {under("CN", "x"), "user", Attributes{value("msExchMailboxGuid", "xyz")}, state.ErrSyntax},
		"too many octets":          {under("CN", "x"), "user", Attributes{value("msExchMailboxGuid", strings.Repeat("00", 17))}, state.ErrConstraint},
		"not a name":               {under("CN", "x"), "user", Attributes{value("manager", "Bob")}, state.ErrSyntax},
		"name of nobody":           {under("CN", "x"), "user", Attributes{value("manager", under("CN", "Bob").String())}, state.ErrNotFound},
		"well-known without hex":   {under("CN", "x"), "user", Attributes{value("otherWellKnownObjects", testReseller.String())}, state.ErrSyntax},
		"address without a type":   {under("CN", "x"), "user", Attributes{value("proxyAddresses", "x@org.example")}, state.ErrSyntax},
		"address without a domain": {under("CN", "x"), "user", Attributes{value("proxyAddresses", "SMTP:x@")}, state.ErrSyntax},
		"two primary addresses":    {under("CN", "x"), "user", Attributes{values("proxyAddresses", "SMTP:x@a.example", "SMTP:y@a.example")}, state.ErrConstraint},
		"zero byte":                {under("CN", "x"), "user", Attributes{value("sn", "a\x00b")}, state.ErrSyntax},
		"not UTF-8":                {under("CN", "x"), "user", Attributes{value("sn", "a\xffb")}, state.ErrSyntax},
		"country of four letters":  {under("CN", "x"), "user", Attributes{value("c", "FRAN")}, state.ErrConstraint},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(mustChildren(t, d, testReseller))
			_, err := d.Create(row.dn, row.class, row.attributes)
			assert.ErrorIs(t, err, row.want)
			assert.Len(t, mustChildren(t, d, testReseller), before)
		})
	}
}

func mustChildren(tb testing.TB, d Directory, dn ldappath.DN) []*Object {
	tb.Helper()
	children, err := d.Children(mustGet(tb, d, dn), "")
	require.NoError(tb, err)
	return children
}

func TestConflict_TellsKindAndHolder(t *testing.T) {
	d := updating(t)
	holder := mustCreate(t, d, testReseller.Child("CN", "Holder"), "user", value(KindSAM, "holder"),
		value(KindUPN, "holder@org.example"), value("proxyAddresses", "SMTP:holder@org.example"))
	for kind, attribute := range map[string]Attribute{
		KindSAM: value(KindSAM, "Holder"), KindUPN: value(KindUPN, "HOLDER@org.example"),
		KindAddress: value("proxyAddresses", "smtp:Holder@org.example"),
	} {
		_, err := d.Create(testReseller.Child("CN", "Other"), "user", Attributes{attribute})
		var conflict *state.ConflictError
		require.ErrorAs(t, err, &conflict)
		assert.Equal(t, kind, conflict.Kind)
		assert.Equal(t, attribute.Values[0], conflict.Value)
		assert.Equal(t, holder.DN.String(), conflict.Holder.String())
		assert.NotContains(t, err.Error(), "Reseller1", "the text does not give the holder away")
	}
}

func TestGet_TellsTheDeepestAncestor(t *testing.T) {
	d := updating(t)
	_, err := d.Get(ldappath.MustParseDN("CN=a,OU=b,ou=reseller1,OU=Hosting,DC=fabrikam,DC=com"))
	var missing *state.NotFoundError
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", missing.Ancestor.String())
	_, err = d.Get(ldappath.MustParseDN("DC=other,DC=org"))
	require.ErrorAs(t, err, &missing)
	assert.True(t, missing.Ancestor.IsZero())
}

func TestGet_HasTheSpellingOfTheDirectory(t *testing.T) {
	d := updating(t)
	stored := "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	for _, asked := range []string{
		stored, "ou=Reseller1,OU=Hosting,DC=fabrikam,DC=com", "OU=reseller1,OU=Hosting,DC=fabrikam,DC=com",
		"OU=Reseller1,OU=hosting,DC=fabrikam,DC=com", "OU=Reseller1,OU=Hosting,DC=Fabrikam,DC=com", "OU=Reseller1,OU=Hosting,DC=fabrikam,dc=com",
	} {
		o, err := d.Get(ldappath.MustParseDN(asked))
		require.NoError(t, err)
		assert.Equal(t, stored, o.DN.String(), asked)
	}
}

func TestCreate_GivesWhatAnAccountHas(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, ldappath.MustParseDN("cn=alice@org.example, ou=reseller1,OU=HOSTING,dc=fabrikam,dc=com"), "USER",
		value("SAMACCOUNTNAME", "alice"), value("cn", "alice@org.example"), value("GivenName", "Alice"),
		value("deliverandredirect", "1"), values("proxyAddresses", "SMTP:alice@org.example", "smtp:a@org.example"))
	assert.Equal(t, "CN=alice@org.example,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", o.DN.String(), "the parent's own spelling")
	assert.Equal(t, "user", o.Class)
	all, err := d.Attributes(o)
	require.NoError(t, err)
	want := Attributes{
		values("objectClass", "top", "person", "organizationalPerson", "user"),
		value("objectCategory", "CN=Person,CN=Schema,CN=Configuration,DC=fabrikam,DC=com"),
		value("distinguishedName", o.DN.String()), value("name", "alice@org.example"),
		value("objectGUID", o.GUID.Octets()), value("objectSid", string(o.SID)),
		value("whenCreated", "20040506070809.0Z"), value("whenChanged", "20040506070809.0Z"),
	}
	assert.Equal(t, want, all[:len(want)])
	for name, want := range map[string]string{
		"cn": "alice@org.example", "givenName": "Alice", "sAMAccountName": "alice", "userAccountControl": "514",
		"primaryGroupID": "513", "deliverAndRedirect": "TRUE", "sAMAccountType": "805306368", "instanceType": "4",
		"proxyAddresses": "SMTP:alice@org.example", "canonicalName": "",
	} {
		assert.Equal(t, want, all.First(name), name)
	}
	assert.Regexp(t, `^S-1-5-21-1004336348-1177238915-682003330-1\d{3}$`, o.SID)
	some, err := d.Attributes(o, "CANONICALNAME", "mail", "nonsense", "sn", "givenname")
	require.NoError(t, err)
	assert.Equal(t, Attributes{value("canonicalName", "fabrikam.com/Hosting/Reseller1/alice@org.example"), value("givenName", "Alice")}, some)
	address, err := d.PrimaryAddress(o)
	require.NoError(t, err)
	assert.Equal(t, "alice@org.example", address)
}

func TestCreate_MakesUpAccountNames(t *testing.T) {
	d := updating(t)
	one, other := mustCreate(t, d, testReseller.Child("CN", "one"), "group"), mustCreate(t, d, testReseller.Child("CN", "other"), "user")
	first, err := d.Value(one, KindSAM)
	require.NoError(t, err)
	second, err := d.Value(other, KindSAM)
	require.NoError(t, err)
	assert.Regexp(t, `^\$.{19}$`, first)
	assert.NotEqual(t, first, second)
	assert.ErrorIs(t, d.Set(other, KindSAM), ErrClassViolation, "the name is mandatory")
}

func TestLookups(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "Ålice"), "user", value(KindSAM, "Ålice"), value(KindUPN, "Ålice@Org.example"),
		value("proxyAddresses", "SMTP:Alice@org.example"), value("mailNickname", "Ali"))
	for name, find := range map[string]func() (*Object, error){
		"name":     func() (*Object, error) { return d.Get(ldappath.MustParseDN("cn=ålice," + testReseller.String())) },
		"row":      func() (*Object, error) { return d.ByID(o.ID) },
		"GUID":     func() (*Object, error) { return d.ByGUID(o.GUID) },
		"SID":      func() (*Object, error) { return d.BySID(o.SID) },
		"SAM":      func() (*Object, error) { return d.BySAM("åLICE") },
		"UPN":      func() (*Object, error) { return d.ByUPN("ålice@ORG.example") },
		"address":  func() (*Object, error) { return d.ByProxyAddress("alice@ORG.example") },
		"SMTP:":    func() (*Object, error) { return d.ByProxyAddress("smtp:alice@org.example") },
		"as path":  func() (*Object, error) { return d.Resolve("LDAP://dc1/CN=Ålice, " + testReseller.String()) },
		"as down":  func() (*Object, error) { return d.Resolve(`fabrikam\ålice`) },
		"as login": func() (*Object, error) { return d.Resolve("ålice@org.example") },
		"as SAM":   func() (*Object, error) { return d.Resolve("ålice") },
		"as SID":   func() (*Object, error) { return d.Resolve(string(o.SID)) },
	} {
		found, err := find()
		require.NoError(t, err, name)
		assert.Equal(t, o, found, name)
	}
	byAlias, err := d.ByValue("mailNickname", "ALI")
	require.NoError(t, err)
	assert.Equal(t, []*Object{o}, byAlias)
	for _, name := range []string{`OTHER\alice`, "nobody", "S-1-5-21-1", "LDAP://CN=x,DC=y"} {
		_, err := d.Resolve(name)
		assert.ErrorIs(t, err, state.ErrNotFound, name)
	}
}

func TestResolve_PrincipalNames(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user", value(KindSAM, "bob"), value(KindUPN, "b.smith@org.example"))
	for _, name := range []string{"b.smith@ORG.example", `org.example\b.smith`, "bob@fabrikam.com", `Fabrikam.com\bob`, `FABRIKAM\bob`} {
		found, err := d.Resolve(name)
		require.NoError(t, err, name)
		assert.Equal(t, o, found, name)
	}
	for _, name := range []string{"bob@org.example", `org.example\bob`, "b.smith@fabrikam.com", `FABRIKAM\b.smith`, `\bob`, "@org.example"} {
		_, err := d.Resolve(name)
		assert.ErrorIs(t, err, state.ErrNotFound, name)
	}
}

// Nobody takes a name by which another account is known already, whether it was
// given or follows from the domain.
func TestResolve_NamesOfOthersStayTheirs(t *testing.T) {
	d := updating(t)
	bob := mustCreate(t, d, testReseller.Child("CN", "bob"), "user", value(KindSAM, "bob"), value(KindUPN, "bob@org.example"))
	eve := mustCreate(t, d, testReseller.Child("CN", "eve"), "user", value(KindSAM, "eve"))
	for _, upn := range []string{"bob@fabrikam.com", "BOB@Fabrikam.com", "bob@org.example"} {
		assert.ErrorIs(t, d.Set(eve, KindUPN, upn), state.ErrConflict, upn)
	}
	require.NoError(t, d.Set(bob, KindUPN, "bob@fabrikam.com"), "its own")
	require.NoError(t, d.Set(eve, KindUPN, "bob"), "a name without a suffix")
	for _, name := range []string{"bob", "bob@fabrikam.com", `FABRIKAM\bob`} {
		found, err := d.Resolve(name)
		require.NoError(t, err, name)
		assert.Equal(t, bob.ID, found.ID, name)
	}
}

func TestSetAddRemove(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user", value("otherTelephone", "first"), value("sn", "Old"))
	before := o.USNChanged
	steps := []struct {
		name string
		run  func() error
		want error
		left []string // of description
	}{
		{"add", func() error { return d.Add(o, "OtherTelephone", "second", "third") }, nil, []string{"first", "second", "third"}},
		{"add a present value", func() error { return d.Add(o, "otherTelephone", "fourth", "SECOND") }, ErrValueExists, []string{"first", "second", "third"}},
		{"add to a single one", func() error { return d.Add(o, "sn", "New") }, state.ErrConstraint, []string{"first", "second", "third"}},
		{"remove", func() error { return d.Remove(o, "otherTelephone", "SECOND") }, nil, []string{"first", "third"}},
		{"remove an absent value", func() error { return d.Remove(o, "otherTelephone", "first", "nothing") }, ErrNoSuchValue, []string{"first", "third"}},
		{"replace", func() error { return d.Set(o, "otherTelephone", "new") }, nil, []string{"new"}},
		{"clear", func() error { return d.Set(o, "otherTelephone") }, nil, nil},
		{"clear again", func() error { return d.Set(o, "otherTelephone") }, nil, nil},
		{"unknown", func() error { return d.Set(o, "shoeSize", "43") }, ErrNoSuchAttribute, nil},
		{"all or none", func() error {
			return d.SetAll(o, Attributes{value("otherTelephone", "x"), value("c", "LONG")})
		}, state.ErrConstraint, nil},
		{"rename by attribute", func() error { return d.Set(o, "cn", "p") }, state.ErrConstraint, nil},
	}
	for _, step := range steps {
		err := step.run()
		if step.want == nil {
			require.NoError(t, err, step.name)
		}
		assert.ErrorIs(t, err, step.want, step.name)
		left, err := d.Values(o, "otherTelephone")
		require.NoError(t, err)
		assert.Equal(t, step.left, left, step.name)
	}
	now, err := d.ByID(o.ID)
	require.NoError(t, err)
	assert.Equal(t, before+5, now.USNChanged, "one number for each change")
}

func TestProxyAddresses_MoveAndFree(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user", values("proxyAddresses", "SMTP:a@x.example", "X400:c=us;a= ;p=F;o=E;s=a;"))
	other := mustCreate(t, d, testReseller.Child("CN", "p"), "user")
	require.NoError(t, d.Set(o, "proxyAddresses", "smtp:A@x.example", "SMTP:b@x.example"), "its own address in another form")
	assert.ErrorIs(t, d.Add(other, "proxyAddresses", "SMTP:a@x.example"), state.ErrConflict)
	require.NoError(t, d.Remove(o, "proxyAddresses", "SMTP:a@x.example"))
	require.NoError(t, d.Add(other, "proxyAddresses", "SMTP:a@x.example"))
	require.NoError(t, d.Delete(o))
	require.NoError(t, d.Add(other, "proxyAddresses", "smtp:b@x.example"), "a deleted object's address is free")
}

func TestDelete(t *testing.T) {
	d := updating(t)
	unit := mustCreate(t, d, testReseller.Child("OU", "u"), "organizationalUnit")
	user := mustCreate(t, d, unit.DN.Child("CN", "o"), "user", value(KindSAM, "o"), value(KindUPN, "o@x.example"))
	group, err := d.BySAM("AU@Reseller1")
	require.NoError(t, err)
	require.NoError(t, d.AddMember(group, user))
	require.NoError(t, d.SetPassword(user, "Secret-99"))
	assert.ErrorIs(t, d.Delete(unit), state.ErrNotLeaf)
	require.NoError(t, d.Delete(user))
	assert.ErrorIs(t, d.Delete(user), state.ErrNotFound)
	members, err := d.Members(group)
	require.NoError(t, err)
	assert.Empty(t, members)
	again := mustCreate(t, d, user.DN, "user", value(KindSAM, "o"), value(KindUPN, "o@x.example"))
	assert.NotEqual(t, user.ID, again.ID)
	assert.NotEqual(t, user.SID, again.SID)
	has, err := d.HasPassword(again)
	require.NoError(t, err)
	assert.False(t, has)
	require.NoError(t, d.DeleteTree(unit))
	_, err = d.ByID(again.ID)
	assert.ErrorIs(t, err, state.ErrNotFound)
	sibling := mustCreate(t, d, testReseller.Child("OU", "u-2"), "organizationalUnit")
	unit = mustCreate(t, d, testReseller.Child("OU", "u"), "organizationalUnit")
	require.NoError(t, d.DeleteTree(unit))
	_, err = d.ByID(sibling.ID)
	assert.NoError(t, err, "a name that only begins the same stays")
}

func TestRenameAndMove(t *testing.T) {
	d := updating(t)
	unit := mustCreate(t, d, testReseller.Child("OU", "Old"), "organizationalUnit")
	deep := mustCreate(t, d, unit.DN.Child("OU", `a, "b"`), "organizationalUnit")
	user := mustCreate(t, d, deep.DN.Child("CN", "o"), "user")
	other := mustCreate(t, d, testReseller.Child("OU", "Other"), "organizationalUnit", value("managedBy", user.DN.String()))
	moved, err := d.Rename(unit, "New, Name")
	require.NoError(t, err)
	assert.Equal(t, `OU=New\, Name,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com`, moved.DN.String())
	assert.Equal(t, unit.GUID, moved.GUID)
	found := mustGet(t, d, moved.DN.Child("OU", `A, "B"`).Child("CN", "O"))
	assert.Equal(t, user.ID, found.ID)
	manager, err := d.Value(other, "managedBy")
	require.NoError(t, err)
	assert.Equal(t, found.DN.String(), manager, "links follow")
	cased, err := d.Rename(moved, "NEW, name")
	require.NoError(t, err)
	assert.Equal(t, "NEW, name", cased.DN.RDN().Value)
	away, err := d.Move(cased, other)
	require.NoError(t, err)
	assert.Equal(t, other.ID, away.ParentID)
	mustGet(t, d, away.DN.Child("OU", `a, "b"`).Child("CN", "o"))
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"into itself": {func() error { _, err := d.Move(away, mustGet(t, d, away.DN.Child("OU", `a, "b"`))); return err }, ErrNaming},
		"under a leaf": {func() error {
			_, err := d.Move(away, mustGet(t, d, away.DN.Child("OU", `a, "b"`).Child("CN", "o")))
			return err
		}, ErrNaming},
		"too long":        {func() error { _, err := d.Rename(away, strings.Repeat("x", 65)); return err }, state.ErrConstraint},
		"empty":           {func() error { _, err := d.Rename(away, ""); return err }, state.ErrConstraint},
		"control":         {func() error { _, err := d.Rename(away, "a\nb"); return err }, state.ErrConstraint},
		"the root":        {func() error { _, err := d.Rename(mustGet(t, d, testBase), "x"); return err }, ErrNaming},
		"a deleted one":   {func() error { _, err := d.Rename(&Object{ID: 1 << 40, ParentID: 1}, "x"); return err }, state.ErrNotFound},
		"name is in use":  {func() error { return renameTaken(t, d) }, state.ErrConflict},
		"class forbidden": {func() error { _, err := d.Move(away, mustGet(t, d, testBase.Child("CN", "Users"))); return err }, ErrNaming},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
}

func renameTaken(tb testing.TB, d Directory) error {
	tb.Helper()
	mustCreate(tb, d, testReseller.Child("OU", "one"), "organizationalUnit")
	two := mustCreate(tb, d, testReseller.Child("OU", "two"), "organizationalUnit")
	_, err := d.Rename(two, "ONE")
	return err
}

func TestChildrenAndDescendants(t *testing.T) {
	d := updating(t)
	unit := mustCreate(t, d, testReseller.Child("OU", "u"), "organizationalUnit")
	for i := range manyRows + 10 {
		mustCreate(t, d, unit.DN.Child("CN", strings.Repeat("x", i%60+1)+string(rune('a'+i/60))), "contact")
	}
	sub := mustCreate(t, d, unit.DN.Child("OU", "sub"), "organizationalUnit")
	mustCreate(t, d, sub.DN.Child("CN", "deep"), "user")
	count := func(classes ...string) (n int) {
		previous := ""
		for o, err := range d.Descendants(unit, classes...) {
			require.NoError(t, err)
			assert.Greater(t, o.DN.Key(), previous)
			previous = o.DN.Key()
			n++
		}
		return n
	}
	assert.Equal(t, manyRows+12, count())
	assert.Equal(t, manyRows+10, count("Contact"))
	assert.Equal(t, 1, count("user"))
	assert.Equal(t, 2, count("user", "organizationalUnit"))
	users, err := d.Children(unit, "user")
	require.NoError(t, err)
	assert.Empty(t, users)
	for range d.Descendants(unit) {
		break // ending early leaves the transaction usable
	}
	assert.Len(t, mustChildren(t, d, unit.DN), manyRows+11)
}

func TestPrimaryGroup(t *testing.T) {
	d := updating(t)
	_, err := d.Create(testReseller.Child("CN", "new"), "user", Attributes{}.With(primaryGroupID, "512"))
	assert.ErrorIs(t, err, state.ErrConstraint, "of a new account")
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	admins, err := d.BySAM("Domain Admins")
	require.NoError(t, err)
	assert.ErrorIs(t, d.Set(o, primaryGroupID, "512"), state.ErrConstraint, "no member")
	assert.ErrorIs(t, d.Set(o, primaryGroupID), state.ErrConstraint, "cleared")
	require.NoError(t, d.Set(o, primaryGroupID, "513"), "as it is")
	member, err := d.IsMember(o, admins)
	require.NoError(t, err)
	assert.False(t, member)
	require.NoError(t, d.AddMember(admins, o))
	require.NoError(t, d.Set(o, primaryGroupID, "512"))
	group := mustCreate(t, d, testReseller.Child("CN", "g"), "group")
	assert.ErrorIs(t, d.Set(group, primaryGroupID, "512"), state.ErrConstraint, "groups have none")
}

func TestInDomainGroup(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	for name, want := range map[string]bool{"CN=Users,DC=fabrikam,DC=com": true, testReseller.String(): false} {
		group := mustCreate(t, d, ldappath.MustParseDN("CN=Mighty,"+name), "group", value(KindSAM, "Mighty"))
		require.NoError(t, d.AddMember(group, o))
		in, err := d.InDomainGroup(o, "Nobody", "Mighty")
		require.NoError(t, err)
		assert.Equal(t, want, in, name)
		require.NoError(t, d.Delete(group))
	}
}
