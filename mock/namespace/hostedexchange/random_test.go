package hostedexchange_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// sequences is how many random lives are tried; the library's default takes
// minutes here.
const sequences = "15"

// TestRandomLives tries calls in random order with few names, so that they
// clash often. After each, the store is consistent; after a refused one, it is
// as before.
func TestRandomLives(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks != nil && checks.Value.String() == checks.DefValue {
		require.NoError(t, flag.Set("rapid.checks", sequences))
		t.Cleanup(func() { _ = flag.Set("rapid.checks", checks.DefValue) })
	}
	rapid.Check(t, func(r *rapid.T) {
		w := open(t)
		w.organization("acme", "a.example")
		for range rapid.IntRange(5, 25).Draw(r, "calls") {
			call := rapid.SampledFrom(calls).Draw(r, "call")
			given := call.given(r) + controller
			before := w.Dump()
			if e := w.Call(call.namespace, call.procedure, given).Err; e != nil {
				require.NotEmpty(r, e.Cause, "%s %s: %s", call.procedure, given, e)
				require.NotEqual(r, "E-INTERNAL", e.Cause, "%s %s", call.procedure, given)
				require.True(r, before == w.Dump(), "%s %s: %s changed something", call.procedure, given, e)
			}
			w.consistent(r)
		}
	})
}

// randomCall is a row: a call with arguments that are drawn.
type randomCall struct {
	namespace, procedure string
	given                func(*rapid.T) string
}

var calls = []randomCall{
	{hostedexchange.Name, "CreateBusinessOrganization", func(r *rapid.T) string {
		return newOrganization(draw(r, "acme", "beta"), drawDomain(r), `<mailStore><megabytes>`+draw(r, "30", "60")+`</megabytes><shared>1</shared></mailStore>`+
			`<publicStore><megabytes>2</megabytes></publicStore><availablePlans><planName>GoldMail</planName><planName>BaseMail</planName></availablePlans>`)
	}},
	{hostedexchange.Name, "DeleteBusinessOrganization", func(r *rapid.T) string { return path(drawOrganization(r)) }},
	{hostedexchange.Name, "CreateBusinessUser", drawNewUser},
	{hostedexchange.Name, "CreateBusinessUser", drawNewUser},
	{hostedexchange.Name, "CreateBusinessUser", drawNewUser},
	{hostedexchange.Name, "DeleteBusinessUser", func(r *rapid.T) string { return path(drawObject(r)) }},
	{hostedexchange.Name, "ChangeUserMailboxPlan", func(r *rapid.T) string {
		return path(drawObject(r)) + `<planName>` + drawPlan(r) + `</planName>`
	}},
	{hostedexchange.Name, "MakeUserAdmin", func(r *rapid.T) string {
		return path(drawObject(r)) + `<isAdmin>` + draw(r, "0", "1") + `</isAdmin>`
	}},
	{hostedexchange.Name, "CreateSMTPDomain", func(r *rapid.T) string {
		return path(drawOrganization(r)) + `<SMTPDomain>` + drawDomain(r) + `</SMTPDomain><createSMTPDomain/><domainTypeName>` +
			draw(r, "PrimaryDomain", "SecondaryDomain") + `</domainTypeName>`
	}},
	{hostedexchange.Name, "DeleteSMTPDomain", func(r *rapid.T) string {
		return path(drawOrganization(r)) + `<SMTPDomain>` + drawDomain(r) + `</SMTPDomain><deleteSMTPDomain/>`
	}},
	{hostedexchange.Name, "CreateSMTPProxyAddress", func(r *rapid.T) string {
		return path(drawObject(r)) + `<proxyAddress setPrimary="` + draw(r, "0", "1") + `">` + drawAddress(r) + `</proxyAddress>`
	}},
	{hostedexchange.Name, "DeleteSMTPProxyAddress", func(r *rapid.T) string {
		return path(drawObject(r)) + `<proxyAddress>` + drawAddress(r) + `</proxyAddress>`
	}},
	{hostedexchange.Name, "CreateDistributionList", func(r *rapid.T) string {
		return `<container>LDAP://` + drawOrganization(r) + `</container><name>` + draw(r, "one", "two", "list") + `</name><managedBy>LDAP://` + drawObject(r) + `</managedBy>`
	}},
	{hostedexchange.Name, "DeleteDistributionList", func(r *rapid.T) string { return path(drawObject(r)) }},
	{hostedexchange.Name, "CreateOrganizationAddressLists", func(r *rapid.T) string {
		return path(drawOrganization(r)) + `<SMTPDomain>` + drawDomain(r) + `</SMTPDomain>`
	}},
	{hostedexchange.Name, "CreatePublicFolder", func(r *rapid.T) string {
		return path(drawOrganization(r)) + `<megabytes>` + draw(r, "1", "3") + `</megabytes>`
	}},
	{hostedexchange.Name, "DeletePublicFolder", func(r *rapid.T) string { return path(drawOrganization(r)) }},
	{"Managed Active Directory", "GroupAdd", func(r *rapid.T) string {
		return `<group>LDAP://` + drawObject(r) + `</group><newMember>LDAP://` + drawObject(r) + `</newMember>`
	}},
}

