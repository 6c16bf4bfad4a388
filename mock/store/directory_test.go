package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
)

func values(name string, v ...string) Attribute { return Attribute{Name: name, Values: v} }

func TestCreate_Refusals(t *testing.T) {
	tx := updating(t)
	mustCreate(t, tx, testReseller.Child("CN", "Taken"), "user", value(KindSAM, "taken"), value(KindUPN, "taken@org.example"),
		values("proxyAddresses", "SMTP:taken@org.example", "smtp:second@org.example"))
	under := func(rdn, value string) ldappath.DN { return testReseller.Child(rdn, value) }
	for name, row := range map[string]struct {
		dn         ldappath.DN
		class      string
		attributes Attributes
		want       error
	}{
		"no parent":                {under("OU", "Missing").Child("CN", "x"), "user", nil, ErrNotFound},
		"unknown class":            {under("CN", "x"), "unicorn", nil, ErrClassViolation},
		"wrong naming attribute":   {under("OU", "x"), "user", nil, ErrNaming},
		"unit under a container":   {testBase.Child("CN", "Users").Child("OU", "x"), "organizationalUnit", nil, ErrNaming},
		"below a leaf":             {under("CN", "Taken").Child("CN", "x"), "contact", nil, ErrNaming},
		"name of another case":     {under("CN", "TAKEN"), "contact", nil, ErrConflict},
		"name longer than 64":      {under("CN", strings.Repeat("x", 65)), "contact", nil, ErrConstraint},
		"account name taken":       {under("CN", "x"), "group", Attributes{value(KindSAM, "TAKEN")}, ErrConflict},
		"login taken":              {under("CN", "x"), "user", Attributes{value(KindUPN, "Taken@ORG.example")}, ErrConflict},
		"address taken":            {under("CN", "x"), "contact", Attributes{value("proxyAddresses", "smtp:TAKEN@org.example")}, ErrConflict},
		"second address taken":     {under("CN", "x"), "contact", Attributes{value("proxyAddresses", "SMTP:second@org.example")}, ErrConflict},
		"unknown attribute":        {under("CN", "x"), "user", Attributes{value("shoeSize", "43")}, ErrNoSuchAttribute},
		"account name of 21":       {under("CN", "x"), "user", Attributes{value(KindSAM, strings.Repeat("x", 21))}, ErrConstraint},
		"account name with slash":  {under("CN", "x"), "user", Attributes{value(KindSAM, "a/b")}, ErrConstraint},
		"account name with dot":    {under("CN", "x"), "user", Attributes{value(KindSAM, "ab.")}, ErrConstraint},
		"another common name":      {under("CN", "x"), "user", Attributes{value("cn", "y")}, ErrConstraint},
		"computed attribute":       {under("CN", "x"), "user", Attributes{value("memberOf", testReseller.String())}, ErrConstraint},
		"kept attribute":           {under("CN", "x"), "user", Attributes{value("badPwdCount", "1")}, ErrConstraint},
		"two values for one":       {under("CN", "x"), "user", Attributes{values("displayName", "a", "b")}, ErrConstraint},
		"the same value twice":     {under("CN", "x"), "user", Attributes{values("description", "a", "A")}, ErrValueExists},
		"an attribute twice":       {under("CN", "x"), "user", Attributes{value("sn", "a"), value("SN", "b")}, ErrValueExists},
		"empty value":              {under("CN", "x"), "user", Attributes{value("sn", "")}, ErrConstraint},
		"not a number":             {under("CN", "x"), "user", Attributes{value("countryCode", "one")}, ErrSyntax},
		"number out of range":      {under("CN", "x"), "user", Attributes{value("countryCode", "65536")}, ErrConstraint},
		"number too big":           {under("CN", "x"), "user", Attributes{value("countryCode", "99999999999")}, ErrSyntax},
		"not a boolean":            {under("CN", "x"), "user", Attributes{value("deliverAndRedirect", "yes")}, ErrSyntax},
		"not hex":                  {under("CN", "x"), "user", Attributes{value("msExchMailboxGuid", "xyz")}, ErrSyntax},
		"too many octets":          {under("CN", "x"), "user", Attributes{value("msExchMailboxGuid", strings.Repeat("00", 17))}, ErrConstraint},
		"not a name":               {under("CN", "x"), "user", Attributes{value("manager", "Bob")}, ErrSyntax},
		"name of nobody":           {under("CN", "x"), "user", Attributes{value("manager", under("CN", "Bob").String())}, ErrNotFound},
		"well-known without hex":   {under("CN", "x"), "user", Attributes{value("otherWellKnownObjects", testReseller.String())}, ErrSyntax},
		"address without a type":   {under("CN", "x"), "user", Attributes{value("proxyAddresses", "x@org.example")}, ErrSyntax},
		"address without a domain": {under("CN", "x"), "user", Attributes{value("proxyAddresses", "SMTP:x@")}, ErrSyntax},
		"two primary addresses":    {under("CN", "x"), "user", Attributes{values("proxyAddresses", "SMTP:x@a.example", "SMTP:y@a.example")}, ErrConstraint},
		"zero byte":                {under("CN", "x"), "user", Attributes{value("sn", "a\x00b")}, ErrSyntax},
		"not UTF-8":                {under("CN", "x"), "user", Attributes{value("sn", "a\xffb")}, ErrSyntax},
		"country of four letters":  {under("CN", "x"), "user", Attributes{value("c", "FRAN")}, ErrConstraint},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(mustChildren(t, tx, testReseller))
			_, err := tx.Create(row.dn, row.class, row.attributes)
			assert.ErrorIs(t, err, row.want)
			assert.Len(t, mustChildren(t, tx, testReseller), before)
		})
	}
}

