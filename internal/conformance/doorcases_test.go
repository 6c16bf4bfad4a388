package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

const provider = "Active Directory Provider"

// step is an execute element of the directory's provider.
func step(procedure, inside string) string {
	return `<execute namespace="` + provider + `" procedure="` + procedure + `">` + inside + `</execute>`
}

func data(inside string) string { return "<executeData>" + inside + "</executeData>" }

func makeOU(name string) string {
	return step("Create Object", data("<container>LDAP://"+reseller+"</container><class>organizationalUnit</class><name>"+name+"</name>"))
}

// doorCases are what clients bring to MPF's own door.
var doorCases = []struct {
	name string
	run  func(engineDoor)
}{
	{"simple request that reads", func(d engineDoor) {
		root := d.works("Windows-based Hosting", "QueryPlans", "<request><data/></request>")
		assert.Subset(d.t, values(d.t, root, "//planName"), []string{"BaseMail", "GoldMail"})
	}},
	{"simple request in the schema's namespace", func(d engineDoor) {
		root := d.works(provider, "Get Properties", `<m:request xmlns:m="http://maps/specs/prov.xml"><m:data><path>LDAP://CN=hsadmin,CN=Users,`+
			domainBase+`</path><propertyList><property name="displayName"/></propertyList></m:data></m:request>`)
		assert.Equal(d.t, "Control Panel", value(d.t, root, "/response/data/properties/property"))
	}},
	{"simple request that writes", func(d engineDoor) {
		ou := "OU=Zażółć &amp; Söhne," + reseller
		d.works(provider, "Create Object", "<request><data><container>LDAP://"+reseller+"</container><class>organizationalUnit</class>"+
			"<name>Zażółć &amp; Söhne</name><properties><property name=\"description\">&lt;co&gt;</property></properties></data></request>")
		assert.Equal(d.t, "<co>", d.object("OU=Zażółć & Söhne,"+reseller).first("description"))
		d.works(provider, "Delete Object", "<request><data><path>LDAP://"+ou+"</path></data></request>")
		d.gone("OU=Zażółć & Söhne," + reseller)
	}},
	{"simple request with steps of its own is refused", func(d engineDoor) {
		d.fails("0x82100006", d.send(provider, "Create Object", "<request><procedure>"+makeOU("sneaky")+"</procedure></request>"))
		d.gone("OU=sneaky," + reseller)
	}},
	{"simple request with credentials is refused", func(d engineDoor) {
		a := d.send(provider, "Get Properties", `<request><context><securityContext><authentication><basic domain="FABRIKAM" username="Administrator" password="Fabrikam-Adm1n"/>`+
			`</authentication></securityContext></context><data><path>LDAP://`+reseller+`</path></data></request>`)
		failure := d.fails("0x80070005", a)
		description, _ := xmldoc.Attr(failure, "description")
		assert.NotContains(d.t, description, "Fabrikam-Adm1n")
	}},
	{"trusted request with steps, forEach, before and after", func(d engineDoor) {
		ou := "OU=steps," + reseller
		root := d.works("", "", `<request><data><user>anna</user><user>jan</user></data><procedure>`+makeOU("steps")+
			step("Create Object", data("<container>LDAP://"+ou+"</container><class>user</class>")+
				`<forEach name="u" root="data" path="user"/>`+
				`<before source="u" sourcePath="text()" destination="executeData" destinationPath="name" mode="insert"/>`)+
			step("Search", data("<path>LDAP://"+ou+"</path><filter>(objectClass=user)</filter><scope>oneLevel</scope><propertyList><property name=\"cn\"/></propertyList>")+
				`<after source="executeData" sourcePath="objects" destination="data" destinationPath="found" mode="merge"/>`)+
			`</procedure></request>`)
		assert.ElementsMatch(d.t, []string{"anna", "jan"}, values(d.t, root, "/response/data/found//property[@name='cn']"))
		assert.Len(d.t, d.search(ou, "one", "(objectClass=user)"), 2)
	}},
	{"a third step that fails leaves nothing", func(d engineDoor) {
		a := d.send("", "", "<request><procedure>"+makeOU("half")+
			step("Create Object", data("<container>LDAP://OU=half,"+reseller+"</container><class>user</class><name>eve</name>"))+
			step("Create Object", data("<container>LDAP://OU=nowhere,"+reseller+"</container><class>user</class><name>eve</name>"))+"</procedure></request>")
		failure := d.fails("0x80072030", a)
		number, _ := xmldoc.Attr(failure, "executeSeqNo")
		assert.Equal(d.t, "3", number)
		d.gone("OU=half," + reseller)
	}},
	{"try and catch", func(d engineDoor) {
		d.works("", "", "<request><procedure><try>"+makeOU("attempt")+makeOU("attempt")+"</try><catch>"+makeOU("caught")+"</catch></procedure></request>")
		d.object("OU=caught," + reseller)
	}},
	{"trusted request of an account that may not send one", func(d engineDoor) {
		user := "CN=plain,CN=Users," + domainBase
		d.works("", "", "<request><procedure>"+
			step("Create Object", data("<container>LDAP://CN=Users,"+domainBase+"</container><class>user</class><name>plain</name><properties><property name=\"sAMAccountName\">plain</property></properties>"))+
			step("User Set Password", data("<path>LDAP://"+user+"</path><newPassword>Pl4in p@ssword</newPassword>"))+
			step("Set Properties", data("<path>LDAP://"+user+"</path><properties><property name=\"userAccountControl\">512</property></properties>"))+
			"</procedure></request>")
		a := d.sendAs(`FABRIKAM\plain`, "Pl4in p@ssword", "", "", "<request><procedure>"+makeOU("stolen")+"</procedure></request>")
		d.fails("0x80070005", a)
		d.gone("OU=stolen," + reseller)
	}},
	{"wrong password: 401", func(d engineDoor) {
		a := d.sendAs(engineLogin, "wrong", "Windows-based Hosting", "QueryPlans", "<request><data/></request>")
		assert.Equal(d.t, 401, a.Status)
	}},
	{"unknown procedure", func(d engineDoor) {
		d.fails("0x82100002", d.send("Windows-based Hosting", "NoSuchProcedure", "<request><data/></request>"))
	}},
}

