package mocktest_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/journal"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	dc1, dc2 = "dc1.fabrikam.com", "dc2.fabrikam.com"
	lag      = 15 * time.Second
	provider = "Active Directory Provider"
)

// site is an emulator with two domain controllers and a clock.
type site struct {
	*mocktest.Emulator
	now atomic.Int64
}

func twoControllers(t *testing.T, options ...mocktest.Option) *site {
	t.Helper()
	s := new(site)
	s.now.Store(time.Date(2005, time.March, 1, 9, 0, 0, 0, time.UTC).UnixNano())
	clock := mocktest.Clock(func() time.Time { return time.Unix(0, s.now.Load()).UTC() })
	s.Emulator = mocktest.Start(t, append(options, clock, mocktest.Controllers(dc2), mocktest.Replication(lag))...)
	return s
}

func (s *site) pass(d time.Duration) { s.now.Add(int64(d)) }

func at(controller string) string {
	return "<preferredDomainController>" + controller + "</preferredDomainController>"
}

func user(name string) string { return "<user>LDAP://" + dn(name) + "</user>" }

func path(name, controller string) string {
	return "<path>LDAP://" + controller + "/" + dn(name) + "</path>"
}

// describe sets the description that controller has of a user.
func (s *site) describe(name, text, controller string) {
	s.MustCall(provider, "Set Properties", path(name, controller)+`<properties><property name="description">`+text+`</property></properties>`)
}

// description is what a controller says, "" if it does not know the user.
func (s *site) description(name, controller string) string {
	answer := s.Call(provider, "Get Properties", path(name, controller)+`<propertyList><property name="description"/></propertyList>`)
	if answer.Err != nil {
		return ""
	}
	return xmldoc.Text(xmldoc.Child(xmldoc.Child(answer.Data, "properties"), "property"))
}

func TestReplication_WrongController(t *testing.T) {
	s := twoControllers(t)
	s.MustCall(managed, "CreateUser", newUser("ann")+at(dc1))
	for procedure, data := range map[string]string{
		"DisableUser":     user("ann"),
		"DeleteUser":      user("ann"),
		"SetUserPassword": user("ann") + "<newPassword>Fabrikam-1234</newPassword>",
	} {
		failed := s.Call(managed, procedure, data+at(dc2))
		require.NotNil(t, failed.Err, "%s: dc2 has not heard of her", procedure)
		assert.True(t, mpf.ObjectNotFound.Is(failed.Err), "%s: %v", procedure, failed.Err)
	}
	s.MustCall(managed, "DisableUser", user("ann")+at(dc1))
	assert.NotNil(t, s.Call(provider, "Get Properties", path("ann", "DC2")).Err, "the path names the controller")
	s.MustCall(provider, "Get Properties", "<path>LDAP://"+dn("ann")+"</path>") // nobody does: the first one
	s.pass(lag - 1)
	assert.NotNil(t, s.Call(managed, "DisableUser", user("ann")+at(dc2)).Err)
	s.pass(1)
	s.MustCall(managed, "DisableUser", user("ann")+at(dc2))
}

func TestReplication_EachControllerItsView(t *testing.T) {
	s := twoControllers(t)
	s.MustCall(managed, "CreateUser", newUser("ann")+at(dc2))
	s.describe("ann", "first", dc2)
	assert.Empty(t, s.description("ann", dc1))
	s.pass(lag)
	assert.Equal(t, "first", s.description("ann", dc1))

	s.describe("ann", "second", dc1)
	assert.Equal(t, []string{"second", "first"}, []string{s.description("ann", dc1), s.description("ann", dc2)})
	s.pass(time.Second)
	s.describe("ann", "third", dc2)
	assert.Equal(t, []string{"second", "third"}, []string{s.description("ann", dc1), s.description("ann", dc2)})
	s.pass(lag - time.Second) // "second" reaches dc2 and does not win over its newer value
	assert.Equal(t, []string{"second", "third"}, []string{s.description("ann", dc1), s.description("ann", dc2)})
	s.pass(time.Second)
	assert.Equal(t, []string{"third", "third"}, []string{s.description("ann", dc1), s.description("ann", dc2)})

	s.MustCall(provider, "Delete Object", path("ann", dc2))
	assert.Equal(t, []string{"third", ""}, []string{s.description("ann", dc1), s.description("ann", dc2)})
	s.pass(lag)
	assert.Empty(t, s.description("ann", dc1))
}

