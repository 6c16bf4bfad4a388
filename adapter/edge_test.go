package adapter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// inner gives executeData without its own tags.
func inner(e *engine) string {
	s := xmldoc.String(e.request.Procedure.Steps[0].Call.ExecuteData)
	return strings.TrimSuffix(strings.TrimPrefix(s, "<executeData>"), "</executeData>")
}

var enabled = `<path>` + userPath + `</path><preferredDomainController>dc1.fabrikam.com</preferredDomainController>`

func TestCall_MessagesThatAreAccepted(t *testing.T) {
	body := operationElement("EnableUser", enableOne)
	encode := func(s string) string { return s }
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.Replace(envelope(body), "UTF-8", "UTF-16", 1))
	require.NoError(t, err)
	soap12 := `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>` + body + `</e:Body></e:Envelope>`
	prefixed := `<n:EnableUser xmlns:n="` + namespace + `"><n:ldapPath>` + userPath + `</n:ldapPath><n:preferredDomainController>dc1.fabrikam.com</n:preferredDomainController></n:EnableUser>`
	addressing := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><a:ReplyTo xmlns:a="http://www.w3.org/2005/08/addressing"><a:Address>http://198.51.100.1/</a:Address></a:ReplyTo></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
	for name, c := range map[string]struct {
		message string
		change  func(*http.Request)
	}{
		"as recorded":                {encode(envelope(body)), header("SOAPAction", `"`+namespace+`/EnableUser"`)},
		"no SOAPAction":              {envelope(body), nil},
		"empty SOAPAction":           {envelope(body), header("SOAPAction", `""`)},
		"unquoted SOAPAction":        {envelope(body), header("SOAPAction", namespace+"/EnableUser")},
		"SOAPAction with end slash":  {envelope(body), header("SOAPAction", `"`+namespace+`//EnableUser/"`)},
		"byte order mark":            {"\ufeff" + envelope(body), nil},
		"UTF-16":                     {wide, header("Content-Type", "text/xml; charset=utf-16")},
		"UTF-16 seen by its mark":    {wide, header("Content-Type", "text/xml")},
		"no charset":                 {envelope(body), header("Content-Type", "text/xml")},
		"quoted charset":             {envelope(body), header("Content-Type", `TEXT/XML;charset="UTF-8"`)},
		"application/xml":            {envelope(body), header("Content-Type", "application/xml")},
		"SOAP 1.2":                   {soap12, header("Content-Type", `application/soap+xml; charset=utf-8; action="`+namespace+`/EnableUser"`)},
		"SOAP 1.2 without action":    {soap12, header("Content-Type", `application/soap+xml`)},
		"prefixes":                   {envelope(prefixed), nil},
		"unqualified parameters":     {envelope(`<n:EnableUser xmlns:n="urn:any">` + enableOne + `</n:EnableUser>`), nil},
		"no namespace":               {envelope("<EnableUser>" + enableOne + "</EnableUser>"), nil},
		"namespace with end slash":   {envelope(strings.Replace(body, namespace, namespace+"/", 1)), nil},
		"CDATA":                      {envelope(strings.Replace(body, userPath, "<![CDATA["+userPath+"]]>", 1)), nil},
		"character references":       {envelope(strings.Replace(body, "dc1", "&#x64;&#99;1", 1)), nil},
		"white space and comments":   {envelope("\n <!-- x --> " + strings.ReplaceAll(body, "><", ">\n<!-- y --><")), nil},
		"types":                      {envelope(strings.ReplaceAll(body, "<ldapPath>", `<ldapPath xsi:type="xsd:string">`)), nil},
		"names in other letter case": {envelope(strings.ReplaceAll(body, "ldapPath", "LdapPATH")), nil},
		"alias":                      {envelope(strings.ReplaceAll(body, "ldapPath", "path")), nil},
		"other order":                {envelope(operationElement("EnableUser", "<preferredDomainController>dc1.fabrikam.com</preferredDomainController><ldapPath>"+userPath+"</ldapPath>")), nil},
		"unknown names, by position": {envelope(operationElement("EnableUser", "<arg0>"+userPath+"</arg0><arg1>dc1.fabrikam.com</arg1>")), nil},
		"addressing is not followed": {addressing, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{}
			r := post("HostedExchange", c.message)
			if c.change != nil {
				c.change(r)
			}
			w := serve(newHandler(t, testConfig(t, e)), r)
			require.Equal(t, http.StatusOK, w.Code, w.Body.String())
			assert.Equal(t, enabled, inner(e))
			assert.Equal(t, fmt.Sprint(w.Body.Len()), w.Header().Get("Content-Length"))
		})
	}
}

