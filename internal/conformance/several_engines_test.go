package conformance

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"wsexchange/internal/postgrestest"
	"wsexchange/wsdl/hostedexchange"
	"wsexchange/wsdl/managedactivedirectory"
)

// pairsVariable is the environment variable with how many users are created and
// enabled in round robin.
const pairsVariable, defaultPairs = "PAIRS", 150

// installation is several engines over one database, behind one gateway.
type installation struct {
	t        *testing.T
	cluster  *postgrestest.Cluster
	database string
	engines  []*program
	target
}

// openInstallation starts engines and the gateway, and makes an organization.
func openInstallation(t *testing.T, engines int) *installation {
	t.Helper()
	in := &installation{t: t, cluster: postgrestest.Start(t)}
	in.database = in.cluster.Database(t)
	var addresses []string
	for range engines {
		e := startEngine(t, "--database", in.database)
		in.engines = append(in.engines, e)
		addresses = append(addresses, e.banner["Engine"])
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(enginePassword), bcrypt.MinCost)
	require.NoError(t, err)
	users := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(users, []byte(engineLogin+":"+string(hash)+"\n"), 0o600))
	in.target = before(t, "isapi", strings.Join(addresses, ","), in.engines[0].LDAP,
		"--auth.mode", "file", "--auth.file", users, "--mpf.probe", "100ms", "--mpf.exclusion", "50ms")
	setUpKillOrganization(t, in.target)
	return in
}

// restart kills an engine and starts it again at its address.
func (in *installation) restart(i int) {
	in.t.Helper()
	address, err := url.Parse(in.engines[i].banner["Engine"])
	require.NoError(in.t, err)
	in.engines[i].kill()
	in.engines[i] = startEngine(in.t, "--database", in.database, "--listen", address.Host)
}

// verdict is what a client was answered.
type verdict int

const (
	done    verdict = iota
	present         // the object is there
	missing         // it is not
	failed          // surely nothing was done
	lost            // no answer: done or not
	strange         // an answer that no engine gives
)

// judged reads an answer: what it says of a failure, empty for a success.
func judged(failure string, err error) (verdict, string) {
	switch {
	case err != nil && strings.Contains(err.Error(), "nothing was changed"):
		return failed, err.Error()
	case err != nil:
		return lost, err.Error()
	case failure == "":
		return done, ""
	}
	for text, means := range map[string]verdict{
		"[E-NO-SUCH-OBJECT]": missing, "[E-OBJECT-EXISTS]": present, "[E-UPN-EXISTS]": present, "[E-ACCOUNT-EXISTS]": present,
		"[E-INTERNAL]": failed,
	} {
		if strings.Contains(failure, text) {
			return means, failure
		}
	}
	return strange, failure
}

// failureIn returns a document if it is that of a failure.
func failureIn(result *string) string {
	if strings.Contains(text(result), "errorContext") {
		return text(result)
	}
	return ""
}

func createUser(p *panel, login string) (verdict, string) {
	made, err := p.mad.CreateUser(p.ctx, &managedactivedirectory.CreateUser{
		Container: new("LDAP://" + killOrganization), UserPrincipalName: new(login + "@kill.example"), PreferredDomainController: new(controller),
	})
	if err != nil {
		return judged("", err)
	}
	return judged(text(made.ErrorReturn), nil)
}

func enableUser(p *panel, login string) (verdict, string) {
	on, err := p.he.EnableUser(p.ctx, &hostedexchange.EnableUser{LdapPath: userPath(login), PreferredDomainController: new(controller)})
	if err != nil {
		return judged("", err)
	}
	return judged(failureIn(on.EnableUserResult), nil)
}

func deleteUser(p *panel, login string) (verdict, string) {
	gone, err := p.mad.DeleteUser(p.ctx, &managedactivedirectory.DeleteUser{User: userPath(login), PreferredDomainController: new(controller)})
	if err != nil {
		return judged("", err)
	}
	return judged(text(gone.ErrorReturn), nil)
}

func readUser(p *panel, login string) (verdict, string) {
	got, err := p.he.GetProperties(p.ctx, &hostedexchange.GetProperties{
		LdapPath: userPath(login), PreferredDomainController: new(controller),
		PropertyListXmlString: new(`<propertyList><property name="objectGUID"/></propertyList>`),
	})
	if err != nil {
		return judged("", err)
	}
	v, text := judged(failureIn(got.GetPropertiesResult), nil)
	if v == done {
		v = present
	}
	return v, text
}

func userPath(login string) *string {
	return new("LDAP://CN=" + login + "@kill.example," + killOrganization)
}

// TestSeveralEngines_RoundRobin creates users through a gateway that gives each
// call to another engine, and enables them right after: none is too early.
func TestSeveralEngines_RoundRobin(t *testing.T) {
	pairs, workers := defaultPairs, 4
	if asked := os.Getenv(pairsVariable); asked != "" {
		var err error
		pairs, err = strconv.Atoi(asked)
		require.NoError(t, err, pairsVariable)
	}
	in := openInstallation(t, 3)
	began := time.Now()
	var working sync.WaitGroup
	for worker := range workers {
		working.Go(func() {
			p := newPanel(t, in.target)
			for i := worker; i < pairs; i += workers {
				login := fmt.Sprint("u", i)
				made, text := createUser(p, login)
				if !assert.Equal(t, done, made, text) {
					return
				}
				on, text := enableUser(p, login)
				if !assert.Equal(t, done, on, text) {
					return
				}
			}
		})
	}
	working.Wait()
	t.Logf("%d pairs in %s", pairs, time.Since(began).Round(time.Millisecond))
}

