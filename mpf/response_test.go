package mpf_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

var update = flag.Bool("update", false, "write docs/errors.md anew")

const failed = `<response><data><path>LDAP://x</path></data><errorContext description="Unable&#xA;to open 'x'. [E-NO-SUCH-OBJECT]" code="0x80072030" executeSeqNo="3">` +
	`<errorDescription><a b="1">c</a></errorDescription><errorSource namespace="Active Directory Provider" procedure="Get Properties"/>` +
	`<errorSource namespace="Outer" procedure="P"/></errorContext></response>`

func TestParseResponse_ReadsAndWritesEverything(t *testing.T) {
	for _, text := range []string{
		failed, `<response><data/></response>`, `<response><data><a>ü</a></data></response>`,
		`<response><errorContext description="" code="0x80004005" executeSeqNo="1"/></response>`,
	} {
		resp, err := mpf.ParseResponse(mustParse(t, text))
		require.NoError(t, err)
		assert.Equal(t, text, xmldoc.String(resp.Element()))
	}
	resp, err := mpf.ParseResponse(mustParse(t, failed))
	require.NoError(t, err)
	assert.Equal(t, mpf.NoSuchObject, resp.Err.Code)
	assert.Equal(t, 3, resp.Err.ExecuteSeqNo)
	assert.Equal(t, "E-NO-SUCH-OBJECT", resp.Err.Cause)
	assert.Equal(t, []mpf.Source{{Namespace: "Active Directory Provider", Procedure: "Get Properties"}, {Namespace: "Outer", Procedure: "P"}}, resp.Err.Sources)
	assert.Nil(t, resp.Err.Detail.Parent)
}

func TestParseResponse_ReadsTheSchemaNamespace(t *testing.T) {
	resp, err := mpf.ParseResponse(mustParse(t, strings.Replace(failed, "<response", `<response xmlns="http://maps/specs/prov.xml"`, 1)))
	require.NoError(t, err)
	assert.Equal(t, failed, xmldoc.String(resp.Element()))
}

func TestParseResponse_Refuses(t *testing.T) {
	for text, want := range map[string]string{
		`<answer/>`:                                                                     `root element is "answer"`,
		`<response xmlns="urn:x"/>`:                                                     `root element is "response"`,
		`<response><date/></response>`:                                                  `element "date" under response`,
		`<response><data/><data/></response>`:                                           `element "data" under response`,
		`<response><errorContext description="x"/></response>`:                          `result code "" is not a 32 bit number`,
		`<response><errorContext code="0x1" executeSeqNo="x"/></response>`:              `executeSeqNo "x"`,
		`<response><errorContext code="0x1"/><errorContext code="0x1"/></response>`:     `element "errorContext" under response`,
		`<response><errorContext xmlns="urn:x" code="0x80004005"/><data/></response>`:   `element "errorContext" under response`,
		`<response><data xmlns="urn:x"/></response>`:                                    `element "data" under response`,
		`<response><errorContext code="0x80004005" executeSeqNo=""/><data/></response>`: `executeSeqNo ""`,
	} {
		_, err := mpf.ParseResponse(mustParse(t, text))
		require.ErrorIs(t, err, mpf.ErrProtocol, text)
		assert.ErrorContains(t, err, want)
	}
}

func TestResponse_Element_AlwaysHasWhatClientsRead(t *testing.T) {
	assert.Equal(t, `<response><data/></response>`, xmldoc.String((&mpf.Response{}).Element()))
	resp := &mpf.Response{Err: &mpf.Error{Code: mpf.PasswordPolicy, Description: "No."}}
	assert.Equal(t, `<response><errorContext description="No." code="0x800708c5" executeSeqNo="1"/></response>`, xmldoc.String(resp.Element()))
}

func TestError_Through(t *testing.T) {
	inner := &mpf.Error{Code: mpf.Fail, Description: "x"}
	a := inner.Through(mpf.Source{Namespace: "A", Procedure: "a"})
	b, c := a.Through(mpf.Source{Namespace: "B"}), a.Through(mpf.Source{Namespace: "C"})
	assert.Empty(t, inner.Sources)
	assert.Equal(t, []mpf.Source{{Namespace: "A", Procedure: "a"}, {Namespace: "B"}}, b.Sources)
	assert.Equal(t, []mpf.Source{{Namespace: "A", Procedure: "a"}, {Namespace: "C"}}, c.Sources)
	assert.Equal(t, "x (0x80004005)", inner.Error())
}