func TestCall_SingleByteCharsets(t *testing.T) {
	for name, table := range map[string]*charmap.Charmap{"iso-8859-1": charmap.ISO8859_1, "windows-1252": charmap.Windows1252} {
		message, err := table.NewEncoder().String(strings.Replace(envelope(operationElement("EnableUser", strings.Replace(enableOne, "jsmith", "jörg", 1))), "UTF-8", name, 1))
		require.NoError(t, err)
		for _, contentType := range []string{"text/xml", "text/xml; charset=" + name} {
			e := &engine{}
			w := serve(newHandler(t, testConfig(t, e)), post("HostedExchange", message, header("Content-Type", contentType)))
			require.Equal(t, http.StatusOK, w.Code, w.Body.String())
			assert.Contains(t, inner(e), "jörg")
		}
	}
}

func TestCall_AnswersInTheNamespaceOfTheRequest(t *testing.T) {
	for ns, want := range map[string]string{
		"":                  "<soap:Body><EnableUserResponse><EnableUserResult>",
		namespace + "/":     `<soap:Body><EnableUserResponse xmlns="` + namespace + `/"><EnableUserResult>`,
		"urn:a?b&amp;c='d'": `<soap:Body><EnableUserResponse xmlns="urn:a?b&amp;c='d'"><EnableUserResult>`,
	} {
		w := serve(newHandler(t, testConfig(t, &engine{})), post("HostedExchange", envelope(`<EnableUser xmlns="`+ns+`">`+enableOne+`</EnableUser>`)))
		assert.Contains(t, w.Body.String(), want)
	}
}

func TestCall_SOAP12AnswersInKind(t *testing.T) {
	ok := `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>` + operationElement("EnableUser", enableOne) + `</e:Body></e:Envelope>`
	for _, message := range []string{ok, strings.Replace(ok, "EnableUser", "Nothing", -1)} {
		w := serve(newHandler(t, testConfig(t, &engine{})), post("HostedExchange", message, header("Content-Type", "application/soap+xml")))
		assert.Equal(t, "application/soap+xml; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Contains(t, w.Body.String(), `xmlns:soap="http://www.w3.org/2003/05/soap-envelope"`)
	}
}

// What has no readable envelope is answered in the version of its content type.
func TestCall_SOAP12FaultsOfWhatCannotBeRead(t *testing.T) {
	config := testConfig(t, &engine{})
	config.Limits.Bytes = 100
	for name, message := range map[string]string{
		"not XML": "hello", "other root": "<x/>", "empty": "", "other namespace": `<Envelope xmlns="urn:x"/>`,
		"too large": strings.Repeat("x", 101), "cut off": `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope">`,
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(newHandler(t, config), post("HostedExchange", message, header("Content-Type", "Application/SOAP+xml; charset=utf-8")))
			assert.Equal(t, "application/soap+xml; charset=utf-8", w.Header().Get("Content-Type"))
			assert.Contains(t, w.Body.String(), "<soap:Code>")
			w = serve(newHandler(t, config), post("HostedExchange", message))
			assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
			assert.Contains(t, w.Body.String(), "<faultcode>")
		})
	}
	eleven := envelope(operationElement("Frobnicate", ""))
	w := serve(newHandler(t, testConfig(t, &engine{})), post("HostedExchange", eleven, header("Content-Type", "application/soap+xml")))
	assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"), "an envelope that can be read decides")
}