// deed is an operation of a client's history.
type deed struct{ verb, login string }

// verbs are what clients do, with how.
var verbs = map[string]func(*panel, string) (verdict, string){"create": createUser, "delete": deleteUser, "read": readUser}

// existence is the model: for each login whether it is there.
var existence = porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := make(map[string][]porcupine.Operation)
		for _, o := range history {
			login := o.Input.(deed).login
			parts[login] = append(parts[login], o)
		}
		var all [][]porcupine.Operation
		for _, part := range parts {
			all = append(all, part)
		}
		return all
	},
	Init: func() []any { return []any{false} },
	Step: func(state, input, output any) []any {
		there, did, got := state.(bool), input.(deed), output.(verdict)
		after := map[string]bool{"create": true, "delete": false, "read": there}[did.verb]
		switch {
		case got == failed:
			return []any{there}
		case got == lost:
			return []any{there, after}
		case got == present && there, got == missing && !there:
			return []any{there}
		case got == done && after != there:
			return []any{after}
		}
		return nil
	},
}

// TestSeveralEngines_Killed kills engines in turn and restarts PostgreSQL while
// clients create, read and delete the same few users. What each was answered
// must be what one engine could have answered, one call after the other.
func TestSeveralEngines_Killed(t *testing.T) {
	const workers, logins = 4, 6
	in := openInstallation(t, 3)
	var (
		mu      sync.Mutex
		history []porcupine.Operation
		counts  = make(map[verdict]int)
		texts   = make(map[string]string)
		working sync.WaitGroup
	)
	stop, began := make(chan struct{}), time.Now()
	for worker := range workers {
		working.Go(func() {
			p := newPanel(t, in.target)
			for {
				select {
				case <-stop:
					return
				default:
				}
				did := deed{[]string{"create", "delete", "read"}[rand.IntN(3)], fmt.Sprint("k", rand.IntN(logins))}
				call := time.Since(began).Nanoseconds()
				got, text := verbs[did.verb](p, did.login)
				end := time.Since(began).Nanoseconds()
				if got == lost {
					end = int64(1 << 62) // it may still be done at any time
				}
				mu.Lock()
				counts[got]++
				texts[fmt.Sprint(did.verb, got)] = text
				history = append(history, porcupine.Operation{ClientId: worker, Input: did, Call: call, Output: got, Return: end})
				mu.Unlock()
			}
		})
	}
	for i := range 3 {
		time.Sleep(300 * time.Millisecond) // of load
		killed := time.Now()
		in.restart(i)
		t.Logf("engine killed and started again in %s", time.Since(killed).Round(time.Millisecond))
		killed = time.Now()
		in.cluster.Restart(t)
		t.Logf("PostgreSQL killed and started again in %s", time.Since(killed).Round(time.Millisecond))
	}
	time.Sleep(300 * time.Millisecond)
	close(stop)
	working.Wait()
	t.Logf("%d calls: %d done, %d found it there, %d not, %d refused with nothing done, %d without an answer",
		len(history), counts[done], counts[present], counts[missing], counts[failed], counts[lost])
	assert.Greater(t, counts[done], 10)
	assert.Zero(t, counts[strange], texts)
	checking := time.Now()
	result := porcupine.CheckOperationsTimeout(existence.ToModel(), unique(history), time.Minute)
	t.Logf("checked in %s", time.Since(checking).Round(time.Millisecond))
	if !assert.Equal(t, porcupine.Ok, result, "the history is not linearizable") {
		t.Log(texts)
		for _, part := range existence.Partition(history) {
			if !porcupine.CheckOperations(existence.ToModel(), part) {
				t.Log(told(part))
			}
		}
	}
}

// told writes a history for people.
func told(history []porcupine.Operation) string {
	var b strings.Builder
	for _, o := range history {
		fmt.Fprintf(&b, "%v %v: %v, from %s to %s\n", o.ClientId, o.Input, o.Output, time.Duration(o.Call), time.Duration(o.Return))
	}
	return b.String()
}

// unique gives operations that may overlap with everything after them clients of
// their own, as porcupine wants it.
func unique(history []porcupine.Operation) []porcupine.Operation {
	for i := range history {
		if history[i].Output == lost {
			history[i].ClientId = 1000 + i
		}
	}
	return history
}

// A history in which something answered is lost is told from a good one.
func TestSeveralEngines_TheModelSeesALoss(t *testing.T) {
	at := func(client int, verb string, got verdict, call, end int64) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Input: deed{verb, "k"}, Output: got, Call: call, Return: end}
	}
	model := existence.ToModel()
	good := []porcupine.Operation{at(1, "create", done, 0, 1), at(2, "read", present, 2, 3), at(1, "delete", lost, 4, 1<<62), at(2, "read", missing, 5, 6)}
	assert.True(t, porcupine.CheckOperations(model, good))
	for name, bad := range map[string][]porcupine.Operation{
		"lost":                  {at(1, "create", done, 0, 1), at(2, "read", missing, 2, 3)},
		"too old":               {at(1, "create", done, 0, 1), at(1, "delete", done, 2, 3), at(2, "read", present, 4, 5)},
		"done twice":            {at(1, "create", done, 0, 3), at(2, "create", done, 1, 4)},
		"done though it failed": {at(1, "create", failed, 0, 1), at(2, "read", present, 2, 3)},
	} {
		assert.False(t, porcupine.CheckOperations(model, bad), name)
	}
}
