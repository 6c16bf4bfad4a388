package wsdl_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/wsdl"
)

// allowed are the differences between what reflection gave and what Render
// writes. All of them belong to the bindings for HTTP GET and POST, which are
// left out because the services answer SOAP only: an address in the WSDL that
// does not answer would mislead. No other difference is accepted.
var allowed = []struct{ pattern, reason string }{
	{`^missing \{.*/wsdl/\}portType\[name=\w+Http(Get|Post)\]$`, "port type of a binding that is left out"},
	{`^missing \{.*/wsdl/\}binding\[name=\w+Http(Get|Post) `, "binding that is left out"},
	{`^missing \{.*/wsdl/\}port\[binding=\S+Http(Get|Post) name=\w+\]$`, "port of a binding that is left out"},
	{`^missing \{.*/wsdl/\}message\[name=\w+Http(Get|Post)(In|Out)\]$`, "message of a binding that is left out"},
	{`^missing \{.*XMLSchema\}element\[name=string nillable=true type=\{.*XMLSchema\}string\]$`, "the answer over HTTP GET and POST"},
}

// F003.
func TestRender_IsWhatReflectionGives(t *testing.T) {
	used := make([]bool, len(allowed))
	for _, s := range wsdl.Services() {
		reflected, err := os.ReadFile("testdata/" + s.Name + ".wsdl")
		require.NoError(t, err)
		rendered := wsdl.Render(s, "http://localhost/MPSWS/"+s.Name+".asmx")
		for _, difference := range diff("", parseTree(t, reflected), parseTree(t, rendered)) {
			assert.True(t, isAllowed(difference, used), "%s: %s", s.Name, difference)
		}
	}
	for i, a := range allowed {
		assert.True(t, used[i], "no such difference any more: %s", a.reason)
	}
}

func isAllowed(difference string, used []bool) bool {
	for i, a := range allowed {
		if regexp.MustCompile(a.pattern).MatchString(difference) {
			used[i] = true
			return true
		}
	}
	return false
}

// The comparison must see what it is there for.
func TestRender_ComparisonFindsDifferences(t *testing.T) {
	service, ok := wsdl.Lookup("MPSGeneral")
	require.True(t, ok)
	good := string(wsdl.Render(service, "http://localhost/"))
	for name, change := range map[string][2]string{
		"an attribute":    {`minOccurs="1"`, `minOccurs="0"`},
		"a name":          {`name="procedure"`, `name="Procedure"`},
		"a namespace":     {`xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"`, `xmlns:soap12="urn:other"`},
		"a type's prefix": {`type="s:boolean"`, `type="tns:boolean"`},
		"an element":      {"<s:any />", ""},
		"a text":          {"<s:any />", "<s:any>text</s:any>"},
		"an extra":        {"<s:any />", "<s:any /><s:any />"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(good, change[0], change[1], 1)
			require.NotEqual(t, good, changed)
			assert.NotEmpty(t, diff("", parseTree(t, []byte(good)), parseTree(t, []byte(changed))))
		})
	}
}

func TestRender_EscapesTheLocation(t *testing.T) {
	service, ok := wsdl.Lookup("MPSGeneral")
	require.True(t, ok)
	rendered := string(wsdl.Render(service, `http://host/a?b="1"&c=<2>`))
	assert.Contains(t, rendered, `<soap:address location="http://host/a?b=&#34;1&#34;&amp;c=&lt;2&gt;" />`)
	parseTree(t, []byte(rendered))
}
