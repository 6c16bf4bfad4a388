package adapter

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// confinedConfig is that of a gateway for one reseller, before a foreign engine.
func confinedConfig(t testing.TB, e *engine) Config {
	config := testConfig(t, e)
	config.ResellerOU = ldappath.MustParseDN("OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")
	config.ConfineTexts = true
	return config
}

const (
	outside     = "CN=Administrator,CN=Users,DC=fabrikam,DC=com"
	outsideGUID = "0d1e2f30-4152-4637-8495-a6b7c8d9eafb"
	inside      = "CN=jsmith@acme.example,OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
)

// confinedTexts are texts as callers may put them anywhere, and what becomes of
// a call that holds them; nil passes.
var confinedTexts = map[string]struct {
	text string
	want *mpf.Cause
}{
	"a path inside":              {"LDAP://" + inside, nil},
	"a path with a controller":   {" ldap://dc1.fabrikam.com/" + inside + " ", nil},
	"a name inside":              {inside, nil},
	"a name with blanks":         {strings.ReplaceAll(inside, ",", ", "), nil},
	"a name with its GUID":       {"B:32:A9D1CA15768811D1ADED00C04FD8D5CD:" + inside, nil},
	"an address of the web":      {"http://www.acme.example/?dc", nil},
	"an equation":                {"a=b, c=d", nil},
	"a relative name":            {"CN=jsmith", nil},
	"a login":                    {`FABRIKAM\Administrator`, nil},
	"an address":                 {"Administrator@fabrikam.com", nil},
	"markup":                     {"<b>bold</b>", nil},
	"broken markup":              {"1 < 2, a <b", nil},
	"a name in markup, inside":   {"<a><b>" + inside + "</b></a>", nil},
	"a well-known SID":           {"S-1-5-11", nil},
	"a path outside":             {"LDAP://" + outside, mpf.ScopeViolation},
	"another letter case":        {"lDaP://cn=administrator,Cn=users,dC=fabrikam,Dc=com", mpf.ScopeViolation},
	"a foreign server":           {"LDAP://evil.example/" + inside, mpf.ServerViolation},
	"the global catalogue":       {"GC://" + inside, mpf.PathUnreadable},
	"WinNT":                      {"WinNT://FABRIKAM/Administrator,user", mpf.PathUnreadable},
	"a path after text":          {"see LDAP://" + outside, mpf.PathUnreadable},
	"a name outside":             {outside, mpf.ScopeViolation},
	"a name outside with blanks": {" CN = Administrator , CN=Users , DC = fabrikam , DC=com ", mpf.ScopeViolation},
	"components by OID":          {"CN=Administrator,CN=Users,0.9.2342.19200300.100.1.25=fabrikam,DC=com", mpf.NameUnreadable},
	"the configuration":          {"CN=Configuration,DC=fabrikam,DC=com", mpf.ScopeViolation},
	"the domain":                 {"DC=fabrikam,DC=com", mpf.ScopeViolation},
	"outside with its GUID":      {"B:32:A9D1CA15768811D1ADED00C04FD8D5CD:" + outside, mpf.ScopeViolation},
	"several names":              {outside + ";" + inside, mpf.NameUnreadable},
	"names in lines":             {outside + "\n" + inside, mpf.NameUnreadable},
	"a path and a name":          {"LDAP://" + outside + "; " + inside, mpf.PathUnreadable},
	"several paths":              {"LDAP://" + outside + ";LDAP://" + inside, mpf.PathUnreadable},
	"names with semicolons":      {"CN=Administrator;CN=Users;DC=fabrikam;DC=com", mpf.ScopeViolation},
	"a GUID":                     {outsideGUID, mpf.ObjectScopeUnknown},
	"a GUID in braces":           {" {" + strings.ToUpper(outsideGUID) + "} ", mpf.ObjectScopeUnknown},
	"a GUID in parentheses":      {"(" + outsideGUID + ")", mpf.ObjectScopeUnknown},
	"a GUID without hyphens":     {strings.ReplaceAll(outsideGUID, "-", ""), mpf.ObjectScopeUnknown},
	"a binding by GUID":          {"<GUID=" + outsideGUID + ">", mpf.ObjectScopeUnknown},
	"a path by GUID":             {"LDAP://<GUID=" + outsideGUID + ">", mpf.PathUnreadable},
	"a binding by SID":           {"<sid=S-1-5-21-1-2-3-500>", mpf.ObjectScopeUnknown},
	"a binding by well-known":    {"<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd," + inside + ">", mpf.ObjectScopeUnknown},
	"a SID":                      {"S-1-5-21-1-2-3-500", mpf.ObjectScopeUnknown},
	"XML in the text":            {"<?xml version='1.0'?>\n<a><b c='LDAP://" + outside + "'/></a>", mpf.ScopeViolation},
	"XML in XML in the text":     {"<a>&lt;b>" + outside + "&lt;/b></a>", mpf.ScopeViolation},
	"a GUID in XML in the text":  {"<a><b/><c>" + outsideGUID + "</c></a>", mpf.ObjectScopeUnknown},
	"a comment within":           {"<a>LDAP://CN=Administrator<!-- -->,CN=Users,DC=fabrikam,DC=com</a>", mpf.ScopeViolation},
	"elements within":            {"<a>LDAP://CN=Administrator<b/>,CN=Users,D<c/>C=fabrikam,DC=com</a>", mpf.ScopeViolation},
}

