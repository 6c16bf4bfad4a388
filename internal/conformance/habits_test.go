package conformance

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

const (
	namespace11 = "http://schemas.xmlsoap.org/soap/envelope/"
	namespace12 = "http://www.w3.org/2003/05/soap-envelope"
	services    = "http://provisioning.microsoft.com/webservices"
)

// rawCall is a call as it goes over the wire.
type rawCall struct {
	path    string   // below the host
	headers []string // besides Host, Authorization and Content-Length
	body    string
}

const heText = "Content-Type: text/xml; charset=utf-8"

// envelope11 wraps a body as the panel does.
func envelope11(body string) string {
	return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + namespace11 + `" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
		`xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>` + body + `</soap:Body></soap:Envelope>`
}

func plainCall(body string) rawCall {
	return rawCall{"/MPSWS/HostedExchange.asmx", []string{heText, `SOAPAction: ""`}, envelope11(body)}
}

const enableNobodyBody = `<EnableUser xmlns="` + services + `"><ldapPath>LDAP://CN=nobody,` + reseller +
	`</ldapPath><preferredDomainController>` + controller + `</preferredDomainController></EnableUser>`

// message writes a call of HTTP/1.1.
func (c rawCall) message(t *testing.T, to target, further ...string) string {
	t.Helper()
	u, err := url.Parse(to.URL)
	require.NoError(t, err)
	password, _ := u.User.Password()
	login := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
	headers := append([]string{"POST " + c.path + " HTTP/1.1", "Host: " + u.Host, "Authorization: Basic " + login}, c.headers...)
	headers = append(headers, fmt.Sprintf("Content-Length: %d", len(c.body)))
	return strings.Join(append(headers, further...), "\r\n") + "\r\n\r\n"
}

// wire is a connection to the program.
type wire struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dialWire(t *testing.T, to target) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", to.host())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &wire{t, conn, bufio.NewReader(conn)}
}

func (w *wire) write(text string) {
	w.t.Helper()
	_, err := io.WriteString(w.conn, text)
	require.NoError(w.t, err)
}