// TestReplication_WithinARequest shows the mistake that costs most time: steps
// of one request at different controllers.
func TestReplication_WithinARequest(t *testing.T) {
	s := twoControllers(t)
	submit := func(second string) *mpf.Response {
		root, err := xmldoc.ParseString(`<request><data/><procedure>
			<execute namespace="`+managed+`" procedure="CreateUser"><executeData>`+newUser("bob")+at(dc1)+`</executeData></execute>
			<execute namespace="`+managed+`" procedure="DisableUser"><executeData>`+user("bob")+at(second)+`</executeData></execute>
			</procedure></request>`, xmldoc.Limits{})
		require.NoError(t, err)
		request, err := mpf.ParseRequest(root, mpf.Target{})
		require.NoError(t, err)
		answer, err := s.Submit(s.As("Administrator"), request)
		require.NoError(t, err)
		return answer
	}
	failed := submit(dc2)
	require.NotNil(t, failed.Err)
	assert.True(t, mpf.ObjectNotFound.Is(failed.Err), "%v", failed.Err)
	entry := s.WaitFor(journal.Filter{Code: "E-NO-SUCH-OBJECT"})
	assert.Nil(t, s.Object(dn("bob")), "all or nothing")
	assert.Contains(t, fmt.Sprintf("%+v", entry.Explain()), "DisableUser")
	assert.Zero(t, s.Engine.Waiting(dc2))
	require.Nil(t, submit(dc1).Err)
	assert.NotZero(t, s.Engine.Waiting(dc2))
}