// confinedPlaces are calls with a text in the places where an engine reads it.
var confinedPlaces = map[string]func(text string) (service, body string){
	"data of SubmitMpsRequest": func(text string) (string, string) {
		return "MPSGeneral", operationElement("SubmitMpsRequest", "<mpsNamespace>Managed Active Directory</mpsNamespace><procedure>SetPassword</procedure>"+
			`<dataXmlBlob><data xmlns=""><user>`+escaped(text)+"</user></data></dataXmlBlob>")
	},
	"an attribute of the data": func(text string) (string, string) {
		return "MPSGeneral", operationElement("SubmitMpsRequest", "<mpsNamespace>A</mpsNamespace><procedure>B</procedure>"+
			`<dataXmlBlob><data xmlns=""><list><user do-not-log="1" at="`+strings.ReplaceAll(escaped(text), `"`, "&quot;")+`"/></list></data></dataXmlBlob>`)
	},
	"a property": func(text string) (string, string) {
		properties := `<properties><property name="altRecipient">` + escaped(text) + "</property></properties>"
		return "HostedExchange", operationElement("CreateBusinessOrganization", "<container>"+orgPath+"</container><name>a</name>"+
			"<propertiesXmlString>"+escaped(properties)+"</propertiesXmlString>")
	},
	"XML of ModifyUser": func(text string) (string, string) {
		return "ManagedActiveDirectory", operationElement("ModifyUser", "<user>"+userPath+"</user>"+
			`<propertyXml><properties xmlns=""><property name="manager"><value>`+escaped(text)+"</value></property></properties></propertyXml>")
	},
	"a parameter without a guard": func(text string) (string, string) {
		return "HostedExchange", operationElement("CreateBusinessOrganization", "<container>"+orgPath+"</container><name>"+escaped(text)+"</name>")
	},
}

func TestConfine_EveryTextInEveryPlace(t *testing.T) {
	for place, call := range confinedPlaces {
		for name, row := range confinedTexts {
			t.Run(place+"/"+name, func(t *testing.T) {
				e := &engine{}
				service, body := call(row.text)
				w := serve(newHandler(t, confinedConfig(t, e)), post(service, envelope(body)))
				require.Equal(t, http.StatusOK, w.Code, w.Body.String())
				assert.Equal(t, row.want != nil, strings.Contains(w.Body.String(), "Access is denied."), w.Body.String())
				assert.Equal(t, row.want != nil, e.calls == 0, "whether it was refused before the engine")
			})
		}
	}
}

func TestConfine_Causes(t *testing.T) {
	c := confinement{
		scope:   newScope(ldappath.MustParseDN("DC=fabrikam,DC=com"), ldappath.MustParseDN("OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"), []string{"dc1.fabrikam.com"}),
		objects: true,
	}
	for name, row := range confinedTexts {
		t.Run(name, func(t *testing.T) {
			refused := c.text(row.text)
			if row.want == nil {
				assert.Nil(t, refused)
				return
			}
			require.NotNil(t, refused)
			assert.True(t, row.want.Is(refused), refused.Description)
			assert.Equal(t, mpf.AccessDenied, refused.Code)
		})
	}
	long := c.text(strings.Repeat("x", 100_000) + ",DC=com")
	require.NotNil(t, long)
	assert.Less(t, len(long.Description), 1000)
}