func mustChildren(tb testing.TB, tx *Tx, dn ldappath.DN) []*Object {
	tb.Helper()
	children, err := tx.Children(mustGet(tb, tx, dn), "")
	require.NoError(tb, err)
	return children
}

func TestConflict_TellsKindAndHolder(t *testing.T) {
	tx := updating(t)
	holder := mustCreate(t, tx, testReseller.Child("CN", "Holder"), "user", value(KindSAM, "holder"),
		value(KindUPN, "holder@org.example"), value("proxyAddresses", "SMTP:holder@org.example"))
	for kind, attribute := range map[string]Attribute{
		KindSAM: value(KindSAM, "Holder"), KindUPN: value(KindUPN, "HOLDER@org.example"),
		KindAddress: value("proxyAddresses", "smtp:Holder@org.example"),
	} {
		_, err := tx.Create(testReseller.Child("CN", "Other"), "user", Attributes{attribute})
		var conflict *ConflictError
		require.ErrorAs(t, err, &conflict)
		assert.Equal(t, kind, conflict.Kind)
		assert.Equal(t, attribute.Values[0], conflict.Value)
		assert.Equal(t, holder.DN.String(), conflict.Holder.DN.String())
		assert.NotContains(t, err.Error(), "Reseller1", "the text does not give the holder away")
	}
}

func TestGet_TellsTheDeepestAncestor(t *testing.T) {
	tx := updating(t)
	_, err := tx.Get(ldappath.MustParseDN("CN=a,OU=b,ou=reseller1,OU=Hosting,DC=fabrikam,DC=com"))
	var missing *NotFoundError
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", missing.Ancestor.String())
	_, err = tx.Get(ldappath.MustParseDN("DC=other,DC=org"))
	require.ErrorAs(t, err, &missing)
	assert.True(t, missing.Ancestor.IsZero())
}

func TestCreate_GivesWhatAnAccountHas(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, ldappath.MustParseDN("cn=alice@org.example, ou=reseller1,OU=HOSTING,dc=fabrikam,dc=com"), "USER",
		value("SAMACCOUNTNAME", "alice"), value("cn", "alice@org.example"), value("GivenName", "Alice"),
		value("deliverandredirect", "1"), values("proxyAddresses", "SMTP:alice@org.example", "smtp:a@org.example"))
	assert.Equal(t, "CN=alice@org.example,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", o.DN.String(), "the parent's own spelling")
	assert.Equal(t, "user", o.Class)
	all, err := tx.Attributes(o)
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
	some, err := tx.Attributes(o, "CANONICALNAME", "mail", "nonsense", "sn", "givenname")
	require.NoError(t, err)
	assert.Equal(t, Attributes{value("canonicalName", "fabrikam.com/Hosting/Reseller1/alice@org.example"), value("givenName", "Alice")}, some)
	address, err := tx.PrimaryAddress(o)
	require.NoError(t, err)
	assert.Equal(t, "alice@org.example", address)
}

func TestCreate_MakesUpAccountNames(t *testing.T) {
	tx := updating(t)
	one, other := mustCreate(t, tx, testReseller.Child("CN", "one"), "group"), mustCreate(t, tx, testReseller.Child("CN", "other"), "user")
	first, err := tx.Value(one, KindSAM)
	require.NoError(t, err)
	second, err := tx.Value(other, KindSAM)
	require.NoError(t, err)
	assert.Regexp(t, `^\$.{19}$`, first)
	assert.NotEqual(t, first, second)
	assert.ErrorIs(t, tx.Set(other, KindSAM), ErrClassViolation, "the name is mandatory")
}