func TestCall_ClientFaults(t *testing.T) {
	body := operationElement("EnableUser", enableOne)
	admin := func(content string) string { return envelope(operationElement("MakeUserAdmin", content)) }
	with := func(content string) string { return envelope(operationElement("EnableUser", content)) }
	for name, c := range map[string]struct {
		message, want string
		change        func(*http.Request)
	}{
		"not XML":               {"hello", "XML refused", nil},
		"cut off":               {envelope(body)[:300], "XML refused", nil},
		"document type":         {`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + body, "document type declarations are not allowed", nil},
		"unknown charset":       {envelope(body), "not supported", header("Content-Type", "text/xml; charset=ebcdic")},
		"no Envelope":           {body, "not a SOAP Envelope", nil},
		"two body children":     {envelope(body + body), "more than one child", nil},
		"empty body":            {envelope(""), "Body is empty", nil},
		"unknown operation":     {envelope(operationElement("Frobnicate", "")), "The request element &lt;Frobnicate xmlns='" + namespace + "'&gt; was not recognized.", nil},
		"other letter case":     {envelope(operationElement("enableUser", enableOne)), "was not recognized", nil},
		"other service":         {envelope(operationElement("GroupAdd", "")), "was not recognized", nil},
		"other SOAPAction":      {envelope(body), "Server did not recognize the value of HTTP Header SOAPAction: " + namespace + "/DisableUser.", header("SOAPAction", `"`+namespace+`/DisableUser"`)},
		"other action":          {envelope(body), "Server did not recognize", header("Content-Type", `application/soap+xml; action="urn:x/DisableUser"`)},
		"must understand":       {strings.Replace(envelope(body), "<soapenv:Body>", `<soapenv:Header><t xmlns="urn:t" soapenv:mustUnderstand="1"/></soapenv:Header><soapenv:Body>`, 1), "SOAP header t was not understood.", nil},
		"repeated":              {with(enableOne + "<ldapPath/>"), "'ldapPath' is given more than once", nil},
		"repeated by alias":     {with(enableOne + "<path/>"), "'ldapPath' is given more than once: 'ldapPath' and 'path'", nil},
		"one too many":          {with(enableOne + "<frob>1</frob>"), "the element 'frob' is no parameter", nil},
		"elements in a string":  {with("<ldapPath><b/></ldapPath>"), "'ldapPath' is a string and cannot hold elements", nil},
		"text between":          {with(enableOne + "text"), "text beside the parameters", nil},
		"bad boolean":           {admin("<ldapPath>" + userPath + "</ldapPath><isAdmin>maybe</isAdmin>"), "'isAdmin' is neither true nor false", nil},
		"elements in a boolean": {admin("<isAdmin><true/></isAdmin>"), "'isAdmin' is a boolean", nil},
		"ambiguous position":    {envelope(operationElement("CreateConsumerVanityDomain", "<a>one</a>")), "the element 'a' is no parameter", nil},
		"content does not fit":  {with("<a>" + userPath + "</a><b>" + userPath + "</b>"), "the element 'a' is no parameter", nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{}
			r := post("HostedExchange", c.message)
			if c.change != nil {
				c.change(r)
			}
			w := serve(newHandler(t, testConfig(t, e)), r)
			assert.Equal(t, http.StatusInternalServerError, w.Code)
			assert.Zero(t, e.calls)
			assert.Contains(t, w.Body.String(), c.want)
			code := "soap:Client<"
			switch {
			case name == "must understand":
				code = "soap:MustUnderstand<"
			}
			assert.Contains(t, w.Body.String(), code)
			assert.Equal(t, name != "must understand", strings.Contains(w.Body.String(), "<detail />"), "faults about headers have no detail")
			assert.Equal(t, fmt.Sprint(w.Body.Len()), w.Header().Get("Content-Length"))
		})
	}
}

func TestCall_Limits(t *testing.T) {
	for name, length := range map[string]int64{"declared": 0, "not declared": -1} {
		t.Run(name, func(t *testing.T) {
			config := testConfig(t, &engine{})
			config.Limits = xmldoc.Limits{Bytes: 1000}
			message := envelope(operationElement("EnableUser", enableOne+"<!--"+strings.Repeat("x", 2000)+"-->"))
			w := serve(newHandler(t, config), post("HostedExchange", message, func(r *http.Request) {
				if length != 0 {
					r.ContentLength = length
				}
			}))
			assert.Equal(t, http.StatusInternalServerError, w.Code)
			assert.Regexp(t, `soap:Client.*limit "bytes" is 1000, seen \d+`, w.Body.String())
		})
	}
}

func TestCall_NilIsNull(t *testing.T) {
	e := &engine{}
	content := `<container>` + orgPath + `</container><userPrincipalName>a@b</userPrincipalName><planName xsi:nil="true"/><newPassword xsi:nil="1"/><isAdmin xsi:nil="true"/><sAMAccountName xsi:nil="false">x</sAMAccountName>`
	w := serve(newHandler(t, testConfig(t, e)), post("HostedExchange", envelope(operationElement("CreateBusinessUser", content))))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.Equal(t, `<container>`+orgPath+`</container><userPrincipalName>a@b</userPrincipalName><isAdmin>false</isAdmin><sAMAccountName>x</sAMAccountName>`, inner(e))
}

func TestBind_Positions(t *testing.T) {
	plans, store := `&lt;availablePlans/&gt;`, `&lt;mailStore/&gt;`
	e := &engine{}
	w := serve(newHandler(t, testConfig(t, e)), post("HostedExchange", envelope(operationElement("CreateBusinessOrganization",
		`<a0>`+orgPath+`</a0><a1>acme</a1><a2>`+store+`</a2><a3>&lt;publicStore/&gt;</a3><a4>acme.example</a4><a5>text</a5><a7>`+plans+`</a7><a8>dc1</a8><a9>true</a9>`))))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.Equal(t, `<container>`+orgPath+`</container><name>acme</name><SMTPDomain>acme.example</SMTPDomain><preferredDomainController>dc1</preferredDomainController><mailStore/><publicStore/><availablePlans/><description>text</description><createSMTPDomain/>`, inner(e))
	assert.NotNil(t, e.request.Context.Security)

	// A misspelled password between known neighbours finds its place, and no other.
	w = serve(newHandler(t, testConfig(t, e)), post("HostedExchange", envelope(operationElement("SetUserPassword",
		`<ldapPath>`+userPath+`</ldapPath><newPasword>P@ss</newPasword><preferredDomainController>dc1</preferredDomainController>`))))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.Equal(t, `<path>`+userPath+`</path><newPassword do-not-log="1">P@ss</newPassword><preferredDomainController>dc1</preferredDomainController>`, inner(e))

	w = serve(newHandler(t, testConfig(t, e)), post("MPSGeneral", envelope(operationElement("SubmitMpsRequest",
		`<a>Managed Exchange</a><b>MailEnableGroup</b><c><data xmlns=""><x>1</x></data></c><d>true</d>`))))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.Equal(t, "Managed Exchange::MailEnableGroup", e.request.MainTarget().String())
	assert.Equal(t, "<data><x>1</x></data>", xmldoc.String(e.request.Data[0]))
}

// The answer to what the gateway itself refuses has the form of a failed
// procedure.
func TestCall_AnswersOfTheGateway(t *testing.T) {
	plans := func(xml string) string {
		return operationElement("AddAvailablePlans", "<ldapPath>"+orgPath+"</ldapPath><availablePlansXmlString>"+xml+"</availablePlansXmlString>")
	}
	for name, c := range map[string]struct {
		service, body, code, want string
		refusal                   Refusal
	}{
		"malformed":      {"HostedExchange", plans("&lt;availablePlans&gt;&lt;planName&gt;A &amp;amp B&lt;/availablePlans&gt;"), "0x80070057", "The parameter 'availablePlansXmlString' does not hold the XML it should: XML refused:", RefusedXML},
		"not XML":        {"HostedExchange", plans("GoldMail"), "0x80070057", "at byte", RefusedXML},
		"other root":     {"HostedExchange", plans("&lt;plans/&gt;"), "0x80070057", "its root element is 'plans', not 'availablePlans'", RefusedXML},
		"document type":  {"HostedExchange", plans("&lt;!DOCTYPE a&gt;&lt;availablePlans/&gt;"), "0x80070057", "document type", RefusedXML},
		"outside":        {"HostedExchange", operationElement("EnableUser", "<ldapPath>LDAP://CN=a,DC=contoso,DC=com</ldapPath>"), "0x80070005", "LDAP://CN=a,DC=contoso,DC=com", RefusedScope},
		"other server":   {"HostedExchange", operationElement("EnableUser", "<ldapPath>LDAP://evil/CN=a,DC=fabrikam,DC=com</ldapPath>"), "0x80070005", "names a server", RefusedScope},
		"not a path":     {"ManagedActiveDirectory", operationElement("DeleteUser", "<user>jsmith</user>"), "0x80070005", "'jsmith'", RefusedScope},
		"member outside": {"ManagedActiveDirectory", operationElement("GroupAdd", "<group>"+orgPath+"</group><newMember>LDAP://CN=Domain Admins,DC=contoso,DC=com</newMember>"), "0x80070005", "Domain Admins", RefusedScope},
		"no GUID":        {"ExchangeResourceManager", operationElement("QueryResourcesByOrganization", "<organizationGUID>acme</organizationGUID>"), "0x80070057", "it is not a GUID", RefusedValue},
		"no namespace":   {"MPSGeneral", operationElement("SubmitMpsRequest", "<procedure>X</procedure>"), "0x80070057", "The required argument &apos;mpsNamespace&apos; was not supplied", RefusedValue},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{}
			config := testConfig(t, e)
			var seen Observation
			config.Observe = func(o Observation) { seen = o }
			w := serve(newHandler(t, config), post(c.service, envelope(c.body)))
			require.Equal(t, http.StatusOK, w.Code, w.Body.String())
			assert.Zero(t, e.calls)
			assert.Contains(t, w.Body.String(), strings.ReplaceAll(c.want, "&apos;", "'"))
			assert.Contains(t, w.Body.String(), c.code)
			assert.Equal(t, OutcomeMPFError, seen.Outcome)
			assert.Equal(t, c.refusal, seen.Refusal)
			if c.service != "ManagedActiveDirectory" {
				assert.Contains(t, w.Body.String(), `executeSeqNo="1"`)
			} else {
				assert.Contains(t, w.Body.String(), "Result>false<")
			}
		})
	}
}

func TestFragments(t *testing.T) {
	for name, c := range map[string]struct{ sent, want string }{
		"declaration and newline": {"&lt;?xml version=\"1.0\" encoding=\"utf-8\" ?&gt;\n&lt;availablePlans&gt;\n&lt;planName&gt;A&lt;/planName&gt;&lt;/availablePlans&gt;", "<availablePlans><planName>A</planName></availablePlans>"},
		"white space before":      {" \n\ufeff&lt;?xml version=\"1.0\"?&gt;&lt;availablePlans/&gt;", "<availablePlans/>"},
		"declared as UTF-16":      {"&lt;?xml version=\"1.0\" encoding=\"utf-16\"?&gt;&lt;availablePlans/&gt;", "<availablePlans/>"},
		"namespace":               {"&lt;p:availablePlans xmlns:p='urn:x'&gt;&lt;p:planName/&gt;&lt;/p:availablePlans&gt;", "<availablePlans><planName/></availablePlans>"},
		"CDATA":                   {"<![CDATA[<availablePlans/>]]>", "<availablePlans/>"},
		"empty":                   {" ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{}
			w := serve(newHandler(t, testConfig(t, e)), post("HostedExchange", envelope(operationElement("AddAvailablePlans",
				"<ldapPath>"+orgPath+"</ldapPath><availablePlansXmlString>"+c.sent+"</availablePlansXmlString>"))))
			require.Equal(t, http.StatusOK, w.Code, w.Body.String())
			require.Equal(t, 1, e.calls, w.Body.String())
			assert.Equal(t, "<path>"+orgPath+"</path>"+c.want, inner(e))
		})
	}
}

func TestXMLNodes(t *testing.T) {
	for name, c := range map[string]struct{ sent, want string }{
		"in no namespace":       {`<properties xmlns=""><property name="l">x</property></properties>`, `<properties><property name="l">x</property></properties>`},
		"namespace inherited":   {`<properties><property name="l">x</property></properties>`, `<properties><property name="l">x</property></properties>`},
		"as text":               {`&lt;properties/&gt;`, `<properties/>`},
		"data types":            {`<properties xmlns=""><property name="b"><value xmlns:dt="urn:schemas-microsoft-com:datatypes" dt:dt="boolean">1</value></property></properties>`, `<properties><property name="b"><value xmlns:dt="urn:schemas-microsoft-com:datatypes" dt:dt="boolean">1</value></property></properties>`},
		"absent when empty":     {``, ``},
		"white space around it": {"\n <properties xmlns=\"\"/> \n", `<properties/>`},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{}
			w := serve(newHandler(t, testConfig(t, e)), post("ManagedActiveDirectory", envelope(operationElement("ModifyUser",
				"<user>"+userPath+"</user><propertyXml>"+c.sent+"</propertyXml>"))))
			require.Equal(t, http.StatusOK, w.Code, w.Body.String())
			assert.Equal(t, "<user>"+userPath+"</user>"+c.want, inner(e))
		})
	}
	for _, content := range []string{`<data/><data/>`, `<other/>`, `text`, ``, `<data/>text`} {
		w := serve(newHandler(t, testConfig(t, &engine{})), post("MPSGeneral", envelope(operationElement("SubmitMpsRequest",
			"<mpsNamespace>A</mpsNamespace><procedure>B</procedure><dataXmlBlob>"+content+"</dataXmlBlob>"))))
		assert.Equal(t, http.StatusInternalServerError, w.Code)
		assert.Contains(t, w.Body.String(), "soap:Client")
		assert.Contains(t, w.Body.String(), "'dataXmlBlob'")
	}
}

func TestSubmitMpsRequest_BlobIsNotTouched(t *testing.T) {
	e := &engine{}
	blob := `<data xmlns=""><path>LDAP://CN=a,DC=contoso,DC=com</path><x:y xmlns:x="urn:x" z="1"/></data>`
	w := serve(newHandler(t, testConfig(t, e)), post("MPSGeneral", envelope(operationElement("SubmitMpsRequest",
		"<mpsNamespace>A</mpsNamespace><procedure>B</procedure><dataXmlBlob>"+blob+"</dataXmlBlob><sendCredentials>false</sendCredentials>"))))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.Equal(t, strings.Replace(blob, ` xmlns=""`, "", 1), xmldoc.String(e.request.Data[0]))
	assert.Nil(t, e.request.Context.Security)
}

func TestEventSink_LeavesTheFlagsOut(t *testing.T) {
	for _, sink := range []bool{false, true} {
		e := &engine{}
		config := testConfig(t, e)
		config.EventSink = sink
		serve(newHandler(t, config), post("HostedExchange", envelope(operationElement("DeleteSMTPDomain", "<ldapPath>"+orgPath+"</ldapPath><smtpDomain>a.example</smtpDomain>"))))
		assert.Equal(t, !sink, strings.Contains(inner(e), "<deleteSMTPDomain/>"))
	}
}

func TestSubmit_ErrorsAreServerFaults(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"unreachable": {fmt.Errorf("engine 10.9.8.7: %w", mpf.ErrUnreachable), "cannot be reached; nothing was changed"},
		"timeout":     {fmt.Errorf("x: %w", mpf.ErrTimeout), "did not answer in time"},
		"deadline":    {context.DeadlineExceeded, "did not answer in time"},
		"protocol":    {mpf.ErrProtocol, "not in its format. It is not known whether the request was carried out"},
		"fault":       {fmt.Errorf("engine 10.9.8.7: %w: oops", mpf.ErrFault), "answered with a fault. It is not known whether the request was carried out"},
		"lost":        {mpf.ErrConnectionLost, "broke before it had answered. It is not known whether the request was carried out"},
		"account":     {mpf.ErrNotAuthenticated, "refused the account that this web service logs on with; nothing was changed"},
		"other":       {errors.New("10.9.8.7 says s3cr%t"), "internal error; its log has the details under request REQUEST1"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			config := testConfig(t, &engine{answer: func(*mpf.Request) (*mpf.Response, error) { return nil, c.err }})
			config.Logger = slog.New(slog.NewTextHandler(&log, nil))
			w := serve(newHandler(t, config), post("HostedExchange", envelope(operationElement("EnableUser", enableOne))))
			assert.Equal(t, http.StatusInternalServerError, w.Code)
			assert.Contains(t, w.Body.String(), "<faultcode>soap:Server</faultcode>")
			assert.Contains(t, w.Body.String(), c.want)
			assert.NotContains(t, w.Body.String(), "10.9.8.7")
			assert.Equal(t, 1, strings.Count(log.String(), "\n"))
		})
	}
}

