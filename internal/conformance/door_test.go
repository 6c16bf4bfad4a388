package conformance

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

// engineLogin and enginePassword are the account of the demo data.
const (
	engineLogin    = `FABRIKAM\hsadmin`
	enginePassword = "s3cr%t"
)

// startEngine starts the engine alone with further arguments.
func startEngine(t *testing.T, args ...string) *program {
	t.Helper()
	path, err := buildEngine()
	require.NoError(t, err)
	p := launch(t, path, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--ldap.listen", "127.0.0.1:0", "--metrics.listen", "127.0.0.1:0", "--log.level", "error",
	}, args...)...)
	require.Contains(t, p.banner, "Engine")
	p.LDAP = p.banner["Directory"]
	return p
}

// submission is what a client takes to MPF's own door.
type submission struct {
	URL       string `json:"url"`
	Login     string `json:"login"`
	Password  string `json:"password"`
	Namespace string `json:"namespace"` // empty in a trusted request
	Procedure string `json:"procedure"`
	Document  string `json:"document"`
}

// submitted is what comes back.
type submitted struct {
	Status int    `json:"status"`
	Type   string `json:"type"`
	Body   string `json:"body"`
}

// doorClients submit documents; none of them shares code with ours.
var doorClients = map[string]func(*testing.T, submission) submitted{
	"curl":            submitByCurl,
	"Python requests": submitByPython,
}

// submitByCurl writes the header block with elements, and the document as it
// stands.
func submitByCurl(t *testing.T, s submission) submitted {
	t.Helper()
	header := `<provisioning xmlns="http://maps/specs/prov.xml" soap:mustUnderstand="1" trusted="1"/>`
	if s.Procedure != "" {
		header = `<provisioning xmlns="http://maps/specs/prov.xml" soap:mustUnderstand="1"><namespace>` + s.Namespace +
			`</namespace><procedure>` + s.Procedure + `</procedure></provisioning>`
	}
	return curl(t, s, "<soap:Header>"+header+"</soap:Header>")
}

// curl posts a document behind the header that is given.
func curl(t *testing.T, s submission, header string) submitted {
	t.Helper()
	args := []string{
		"-sS", "--noproxy", "*", "-H", "Content-Type: text/xml; charset=utf-8", "-H", `SOAPAction: ""`,
		"--data-binary", "@-", "-w", "\n%{http_code} %{content_type}", s.URL,
	}
	if s.Login != "" {
		args = append(args, "-u", s.Login+":"+s.Password)
	}
	command := exec.CommandContext(t.Context(), "curl", args...)
	command.Stdin = strings.NewReader(`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">` + header +
		"<soap:Body>" + s.Document + "</soap:Body></soap:Envelope>")
	out, err := command.Output()
	require.NoError(t, err)
	end := bytes.LastIndexByte(out, '\n')
	status, media, _ := strings.Cut(string(out[end+1:]), " ")
	code, err := strconv.Atoi(status)
	require.NoError(t, err)
	return submitted{code, media, string(out[:end])}
}

// submitByPython writes prefixes, UTF-16, and the header block with attributes.
func submitByPython(t *testing.T, s submission) submitted {
	t.Helper()
	input, err := json.Marshal(s)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), "/usr/bin/python3", "isapi/submit.py")
	command.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, stderr.String())
	var answer submitted
	require.NoError(t, json.Unmarshal(out, &answer))
	return answer
}

// engineDoor submits to one engine with one client and looks into its
// directory.
type engineDoor struct {
	*panel
	t      *testing.T
	client string
	engine *program
}

func (d engineDoor) send(namespace, procedure, document string) submitted {
	d.t.Helper()
	return d.sendAs(engineLogin, enginePassword, namespace, procedure, document)
}

func (d engineDoor) sendAs(login, password, namespace, procedure, document string) submitted {
	d.t.Helper()
	return doorClients[d.client](d.t, submission{d.engine.banner["Engine"], login, password, namespace, procedure, document})
}

// response demands an answer of MPF's.
func (d engineDoor) response(a submitted) *node {
	d.t.Helper()
	require.Equal(d.t, 200, a.Status, a.Body)
	assert.Equal(d.t, "text/xml; charset=utf-8", a.Type)
	envelope, err := xmldoc.ParseString(a.Body, xmldoc.Limits{})
	require.NoError(d.t, err, a.Body)
	root := xmldoc.Path(envelope, "Body", "response")
	require.NotNil(d.t, root, a.Body)
	require.Empty(d.t, root.NamespaceURI)
	xmldoc.Remove(root)
	return root
}

func (d engineDoor) works(namespace, procedure, document string) *node {
	d.t.Helper()
	a := d.send(namespace, procedure, document)
	root := d.response(a)
	require.Nil(d.t, xmldoc.Child(root, "errorContext"), a.Body)
	return root
}

func (d engineDoor) fails(code string, a submitted) *node {
	d.t.Helper()
	root := d.response(a)
	failure := xmldoc.Child(root, "errorContext")
	require.NotNil(d.t, failure, a.Body)
	got, _ := xmldoc.Attr(failure, "code")
	assert.Equal(d.t, code, got, a.Body)
	return failure
}

// faults demands a SOAP fault of a kind, whose text names what is wrong.
func (d engineDoor) faults(kind, text string, a submitted) {
	d.t.Helper()
	assert.Equal(d.t, 500, a.Status, a.Body)
	envelope, err := xmldoc.ParseString(a.Body, xmldoc.Limits{})
	require.NoError(d.t, err, a.Body)
	fault := xmldoc.Path(envelope, "Body", "Fault")
	require.NotNil(d.t, fault, a.Body)
	code, _ := xmldoc.ChildText(fault, "faultcode")
	assert.True(d.t, strings.HasSuffix(code, ":"+kind), code)
	said, _ := xmldoc.ChildText(fault, "faultstring")
	assert.Contains(d.t, said, text)
}

// newDoor starts an engine for a client.
func newDoor(t *testing.T, client string) engineDoor {
	t.Helper()
	engine := startEngine(t)
	// The panel's half is for looking into the directory.
	engine.URL = "http://FABRIKAM%5Chsadmin:s3cr%25t@unused.invalid/"
	return engineDoor{newPanel(t, engine.target), t, client, engine}
}
