package mocktest_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const dc3 = "dc3.fabrikam.com"

// script makes calls for directory objects with few names, so that they are
// deleted, made again, renamed, moved with what is below them, and put into
// groups again and again. Most are about what the controller sees.
type script struct {
	*rand.Rand
	seen map[string][]string // names by class
}

func (r *script) look(t *testing.T, s *site, controller string) {
	r.seen = map[string][]string{"organizationalUnit": {reseller}}
	require.NoError(t, s.Engine.View(t.Context(), controller, func(tx *state.Tx) error {
		top, err := directory.In(tx).Get(ldappath.MustParseDN(reseller))
		require.NoError(t, err)
		for o, err := range directory.In(tx).Descendants(top) {
			require.NoError(t, err)
			r.seen[o.Class] = append(r.seen[o.Class], o.DN.String())
			r.seen["below "+o.Class] = append(r.seen["below "+o.Class], o.DN.String())
			r.seen[""] = append(r.seen[""], o.DN.String())
		}
		return nil
	}))
}

func (r *script) pick(all ...string) string { return all[r.IntN(len(all))] }

// path gives an element with the path of an object of a class, of any without.
func (r *script) path(element, class, controller string) string {
	name := "CN=u,OU=a," + reseller
	if len(r.seen[class]) > 0 && r.IntN(20) > 0 {
		name = r.pick(r.seen[class]...)
	}
	return "<" + element + ">LDAP://" + controller + "/" + name + "</" + element + ">"
}

func (r *script) call(at string) (procedure, data string) {
	class := r.pick("user", "group", "organizationalUnit", "organizationalUnit")
	names := map[string][]string{"user": {"CN=u", "CN=v"}, "group": {"CN=g", "CN=h"}, "organizationalUnit": {"OU=a", "OU=b", "OU=c"}}
	name := r.pick(names[class]...)
	switch r.IntN(9) {
	case 0, 1:
		return "Create Object", r.path("container", "organizationalUnit", at) + "<class>" + class + "</class><name>" + name + "</name>"
	case 2:
		return "Delete Object", r.path("path", "", at)
	case 3, 4:
		return "Move Object", r.path("source", class, at) + r.path("destination", "organizationalUnit", at)
	case 5:
		return "Rename Object", r.path("source", "below "+class, at) + "<name>" + name + "</name>"
	case 6:
		return "Group Add", r.path("group", "group", at) + r.path("path", "", at)
	case 7:
		return "Group Remove", r.path("group", "group", at) + r.path("path", "", at)
	}
	return "Set Properties", r.path("path", "", at) +
		fmt.Sprintf(`<properties><property name="description">%d</property></properties>`, r.IntN(100))
}

// sane demands of what a controller sees that every object lies where its name
// says, and that its links lead somewhere.
func sane(t *testing.T, tx *state.Tx) {
	t.Helper()
	top, err := directory.In(tx).Get(ldappath.MustParseDN(reseller))
	require.NoError(t, err)
	for o, err := range directory.In(tx).Descendants(top) {
		require.NoError(t, err)
		parent, err := directory.In(tx).Get(o.DN.Parent())
		if assert.NoError(t, err, o.DN.String()) {
			assert.Equal(t, parent.ID, o.ParentID, o.DN.String())
		}
	}
}

func TestReplication_Random(t *testing.T) {
	seen := make(map[mpf.HRESULT]int)
	for seed := range uint64(3) {
		s := twoControllers(t, mocktest.Controllers(dc3))
		r := script{Rand: rand.New(rand.NewPCG(seed, 1))}
		for range 40 {
			at := r.pick(dc1, dc2, dc3)
			r.look(t, s, at)
			procedure, data := r.call(at)
			before := s.Dump()
			answer := s.Call(provider, procedure, data)
			if answer.Err != nil {
				seen[answer.Err.Code]++
				require.NotEqual(t, mpf.Unexpected, answer.Err.Code, "seed %d: %s %s: %v", seed, procedure, data, answer.Err)
				require.Equal(t, before, s.Dump(), "seed %d: %s %s: %v", seed, procedure, data, answer.Err)
			} else {
				seen[mpf.OK]++
			}
			truth := s.Dump()
			for _, controller := range []string{dc1, dc2, dc3} {
				require.NoError(t, s.Engine.View(t.Context(), controller, func(tx *state.Tx) error {
					sane(t, tx)
					return nil
				}), "seed %d: after %s %s", seed, procedure, data)
			}
			require.Equal(t, truth, s.Dump(), "looking changes nothing")
			if t.Failed() {
				t.Logf("seed %d: after %s %s", seed, procedure, data)
				return
			}
			s.pass(time.Duration(r.IntN(5)) * time.Second)
		}
		s.pass(lag)
		for _, controller := range []string{dc1, dc2, dc3} {
			assert.Zero(t, s.Engine.Waiting(controller))
		}
	}
	assert.Greater(t, seen[mpf.OK], 30, "%v", seen)
}

