package directory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

func distinguishedNames(objects []*Object) []string {
	var all []string
	for _, o := range objects {
		all = append(all, o.DN.RDN().Value)
	}
	return all
}

func TestMembers(t *testing.T) {
	d := updating(t)
	user := mustCreate(t, d, testReseller.Child("CN", "user"), "user")
	contact := mustCreate(t, d, testReseller.Child("CN", "contact"), "contact")
	inner := mustCreate(t, d, testReseller.Child("CN", "inner"), "group")
	outer := mustCreate(t, d, testReseller.Child("CN", "outer"), "group")
	for _, member := range []*Object{user, contact} {
		require.NoError(t, d.AddMember(inner, member))
	}
	require.NoError(t, d.AddMember(outer, inner))
	require.NoError(t, d.AddMember(inner, outer), "groups may be in a ring")
	domainUsers, err := d.BySAM("Domain Users")
	require.NoError(t, err)
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"twice":              {func() error { return d.AddMember(inner, user) }, ErrAlreadyMember},
		"in primary group":   {func() error { return d.AddMember(domainUsers, user) }, ErrAlreadyMember},
		"in itself":          {func() error { return d.AddMember(inner, inner) }, state.ErrConstraint},
		"in no group":        {func() error { return d.AddMember(user, contact) }, ErrClassViolation},
		"remove a stranger":  {func() error { return d.RemoveMember(outer, user) }, ErrNotMember},
		"set back-link":      {func() error { return d.Set(user, "memberOf", outer.DN.String()) }, state.ErrConstraint},
		"add as a value":     {func() error { return d.Add(inner, "member", user.DN.String()) }, ErrValueExists},
		"value of a stanger": {func() error { return d.Remove(outer, "member", user.DN.String()) }, ErrNoSuchValue},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
	members, err := d.Members(inner)
	require.NoError(t, err)
	assert.Equal(t, []string{"user", "contact", "outer"}, distinguishedNames(members), "in the order of adding")
	memberOf, err := d.Values(user, "memberOf")
	require.NoError(t, err)
	assert.Equal(t, []string{inner.DN.String()}, memberOf)
	all, err := d.AllGroups(user)
	require.NoError(t, err)
	assert.Equal(t, []string{"Users", "Domain Users", "inner", "outer"}, distinguishedNames(all))
	sids, err := d.Values(user, "tokenGroups")
	require.NoError(t, err)
	assert.Equal(t, []string{"S-1-5-32-545", string(domainUsers.SID), string(inner.SID), string(outer.SID)}, sids)
	for _, group := range []*Object{inner, outer, domainUsers} {
		is, err := d.IsMember(user, group)
		require.NoError(t, err)
		assert.True(t, is, group.DN)
	}
	is, err := d.IsMember(contact, domainUsers)
	require.NoError(t, err)
	assert.False(t, is)
	require.NoError(t, d.RemoveMember(inner, user))
	is, err = d.IsMember(user, outer)
	require.NoError(t, err)
	assert.False(t, is)
}

func TestLinks_AreSymmetricAndCleared(t *testing.T) {
	d := updating(t)
	stores, more, err := d.Search(Query{Base: mustDomain(t, d).Exchange, Scope: ScopeSubtree, Filter: mustFilter(t, "(objectClass=msExchPrivateMDB)")})
	require.NoError(t, err)
	require.False(t, more)
	require.NotEmpty(t, stores)
	user := mustCreate(t, d, testReseller.Child("CN", "user"), "user", value("homeMDB", stores[0].DN.String()))
	forward := mustCreate(t, d, testReseller.Child("CN", "forward"), "contact")
	require.NoError(t, d.Set(user, "altRecipient", "CN=forward, "+testReseller.ADsPath()[len("LDAP://"):]))
	for _, row := range []struct {
		o         *Object
		attribute string
		want      []string
	}{
		{user, "homeMDB", []string{stores[0].DN.String()}},
		{stores[0], "homeMDBBL", []string{user.DN.String()}},
		{user, "altRecipient", []string{forward.DN.String()}},
		{forward, "altRecipientBL", []string{user.DN.String()}},
	} {
		got, err := d.Values(row.o, row.attribute)
		require.NoError(t, err)
		assert.Equal(t, row.want, got, row.attribute)
	}
	named, err := d.LinkedFrom(forward, "altRecipient")
	require.NoError(t, err)
	assert.Equal(t, []string{"user"}, distinguishedNames(named))
	_, err = d.Linked(user, "sn")
	assert.Error(t, err)
	assert.ErrorIs(t, d.Add(user, "altRecipient", stores[0].DN.String()), state.ErrConstraint, "single-valued")
	require.NoError(t, d.Delete(forward))
	left, err := d.Value(user, "altRecipient")
	require.NoError(t, err)
	assert.Empty(t, left)
}

func mustDomain(tb testing.TB, d Directory) Domain {
	tb.Helper()
	domain, err := d.Domain()
	require.NoError(tb, err)
	return domain
}