// read reads one answer and leaves the connection as it is.
func (w *wire) read() (*http.Response, string) {
	w.t.Helper()
	response, err := http.ReadResponse(w.in, nil)
	require.NoError(w.t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	assert.EqualValues(w.t, len(body), response.ContentLength)
	return response, string(body)
}

// callOnce makes one call and gives body and status of the answer.
func callOnce(t *testing.T, to target, c rawCall) (string, int) {
	t.Helper()
	w := dialWire(t, to)
	w.write(c.message(t, to, "Connection: close") + c.body)
	response, body := w.read()
	return body, response.StatusCode
}

// getHost is a call of GetProperties whose answer shows that its parameters
// arrived, with attributes of the operation and a prefix of all elements.
func getHost(attributes, prefix, path string) string {
	return "<" + prefix + "GetProperties " + attributes + "><" + prefix + "ldapPath>" + path + "</" + prefix + "ldapPath><" +
		prefix + "preferredDomainController>" + controller + "</" + prefix + "preferredDomainController><" + prefix + "propertyListXmlString>" +
		`&lt;propertyList&gt;&lt;property name="dNSHostName"/&gt;&lt;/propertyList&gt;</` + prefix + "propertyListXmlString></" + prefix + "GetProperties>"
}

const (
	serverPath = "LDAP://CN=EX1, CN=Computers," + domainBase
	// serverPathInHex is serverPath with references in hexadecimal.
	serverPathInHex = "LDAP&#x3A;//CN=EX1,&#x20;CN=&#x43;omputers&#x2C;" + domainBase
)

// asmxHabits are calls as clients of ASMX services make them. All of them ask
// for the host name of the demo data's server.
var asmxHabits = []struct {
	name      string
	call      func(*rawCall)
	namespace string // of the answer
	envelope  string // of the answer
}{
	{"SOAPAction empty in quotes", func(c *rawCall) {}, services, namespace11},
	{"SOAPAction missing", func(c *rawCall) { c.headers = []string{heText} }, services, namespace11},
	{"SOAPAction of the operation", func(c *rawCall) { c.headers[1] = `SOAPAction: "` + services + `/GetProperties"` }, services, namespace11},
	{"SOAP 1.2", func(c *rawCall) {
		c.headers = []string{`Content-Type: application/soap+xml; charset=utf-8; action="` + services + `/GetProperties"`}
		c.body = strings.ReplaceAll(c.body, namespace11, namespace12)
	}, services, namespace12},
	{"byte order mark", func(c *rawCall) { c.body = "\ufeff" + c.body }, services, namespace11},
	{"upper-case path", func(c *rawCall) { c.path = strings.ToUpper(c.path) }, services, namespace11},
	{"lower-case path", func(c *rawCall) { c.path = strings.ToLower(c.path) }, services, namespace11},
	{"hexadecimal character references", func(c *rawCall) {
		c.body = envelope11(getHost(`xmlns="`+services+`"`, "", serverPathInHex))
	}, services, namespace11},
	{"CDATA in parameters", func(c *rawCall) {
		body := getHost(`xmlns="`+services+`"`, "", "<![CDATA["+serverPath+"]]>")
		body = strings.ReplaceAll(body, `&lt;propertyList&gt;&lt;property name="dNSHostName"/&gt;&lt;/propertyList&gt;`,
			`<![CDATA[<propertyList><property name="dNSHostName"/></propertyList>]]>`)
		c.body = envelope11(body)
	}, services, namespace11},
	{"xsi:type on parameters", func(c *rawCall) {
		c.body = strings.NewReplacer("<ldapPath>", `<ldapPath xsi:type="xsd:string">`).Replace(c.body)
	}, services, namespace11},
	{"prefixes instead of a default namespace", func(c *rawCall) {
		c.body = envelope11(getHost(`xmlns:tns="`+services+`"`, "tns:", serverPath))
	}, services, namespace11},
	{"namespace with a slash at its end", func(c *rawCall) {
		c.body = envelope11(getHost(`xmlns="`+services+`/"`, "", serverPath))
	}, services + "/", namespace11},
	{"unknown namespace", func(c *rawCall) {
		c.body = envelope11(getHost(`xmlns="urn:provisioning"`, "", serverPath))
	}, "urn:provisioning", namespace11},
}

// TestHabits makes calls by hand over a socket and reads the answers.
func TestHabits(t *testing.T) {
	to := start(t)
	for _, c := range asmxHabits {
		ok := t.Run(c.name, func(t *testing.T) {
			call := plainCall(getHost(`xmlns="`+services+`"`, "", serverPath))
			c.call(&call)
			body, status := callOnce(t, to, call)
			require.Equal(t, http.StatusOK, status, body)
			isHost(t, body, c.namespace, c.envelope)
		})
		record(habits, c.name, ok)
	}
	ok := t.Run("xsi:nil for a null", func(t *testing.T) {
		const given = "<statusTypeName>Enabled</statusTypeName>"
		whole := `<GetPlanDetail xmlns="` + services + `"><planName>GoldMail</planName><preferredDomainController>` + controller + `</preferredDomainController>` + given + `</GetPlanDetail>`
		absent, _ := callOnce(t, to, plainCall(strings.Replace(whole, given, "", 1)))
		null, status := callOnce(t, to, plainCall(strings.Replace(whole, given, `<statusTypeName xsi:nil="true">ignored</statusTypeName>`, 1)))
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, absent, null)
		unknown, _ := callOnce(t, to, plainCall(strings.Replace(whole, given, `<statusTypeName xsi:nil="false">ignored</statusTypeName>`, 1)))
		assert.NotEqual(t, absent, unknown)
	})
	record(habits, "xsi:nil for a null", ok)
	ok = t.Run("two calls on one connection", func(t *testing.T) {
		w := dialWire(t, to)
		call := plainCall(getHost(`xmlns="`+services+`"`, "", serverPath))
		for range 2 {
			w.write(call.message(t, to) + call.body)
			response, body := w.read()
			assert.Equal(t, http.StatusOK, response.StatusCode)
			assert.False(t, response.Close)
			isHost(t, body, services, namespace11)
		}
	})
	record(habits, "HTTP/1.1, two calls on one connection", ok)
	ok = t.Run("Expect: 100-continue", func(t *testing.T) {
		w := dialWire(t, to)
		call := plainCall(getHost(`xmlns="`+services+`"`, "", serverPath))
		w.write(call.message(t, to, "Expect: 100-continue"))
		response, err := http.ReadResponse(w.in, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusContinue, response.StatusCode)
		w.write(call.body)
		response, body := w.read()
		assert.Equal(t, http.StatusOK, response.StatusCode)
		isHost(t, body, services, namespace11)
	})
	record(habits, "Expect: 100-continue", ok)
	ok = t.Run("SOAPAction of another operation", func(t *testing.T) {
		call := plainCall(getHost(`xmlns="`+services+`"`, "", serverPath))
		call.headers[1] = `SOAPAction: "` + services + `/EnableUser"`
		body, status := callOnce(t, to, call)
		assert.Equal(t, http.StatusInternalServerError, status)
		assert.Contains(t, body, "<faultcode>soap:Client</faultcode>")
	})
	record(habits, "SOAPAction of another operation: refused", ok)
}

// isHost demands the server's host name in the answer.
func isHost(t *testing.T, body, namespace, soap string) {
	t.Helper()
	envelope, err := xmldoc.ParseString(body, xmldoc.Limits{})
	require.NoError(t, err, body)
	assert.Equal(t, soap, envelope.NamespaceURI)
	answer := xmldoc.Path(envelope, "Body").FirstChild
	require.NotNil(t, answer, body)
	assert.Equal(t, "GetPropertiesResponse", answer.Data)
	assert.Equal(t, namespace, answer.NamespaceURI)
	text, _ := xmldoc.ChildText(answer, "GetPropertiesResult")
	root, err := xmldoc.ParseString(xmlStart+text, xmldoc.Limits{})
	require.NoError(t, err, text)
	assert.Equal(t, "ex1.fabrikam.com", value(t, root, "/response/data/properties/property[@name='dNSHostName']"))
}
