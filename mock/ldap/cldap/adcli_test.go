package cldap

import (
	"context"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/ldap/connection"
	"wsexchange/mock/ldap/wire"
)

// overTCP answers the ping over TCP, where adcli sends it when the domain
// controller is named.
type overTCP struct{}

func (overTCP) Bind(context.Context, *connection.Session, *wire.BindRequest) (connection.Identity, wire.Result) {
	return nil, wire.Result{Code: ldap.LDAPResultInvalidCredentials}
}

func (overTCP) Compare(context.Context, *connection.Session, *wire.CompareRequest) wire.Result {
	return wire.Result{Code: ldap.LDAPResultNoSuchObject}
}

func (overTCP) Search(_ context.Context, _ *connection.Session, r *wire.SearchRequest, w *connection.SearchWriter) wire.Result {
	ping, err := ReadPing(r)
	if err != nil || !fabrikam.Knows(ping) {
		return wire.Result{}
	}
	w.Begin("").Attribute("netlogon", string(fabrikam.Answer(ping, true)))
	if err := w.End(); err != nil {
		return wire.Result{Code: ldap.LDAPResultOther}
	}
	return wire.Result{}
}

// TestAdcli asks with the client of Debian. It knows the port of LDAP only,
// which needs the rights for that.
func TestAdcli(t *testing.T) {
	adcli, err := exec.LookPath("adcli")
	needed(t, err, "make needs installs adcli")
	l, err := net.Listen("tcp", "127.0.0.77:389")
	needed(t, err, "the port of LDAP has to be free, and to be one that root may open")
	s, err := connection.New(connection.Config{Handler: overTCP{}})
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context(), l) }()
	out, err := exec.CommandContext(t.Context(), adcli, "info", "--domain-controller=127.0.0.77", "fabrikam.com").CombinedOutput()
	assert.NoError(t, s.Shutdown(t.Context()))
	assert.NoError(t, <-served)
	require.NoError(t, err, "%s", out)
	for _, want := range []string{
		"domain-name = fabrikam.com", "domain-short = FABRIKAM", "domain-forest = fabrikam.com", "domain-controller = dc1.fabrikam.com",
		"domain-controller-site = Default-First-Site-Name", "domain-controller-usable = yes",
	} {
		assert.Contains(t, string(out), want)
	}
}

// needed ends a test without what it needs: in CI as a failure.
func needed(t *testing.T, err error, what string) {
	t.Helper()
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		require.NoError(t, err, what)
	}
	t.Skip(what + ": " + err.Error())
}
