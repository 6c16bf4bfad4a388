package soap

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

func read(t *testing.T, text string) (*Envelope, error) {
	t.Helper()
	return ReadEnvelope(strings.NewReader(text), "", xmldoc.Limits{})
}

func in11(content string) string {
	return `<s:Envelope xmlns:s="` + Namespace11 + `">` + content + `</s:Envelope>`
}

func in12(content string) string {
	return `<s:Envelope xmlns:s="` + Namespace12 + `">` + content + `</s:Envelope>`
}

func TestReadEnvelope_BothVersions(t *testing.T) {
	for v, text := range map[Version]string{
		V11: in11(`<s:Header><a/></s:Header><s:Body><x xmlns="urn:x">1</x></s:Body>`),
		V12: in12(`<s:Header><a/></s:Header> <s:Body> <x xmlns="urn:x">1</x> </s:Body>`),
	} {
		env, err := read(t, text)
		require.NoError(t, err)
		assert.Equal(t, v, env.Version)
		require.Len(t, env.Headers, 1)
		assert.Equal(t, "a", env.Headers[0].Data)
		assert.Equal(t, "x", env.Body.Data)
		assert.Equal(t, "urn:x", env.Body.NamespaceURI)
		assert.Nil(t, env.Fault())
	}
}

func TestReadEnvelope_Refusals(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		code       Code
	}{
		"not XML":              {"hello", "text outside the root", Client},
		"empty":                {"", "no root element", Client},
		"document type":        {`<!DOCTYPE x>` + in11(`<s:Body><x/></s:Body>`), "document type", Client},
		"other root":           {`<x/>`, "not a SOAP Envelope", Client},
		"other namespace":      {`<Envelope xmlns="urn:none"><Body/></Envelope>`, "Possible SOAP version mismatch", VersionMismatch},
		"no namespace":         {`<Envelope><Body/></Envelope>`, "Possible SOAP version mismatch", VersionMismatch},
		"no body":              {in11(`<s:Header/>`), "has no Body", Client},
		"empty body":           {in11(`<s:Body/>`), "Body is empty", Client},
		"two children":         {in11(`<s:Body><x/><y/></s:Body>`), "<x> and <y>", Client},
		"two bodies":           {in11(`<s:Body><x/></s:Body><s:Body><x/></s:Body>`), "<Body> is out of place", Client},
		"header after body":    {in11(`<s:Body><x/></s:Body><s:Header/>`), "<Header> is out of place", Client},
		"body of no namespace": {in11(`<Body><x/></Body>`), "<Body> is out of place", Client},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, c.text)
			var fault *Fault
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, c.code, fault.Code)
			assert.Contains(t, fault.String, c.want)
		})
	}
}

func TestReadEnvelope_RefusalKeepsVersionAndCause(t *testing.T) {
	env, err := read(t, in12(`<s:Body/>`))
	require.Error(t, err)
	assert.Equal(t, V12, env.Version)
	env, err = read(t, in11(`<s:Body><x a="1" a="2"/></s:Body>`))
	assert.Zero(t, env.Version)
	var refused *xmldoc.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, xmldoc.RuleDuplicate, refused.Rule)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReadEnvelope_ReaderErrorsAreNoFaults(t *testing.T) {
	_, err := ReadEnvelope(brokenReader{}, "", xmldoc.Limits{})
	var fault *Fault
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.False(t, errors.As(err, &fault))
}

func TestCheckHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		v      Version
		header string
		code   Code
	}{
		"not mandatory":            {V11, `<h/>`, ""},
		"mandatory 0":              {V11, `<h s:mustUnderstand="0"/>`, ""},
		"mandatory 1":              {V11, `<h s:mustUnderstand="1"/>`, MustUnderstand},
		"mandatory true":           {V12, `<h s:mustUnderstand="true"/>`, MustUnderstand},
		"mandatory for next":       {V11, `<h s:mustUnderstand="1" s:actor="` + actorNext + `"/>`, MustUnderstand},
		"mandatory for another":    {V11, `<h s:mustUnderstand="1" s:actor="urn:other"/>`, ""},
		"mandatory for other role": {V12, `<h s:mustUnderstand="1" s:role="urn:other"/>`, ""},
		"mandatory for ultimate":   {V12, `<h s:mustUnderstand="1" s:role="` + roleUltimate + `"/>`, MustUnderstand},
		"unqualified attribute":    {V11, `<h mustUnderstand="1"/>`, ""},
		"nonsense":                 {V11, `<h s:mustUnderstand="maybe"/>`, Client},
		"addressing":               {V11, `<a:ReplyTo xmlns:a="http://www.w3.org/2005/08/addressing"><a:Address>http://evil.example/</a:Address></a:ReplyTo>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			wrap := in11
			if c.v == V12 {
				wrap = in12
			}
			env, err := read(t, wrap(`<s:Header>`+c.header+`</s:Header><s:Body><x/></s:Body>`))
			require.NoError(t, err)
			err = env.CheckHeaders(nil)
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			var fault *Fault
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, c.code, fault.Code)
			assert.NotContains(t, string(AppendFault(nil, V11, fault)), "detail")
			assert.Contains(t, string(AppendFault(nil, V12, fault)), "<soap:Detail />")
			if c.code == MustUnderstand {
				assert.NoError(t, env.CheckHeaders(func(h *xmldoc.Node) bool { return h.Data == "h" }))
			}
		})
	}
}

func TestAppendFault_FormOfASMX(t *testing.T) {
	f := &Fault{Code: Client, String: `a <b> & "c"`}
	assert.Equal(t, `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode><faultstring>a &lt;b&gt; &amp; "c"</faultstring><detail /></soap:Fault></soap:Body></soap:Envelope>`,
		string(AppendFault(nil, V11, f)))
	assert.Equal(t, `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body><soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">a &lt;b&gt; &amp; "c"</soap:Text></soap:Reason><soap:Detail /></soap:Fault></soap:Body></soap:Envelope>`,
		string(AppendFault(nil, V12, f)))
}

func TestFault_SurvivesTheWire(t *testing.T) {
	for _, v := range []Version{V11, V12} {
		for code := range codes12 {
			sent := &Fault{Code: code, String: "what went wrong", Detail: []*xmldoc.Node{xmldoc.TextElement("x", "1")}}
			env, err := read(t, string(AppendFault(nil, v, sent)))
			require.NoError(t, err)
			got := env.Fault()
			require.NotNil(t, got)
			assert.Equal(t, code, got.Code)
			assert.Equal(t, sent.String, got.String)
			require.Len(t, got.Detail, 1)
			assert.Equal(t, "x", got.Detail[0].Data)
		}
	}
	env, err := read(t, in11(`<s:Body><s:Fault><faultcode>s:Client.Login</faultcode></s:Fault></s:Body>`))
	require.NoError(t, err)
	assert.Equal(t, Client, env.Fault().Code)
	env, err = read(t, in11(`<s:Body><s:Fault><faultcode>x:Odd</faultcode></s:Fault></s:Body>`))
	require.NoError(t, err)
	assert.Equal(t, Server, env.Fault().Code)
}

func TestAppendEnvelope_RoundTrip(t *testing.T) {
	body := xmldoc.Element("data", xmldoc.TextElement("a", "<1>"))
	header := xmldoc.TextElement("h", "2")
	env, err := read(t, string(AppendEnvelope(nil, V12, []*xmldoc.Node{header}, body)))
	require.NoError(t, err)
	assert.Equal(t, V12, env.Version)
	require.Len(t, env.Headers, 1)
	assert.True(t, xmldoc.Equal(header, env.Headers[0]))
	assert.True(t, xmldoc.Equal(body, env.Body))
}

func FuzzReadEnvelope(f *testing.F) {
	f.Add([]byte(in11(`<s:Header><h s:mustUnderstand="1"/></s:Header><s:Body><x xmlns="urn:x">1</x></s:Body>`)))
	f.Add([]byte(in12(`<s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault></s:Body>`)))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`))
	limits := xmldoc.Limits{Bytes: 1 << 16}
	f.Fuzz(func(t *testing.T, b []byte) {
		env, err := ReadEnvelope(strings.NewReader(string(b)), "", limits)
		if err != nil {
			var fault *Fault
			require.ErrorAs(t, err, &fault)
			return
		}
		require.NotNil(t, env.Body)
		_, _ = env.CheckHeaders(nil), env.Fault()
		again, err := read(t, string(AppendEnvelope(nil, env.Version, env.Headers, env.Body)))
		require.NoError(t, err)
		assert.True(t, xmldoc.Equal(env.Body, again.Body))
	})
}