// TestDoor brings request documents to MPF's own door, by clients that nobody
// here wrote.
func TestDoor(t *testing.T) {
	for _, client := range []string{"curl", "Python requests"} {
		t.Run(client, func(t *testing.T) {
			need(t, "/usr/bin/curl", "curl")
			need(t, "/usr/lib/python3/dist-packages/zeep/__init__.py", "python3-zeep")
			d := newDoor(t, client)
			for _, c := range doorCases {
				ok := t.Run(c.name, func(t *testing.T) {
					inner := d
					look := *d.panel
					look.t, look.ctx = t, t.Context()
					inner.panel, inner.t = &look, t
					c.run(inner)
				})
				record(doors, client+", "+c.name, ok)
			}
		})
	}
}

// TestDoor_messages brings messages that are no requests.
func TestDoor_messages(t *testing.T) {
	need(t, "/usr/bin/curl", "curl")
	d := newDoor(t, "curl")
	s := submission{
		URL: d.engine.banner["Engine"], Login: engineLogin, Password: enginePassword,
		Document: "<request><data/></request>",
	}
	known := `<provisioning xmlns="http://maps/specs/prov.xml"><namespace>Windows-based Hosting</namespace><procedure>QueryPlans</procedure></provisioning>`
	d.faults("Client", "'provisioning' is missing", curl(t, s, ""))
	d.faults("Client", "'provisioning' is missing", curl(t, s, "<soap:Header><other/></soap:Header>"))
	d.faults("Client", "more than once", curl(t, s, "<soap:Header>"+known+known+"</soap:Header>"))
	d.faults("MustUnderstand", "", curl(t, s, "<soap:Header>"+known+`<x:y xmlns:x="urn:x" soap:mustUnderstand="1"/></soap:Header>`))
	anonymous := s
	anonymous.Login = ""
	assert.Equal(t, 401, curl(t, anonymous, "<soap:Header>"+known+"</soap:Header>").Status)
	broken := s
	broken.Document = "<request><data></request>"
	d.faults("Client", "", curl(t, broken, "<soap:Header>"+known+"</soap:Header>"))
	good := curl(t, s, "<soap:Header>"+known+"</soap:Header>")
	require.Equal(t, 200, good.Status, good.Body)
	record(doors, "curl, messages without or with a wrong header: faults", !t.Failed())
}