func TestLookups(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "Ålice"), "user", value(KindSAM, "Ålice"), value(KindUPN, "Ålice@Org.example"),
		value("proxyAddresses", "SMTP:Alice@org.example"), value("mailNickname", "Ali"))
	for name, find := range map[string]func() (*Object, error){
		"name":     func() (*Object, error) { return tx.Get(ldappath.MustParseDN("cn=ålice," + testReseller.String())) },
		"row":      func() (*Object, error) { return tx.ByID(o.ID) },
		"GUID":     func() (*Object, error) { return tx.ByGUID(o.GUID) },
		"SID":      func() (*Object, error) { return tx.BySID(o.SID) },
		"SAM":      func() (*Object, error) { return tx.BySAM("åLICE") },
		"UPN":      func() (*Object, error) { return tx.ByUPN("ålice@ORG.example") },
		"address":  func() (*Object, error) { return tx.ByProxyAddress("alice@ORG.example") },
		"SMTP:":    func() (*Object, error) { return tx.ByProxyAddress("smtp:alice@org.example") },
		"as path":  func() (*Object, error) { return tx.Resolve("LDAP://dc1/CN=Ålice, " + testReseller.String()) },
		"as down":  func() (*Object, error) { return tx.Resolve(`fabrikam\ålice`) },
		"as login": func() (*Object, error) { return tx.Resolve("ålice@org.example") },
		"as SAM":   func() (*Object, error) { return tx.Resolve("ålice") },
		"as SID":   func() (*Object, error) { return tx.Resolve(string(o.SID)) },
	} {
		found, err := find()
		require.NoError(t, err, name)
		assert.Equal(t, o, found, name)
	}
	byAlias, err := tx.ByValue("mailNickname", "ALI")
	require.NoError(t, err)
	assert.Equal(t, []*Object{o}, byAlias)
	for _, name := range []string{`OTHER\alice`, "nobody", "S-1-5-21-1", "LDAP://CN=x,DC=y"} {
		_, err := tx.Resolve(name)
		assert.ErrorIs(t, err, ErrNotFound, name)
	}
}

func TestResolve_PrincipalNames(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user", value(KindSAM, "bob"), value(KindUPN, "b.smith@org.example"))
	for _, name := range []string{"b.smith@ORG.example", `org.example\b.smith`, "bob@fabrikam.com", `Fabrikam.com\bob`, `FABRIKAM\bob`} {
		found, err := tx.Resolve(name)
		require.NoError(t, err, name)
		assert.Equal(t, o, found, name)
	}
	for _, name := range []string{"bob@org.example", `org.example\bob`, "b.smith@fabrikam.com", `FABRIKAM\b.smith`, `\bob`, "@org.example"} {
		_, err := tx.Resolve(name)
		assert.ErrorIs(t, err, ErrNotFound, name)
	}
}

func TestSetAddRemove(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user", value("description", "first"), value("sn", "Old"))
	before := o.USNChanged
	steps := []struct {
		name string
		run  func() error
		want error
		left []string // of description
	}{
		{"add", func() error { return tx.Add(o, "Description", "second", "third") }, nil, []string{"first", "second", "third"}},
		{"add a present value", func() error { return tx.Add(o, "description", "fourth", "SECOND") }, ErrValueExists, []string{"first", "second", "third"}},
		{"add to a single one", func() error { return tx.Add(o, "sn", "New") }, ErrConstraint, []string{"first", "second", "third"}},
		{"remove", func() error { return tx.Remove(o, "description", "SECOND") }, nil, []string{"first", "third"}},
		{"remove an absent value", func() error { return tx.Remove(o, "description", "first", "nothing") }, ErrNoSuchValue, []string{"first", "third"}},
		{"replace", func() error { return tx.Set(o, "description", "new") }, nil, []string{"new"}},
		{"clear", func() error { return tx.Set(o, "description") }, nil, nil},
		{"clear again", func() error { return tx.Set(o, "description") }, nil, nil},
		{"unknown", func() error { return tx.Set(o, "shoeSize", "43") }, ErrNoSuchAttribute, nil},
		{"all or none", func() error {
			return tx.SetAll(o, Attributes{value("description", "x"), value("c", "LONG")})
		}, ErrConstraint, nil},
		{"rename by attribute", func() error { return tx.Set(o, "cn", "p") }, ErrConstraint, nil},
	}
	for _, step := range steps {
		err := step.run()
		if step.want == nil {
			require.NoError(t, err, step.name)
		}
		assert.ErrorIs(t, err, step.want, step.name)
		left, err := tx.Values(o, "description")
		require.NoError(t, err)
		assert.Equal(t, step.left, left, step.name)
	}
	now, err := tx.ByID(o.ID)
	require.NoError(t, err)
	assert.Equal(t, before+5, now.USNChanged, "one number for each change")
}