func TestSubmit_PanicIsAFaultLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	config := testConfig(t, &engine{answer: func(*mpf.Request) (*mpf.Response, error) { panic("boom") }})
	config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	w := serve(newHandler(t, config), post("HostedExchange", envelope(operationElement("EnableUser", enableOne))))
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), "soap:Server")
	assert.NotContains(t, w.Body.String(), "boom")
	assert.Equal(t, 1, strings.Count(log.String(), "msg=panic"))
}

// A client of HTTP/1.0 may close its side of the connection once it has sent
// the request, which looks as if it had gone; and nobody is helped when what it
// asked for stops halfway.
func TestSubmit_GoesOnWhenTheCallerCloses(t *testing.T) {
	connection := make(chan context.Context, 1)
	config := testConfig(t, nil)
	config.Submitter = mpf.SubmitterFunc(func(ctx context.Context, r *mpf.Request) (*mpf.Response, error) {
		select {
		case <-(<-connection).Done(): // the server has seen that the client closed
		case <-t.Context().Done():
		}
		if _, bounded := ctx.Deadline(); !bounded || ctx.Err() != nil {
			return nil, errors.Join(errors.New("not bounded, or ended"), ctx.Err())
		}
		return echoData(r), nil
	})
	h := newHandler(t, config)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection <- r.Context()
		h.ServeHTTP(w, r)
	}))
	defer server.Close()
	client, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	message := envelope(operationElement("EnableUser", enableOne))
	_, err = fmt.Fprintf(client, "POST /MPSWS/HostedExchange.asmx HTTP/1.0\r\nAuthorization: %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
		basicAuth, len(message), message)
	require.NoError(t, err)
	require.NoError(t, client.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(client)
	require.NoError(t, err)
	assert.Contains(t, string(answer), "HTTP/1.0 200 OK\r\n")
	assert.Contains(t, string(answer), "EnableUserResult")
}

