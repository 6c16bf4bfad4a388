package conformance

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

// axisRequests are recorded requests of the real client, in an order in which a
// panel could send them, with the code that the answer must carry: "" for a
// success. Every recorded file is in the list.
var axisRequests = []struct{ file, code string }{
	{"HostedExchange.CreateBusinessOrganization", ""},
	{"HostedExchange.CreateBusinessOrganization", "0x80071392"},
	{"HostedExchange.AddAvailablePlans", ""},
	{"ExchangeResourceManager.ReallocateOrganizationMailNoMove-1", ""},
	{"ExchangeResourceManager.ReallocateOrganizationMailNoMove-2", ""},
	{"ExchangeResourceManager.ReallocateOrganizationPublic-1", ""},
	{"ExchangeResourceManager.ReallocateOrganizationPublic-2", ""},
	{"MPSGeneral.SubmitMpsRequest-1", ""},
	{"MPSGeneral.SubmitMpsRequest-2", ""},
	{"HostedExchange.CreatePublicFolder", ""},
	{"HostedExchange.CreatePublicFolder", "0x80071392"},
	{"ExchangeResourceManager.ReallocatePublicFolder-1", ""},
	{"ExchangeResourceManager.ReallocatePublicFolder-2", "0x82100101"},
	{"ExchangeResourceManager.ReallocateOrganizationPublic-2", ""},
	{"ExchangeResourceManager.ReallocatePublicFolder-2", ""},
	{"ExchangeResourceManager.QueryResourcesByOrganization", ""},
	{"ExchangeResourceManager.QueryConsumersByOrganization", ""},
	{"HostedExchange.GetProperties", ""},
	{"MPSGeneral.SubmitMpsRequest-5", ""},
	{"HostedExchange.CreateBusinessUser-1", ""},
	{"HostedExchange.CreateBusinessUser-2", ""},
	{"HostedExchange.CreateBusinessUser-3", ""},
	{"HostedExchange.CreateBusinessUser-1", "0x80071392"},
	{"HostedExchange.CreateOrganizationAddressLists", ""},
	{"HostedExchange.ChangeUserMailboxPlan", ""},
	{"MPSGeneral.SubmitMpsRequest-3", ""},
	{"ManagedActiveDirectory.CreateContact", ""},
	{"ManagedActiveDirectory.CreateContact", "0x80071392"},
	{"MPSGeneral.SubmitMpsRequest-4", ""},
	{"ManagedActiveDirectory.ModifyUser-1", ""},
	{"ManagedActiveDirectory.ModifyUser-2", ""},
	{"ManagedActiveDirectory.ModifyUser-3", ""},
	{"ManagedActiveDirectory.ModifyUser-4", ""},
	{"ManagedActiveDirectory.ModifyUser-5", ""},
	{"ManagedActiveDirectory.DeleteContact", ""},
	{"ManagedActiveDirectory.DeleteContact", "0x80072030"},
	{"HostedExchange.SetUserPassword", ""},
	{"HostedExchange.DisableUser", ""},
	{"HostedExchange.EnableUser", ""},
	{"HostedExchange.MakeUserAdmin-1", ""},
	{"HostedExchange.MakeUserAdmin-2", ""},
	{"HostedExchange.CreateSMTPProxyAddress", ""},
	{"HostedExchange.DeleteSMTPProxyAddress", ""},
	{"HostedExchange.CreateDistributionList-1", ""},
	{"HostedExchange.CreateDistributionList-2", ""},
	{"ManagedActiveDirectory.GroupAdd-1", ""},
	{"ManagedActiveDirectory.GroupAdd-1", "0x80071392"},
	{"ManagedActiveDirectory.GroupAdd-2", ""},
	{"ManagedActiveDirectory.GroupRemove", ""},
	{"HostedExchange.ModifyDistributionList", ""},
	{"HostedExchange.DeleteDistributionList", ""},
	{"HostedExchange.CreateSMTPDomain-1", ""},
	{"HostedExchange.CreateSMTPDomain-2", ""},
	{"HostedExchange.CreateSMTPDomain-3", ""},
	{"HostedExchange.DeleteSMTPDomain", ""},
	{"HostedExchange.DeleteBusinessUser", "0x80072030"},
	{"HostedExchange.DeletePublicFolder", ""},
	{"HostedExchange.DeleteBusinessOrganization", "0x80131509"},
}

func TestAxisRequests(t *testing.T) {
	folder := filepath.Join("..", "..", "adapter", "testdata", "axis")
	files, err := filepath.Glob(filepath.Join(folder, "*.http"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	replayed := map[string]bool{}
	to := start(t)
	for _, r := range axisRequests {
		path := filepath.Join(folder, r.file+".http")
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		replayed[path] = true
		t.Run(r.file+r.code, func(t *testing.T) {
			operation, _, _ := strings.Cut(r.file, "-")
			defer func() { record(recorded, operation, !t.Failed()) }()
			answer := exchange(t, to.host(), raw)
			service, _, _ := strings.Cut(r.file, ".")
			checkAnswer(t, service, answer, r.code)
		})
	}
	for _, path := range files {
		assert.True(t, replayed[path], "%s is not replayed", path)
	}
}

// exchange sends raw bytes and gives the body of the answer, which must suit an
// HTTP/1.0 client.
func exchange(t *testing.T, host string, raw []byte) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write(raw)
	require.NoError(t, err)
	whole, err := io.ReadAll(conn)
	require.NoError(t, err, "an HTTP/1.0 answer ends with the connection")
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(whole)), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(whole))
	assert.Empty(t, response.TransferEncoding, "never chunked")
	assert.Equal(t, "text/xml; charset=utf-8", response.Header.Get("Content-Type"))
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.EqualValues(t, len(body), response.ContentLength)
	return body
}

// checkAnswer reads an answer as the panel does.
func checkAnswer(t *testing.T, service string, body []byte, code string) {
	t.Helper()
	envelope, err := xmldoc.ParseBytes(body, xmldoc.Limits{})
	require.NoError(t, err, string(body))
	answer := xmldoc.Path(envelope, "Body").FirstChild
	require.NotNil(t, answer)
	result := xmldoc.Child(answer, strings.TrimSuffix(answer.Data, "Response")+"Result")
	failure, _ := xmldoc.ChildText(answer, "errorReturn")
	switch service {
	case "HostedExchange", "ExchangeResourceManager":
		response, err := xmldoc.ParseString(xmlStart+xmldoc.Text(result), xmldoc.Limits{})
		require.NoError(t, err)
		got, _ := xmldoc.Attr(xmldoc.Child(response, "errorContext"), "code")
		assert.Equal(t, code, got, xmldoc.Text(result))
	case "ManagedActiveDirectory":
		value := xmldoc.Text(result)
		assert.Equal(t, code == "", value != "" && value != "false", string(body))
		assert.Equal(t, code == "", failure == "", failure)
		assert.Contains(t, failure, code)
	case "MPSGeneral":
		require.Empty(t, failure)
		response := result.FirstChild
		require.NotNil(t, response)
		assert.Equal(t, "response", response.Data)
		assert.Empty(t, response.NamespaceURI)
	}
}