func TestReplication_LDAP(t *testing.T) {
	s := twoControllers(t, mocktest.LDAP())
	administrator := s.Account("hsadmin")
	found := func(url string) int {
		conn, err := ldap.DialURL(url)
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		require.NoError(t, conn.Bind(administrator.Domain+`\`+administrator.Username, administrator.Password.Reveal()))
		answer, err := conn.Search(ldap.NewSearchRequest("DC=fabrikam,DC=com", ldap.ScopeWholeSubtree, 0, 0, 0, false, "(sAMAccountName=ann)", nil, nil))
		require.NoError(t, err)
		return len(answer.Entries)
	}
	for name, url := range map[string]string{dc1: s.LDAPURL, dc2: s.LDAPURLs[dc2]} {
		conn, err := ldap.DialURL(url)
		require.NoError(t, err)
		answer, err := conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"dnsHostName"}, nil))
		require.NoError(t, err)
		assert.Equal(t, name, answer.Entries[0].GetAttributeValue("dnsHostName"))
		require.NoError(t, conn.Close())
	}
	s.MustCall(managed, "CreateUser", newUser("ann")+at(dc1))
	assert.Equal(t, []int{1, 0}, []int{found(s.LDAPURL), found(s.LDAPURLs[dc2])})
	s.MustCall(managed, "SetUserPassword", user("ann")+"<newPassword>Fabrikam-1234</newPassword>"+at(dc1))
	s.MustCall(managed, "EnableUser", user("ann")+at(dc1))
	conn, err := ldap.DialURL(s.LDAPURLs[dc2])
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	assert.NoError(t, conn.Bind("ann@fabrikam.com", "Fabrikam-1234"), "accounts are checked where they are known best")
	s.pass(lag)
	assert.Equal(t, []int{1, 1}, []int{found(s.LDAPURL), found(s.LDAPURLs[dc2])})
}

// TestReplication_Clash has a name taken at one controller while the other does
// not know yet.
func TestReplication_Clash(t *testing.T) {
	s := twoControllers(t)
	s.MustCall(managed, "CreateUser", newUser("ann")+at(dc1))
	before := s.Dump()
	failed := s.Call(managed, "CreateUser", newUser("ann")+at(dc2))
	require.NotNil(t, failed.Err)
	assert.True(t, mpf.AccountTaken.Is(failed.Err), "the account and the name are taken: %v", failed.Err)
	assert.Equal(t, before, s.Dump())
}

func TestReplication_Control(t *testing.T) {
	s := twoControllers(t)
	s.MustCall(managed, "CreateUser", newUser("ann")+at(dc1))
	assert.Empty(t, s.description("ann", dc2))
	require.NoError(t, s.Engine.Replicate(t.Context()))
	s.MustCall(managed, "DisableUser", user("ann")+at(dc2))

	s.MustCall(managed, "CreateUser", newUser("bob")+at(dc1))
	s.Engine.SetReplication(engine.Replication{Delay: time.Hour, Single: map[string]time.Duration{"DC2.fabrikam.com": time.Second}})
	assert.Equal(t, time.Hour, s.Engine.Replication().Longest())
	s.pass(time.Second)
	s.MustCall(managed, "DisableUser", user("bob")+at(dc2))
	s.MustCall(managed, "EnableUser", user("bob")+at(dc2))

	s.MustCall(managed, "CreateUser", newUser("cid")+at(dc1))
	require.NoError(t, s.Reset(t.Context()))
	assert.Zero(t, s.Engine.Waiting(dc2), "there is nothing to wait for")
	s.MustCall(managed, "CreateUser", newUser("cid")+at(dc2))
}

// TestReplication_TriedOnce holds that trying a call at its controller is not
// heard by anybody.
func TestReplication_TriedOnce(t *testing.T) {
	s := twoControllers(t)
	s.MustCall(managed, "CreateUser", newUser("ann")+at(dc1))
	s.MustCall(managed, "CreateUser", newUser("bob")+at(dc2))
	s.Call(managed, "DisableUser", user("ann")+at(dc2))
	entries := s.Journal.List(journal.Filter{})
	require.Len(t, entries, 3)
	require.NotEmpty(t, entries[0].Calls)
	assert.Len(t, entries[1].Calls, len(entries[0].Calls))
	for i, step := range entries[1].Calls {
		assert.Equal(t, i+1, step.Step)
	}
	assert.Len(t, entries[2].Calls, 1)
	assert.Equal(t, len(entries[0].Changes), len(entries[1].Changes))
}

func TestReplication_Parallel(t *testing.T) {
	s := twoControllers(t, mocktest.LDAP())
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			here, there := dc1, dc2
			if i%2 == 0 {
				here, there = there, here
			}
			for j := range 4 {
				name := fmt.Sprintf("u%d-%d", i, j)
				s.MustCall(managed, "CreateUser", newUser(name)+at(here))
				assert.NotNil(t, s.Call(managed, "DisableUser", user(name)+at(there)).Err)
				s.describe(name, "mine", here)
				assert.Equal(t, "mine", s.description(name, here))
				assert.Empty(t, s.description(name, there))
			}
		})
	}
	all.Wait()
	s.pass(lag)
	for _, controller := range []string{dc1, dc2} {
		require.NoError(t, s.Engine.View(t.Context(), controller, func(tx *state.Tx) error {
			o, err := directory.In(tx).BySAM("u3-3")
			assert.NotNil(t, o)
			return err
		}))
	}
}

func TestControllers_Unknown(t *testing.T) {
	_, err := mock.Open(t.Context(), mock.Config{Controllers: map[string]string{"dc9.fabrikam.com": "127.0.0.1:0"}})
	assert.ErrorContains(t, err, "dc9.fabrikam.com: the directory has no such domain controller, only dc1.fabrikam.com")
}
