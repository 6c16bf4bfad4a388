package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

func TestArguments(t *testing.T) {
	u := enginetest.New(t, space())
	u.User(reseller, "ann", "Secret-12345")
	for _, test := range []struct {
		name, data string
		want       *mpf.Cause // nil: accepted
		text       string
	}{
		{"all good", "<text> a </text><number>0</number><signed>-5</signed><boolean>TRUE</boolean><flag/><tree><a/></tree><tree/>" +
			"<guid>{00112233-4455-6677-8899-aabbccddeeff}</guid><time>2005-03-01T09:00:00Z</time><choice>red</choice><ignored/><ignored/>", nil, ""},
		{"optional and empty", "<text>a</text><path/><number> </number><boolean/><controller/><time/><guid/><choice/>", nil, ""},
		{"missing", "", mpf.ArgumentMissing, "text"},
		{"empty", "<text> </text>", mpf.ArgumentEmpty, "text"},
		{"unknown", "<text>a</text><colour>red</colour>", mpf.ArgumentUnknown, "colour"},
		{"repeated", "<text>a</text><text>b</text>", mpf.ArgumentRepeated, "text"},
		{"too long", "<text>aaaaaa</text>", mpf.ArgumentInvalid, "at most 5"},
		{"longest", "<text>äöüßé</text>", nil, ""},
		{"elements in a text", "<text><b>a</b></text>", mpf.ArgumentInvalid, "not elements"},
		{"not listed", "<text>a</text><choice>green</choice>", mpf.ArgumentInvalid, "Red, Blue"},
		{"number", "<text>a</text><number>-1</number>", mpf.ArgumentInvalid, "number"},
		{"number too large", "<text>a</text><number>9223372036854775808</number>", mpf.ArgumentInvalid, "number"},
		{"signed", "<text>a</text><signed>1.5</signed>", mpf.ArgumentInvalid, "signed"},
		{"boolean", "<text>a</text><boolean>yes</boolean>", mpf.ArgumentInvalid, "boolean"},
		{"time", "<text>a</text><time>tomorrow</time>", mpf.ArgumentInvalid, "time"},
		{"guid", "<text>a</text><guid>123</guid>", mpf.ArgumentInvalid, "guid"},
		{"path", "<text>a</text><path>LDAP://OU=x,DC=y</path>", nil, ""},
		{"path of a controller", "<text>a</text><path>LDAP://dc1.fabrikam.com/OU=x,DC=y</path>", nil, ""},
		{"path of a controller's port", "<text>a</text><path>LDAP://DC1.fabrikam.com:389/OU=x,DC=y</path>", nil, ""},
		{"path of another server", "<text>a</text><path>LDAP://evil.example/OU=x,DC=y</path>", mpf.ControllerUnknown, "evil.example"},
		{"bare path", "<text>a</text><path>OU=x,DC=y</path>", mpf.PathInvalid, ""},
		{"no path", "<text>a</text><path>LDAP://nothing</path>", mpf.PathInvalid, ""},
		{"principal", "<text>a</text><either>administrator@fabrikam.com</either>", nil, ""},
		{"unknown principal", "<text>a</text><either>nobody@fabrikam.com</either>", mpf.ObjectNotFound, "nobody@fabrikam.com"},
		{"path for principal", "<text>a</text><either>LDAP://OU=x,DC=y</either>", nil, ""},
		{"controller", "<text>a</text><controller>DC1</controller>", nil, ""},
		{"controller with domain", "<text>a</text><controller>dc1.fabrikam.com</controller><path>LDAP://OU=x,DC=fabrikam,DC=com</path>", nil, ""},
		{"UNC name of a controller", `<text>a</text><controller>\\DC1</controller>`, nil, ""},
		{"UNC name with domain", `<text>a</text><controller>\\dc1.fabrikam.com.</controller>`, nil, ""},
		{"IP address", "<text>a</text><controller>192.0.2.7</controller>", nil, ""},
		{"IP address with port", "<text>a</text><controller>192.0.2.7:389</controller>", nil, ""},
		{"IPv6 address", "<text>a</text><controller>2001:db8::7</controller>", nil, ""},
		{"UNC name of an IP address", `<text>a</text><controller>\\192.0.2.7</controller>`, nil, ""},
		{"path of an IP address", "<text>a</text><path>LDAP://192.0.2.7/OU=x,DC=y</path>", nil, ""},
		{"UNC name of another", `<text>a</text><controller>\\dc9</controller>`, mpf.ControllerUnknown, "dc9"},
		{"no IP address", "<text>a</text><controller>192.0.2.777</controller>", mpf.ControllerUnknown, "192.0.2.777"},
		{"other controller", "<text>a</text><controller>dc9</controller>", mpf.ControllerUnknown, "dc9"},
		{"other domain", "<text>a</text><controller>dc1</controller><path>LDAP://OU=x,DC=contoso,DC=com</path>", mpf.DomainOfOtherDC, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := u.Call("Test", "Typed", test.data)
			if test.want == nil {
				assert.Nil(t, r.Err)
				return
			}
			require.NotNil(t, r.Err)
			assert.True(t, test.want.Is(r.Err), "%v", r.Err)
			assert.Contains(t, r.Err.Description, test.text)
		})
	}
}