// TestReplication_TryCatch has a step that fails at a controller that does not
// know of an earlier one, in a request that goes on.
func TestReplication_TryCatch(t *testing.T) {
	s := twoControllers(t)
	execute := func(procedure, data string) string {
		return `<execute namespace="` + managed + `" procedure="` + procedure + `"><executeData>` + data + `</executeData></execute>`
	}
	submit := func(steps string) *mpf.Response {
		root, err := xmldoc.ParseString(`<request><data/><procedure>`+steps+`</procedure></request>`, xmldoc.Limits{})
		require.NoError(t, err)
		request, err := mpf.ParseRequest(root, mpf.Target{})
		require.NoError(t, err)
		answer, err := s.Submit(s.As("Administrator"), request)
		require.NoError(t, err)
		return answer
	}
	answer := submit(execute("CreateUser", newUser("ann")+at(dc1)) +
		"<try>" + execute("CreateUser", newUser("bob")+at(dc2)) + execute("DisableUser", user("ann")+at(dc2)) + "</try>" +
		"<catch>" + execute("CreateUser", newUser("cid")+at(dc2)) + "</catch>" +
		execute("DisableUser", user("ann")+at(dc1)) + execute("DisableUser", user("cid")+at(dc2)))
	require.Nil(t, answer.Err, "%v", answer.Err)
	s.describe("ann", "here", dc1)
	s.describe("cid", "here", dc2)
	assert.NotNil(t, s.Object(dn("bob")), "completed steps of a try stay")
	assert.Equal(t, []string{"here", ""}, []string{s.description("ann", dc1), s.description("ann", dc2)})
	assert.Equal(t, []string{"", "here"}, []string{s.description("cid", dc1), s.description("cid", dc2)})
	assert.NotNil(t, s.Call(managed, "DisableUser", user("bob")+at(dc1)).Err, "dc2 has him alone")
	s.pass(lag)
	assert.Zero(t, s.Engine.Waiting(dc1)+s.Engine.Waiting(dc2))
	assert.Equal(t, []string{"here", "here"}, []string{s.description("ann", dc2), s.description("cid", dc1)})
}

// TestReplication_Restore goes back to a content while changes wait.
func TestReplication_Restore(t *testing.T) {
	s := twoControllers(t)
	s.MustCall(managed, "CreateUser", newUser("ann")+at(dc1))
	require.NoError(t, s.Snapshots.Take(t.Context(), "with ann"))
	s.describe("ann", "late", dc1)
	s.MustCall(managed, "CreateUser", newUser("bob")+at(dc1))
	require.NoError(t, s.Snapshots.Restore(t.Context(), "with ann"))
	assert.Zero(t, s.Engine.Waiting(dc2))
	s.MustCall(managed, "CreateUser", newUser("bob")+at(dc2))
	s.describe("ann", "new", dc2)
	assert.Equal(t, []string{"", "new"}, []string{s.description("ann", dc1), s.description("ann", dc2)})
}

// TestReplication_File is the same with a database in a file, which has more
// than one connection.
func TestReplication_File(t *testing.T) {
	content := seed.Default()
	content.Domain.Controllers = []string{dc1, dc2}
	e, err := mock.Open(t.Context(), mock.Config{
		Seed:     &content,
		Database: filepath.Join(t.TempDir(), "emulator.db"), HashCost: 4, Replication: engine.Replication{Delay: time.Hour},
	})
	require.NoError(t, err)
	defer func() { assert.NoError(t, e.Close()) }()
	call := func(procedure, data string) *mpf.Error {
		root, err := xmldoc.ParseString("<executeData>"+data+"</executeData>", xmldoc.Limits{})
		require.NoError(t, err)
		ctx := mpf.WithCaller(t.Context(), mpf.Caller{Domain: "FABRIKAM", Username: "Administrator", Trusted: true})
		answer, err := e.Engine.Submit(ctx, &mpf.Request{Target: mpf.Target{Namespace: provider, Procedure: procedure}, Data: []*xmldoc.Node{root}})
		require.NoError(t, err)
		return answer.Err
	}
	require.Nil(t, call("Create Object", "<container>LDAP://"+dc1+"/"+reseller+"</container><class>organizationalUnit</class><name>OU=a</name>"))
	require.Nil(t, call("Get Properties", "<path>LDAP://"+dc1+"/OU=a,"+reseller+"</path><propertyList/>"))
	for controller, sees := range map[string]bool{dc1: true, dc2: false} {
		require.NoError(t, e.Engine.View(t.Context(), controller, func(tx *state.Tx) error {
			_, err := directory.In(tx).Get(ldappath.MustParseDN("OU=a," + reseller))
			assert.Equal(t, sees, err == nil, controller)
			return nil
		}))
	}
	require.NoError(t, e.Store.View(t.Context(), func(tx *state.Tx) error {
		_, err := directory.In(tx).Get(ldappath.MustParseDN("OU=a," + reseller))
		return err
	}), "looking changes nothing")
}