func TestProxyAddresses_MoveAndFree(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user", values("proxyAddresses", "SMTP:a@x.example", "X400:c=us;a= ;p=F;o=E;s=a;"))
	other := mustCreate(t, tx, testReseller.Child("CN", "p"), "user")
	require.NoError(t, tx.Set(o, "proxyAddresses", "smtp:A@x.example", "SMTP:b@x.example"), "its own address in another form")
	assert.ErrorIs(t, tx.Add(other, "proxyAddresses", "SMTP:a@x.example"), ErrConflict)
	require.NoError(t, tx.Remove(o, "proxyAddresses", "SMTP:a@x.example"))
	require.NoError(t, tx.Add(other, "proxyAddresses", "SMTP:a@x.example"))
	require.NoError(t, tx.Delete(o))
	require.NoError(t, tx.Add(other, "proxyAddresses", "smtp:b@x.example"), "a deleted object's address is free")
}

func TestDelete(t *testing.T) {
	tx := updating(t)
	unit := mustCreate(t, tx, testReseller.Child("OU", "u"), "organizationalUnit")
	user := mustCreate(t, tx, unit.DN.Child("CN", "o"), "user", value(KindSAM, "o"), value(KindUPN, "o@x.example"))
	group, err := tx.BySAM("AU@Reseller1")
	require.NoError(t, err)
	require.NoError(t, tx.AddMember(group, user))
	require.NoError(t, tx.SetPassword(user, "Secret-99"))
	assert.ErrorIs(t, tx.Delete(unit), ErrNotLeaf)
	require.NoError(t, tx.Delete(user))
	assert.ErrorIs(t, tx.Delete(user), ErrNotFound)
	members, err := tx.Members(group)
	require.NoError(t, err)
	assert.Empty(t, members)
	again := mustCreate(t, tx, user.DN, "user", value(KindSAM, "o"), value(KindUPN, "o@x.example"))
	assert.NotEqual(t, user.ID, again.ID)
	assert.NotEqual(t, user.SID, again.SID)
	has, err := tx.HasPassword(again)
	require.NoError(t, err)
	assert.False(t, has)
	require.NoError(t, tx.DeleteTree(unit))
	_, err = tx.ByID(again.ID)
	assert.ErrorIs(t, err, ErrNotFound)
	sibling := mustCreate(t, tx, testReseller.Child("OU", "u-2"), "organizationalUnit")
	unit = mustCreate(t, tx, testReseller.Child("OU", "u"), "organizationalUnit")
	require.NoError(t, tx.DeleteTree(unit))
	_, err = tx.ByID(sibling.ID)
	assert.NoError(t, err, "a name that only begins the same stays")
}

func TestRenameAndMove(t *testing.T) {
	tx := updating(t)
	unit := mustCreate(t, tx, testReseller.Child("OU", "Old"), "organizationalUnit")
	deep := mustCreate(t, tx, unit.DN.Child("OU", `a, "b"`), "organizationalUnit")
	user := mustCreate(t, tx, deep.DN.Child("CN", "o"), "user")
	other := mustCreate(t, tx, testReseller.Child("OU", "Other"), "organizationalUnit", value("managedBy", user.DN.String()))
	moved, err := tx.Rename(unit, "New, Name")
	require.NoError(t, err)
	assert.Equal(t, `OU=New\, Name,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com`, moved.DN.String())
	assert.Equal(t, unit.GUID, moved.GUID)
	found := mustGet(t, tx, moved.DN.Child("OU", `A, "B"`).Child("CN", "O"))
	assert.Equal(t, user.ID, found.ID)
	manager, err := tx.Value(other, "managedBy")
	require.NoError(t, err)
	assert.Equal(t, found.DN.String(), manager, "links follow")
	cased, err := tx.Rename(moved, "NEW, name")
	require.NoError(t, err)
	assert.Equal(t, "NEW, name", cased.DN.RDN().Value)
	away, err := tx.Move(cased, other)
	require.NoError(t, err)
	assert.Equal(t, other.ID, away.ParentID)
	mustGet(t, tx, away.DN.Child("OU", `a, "b"`).Child("CN", "o"))
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"into itself": {func() error { _, err := tx.Move(away, mustGet(t, tx, away.DN.Child("OU", `a, "b"`))); return err }, ErrNaming},
		"under a leaf": {func() error {
			_, err := tx.Move(away, mustGet(t, tx, away.DN.Child("OU", `a, "b"`).Child("CN", "o")))
			return err
		}, ErrNaming},
		"too long":        {func() error { _, err := tx.Rename(away, strings.Repeat("x", 65)); return err }, ErrConstraint},
		"empty":           {func() error { _, err := tx.Rename(away, ""); return err }, ErrConstraint},
		"control":         {func() error { _, err := tx.Rename(away, "a\nb"); return err }, ErrConstraint},
		"the root":        {func() error { _, err := tx.Rename(mustGet(t, tx, testBase), "x"); return err }, ErrNaming},
		"a deleted one":   {func() error { _, err := tx.Rename(&Object{ID: 1 << 40, ParentID: 1}, "x"); return err }, ErrNotFound},
		"name is in use":  {func() error { return renameTaken(t, tx) }, ErrConflict},
		"class forbidden": {func() error { _, err := tx.Move(away, mustGet(t, tx, testBase.Child("CN", "Users"))); return err }, ErrNaming},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
}