func TestArguments_Policies(t *testing.T) {
	u := enginetest.Open(t, engine.Config{
		Namespaces: []engine.Namespace{space()},
		Policies:   engine.Policies{IgnoreUnknownArguments: true, AcceptBareNames: true},
	})
	assert.Nil(t, u.Call("Test", "Typed", "<text>a</text><colour>red</colour><path>OU=x,DC=y</path>").Err)
}

func TestCall_ReadsArguments(t *testing.T) {
	var checked bool
	reader := engine.Namespace{Name: "Reader", Procedures: []engine.Procedure{{
		Name: "Read", Access: engine.Public, Arguments: typedArguments(), Run: func(c *engine.Call) error {
			checked = true
			assert.Equal(t, "a", c.Text("text"))
			assert.Equal(t, int64(7), c.Number("number"))
			assert.Equal(t, int64(-5), c.Number("signed"))
			assert.Zero(t, c.Number("nosuch"))
			assert.True(t, c.Boolean("boolean"))
			assert.True(t, c.Boolean("flag"))
			assert.False(t, c.Boolean("nosuch"))
			assert.Equal(t, " keep ", c.Secret("secret").Reveal())
			assert.Equal(t, "x", c.DN("path").RDN().Value)
			assert.Equal(t, "Administrator", c.DN("either").RDN().Value)
			assert.True(t, c.DN("nosuch").IsZero())
			assert.Equal(t, enginetest.Start(), c.Time("time"))
			assert.NotNil(t, xmldoc.Child(c.Node("tree"), "a"))
			assert.True(t, c.Has("ignored"))
			_, err := c.Open("either", "user")
			assert.NoError(t, err)
			_, err = c.Open("either", "group", "contact")
			assert.ErrorContains(t, err, "a group or contact is needed")
			_, err = c.Open("path")
			assert.ErrorContains(t, err, "LDAP://OU=x,DC=y")
			_, err = c.Open("nosuch")
			assert.ErrorContains(t, err, "nosuch")
			assert.Len(t, c.Registered(), 2)
			return nil
		},
	}}}
	u := enginetest.New(t, reader)
	r := u.MustCall("Reader", "Read", "<text> a </text><number>7</number><signed>-5</signed><boolean>True</boolean><flag/>"+
		"<secret> keep </secret><path>LDAP://OU=x,DC=y</path><either>Administrator@fabrikam.com</either><time>2005-03-01 09:00:00</time>"+
		"<tree><a/></tree><ignored/>")
	assert.True(t, checked)
	assert.NotContains(t, xmldoc.String(r.Data), "keep", "secrets are not echoed")
	assert.True(t, strings.HasPrefix(xmldoc.String(r.Data), "<data><text> a </text>"), "other arguments are echoed as they came")
}

func TestArguments_AnyCase(t *testing.T) {
	row := engine.Procedure{
		Name: "Loose", Access: engine.Public, AnyCase: true, Run: whoAmI,
		Arguments: []engine.Argument{required("path", engine.Path), argument("newPassword", engine.Secret)},
	}
	strict := row
	strict.Name, strict.AnyCase = "Strict", false
	u := enginetest.New(t, engine.Namespace{Name: "Case", Procedures: []engine.Procedure{row, strict}})
	const given = "<Path>LDAP://DC=fabrikam,DC=com</Path><NewPassword>Wonderland-7</NewPassword>"
	r := u.MustCall("Case", "Loose", given)
	assert.Contains(t, xmldoc.String(r.Data), "<path>LDAP://DC=fabrikam,DC=com</path>")
	assert.NotContains(t, xmldoc.String(r.Data), "Wonderland-7")
	for procedure, data := range map[string]string{
		"Strict": given,
		"Loose":  given + "<Other/>",
	} {
		bad := u.Call("Case", procedure, data)
		require.NotNil(t, bad.Err, procedure)
		assert.Equal(t, mpf.ArgumentUnknown.ID, bad.Err.Cause, procedure)
	}
	twice := u.Call("Case", "Loose", given+"<PATH>LDAP://DC=fabrikam,DC=com</PATH>")
	require.NotNil(t, twice.Err)
	assert.Equal(t, mpf.ArgumentRepeated.ID, twice.Err.Cause)
}