func TestConfine_GUIDsOfAWholeDomain(t *testing.T) {
	query := operationElement("QueryResourcesByOrganization", "<organizationGUID>"+outsideGUID+"</organizationGUID>")
	for _, part := range []bool{false, true} {
		e := &engine{}
		config := confinedConfig(t, e)
		if !part {
			config.ResellerOU = ldappath.DN{}
		}
		w := serve(newHandler(t, config), post("ExchangeResourceManager", envelope(query)))
		require.Equal(t, http.StatusOK, w.Code)
		assert.Equal(t, part, strings.Contains(w.Body.String(), "by its GUID or SID"), w.Body.String())
		assert.Equal(t, part, e.calls == 0)
	}
	c := confinement{scope: newScope(ldappath.MustParseDN("DC=fabrikam,DC=com"), ldappath.DN{}, nil)}
	assert.Nil(t, c.text(outside), "all of the domain is inside")
	assert.NotNil(t, c.text("CN=a,DC=contoso,DC=com"))
}

// The reading of a computer, which the panel needs, has a guard of its own.
func TestConfine_ComputersAreRead(t *testing.T) {
	e := &engine{}
	read := operationElement("GetProperties", "<ldapPath>LDAP://CN=EX1, CN=Computers,DC=fabrikam,DC=com</ldapPath>"+
		"<propertyListXmlString>"+escaped(`<propertyList><property name="dNSHostName"/></propertyList>`)+"</propertyListXmlString>")
	w := serve(newHandler(t, confinedConfig(t, e)), post("HostedExchange", envelope(read)))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, 1, e.calls, w.Body.String())
}

// Passwords may look like anything, and nobody reads them as a name.
func TestConfine_PasswordsAreNoNames(t *testing.T) {
	for _, password := range []string{outsideGUID, outside} {
		e := &engine{}
		h := newHandler(t, confinedConfig(t, e))
		w := serve(h, post("HostedExchange", envelope(operationElement("SetUserPassword", "<ldapPath>"+userPath+"</ldapPath><newPassword>"+password+"</newPassword>"))))
		assert.NotContains(t, w.Body.String(), "Access is denied")
		w = serve(h, post("MPSGeneral", envelope(operationElement("SubmitMpsRequest", "<mpsNamespace>A</mpsNamespace><procedure>B</procedure>"+
			`<dataXmlBlob><data xmlns=""><a userPassword="`+password+`"/><property name="unicodePwd">`+password+"</property></data></dataXmlBlob>"))))
		assert.NotContains(t, w.Body.String(), "Access is denied")
		assert.Equal(t, 2, e.calls)
		w = serve(h, post("MPSGeneral", envelope(operationElement("SubmitMpsRequest", "<mpsNamespace>A</mpsNamespace><procedure>B</procedure>"+
			`<dataXmlBlob><data xmlns=""><password><path>`+password+"</path></password></data></dataXmlBlob>"))))
		assert.Contains(t, w.Body.String(), "Access is denied", "but what is below such an element is looked at")
	}
}

func TestConfine_RequestsOfThePanelPass(t *testing.T) {
	files, err := filepath.Glob("testdata/axis/*.http")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		message, err := os.ReadFile(file)
		require.NoError(t, err)
		e := outputs()
		answer := exchange(t, newHandler(t, confinedConfig(t, e)), message)
		assert.Equal(t, 1, e.calls, "%s: %s", file, answer)
	}
}

// FuzzConfine holds that no text reaches the engine in which the base is not the
// end of every distinguished name with domain components.
func FuzzConfine(f *testing.F) {
	for _, row := range confinedTexts {
		f.Add(row.text)
	}
	c := confinement{scope: newScope(ldappath.MustParseDN("DC=fabrikam,DC=com"), ldappath.MustParseDN("OU=Reseller1,DC=fabrikam,DC=com"), nil), objects: true, limits: xmldoc.Limits{Bytes: 1 << 16}}
	base := ldappath.MustParseDN("OU=Reseller1,DC=fabrikam,DC=com")
	f.Fuzz(func(t *testing.T, text string) {
		if c.text(text) != nil {
			return
		}
		path, err := ldappath.ParseLoose(text)
		if err == nil && path.DN.Domain() != "" {
			assert.True(t, path.DN.Under(base), text)
		}
		assert.NotContains(t, strings.ToLower(strings.TrimSpace(text)), "winnt://")
	})
}
