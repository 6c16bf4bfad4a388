package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/wsdl/exchangeresourcemanager"
	"wsexchange/wsdl/hostedexchange"
)

// killsVariable is the environment variable with how often the program is
// killed; 50 times without it.
const killsVariable, defaultKills = "KILLS", 50

func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv(killsVariable)
	if text == "" {
		return defaultKills
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, killsVariable)
	return n
}

// fate is what is known of a user after a kill.
type fate int

const (
	unknown fate = iota // the call was not answered: it was done wholly, or not at all
	exists
	absent
)

// TestKill kills the program again and again while clients create and delete
// users with mailboxes. After each kill nothing must be half done, everything
// answered must have been kept, and the next start must find its way.
func TestKill(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	fates := &sync.Map{}
	const workers = 4
	for round := range kills(t) {
		p := startProgram(t, "--emulator.database", database, "--emulator.hash-cost", "4")
		if round == 0 {
			setUpKillOrganization(t, p.target)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var working sync.WaitGroup
		for worker := range workers {
			working.Go(func() { provision(ctx, t, p.target, fmt.Sprintf("u%d-%d", round, worker), fates) })
		}
		// When the kill hits is left to chance on purpose: over the rounds it
		// falls into every part of a request.
		<-time.After(time.Duration(5+rand.IntN(120)) * time.Millisecond)
		p.kill()
		cancel()
		working.Wait()
		checkAfterKill(t, database, fates)
	}
	p := startProgram(t, "--emulator.database", database, "--emulator.hash-cost", "4")
	assert.Equal(t, "204800", newPanel(t, p.target).mailMegabytes("kill"))
	p.stop()
	left, tried := 0, 0
	fates.Range(func(_, f any) bool {
		tried++
		if f == exists {
			left++
		}
		return true
	})
	t.Logf("%d kills, %d users of %d logins exist", kills(t), left, tried)
	assert.Positive(t, left, "the clients got something done between the kills")
}

const killOrganization = "OU=kill," + reseller

func setUpKillOrganization(t *testing.T, to target) {
	t.Helper()
	p := newPanel(t, to)
	made, err := p.he.CreateBusinessOrganization(p.ctx, &hostedexchange.CreateBusinessOrganization{
		Container: new("LDAP://" + reseller), Name: new("kill"), SmtpDomain: new("kill.example"),
		MailStoreXmlString:      new("<mailStore><megabytes>204800</megabytes><shared>1</shared></mailStore>"),
		PublicStoreXmlString:    new("<publicStore><megabytes>1</megabytes></publicStore>"),
		AvailablePlansXmlString: new(allPlans), PreferredDomainController: new(controller), SendCredentials: true,
	})
	p.ok(made.CreateBusinessOrganizationResult, err)
}

// provision creates users, and deletes every other one, until a call fails.
func provision(ctx context.Context, t *testing.T, to target, prefix string, fates *sync.Map) {
	p := newPanel(t, to)
	for i := 0; ctx.Err() == nil; i++ {
		login := fmt.Sprintf("%s-%d", prefix, i)
		fates.Store(login, unknown)
		upn := login + "@kill.example"
		made, err := p.he.CreateBusinessUser(ctx, &hostedexchange.CreateBusinessUser{
			Container: new("LDAP://" + killOrganization), UserPrincipalName: &upn, PlanName: new("BaseMail"),
			NewPassword: new("P@ssw0rd!23"), PreferredDomainController: new(controller),
		})
		if err != nil || strings.Contains(text(made.CreateBusinessUserResult), "errorContext") {
			return
		}
		fates.Store(login, exists)
		if i%2 == 0 {
			continue
		}
		fates.Store(login, unknown)
		gone, err := p.he.DeleteBusinessUser(ctx, &hostedexchange.DeleteBusinessUser{
			LdapPath: new("LDAP://CN=" + upn + "," + killOrganization), PreferredDomainController: new(controller),
		})
		if err != nil || strings.Contains(text(gone.DeleteBusinessUserResult), "errorContext") {
			return
		}
		fates.Store(login, absent)
	}
}

// checkAfterKill looks into the database that a killed program left.
func checkAfterKill(t *testing.T, database string, fates *sync.Map) {
	t.Helper()
	schema, err := seed.Schema()
	require.NoError(t, err)
	env := state.Env{Now: time.Now, NewGUID: func() [16]byte { return directory.RandomGUID() }}
	s, err := ledger.Open(t.Context(), ledger.Config{Schema: schema, Env: seed.Env(env, directory.NewPasswords(4)), Path: database})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.View(t.Context(), func(tx *state.Tx) error {
		require.NoError(t, resource.In(tx).CheckConservation())
		users := 0
		fates.Range(func(login, f any) bool {
			users += checkUser(t, tx, login.(string), f.(fate), fates)
			return true
		})
		org, err := directory.In(tx).Get(ldappath.MustParseDN(killOrganization))
		require.NoError(t, err)
		consumers, err := resource.In(tx).Consumers(org.GUID, resource.MailboxConsumer)
		require.NoError(t, err)
		assert.Len(t, consumers, users, "one allocation for each user")
		return nil
	}))
}

// checkUser demands that a user is there whole or not at all, and tells how
// many there are: 1 or 0.
func checkUser(t *testing.T, tx *state.Tx, login string, f fate, fates *sync.Map) int {
	t.Helper()
	address := login + "@kill.example"
	o, err := directory.In(tx).Get(ldappath.MustParseDN(killOrganization).Child("CN", address))
	if err != nil {
		require.ErrorIs(t, err, state.ErrNotFound)
		assert.NotEqual(t, exists, f, "%s was answered and is gone", login)
		_, err = directory.In(tx).ByProxyAddress(address)
		assert.ErrorIs(t, err, state.ErrNotFound, "%s left its address behind", login)
		fates.Store(login, absent)
		return 0
	}
	assert.NotEqual(t, absent, f, "%s was deleted and is back", login)
	fates.Store(login, exists)
	for _, attribute := range []string{"homeMDB", "mail", "mailNickname", "msExchMailboxGuid", "memberOf"} {
		value, err := directory.In(tx).Value(o, attribute)
		require.NoError(t, err)
		assert.NotEmpty(t, value, "%s has no %s", login, attribute)
	}
	consumer, err := resource.In(tx).Consumer(o.GUID)
	require.NoError(t, err, login)
	assert.EqualValues(t, 10000, consumer.Kilobytes)
	set, err := directory.In(tx).HasPassword(o)
	require.NoError(t, err)
	assert.True(t, set, "%s has no password", login)
	plan, err := plan.In(tx).AssignedPlan(o.GUID, "ExchMailbox")
	require.NoError(t, err)
	assert.Equal(t, "BaseMail", plan)
	return 1
}

// mailMegabytes asks what an organization may use.
func (p *panel) mailMegabytes(org string) string {
	p.t.Helper()
	got, err := p.erm.QueryResourcesByOrganization(p.ctx, &exchangeresourcemanager.QueryResourcesByOrganization{
		LdapPath: new("LDAP://OU=" + org + "," + reseller), PreferredDomainController: new(controller), SendCredentials: true,
	})
	return value(p.t, p.ok(got.QueryResourcesByOrganizationResult, err), "/response/data/orgResources/mailStore/megabytes")
}