func TestParseHRESULT(t *testing.T) {
	for text, want := range map[string]mpf.HRESULT{
		"0x80070057": mpf.InvalidArg, "0X80070057": mpf.InvalidArg, " 0x800708C5 ": mpf.PasswordPolicy, "0x0": mpf.OK, "0x1": 1,
		"-2147024809": mpf.InvalidArg, "2147942487": mpf.InvalidArg, "0": mpf.OK, "-1": 0xffffffff, "4294967295": 0xffffffff, "-2147483648": 0x80000000,
	} {
		got, err := mpf.ParseHRESULT(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0x", "0x123456789", "0x-1", "x", "1.5", "4294967296", "-2147483649", "80070057h", "0x8007 0057"} {
		_, err := mpf.ParseHRESULT(text)
		assert.ErrorContains(t, err, "is not a 32 bit number", text)
	}
	assert.Equal(t, "0x80070057", mpf.InvalidArg.String())
	assert.Equal(t, "0x0000000a", mpf.HRESULT(10).String())
	assert.True(t, mpf.InvalidArg.Failed())
	assert.False(t, mpf.HRESULT(1).Failed())
	assert.Equal(t, "E_INVALIDARG", mpf.InvalidArg.Name())
	assert.Equal(t, "0x80000001", mpf.HRESULT(0x80000001).Name())
	assert.Equal(t, "The parameter is incorrect.", mpf.InvalidArg.Text())
	assert.Empty(t, mpf.HRESULT(0x80000001).Text())
}

var placeholder = regexp.MustCompile(`%\d+`)

func TestCodes_AreSound(t *testing.T) {
	seen := map[any]bool{}
	for _, c := range mpf.Codes() {
		assert.False(t, seen[c.Code] || seen[c.Name], "%s is there twice", c.Name)
		seen[c.Code], seen[c.Name] = true, true
		assert.NotEmpty(t, c.Text, c.Name)
		parsed, err := mpf.ParseHRESULT(c.Code.String())
		require.NoError(t, err)
		assert.Equal(t, c.Code, parsed)
	}
}

func TestCauses_AreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range mpf.Causes() {
		assert.Regexp(t, `^E(-[A-Z0-9]+)+$`, c.ID)
		assert.False(t, seen[c.ID], "%s is there twice", c.ID)
		seen[c.ID] = true
		assert.True(t, c.Code.Failed(), c.ID)
		_, known := c.Code.Lookup()
		assert.True(t, known, "the code of %s has no row", c.ID)
		distinct := map[string]bool{}
		for _, p := range placeholder.FindAllString(c.Text, -1) {
			distinct[p] = true
		}
		for n := range len(distinct) {
			assert.True(t, distinct["%"+string(rune('1'+n))], "%s: the placeholders are not numbered from 1", c.ID)
		}
		args := []string{"<one>", "%1", "[E-OTHER]"}[:len(distinct)]
		e := c.New(args...)
		assert.Equal(t, c.Code, e.Code)
		assert.True(t, c.Is(e))
		assert.True(t, strings.HasSuffix(e.Description, " ["+c.ID+"]"))
		if len(distinct) < 2 {
			assert.NotRegexp(t, placeholder, e.Description, c.ID)
		}
		resp, err := mpf.ParseResponse((&mpf.Response{Err: e}).Element())
		require.NoError(t, err)
		assert.Equal(t, c.ID, resp.Err.Cause, "the cause survives the wire")
	}
	assert.False(t, mpf.NoRoom.Is(nil))
}

func TestErrorsDocument_IsCurrent(t *testing.T) {
	const file = "../docs/errors.md"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(mpf.ErrorsDocument()), 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, mpf.ErrorsDocument(), string(got), "go test ./mpf -update writes it anew")
}