func renameTaken(tb testing.TB, tx *Tx) error {
	tb.Helper()
	mustCreate(tb, tx, testReseller.Child("OU", "one"), "organizationalUnit")
	two := mustCreate(tb, tx, testReseller.Child("OU", "two"), "organizationalUnit")
	_, err := tx.Rename(two, "ONE")
	return err
}

func TestChildrenAndDescendants(t *testing.T) {
	tx := updating(t)
	unit := mustCreate(t, tx, testReseller.Child("OU", "u"), "organizationalUnit")
	for i := range pageRows + 10 {
		mustCreate(t, tx, unit.DN.Child("CN", strings.Repeat("x", i%60+1)+string(rune('a'+i/60))), "contact")
	}
	sub := mustCreate(t, tx, unit.DN.Child("OU", "sub"), "organizationalUnit")
	mustCreate(t, tx, sub.DN.Child("CN", "deep"), "user")
	count := func(classes ...string) (n int) {
		previous := ""
		for o, err := range tx.Descendants(unit, classes...) {
			require.NoError(t, err)
			assert.Greater(t, o.DN.Key(), previous)
			previous = o.DN.Key()
			n++
		}
		return n
	}
	assert.Equal(t, pageRows+12, count())
	assert.Equal(t, pageRows+10, count("Contact"))
	assert.Equal(t, 1, count("user"))
	assert.Equal(t, 2, count("user", "organizationalUnit"))
	users, err := tx.Children(unit, "user")
	require.NoError(t, err)
	assert.Empty(t, users)
	for range tx.Descendants(unit) {
		break // ending early leaves the transaction usable
	}
	assert.Len(t, mustChildren(t, tx, unit.DN), pageRows+11)
}

func TestPrimaryGroup(t *testing.T) {
	tx := updating(t)
	_, err := tx.Create(testReseller.Child("CN", "new"), "user", Attributes{}.With(primaryGroupID, "512"))
	assert.ErrorIs(t, err, ErrConstraint, "of a new account")
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user")
	admins, err := tx.BySAM("Domain Admins")
	require.NoError(t, err)
	assert.ErrorIs(t, tx.Set(o, primaryGroupID, "512"), ErrConstraint, "no member")
	assert.ErrorIs(t, tx.Set(o, primaryGroupID), ErrConstraint, "cleared")
	require.NoError(t, tx.Set(o, primaryGroupID, "513"), "as it is")
	member, err := tx.IsMember(o, admins)
	require.NoError(t, err)
	assert.False(t, member)
	require.NoError(t, tx.AddMember(admins, o))
	require.NoError(t, tx.Set(o, primaryGroupID, "512"))
	group := mustCreate(t, tx, testReseller.Child("CN", "g"), "group")
	assert.ErrorIs(t, tx.Set(group, primaryGroupID, "512"), ErrConstraint, "groups have none")
}

func TestInDomainGroup(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user")
	for name, want := range map[string]bool{"CN=Users,DC=fabrikam,DC=com": true, testReseller.String(): false} {
		group := mustCreate(t, tx, ldappath.MustParseDN("CN=Mighty,"+name), "group", value(KindSAM, "Mighty"))
		require.NoError(t, tx.AddMember(group, o))
		in, err := tx.InDomainGroup(o, "Nobody", "Mighty")
		require.NoError(t, err)
		assert.Equal(t, want, in, name)
		require.NoError(t, tx.Delete(group))
	}
}