// The gate does not give up either.
func TestAuthentication_GoesOnWhenTheCallerCloses(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := post("HostedExchange", envelope(operationElement("EnableUser", enableOne)))
	assert.Equal(t, http.StatusOK, serve(newHandler(t, testConfig(t, &engine{})), r.WithContext(ctx)).Code)
}

func TestReply_SuccessWithoutItsValueIsToldApart(t *testing.T) {
	w := serve(newHandler(t, testConfig(t, &engine{})), post("ManagedActiveDirectory", envelope(operationElement("CreateContact", "<container>"+orgPath+"</container><name>x</name>"))))
	assert.Contains(t, w.Body.String(), "<errorReturn>The procedure 'CreateContact' succeeded, but its answer does not say 'path'.")
	assert.NotContains(t, w.Body.String(), "CreateContactResult")
}

func TestPasswordsStayOutOfLogsAndAnswers(t *testing.T) {
	var log bytes.Buffer
	config := testConfig(t, &engine{})
	config.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config.Observe = func(o Observation) { fmt.Fprintf(&log, "%+v", o) }
	h := newHandler(t, config)
	content := "<ldapPath>" + userPath + "</ldapPath><newPassword>Hidden-Pass-1</newPassword>"
	for _, body := range []string{
		operationElement("SetUserPassword", content), operationElement("SetUserPassword", content+"<frob/>"),
		operationElement("SetUserPassword", strings.Replace(content, "DC=com", "DC=org", 1)), operationElement("SetUserPassword", content+"<newPassword/>"),
	} {
		w := serve(h, post("HostedExchange", envelope(body)))
		assert.NotContains(t, w.Body.String(), "Hidden-Pass-1")
	}
	w := serve(h, post("MPSGeneral", envelope(operationElement("SubmitMpsRequest", `<mpsNamespace>A</mpsNamespace><procedure>B</procedure><dataXmlBlob><data xmlns="">`+
		`<path>`+userPath+`</path><newPassword>Hidden-Pass-1</newPassword><user pin="x"><Password>Hidden-Pass-1</Password></user></data></dataXmlBlob>`))))
	assert.Contains(t, w.Body.String(), "<newPassword/>")
	assert.NotContains(t, w.Body.String(), "Hidden-Pass-1")
	assert.NotContains(t, log.String(), "Hidden-Pass-1")
	assert.NotContains(t, log.String(), testPassword)
	assert.Contains(t, log.String(), `FABRIKAM\\hsadmin`)
}