func draw(r *rapid.T, from ...string) string { return rapid.SampledFrom(from).Draw(r, "choice") }

func drawOrganization(r *rapid.T) string { return "OU=" + draw(r, "acme", "acme", "beta") + "," + base }

func drawDomain(r *rapid.T) string { return draw(r, "a.example", "b.example", "c.example") }

func drawAddress(r *rapid.T) string { return draw(r, "one", "two", "three") + "@" + drawDomain(r) }

func drawPlan(r *rapid.T) string { return draw(r, "GoldMail", "BaseMail", "PlatinumMail") }

func drawObject(r *rapid.T) string {
	return "CN=" + draw(r, "one@a.example", "two@a.example", "two@b.example", "list", "one") + "," + drawOrganization(r)
}

func drawNewUser(r *rapid.T) string {
	plan := drawPlan(r)
	given := `<container>LDAP://` + drawOrganization(r) + `</container><userPrincipalName>` + draw(r, "one@a.example", "two@a.example", "two@b.example") +
		`</userPrincipalName><isAdmin>` + draw(r, "true", "false") + `</isAdmin>`
	if draw(r, "yes", "no") == "yes" {
		given += `<planName>` + plan + `</planName>`
	}
	return given + `<newPassword>` + draw(r, password, password, "weak") + `</newPassword>`
}

// consistent checks what holds at all times.
func (w *world) consistent(r *rapid.T) {
	w.View(func(tx *state.Tx) {
		require.NoError(r, resource.In(tx).CheckConservation())
		domain, err := directory.In(tx).Domain()
		require.NoError(r, err)
		root, err := directory.In(tx).Get(domain.Hosting)
		require.NoError(r, err)
		holders := make(map[string]string)
		for o, err := range directory.In(tx).Descendants(root, "user", "group", "contact") {
			require.NoError(r, err)
			checkAddresses(r, tx, o, holders)
			checkRoom(r, tx, o)
			checkLinks(r, tx, o)
		}
	})
}

// checkAddresses: each address has one holder, a recipient one primary address,
// which is its mail.
func checkAddresses(r *rapid.T, tx *state.Tx, o *directory.Object, holders map[string]string) {
	addresses, err := directory.In(tx).Values(o, "proxyAddresses")
	require.NoError(r, err)
	primary, err := directory.In(tx).PrimaryAddress(o)
	require.NoError(r, err)
	primaryMail, err := directory.In(tx).Value(o, "mail")
	require.NoError(r, err)
	assert.Equal(r, primaryMail, primary, o.DN)
	for _, address := range addresses {
		folded := strings.ToLower(address)
		assert.Empty(r, holders[folded], "%s has %s too", o.DN, address)
		holders[folded] = o.DN.String()
		if _, name, ok := strings.Cut(address, "@"); ok {
			_, owner, err := mail.In(tx).DomainOwner(name)
			require.NoError(r, err, "%s of %s", address, o.DN)
			assert.True(r, o.DN.Under(owner.DN), "%s of %s", address, o.DN)
		}
	}
}

// checkRoom: who has a mailbox has room, and the other way round.
func checkRoom(r *rapid.T, tx *state.Tx, o *directory.Object) {
	home, err := directory.In(tx).Value(o, "homeMDB")
	require.NoError(r, err)
	_, err = resource.In(tx).Consumer(o.GUID)
	if home == "" {
		require.ErrorIs(r, err, state.ErrNotFound, o.DN)
		return
	}
	require.NoError(r, err, o.DN)
}

// checkLinks: member and memberOf tell the same.
func checkLinks(r *rapid.T, tx *state.Tx, o *directory.Object) {
	groups, err := directory.In(tx).Values(o, "memberOf")
	require.NoError(r, err)
	of, err := directory.In(tx).MemberOf(o)
	require.NoError(r, err)
	require.Len(r, of, len(groups))
	for _, group := range of {
		members, err := directory.In(tx).Values(group, "member")
		require.NoError(r, err)
		assert.True(r, slices.Contains(members, o.DN.String()), "%s in %s", o.DN, group.DN)
		assert.True(r, slices.Contains(groups, group.DN.String()), "%s in %s", o.DN, group.DN)
	}
}
