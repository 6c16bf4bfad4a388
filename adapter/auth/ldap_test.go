package auth

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func mustLDAP(t *testing.T, config LDAPConfig) *LDAP {
	t.Helper()
	l, err := NewLDAP(config)
	require.NoError(t, err)
	return l
}

func (dc *domainController) plain() LDAPConfig {
	return LDAPConfig{Servers: []string{dc.address}, Security: SecurityPlain}
}

func TestLDAP_Membership(t *testing.T) {
	dc := newDomainController().start(t, SecurityPlain)
	rows := map[string]Reason{ // login: why not, if not
		"direct": "", "nested": "", "primary": "", "primarynested": "",
		"outsider": ReasonNotInGroup, "ringed": ReasonNotInGroup,
	}
	for name, chain := range map[string]chainRule{"chain followed": follows, "chain refused": refuses, "chain not known": findsNothing} {
		dc.mu.Lock()
		dc.chain = chain
		dc.entries[""]["supportedCapabilities"] = []string{activeDirectory}
		if chain == findsNothing {
			dc.entries[""]["supportedCapabilities"] = nil // Active Directory knows the rule
		}
		dc.mu.Unlock()
		for _, group := range []string{"", "domain admins", cn("Domain Admins")} {
			l := mustLDAP(t, LDAPConfig{Servers: []string{dc.address}, Security: SecurityPlain, Group: group})
			for login, reason := range rows {
				t.Run(name+"/"+group+"/"+login, func(t *testing.T) {
					identity, err := l.Authenticate(t.Context(), NewCredentials(`FABRIKAM\`+login, "secret"))
					if reason != "" {
						require.ErrorIs(t, err, ErrBadCredentials)
						assert.Equal(t, reason, ReasonOf(err))
						return
					}
					require.NoError(t, err)
					assert.Equal(t, Identity{Domain: "FABRIKAM", Username: login, DN: cn(login)}, identity)
				})
			}
		}
	}
}

func TestLDAP_LoginForms(t *testing.T) {
	dc := newDomainController().start(t, SecurityPlain)
	rows := []struct {
		login, domain, boundAs string
		reason                 Reason
	}{
		{`FABRIKAM\direct`, "", `FABRIKAM\direct`, ""},
		{`fabrikam\DIRECT`, "", `fabrikam\DIRECT`, ""},
		{`fabrikam.local\direct`, "", `fabrikam.local\direct`, ""},
		{"direct@fabrikam.local", "", "direct@fabrikam.local", ""},
		{"direct", "", "direct", ""},
		{"direct", "FABRIKAM", `FABRIKAM\direct`, ""},
		{"direct@fabrikam.local", "FABRIKAM", "direct@fabrikam.local", ""},
		{`TRUSTED\direct`, "", `TRUSTED\direct`, ReasonNotInGroup},
		{`TRUSTED\direct`, "FABRIKAM", `TRUSTED\direct`, ReasonNotInGroup},
		{"direct@trusted.local", "", "direct@trusted.local", ReasonNotInGroup},
		{"direct)(cn=*", "", "direct)(cn=*", ReasonUnknownUser},
	}
	for _, row := range rows {
		t.Run(row.login+" in "+row.domain, func(t *testing.T) {
			config := dc.plain()
			config.Domain = row.domain
			identity, err := mustLDAP(t, config).Authenticate(t.Context(), NewCredentials(row.login, "secret"))
			assert.Equal(t, row.boundAs, dc.bound[len(dc.bound)-1])
			if row.reason != "" {
				require.ErrorIs(t, err, ErrBadCredentials)
				assert.Equal(t, row.reason, ReasonOf(err))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, `FABRIKAM\direct`, identity.Name())
		})
	}
}

func TestLDAP_UPNOfAnotherSuffix(t *testing.T) {
	dc := newDomainController()
	dc.entries[cn("direct")]["userPrincipalName"] = []string{"boss@fabrikam.com"}
	dc.logins["boss@fabrikam.com"] = "secret"
	dc.start(t, SecurityPlain)
	identity, err := mustLDAP(t, dc.plain()).Authenticate(t.Context(), NewCredentials("boss@fabrikam.com", "secret"))
	require.NoError(t, err)
	assert.Equal(t, `FABRIKAM\direct`, identity.Name())
}

func TestLDAP_TheControllerSaysWhoItIs(t *testing.T) {
	dc := newDomainController().start(t, SecurityPlain)
	conn, err := ldap.DialURL("ldap://" + dc.address)
	require.NoError(t, err)
	defer conn.Close()
	d, err := readDirectory(conn, LDAPConfig{})
	require.NoError(t, err)

	d.whoAmI = `FABRIKAM\nested`
	entry, err := d.findAccount(NewCredentials("direct", "x"))
	require.NoError(t, err)
	assert.Equal(t, cn("nested"), entry.DN)

	d.whoAmI = `TRUSTED\direct`
	_, err = d.findAccount(NewCredentials("direct", "x"))
	assert.Equal(t, ReasonNotInGroup, ReasonOf(err))
	require.ErrorIs(t, err, ErrBadCredentials)
}

func TestLDAP_Refusals(t *testing.T) {
	dc := newDomainController()
	for login, data := range map[string]string{
		"disabled": "533", "locked": "775", "expired": "701", "old": "532", "fresh": "773", "hours": "530", "new": "fff",
	} {
		dc.refusals[`fabrikam\`+login] = adDiagnostic(data)
	}
	dc.start(t, SecurityPlain)
	l := mustLDAP(t, dc.plain())
	for login, want := range map[string]Reason{
		"disabled": ReasonDisabled, "locked": ReasonLocked, "expired": ReasonExpired, "old": ReasonExpired,
		"fresh": ReasonExpired, "hours": ReasonOther, "new": ReasonWrongPassword, "direct": ReasonWrongPassword, "nobody": ReasonUnknownUser,
	} {
		_, err := l.Authenticate(t.Context(), NewCredentials(`FABRIKAM\`+login, "wrong"))
		require.ErrorIs(t, err, ErrBadCredentials, login)
		assert.Equal(t, want, ReasonOf(err), login)
		assert.Equal(t, "bad credentials", err.Error(), "all the same to the caller")
	}
}

func TestLDAP_NoBindWithoutPassword(t *testing.T) {
	dc := newDomainController()
	dc.logins[`fabrikam\direct`] = "" // as a server that takes unauthenticated binds
	dc.start(t, SecurityPlain)
	_, err := mustLDAP(t, dc.plain()).Authenticate(t.Context(), NewCredentials(`FABRIKAM\direct`, ""))
	require.ErrorIs(t, err, ErrBadCredentials)
	assert.Equal(t, ReasonEmptyPassword, ReasonOf(err))
	assert.Empty(t, dc.bound)
}

func TestLDAP_TLS(t *testing.T) {
	direct := NewCredentials(`FABRIKAM\direct`, "secret")
	for _, security := range []Security{SecurityLDAPS, SecurityStartTLS} {
		t.Run(string(security), func(t *testing.T) {
			dc := newDomainController().start(t, security)
			config := LDAPConfig{Servers: []string{dc.address}, Security: security, CAFile: dc.ca}
			_, err := mustLDAP(t, config).Authenticate(t.Context(), direct)
			require.NoError(t, err)
			assert.Equal(t, security == SecurityStartTLS, dc.encrypted)

			bound := len(dc.bound)
			config.CAFile = ""
			_, err = mustLDAP(t, config).Authenticate(t.Context(), direct)
			require.ErrorIs(t, err, ErrUnavailable)
			require.ErrorContains(t, err, "certificate signed by unknown authority")
			assert.Len(t, dc.bound, bound, "no password to a stranger")

			_, port, _ := net.SplitHostPort(dc.address)
			config = LDAPConfig{Servers: []string{"127.0.0.1:" + port}, Security: security, CAFile: dc.ca}
			_, err = mustLDAP(t, config).Authenticate(t.Context(), direct)
			require.ErrorIs(t, err, ErrUnavailable, "the certificate names another host")
			assert.Len(t, dc.bound, bound)
		})
	}
}

func TestLDAP_NoPasswordWithoutTLSByDefault(t *testing.T) {
	dc := newDomainController().start(t, SecurityPlain)
	for _, security := range []Security{"", SecurityLDAPS, SecurityStartTLS} {
		_, err := mustLDAP(t, LDAPConfig{Servers: []string{dc.address}, Security: security}).
			Authenticate(t.Context(), NewCredentials(`FABRIKAM\direct`, "secret"))
		require.ErrorIs(t, err, ErrUnavailable, security)
	}
	assert.Empty(t, dc.bound)
}

func TestLDAP_NextController(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, dead.Close())
	busy := newDomainController()
	busy.bindCode = ldap.LDAPResultBusy
	busy.start(t, SecurityPlain)
	alive := newDomainController().start(t, SecurityPlain)
	servers := []string{dead.Addr().String(), busy.address, alive.address}
	l := mustLDAP(t, LDAPConfig{Servers: servers, Security: SecurityPlain})

	_, err = l.Authenticate(t.Context(), NewCredentials(`FABRIKAM\direct`, "secret"))
	require.NoError(t, err)
	_, err = l.Authenticate(t.Context(), NewCredentials(`FABRIKAM\direct`, "wrong"))
	require.ErrorIs(t, err, ErrBadCredentials)

	l = mustLDAP(t, LDAPConfig{Servers: servers[:2], Security: SecurityPlain})
	_, err = l.Authenticate(t.Context(), NewCredentials(`FABRIKAM\direct`, "secret"))
	require.ErrorIs(t, err, ErrUnavailable)
	assert.NotErrorIs(t, err, ErrBadCredentials)
	assert.ErrorContains(t, err, servers[0])
	assert.ErrorContains(t, err, "Busy")
}

func TestLDAP_ControllerThatSaysNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	for _, security := range []Security{SecurityLDAPS, SecurityStartTLS, SecurityPlain} {
		l := mustLDAP(t, LDAPConfig{
			Servers: []string{silent.Addr().String()}, Security: security,
			DialTimeout: 50 * time.Millisecond, Timeout: 50 * time.Millisecond,
		})
		_, err = l.Authenticate(t.Context(), NewCredentials(`FABRIKAM\direct`, "secret"))
		require.ErrorIs(t, err, ErrUnavailable, security)
	}
}

func TestLDAP_MisconfiguredGroupIsNotTheCallersFault(t *testing.T) {
	dc := newDomainController().start(t, SecurityPlain)
	for group, want := range map[string]string{
		"No Such": `group "No Such": no such group`, cn("No Such"): "no such group",
	} {
		config := dc.plain()
		config.Group = group
		_, err := mustLDAP(t, config).Authenticate(t.Context(), NewCredentials(`FABRIKAM\direct`, "secret"))
		require.ErrorIs(t, err, ErrUnavailable)
		assert.ErrorContains(t, err, want)
	}
}

func TestLDAP_AccountOutsideTheBase(t *testing.T) {
	dc := newDomainController().start(t, SecurityPlain)
	config := dc.plain()
	config.BaseDN = "OU=Elsewhere," + fabrikam
	_, err := mustLDAP(t, config).Authenticate(t.Context(), NewCredentials(`FABRIKAM\direct`, "secret"))
	require.ErrorIs(t, err, ErrBadCredentials)
	assert.Equal(t, ReasonNotInGroup, ReasonOf(err))
}

func TestNewLDAP_Refuses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "ca.pem")
	rows := map[string]struct {
		config LDAPConfig
		want   string
	}{
		"no server":      {LDAPConfig{}, "ldap: no domain controller"},
		"security":       {LDAPConfig{Servers: []string{"dc"}, Security: "tls"}, `ldap security "tls": not one of ldaps, starttls, plain`},
		"scheme":         {LDAPConfig{Servers: []string{"ldap://dc"}}, `ldap server "ldap://dc": scheme "ldap" does not go with security "ldaps", which needs "ldaps"`},
		"no host":        {LDAPConfig{Servers: []string{":636"}}, `ldap server ":636": not a host or host:port`},
		"path":           {LDAPConfig{Servers: []string{"ldaps://dc/dc=x"}}, `ldap server "ldaps://dc/dc=x": not a host or host:port`},
		"base DN":        {LDAPConfig{Servers: []string{"dc"}, BaseDN: "x"}, `ldap base DN "x": `},
		"CA file absent": {LDAPConfig{Servers: []string{"dc"}, CAFile: missing}, "ldap CA file: open " + missing},
		"CA file empty":  {LDAPConfig{Servers: []string{"dc"}, CAFile: "ldap_test.go"}, "ldap CA file ldap_test.go: no certificate in it"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := NewLDAP(row.config)
			assert.ErrorContains(t, err, row.want)
		})
	}
}

func TestParseController(t *testing.T) {
	rows := []struct {
		server   string
		security Security
		want     controller
	}{
		{"dc1.fabrikam.local", SecurityLDAPS, controller{"dc1.fabrikam.local", "dc1.fabrikam.local:636"}},
		{"ldaps://dc1:3269/", SecurityLDAPS, controller{"dc1", "dc1:3269"}},
		{"LDAP://dc1", SecurityStartTLS, controller{"dc1", "dc1:389"}},
		{"[::1]:1389", SecurityPlain, controller{"::1", "[::1]:1389"}},
	}
	for _, row := range rows {
		got, err := parseController(row.server, row.security)
		require.NoError(t, err, row.server)
		assert.Equal(t, row.want, got)
	}
}
