package conformance

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/antchfx/xmlquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/wsdl/client"
	"wsexchange/wsdl/exchangeresourcemanager"
	"wsexchange/wsdl/hostedexchange"
	"wsexchange/wsdl/managedactivedirectory"
	"wsexchange/wsdl/mpsgeneral"
)

// Settings that a panel has, with the values of the demo data.
const (
	controller = "dc1.fabrikam.com"
	domainBase = "DC=fabrikam,DC=com"
	reseller   = "OU=Reseller1,OU=Hosting," + domainBase
)

// panel calls the four services as H-Sphere does and reads answers its way.
type panel struct {
	t      testing.TB
	ctx    context.Context
	target target

	he  hostedexchange.HostedExchangeSoap
	erm exchangeresourcemanager.ExchangeResourceManagerSoap
	mad managedactivedirectory.ManagedActiveDirectorySoap
	mps mpsgeneral.MPSGeneralSoap
}

func newPanel(t testing.TB, to target) *panel {
	t.Helper()
	address, err := url.Parse(to.URL)
	require.NoError(t, err)
	password, _ := address.User.Password()
	soap := func(service string) *client.Client {
		at := *address
		at.User = nil
		return &client.Client{URL: at.String() + "/" + service + ".asmx", User: address.User.Username(), Password: password}
	}
	return &panel{
		t: t, ctx: t.Context(), target: to,
		he:  hostedexchange.NewHostedExchangeSoap(soap("HostedExchange")),
		erm: exchangeresourcemanager.NewExchangeResourceManagerSoap(soap("ExchangeResourceManager")),
		mad: managedactivedirectory.NewManagedActiveDirectorySoap(soap("ManagedActiveDirectory")),
		mps: mpsgeneral.NewMPSGeneralSoap(soap("MPSGeneral")),
	}
}

// document reads a returned string as H-Sphere does: with its own declaration
// put in front.
func (p *panel) document(answer *string, err error) *xmldoc.Node {
	p.t.Helper()
	require.NoError(p.t, err)
	require.NotNil(p.t, answer)
	root, err := xmldoc.ParseString(`<?xml version="1.0" encoding="utf-8" ?>`+"\n"+*answer, xmldoc.Limits{})
	require.NoError(p.t, err, *answer)
	require.Equal(p.t, "response", root.Data)
	return root
}

// ok demands a success and gives the answer.
func (p *panel) ok(answer *string, err error) *xmldoc.Node {
	p.t.Helper()
	root := p.document(answer, err)
	require.Nil(p.t, xmldoc.Child(root, "errorContext"), *answer)
	return root
}

// refused demands a failure with the code and all that H-Sphere reads of one.
func (p *panel) refused(code string, answer *string, err error) {
	p.t.Helper()
	root := p.document(answer, err)
	failure := xmldoc.Child(root, "errorContext")
	require.NotNil(p.t, failure, *answer)
	got, _ := xmldoc.Attr(failure, "code")
	assert.Equal(p.t, code, got, *answer)
	description, _ := xmldoc.Attr(failure, "description")
	assert.NotEmpty(p.t, description)
	seq, _ := xmldoc.Attr(failure, "executeSeqNo")
	assert.Regexp(p.t, `^[0-9]+$`, seq)
}

// done demands a true from Managed Active Directory.
func (p *panel) done(result bool, errorReturn *string, err error) {
	p.t.Helper()
	require.NoError(p.t, err)
	require.True(p.t, result, text(errorReturn))
	assert.Empty(p.t, text(errorReturn))
}

// submit sends data through MPSGeneral and gives the response element.
func (p *panel) submit(namespace, procedure, data string) (*xmldoc.Node, string) {
	p.t.Helper()
	answer, err := p.mps.SubmitMpsRequest(p.ctx, &mpsgeneral.SubmitMpsRequest{
		MpsNamespace: &namespace, Procedure: &procedure, DataXmlBlob: &client.AnyType{InnerXML: data}, SendCredentials: true,
	})
	require.NoError(p.t, err)
	if failure := text(answer.ErrorReturn); failure != "" {
		return nil, failure
	}
	require.NotNil(p.t, answer.SubmitMpsRequestResult)
	root, err := xmldoc.ParseString(answer.SubmitMpsRequestResult.InnerXML, xmldoc.Limits{})
	require.NoError(p.t, err)
	require.Equal(p.t, "response", root.Data)
	require.Empty(p.t, root.NamespaceURI)
	return root, ""
}

// submitted demands a success of submit.
func (p *panel) submitted(namespace, procedure, data string) *xmldoc.Node {
	p.t.Helper()
	root, failure := p.submit(namespace, procedure, data)
	require.Empty(p.t, failure, namespace+"::"+procedure)
	return root
}

// entry is one entry of an LDIF: attribute names in lower case.
type entry map[string][]string

func (e entry) first(name string) string {
	if v := e[strings.ToLower(name)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// search asks the directory with ldapsearch.
func (p *panel) search(base, scope, filter string, attributes ...string) []entry {
	p.t.Helper()
	if p.target.LDAP == "" {
		p.t.Skip("no directory to look into: set WSEXCHANGE_TARGET_LDAP")
	}
	address, err := url.Parse(p.target.URL)
	require.NoError(p.t, err)
	password, _ := address.User.Password()
	args := []string{
		"-LLL", "-o", "ldif-wrap=no", "-x", "-H", p.target.LDAP, "-D", address.User.Username(), "-w", password,
		"-b", base, "-s", scope, filter,
	}
	var stderr bytes.Buffer
	command := exec.CommandContext(p.ctx, "ldapsearch", append(args, attributes...)...)
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil && strings.Contains(stderr.String(), "No such object (32)") {
		return nil
	}
	require.NoError(p.t, err, stderr.String())
	return parseLDIF(p.t, string(out))
}

func parseLDIF(t testing.TB, text string) []entry {
	t.Helper()
	var entries []entry
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		e := entry{}
		for line := range strings.SplitSeq(block, "\n") {
			name, value, found := strings.Cut(line, ":")
			if !found || strings.HasPrefix(line, "#") {
				continue
			}
			if encoded, ok := strings.CutPrefix(value, ":"); ok {
				raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
				require.NoError(t, err, line)
				value = string(raw)
			}
			name = strings.ToLower(name)
			e[name] = append(e[name], strings.TrimPrefix(value, " "))
		}
		if len(e) > 0 && len(e["dn"]) > 0 {
			entries = append(entries, e)
		}
	}
	return entries
}

// object demands one entry.
func (p *panel) object(dn string, attributes ...string) entry {
	p.t.Helper()
	found := p.search(dn, "base", "(objectClass=*)", attributes...)
	require.Len(p.t, found, 1, dn)
	return found[0]
}

// gone demands that there is no such entry.
func (p *panel) gone(dn string) {
	p.t.Helper()
	assert.Empty(p.t, p.search(dn, "base", "(objectClass=*)", "1.1"), dn)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// values gives the text of every node that an XPath finds.
func values(t testing.TB, root *xmldoc.Node, xpath string) []string {
	t.Helper()
	document := &xmlquery.Node{Type: xmlquery.DocumentNode}
	xmldoc.Append(document, root)
	nodes, err := xmlquery.QueryAll(document, xpath)
	require.NoError(t, err, xpath)
	var found []string
	for _, n := range nodes {
		found = append(found, n.InnerText())
	}
	return found
}

func value(t testing.TB, root *xmldoc.Node, xpath string) string {
	t.Helper()
	found := values(t, root, xpath)
	require.NotEmpty(t, found, "%s in %s", xpath, xmldoc.String(root))
	return found[0]
}