func TestWellKnown(t *testing.T) {
	d := updating(t)
	org := mustGet(t, d, testReseller)
	list, err := d.BySAM("A@Reseller1")
	require.NoError(t, err)
	other, err := d.BySAM("CA@Reseller1")
	require.NoError(t, err)
	_, err = d.WellKnown(org, WellKnownAddressList)
	assert.ErrorIs(t, err, state.ErrNotFound)
	assert.ErrorIs(t, d.RemoveWellKnown(org, WellKnownAddressList), state.ErrNotFound)
	assert.ErrorIs(t, d.SetWellKnown(org, "12", list), state.ErrSyntax)
	require.NoError(t, d.SetWellKnown(org, "9e444526cb6f4d5c9a59c9a84e26b627", list))
	require.NoError(t, d.SetWellKnown(org, WellKnownAddressList, other), "in the place of the first")
	found, err := d.WellKnown(org, "9E444526CB6F4d5c9A59C9A84E26B627")
	require.NoError(t, err)
	assert.Equal(t, other.ID, found.ID)
	values, err := d.Values(org, "otherWellKnownObjects")
	require.NoError(t, err)
	assert.Contains(t, values, "B:32:9E444526CB6F4D5C9A59C9A84E26B627:"+other.DN.String())
	namers, err := d.WellKnownBy(other)
	require.NoError(t, err)
	require.Len(t, namers, 2)
	assert.Equal(t, org.ID, namers[0].Object.ID)
	require.NoError(t, d.Add(org, "otherWellKnownObjects", "B:32:89fb25b7df784fc198a493e2e8a0ee7e:"+list.DN.String()))
	found, err = d.WellKnown(org, WellKnownGlobalAddressList)
	require.NoError(t, err)
	assert.Equal(t, list.ID, found.ID)
	require.NoError(t, d.RemoveWellKnown(org, WellKnownAddressList))
	require.NoError(t, d.Delete(list))
	_, err = d.WellKnown(org, WellKnownGlobalAddressList)
	assert.ErrorIs(t, err, state.ErrNotFound, "cleared with its target")
}

func TestGrants(t *testing.T) {
	d := updating(t)
	org, trustee := mustGet(t, d, testReseller), mustGet(t, d, testBase.Child("CN", "Users").Child("CN", "hsadmin"))
	require.NoError(t, d.GrantAccess(org, trustee, "Read", "Open Address List"))
	require.NoError(t, d.GrantAccess(org, trustee, "Read"))
	grants, err := d.Grants(org)
	require.NoError(t, err)
	assert.Equal(t, []Grant{{trustee, "Open Address List"}, {trustee, "Read"}}, grants)
	require.NoError(t, d.Delete(trustee))
	grants, err = d.Grants(org)
	require.NoError(t, err)
	assert.Empty(t, grants, "they go with the trustee")
}

func TestGUIDAndSID(t *testing.T) {
	g, err := ParseGUID("{00112233-4455-6677-8899-aabbccddeeff}")
	require.NoError(t, err)
	assert.Equal(t, "33221100554477668899AABBCCDDEEFF", g.Octets())
	assert.Equal(t, "{00112233-4455-6677-8899-aabbccddeeff}", g.String())
	for _, same := range []string{g.Octets(), "33221100554477668899aabbccddeeff", "00112233-4455-6677-8899-AABBCCDDEEFF"} {
		again, err := ParseGUID(same)
		require.NoError(t, err)
		assert.Equal(t, g, again)
	}
	for _, bad := range []string{"", "{}", "0011", g.Octets() + "00", "00112233x4455-6677-8899-aabbccddeeff"} {
		_, err := ParseGUID(bad)
		assert.Error(t, err, bad)
	}
	assert.NotEqual(t, RandomGUID(), RandomGUID())
	sid, err := ParseSID("s-1-5-21-1004336348-1177238915-682003330-512")
	require.NoError(t, err)
	again, err := SIDFromOctets(sid.Octets())
	require.NoError(t, err)
	assert.Equal(t, sid, again)
	assert.Len(t, sid.Octets(), 28)
	for _, bad := range []string{"", "S-1", "S-2-5-1", "S-1-5-4294967296", "S-1-5-x"} {
		_, err := ParseSID(bad)
		assert.Error(t, err, bad)
	}
	_, err = SIDFromOctets([]byte{1, 2, 0, 0, 0, 0, 0, 5})
	assert.Error(t, err)
}

func TestWire(t *testing.T) {
	for _, row := range []struct{ attribute, value, want string }{
		{"objectGUID", "33221100554477668899AABBCCDDEEFF", "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF"},
		{"objectSid", "S-1-5-32-544", "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00"},
		{"cn", "Ål", "Ål"},
		{"userAccountControl", "512", "512"},
	} {
		a, err := LookupAttribute(row.attribute)
		require.NoError(t, err)
		assert.Equal(t, row.want, string(a.Wire(row.value)), row.attribute)
	}
}

func TestSchema_HangsTogether(t *testing.T) {
	seen := make(map[string]bool)
	for _, a := range AttributeTypes() {
		assert.False(t, seen[a.Name], a.Name)
		seen[a.Name] = true
		made := fromRow[a.number] != nil || fromDirectory[a.number] != nil
		assert.Equal(t, a.Is(Computed) || a.Is(Naming), made, "%s is computed exactly if there is a computation", a.Name)
	}
	for back, forward := range backLinks {
		a, err := LookupAttribute(forward)
		require.NoError(t, err)
		assert.True(t, a.Link(), forward)
		assert.True(t, seen[back], back)
	}
	for _, c := range Classes() {
		assert.Equal(t, c.Name, c.Chain[len(c.Chain)-1])
		_, err := LookupAttribute(c.RDN)
		assert.NoError(t, err)
		for _, parent := range c.Parents {
			_, ok := LookupClass(parent)
			assert.True(t, ok, parent)
		}
	}
}