func TestSendCredentials_WithoutALoginSendsNone(t *testing.T) {
	e := &engine{}
	config := testConfig(t, e)
	config.Gate = nil
	r := post("HostedExchange", envelope(operationElement("InitializeHostedExchange", "<sendCredentials>true</sendCredentials>")))
	require.Equal(t, http.StatusOK, serve(newHandler(t, config), r).Code)
	assert.Nil(t, e.request.Context.Security)
	assert.Equal(t, mpf.Caller{Trusted: true}, e.caller)
}

func TestHandler_Statuses(t *testing.T) {
	h := newHandler(t, testConfig(t, &engine{}))
	good := envelope(operationElement("EnableUser", enableOne))
	request := func(method, target, body string, change ...func(*http.Request)) *http.Request {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Authorization", basicAuth)
		r.Header.Set("Content-Type", "text/xml; charset=utf-8")
		for _, c := range change {
			c(r)
		}
		return r
	}
	for name, c := range map[string]struct {
		r    *http.Request
		want int
	}{
		"any letter case":     {request("POST", "/mpsws/HOSTEDEXCHANGE.ASMX", good), 200},
		"unknown page":        {request("POST", "/MPSWS/Other.asmx", good), 404},
		"unknown page, GET":   {request("GET", "/MPSWS/Other.asmx", ""), 404},
		"no .asmx":            {request("POST", "/MPSWS/HostedExchange", good), 404},
		"method by path":      {request("POST", "/MPSWS/HostedExchange.asmx/EnableUser", good), 404},
		"other folder":        {request("POST", "/MPSWSX/HostedExchange.asmx", good), 404},
		"put":                 {request("PUT", "/MPSWS/HostedExchange.asmx", good), 405},
		"options":             {request("OPTIONS", "/MPSWS/HostedExchange.asmx", ""), 405},
		"method of WebDAV":    {request("LOCK", "/MPSWS/HostedExchange.asmx", good), 405},
		"unheard of":          {request("FROB", "/MPSWS/HostedExchange.asmx", good), 405},
		"unheard of, no page": {request("FROB", "/MPSWS/Other.asmx", good), 404},
		"post to the folder":  {request("POST", "/MPSWS/", good), 405},
		"json":                {request("POST", "/MPSWS/HostedExchange.asmx", good, header("Content-Type", "application/json")), 415},
		"no content type":     {request("POST", "/MPSWS/HostedExchange.asmx", good, func(r *http.Request) { r.Header.Del("Content-Type") }), 415},
		"compressed":          {request("POST", "/MPSWS/HostedExchange.asmx", good, header("Content-Encoding", "gzip")), 415},
		"no login":            {request("POST", "/MPSWS/HostedExchange.asmx", good, func(r *http.Request) { r.Header.Del("Authorization") }), 401},
		"page needs no login": {request("GET", "/MPSWS/HostedExchange.asmx", "", func(r *http.Request) { r.Header.Del("Authorization") }), 200},
		"folder":              {request("GET", "/mpsws", ""), 200},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(h, c.r)
			assert.Equal(t, c.want, w.Code)
			assert.Equal(t, fmt.Sprint(w.Body.Len()), w.Header().Get("Content-Length"))
			assert.Equal(t, "REQUEST1", w.Header().Get("X-Request-Id"))
			if c.want == 405 {
				assert.Equal(t, "GET, HEAD, POST", w.Header().Get("Allow"))
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	h := newHandler(t, testConfig(t, &engine{}))
	for sent, want := range map[string]string{"": "REQUEST1", "abc-1.2_3": "abc-1.2_3", "two words": "REQUEST1", "é": "REQUEST1", strings.Repeat("x", 65): "REQUEST1"} {
		r := post("HostedExchange", envelope(operationElement("EnableUser", enableOne)), header("X-Request-Id", sent))
		assert.Equal(t, want, serve(h, r).Header().Get("X-Request-Id"))
	}
}

func TestPages(t *testing.T) {
	config := testConfig(t, &engine{})
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	h := newHandler(t, config)
	get := func(target, remote string, change ...func(*http.Request)) string {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.RemoteAddr = remote
		for _, c := range change {
			c(r)
		}
		w := serve(h, r)
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	forwarded := func(r *http.Request) {
		r.Header.Set("X-Forwarded-Proto", "HTTPS")
		r.Header.Set("X-Forwarded-Host", "mail.example:8443")
	}
	assert.Contains(t, get("/MPSWS/HostedExchange.asmx", "192.0.2.1:1"), `<a href="HostedExchange.asmx?op=EnableUser">EnableUser</a>`)
	page := get("/MPSWS/MPSGeneral.asmx?OP=submitmpsrequest", "192.0.2.1:1")
	assert.Contains(t, page, "&lt;mpsNamespace&gt;string&lt;/mpsNamespace&gt;")
	assert.Contains(t, page, "&lt;dataXmlBlob&gt;xml&lt;/dataXmlBlob&gt;")
	assert.Contains(t, page, "SOAP 1.2")
	assert.Contains(t, get("http://mpf.example/MPSWS/MPSGeneral.asmx?op=SubmitMpsRequest", "192.0.2.1:1", forwarded), "Host: mpf.example\n")
	assert.Contains(t, get("http://mpf.example/MPSWS/MPSGeneral.asmx?op=SubmitMpsRequest", "10.1.2.3:1", forwarded), "Host: mail.example:8443\n")
	for target, c := range map[string]struct {
		remote, want string
		change       func(*http.Request)
	}{
		"http://mpf.example/MPSWS/HostedExchange.asmx?WSDL": {"192.0.2.1:1", "http://mpf.example/MPSWS/HostedExchange.asmx", func(*http.Request) {}},
		"http://mpf.example/mpsws/hostedexchange.asmx?wsdl": {"192.0.2.1:1", "http://mpf.example/MPSWS/HostedExchange.asmx", forwarded},
		"http://mpf.example/MPSWS/HostedExchange.asmx?Wsdl": {"10.1.2.3:1", "https://mail.example:8443/MPSWS/HostedExchange.asmx", forwarded},
	} {
		document := get(target, c.remote, c.change)
		assert.Equal(t, 2, strings.Count(document, `address location="`+c.want+`"`), target)
		_, err := xmldoc.ParseString(document, xmldoc.Limits{})
		assert.NoError(t, err)
	}
	assert.Contains(t, get("/MPSWS/HostedExchange.asmx?wsdl", "192.0.2.1:1", func(r *http.Request) { r.Host = `x"><evil` }), `location="http://localhost/MPSWS`)

	w := serve(h, httptest.NewRequest(http.MethodHead, "/MPSWS/HostedExchange.asmx?wsdl", nil))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.NotEqual(t, "0", w.Header().Get("Content-Length"))

	config.ClosedPages = true
	assert.Equal(t, http.StatusUnauthorized, serve(newHandler(t, config), httptest.NewRequest(http.MethodGet, "/MPSWS/HostedExchange.asmx?wsdl", nil)).Code)
}

func TestNew_RefusesBadConfigurations(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no submitter": func(c *Config) { c.Submitter = nil },
		"no base":      func(c *Config) { c.BaseDN = ldappath.DN{} },
		"reseller of another domain": func(c *Config) {
			c.ResellerOU = ldappath.MustParseDN("OU=x,DC=contoso,DC=com")
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := testConfig(t, &engine{})
			change(&config)
			_, err := New(config)
			assert.Error(t, err)
		})
	}
}

func TestLog_OneLineARequest(t *testing.T) {
	var log bytes.Buffer
	config := testConfig(t, &engine{})
	config.Logger = slog.New(slog.NewTextHandler(&log, nil))
	h := newHandler(t, config)
	for _, r := range []*http.Request{
		post("HostedExchange", envelope(operationElement("EnableUser", enableOne))), post("HostedExchange", "x"), post("Nothing", "x"),
		post("HostedExchange", "x", header("Authorization", "Basic eDp5")), post("HostedExchange", "x", header("Content-Type", "a/b")),
		httptest.NewRequest(http.MethodGet, "/MPSWS/HostedExchange.asmx", nil), httptest.NewRequest(http.MethodPut, "/MPSWS/HostedExchange.asmx", nil),
		httptest.NewRequest(http.MethodGet, "/elsewhere", nil),
	} {
		log.Reset()
		w := serve(h, r)
		assert.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		assert.Contains(t, log.String(), fmt.Sprintf("status=%d", w.Code))
		assert.Contains(t, log.String(), "request_id=REQUEST1")
	}
}
