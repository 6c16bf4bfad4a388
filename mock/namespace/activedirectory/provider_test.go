package activedirectory

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// answered calls a procedure of the provider and returns the texts of elements of
// its answer.
func answered(u *enginetest.Universe, procedure, args string, names ...string) []string {
	r := u.MustCall(Provider, procedure, args)
	texts := make([]string, 0, len(names))
	for _, name := range names {
		text, _ := xmldoc.ChildText(r.Data, name)
		texts = append(texts, text)
	}
	return texts
}

// failed calls a procedure of the provider that has to fail by a cause and leave
// nothing.
func failed(t *testing.T, u *enginetest.Universe, cause *mpf.Cause, procedure, args string) *mpf.Error {
	t.Helper()
	before := u.Dump()
	r := u.Call(Provider, procedure, args)
	require.NotNil(t, r.Err, "%s %s", procedure, args)
	assert.Equal(t, cause.ID, r.Err.Cause, r.Err.Description)
	assert.Equal(t, cause.Code, r.Err.Code)
	u.Unchanged(before)
	return r.Err
}

// The 25 procedures of the reference are there, with their elements in order.
func TestNamespaces_HaveTheDocumentedForms(t *testing.T) {
	documented := map[string]string{
		"Create Object": "container class name properties flagIgnoreAlreadyExistsError flagSetOwner autoGenerateEmailAddresses",
		"Delete Object": "path flagIgnoreDoesNotExistError", "Evaluate": "expression", "Get DACL": "name objectType",
		"Get Properties": "path propertyList", "Get SACL": "name objectType", "Group Add": "group path flagSkipAction",
		"Group IsMember": "group path", "Group Members": "group", "Group Remove": "group path flagSkipAction", "Lookup Account from SID": "sid",
		"Make Path Domain Controller Specific": "path preferredDomainController domainController", "Make Path Domain Specific": "path",
		"Move Object": "source destination", "Path from DN": "referencePath distinguishedName", "Path from RN": "referencePath relativeName",
		"Path to DN": "path", "Rename Object": "source name", "Search": "path filter propertyList preferences",
		"Set Properties": "path properties flagSkipAction", "Translate Name": "inputName inputFormat outputFormat",
		"Update ACL": "name objectType dacl sacl", "User Change Password": "path oldPassword newPassword", "User Groups": "path",
		"User Set Password": "path newPassword flagSkipAction",
	}
	require.Len(t, documented, 25)
	notPreferred := []string{
		"Evaluate", "Lookup Account from SID", "Make Path Domain Controller Specific", "Make Path Domain Specific",
		"Path from DN", "Path from RN", "Path to DN", "Translate Name",
	}
	rows := make(map[string]map[string]string)
	for _, ns := range Namespaces() {
		rows[ns.Name] = make(map[string]string)
		for _, p := range ns.Procedures {
			var names []string
			for _, a := range p.Arguments {
				names = append(names, a.Name)
			}
			rows[ns.Name][p.Name] = strings.Join(names, " ")
		}
	}
	for name, elements := range documented {
		assert.True(t, strings.HasPrefix(rows[Provider][name]+" ", elements+" "), "%s: %s", name, rows[Provider][name])
	}
	for _, name := range notPreferred {
		assert.NotContains(t, rows[PreferredDC], name)
	}
	assert.Len(t, rows[Provider], len(documented)+1, "and Object Exists")
	assert.Len(t, rows[PreferredDC], len(documented)+1-len(notPreferred))
	for name, elements := range rows[PreferredDC] {
		assert.True(t, strings.HasSuffix(elements, " preferredDomainController domainController"), name)
	}
}

func TestMakeSpecific(t *testing.T) {
	u := start(t)
	at := func(args string) []string {
		return answered(u, "Make Path Domain Controller Specific", args, "path", "dcPath", "domainController")
	}
	const rest = "/CN=bob," + enginetest.Reseller
	specific := []string{bob, "LDAP://dc1.fabrikam.com" + rest, "dc1.fabrikam.com"}
	for name, args := range map[string]string{
		"preferred": "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>",
		"host name": "<preferredDomainController>DC1</preferredDomainController>", "neither": "",
		"one that does not answer": "<preferredDomainController>dc9.fabrikam.com</preferredDomainController>",
	} {
		assert.Equal(t, specific, at("<path>"+bob+"</path>"+args), name)
	}
	assert.Equal(t, []string{bob, "LDAP://dc1" + rest, "dc1"},
		at("<path>"+bob+"</path><preferredDomainController>dc9</preferredDomainController><domainController>dc1</domainController>"))
	assert.Equal(t, []string{"LDAP://10.0.0.5" + rest, "LDAP://10.0.0.5" + rest, "10.0.0.5"},
		at("<path>LDAP://10.0.0.5"+rest+"</path><domainController>dc1</domainController>"), "an address is left alone")
	failed(t, u, mpf.DomainOfOtherDC, "Make Path Domain Controller Specific", "<path>LDAP://DC=other,DC=com</path><domainController>dc1</domainController>")
	failed(t, u, mpf.DomainOfOtherDC, "Make Path Domain Controller Specific",
		"<path>LDAP://DC=other,DC=com</path><preferredDomainController>dc1.fabrikam.com</preferredDomainController>")
	failed(t, u, mpf.ControllerUnknown, "Make Path Domain Controller Specific", "<path>"+bob+"</path><domainController>dc9</domainController>")
	failed(t, u, mpf.ElementMissing, "Make Path Domain Controller Specific", "")
}

// A procedure of the wrapper answers with the path that it used.
func TestPreferred_AnswersWithItsController(t *testing.T) {
	u := start(t)
	r := u.MustCall(PreferredDC, "Get Properties", "<path>"+bob+`</path><propertyList><property name="l"/></propertyList>`)
	assert.Equal(t, "<data><path>"+bob+`</path><propertyList><property name="l"/></propertyList><properties><property name="l"><value>Seattle</value></property></properties>`+
		"<dcPath>LDAP://dc1.fabrikam.com/CN=bob,"+enginetest.Reseller+"</dcPath><domainController>dc1.fabrikam.com</domainController></data>", xmldoc.String(r.Data))
	r = u.MustCall(PreferredDC, "Move Object", "<source>"+bob+"</source><destination>LDAP://OU=Hosting,DC=fabrikam,DC=com</destination><domainController>dc1</domainController>")
	path, _ := xmldoc.ChildText(r.Data, "dcPath")
	assert.Equal(t, "LDAP://dc1/CN=bob,"+enginetest.Reseller, path)
	e := refused(t, u, mpf.ObjectNotFound, "Get DACL", "<name>CN=bob,"+enginetest.Reseller+"</name><objectType>8</objectType>")
	assert.Equal(t, []mpf.Source{{Namespace: Provider, Procedure: "Get DACL"}, {Namespace: PreferredDC, Procedure: "Get DACL"}}, e.Sources)
}

func TestPaths(t *testing.T) {
	u := start(t)
	assert.Equal(t, []string{"LDAP://fabrikam.com/OU=a,DC=fabrikam,DC=com"},
		answered(u, "Make Path Domain Specific", "<path>LDAP://dc1.fabrikam.com/OU=a,DC=fabrikam,DC=com</path>", "domainPath"))
	assert.Equal(t, []string{"LDAP://cn=user1,cn=users,dc=fabrikam,dc=com"}, answered(u, "Path from DN",
		"<referencePath>LDAP://dc=fabrikam,dc=com</referencePath><distinguishedName>cn=user1,cn=users,dc=fabrikam,dc=com</distinguishedName>", "path"))
	assert.Equal(t, []string{"LDAP://fabrikam.com/cn=user1,cn=users,dc=fabrikam,dc=com"}, answered(u, "Path From RN",
		"<referencePath>LDAP://fabrikam.com/dc=fabrikam,dc=com</referencePath><relativeName>cn=user1,cn=users</relativeName>", "path"))
	assert.Equal(t, []string{"OU=a,DC=fabrikam,DC=com"}, answered(u, "Path to DN", "<path>LDAP://dc1/OU=a,DC=fabrikam,DC=com</path>", "distinguishedName"))
	for _, procedure := range []string{"Make Path Domain Specific", "Path to DN", "Path from DN", "Path from RN"} {
		failed(t, u, mpf.ElementMissing, procedure, "")
	}
	failed(t, u, mpf.PathInvalid, "Path to DN", "<path>LDAP://nonsense</path>")
	failed(t, u, mpf.DomainOfOtherDC, "Path from DN", "<referencePath>LDAP://dc=fabrikam,dc=com</referencePath><distinguishedName>cn=a,dc=other,dc=com</distinguishedName>")
	failed(t, u, mpf.PathInvalid, "Path from DN", "<referencePath>LDAP://dc=fabrikam,dc=com</referencePath><distinguishedName>x</distinguishedName>")
	failed(t, u, mpf.PathInvalid, "Path from RN", "<referencePath>LDAP://dc=fabrikam,dc=com</referencePath><relativeName>x</relativeName>")
}

func TestTranslateName(t *testing.T) {
	u := start(t)
	u.MustCall(Provider, "Set Properties", "<path>"+bob+`</path><properties><property name="displayName">Bob Smith</property>`+
		`<property name="userPrincipalName">bob@fabrikam.com</property></properties>`)
	names := map[string]string{
		"NameFullyQualifiedDN": "CN=bob," + enginetest.Reseller, "NameSamCompatible": `FABRIKAM\bob`, "NameDisplay": "Bob Smith",
		"NameUniqueId": u.Object(bob).GUID.String(), "NameCanonical": "fabrikam.com/Hosting/Reseller1/bob", "NameUserPrincipal": "bob@fabrikam.com",
		"NameCanonicalEx": "fabrikam.com/Hosting/Reseller1\nbob", "NameDnsDomain": `fabrikam.com\bob`,
	}
	numbers := map[string]string{
		"NameFullyQualifiedDN": "1", "NameSamCompatible": "2", "NameDisplay": "3", "NameUniqueId": "6", "NameCanonical": "7", "NameUserPrincipal": "8",
		"NameCanonicalEx": "9", "NameDnsDomain": "12",
	}
	for from, input := range names {
		for to, output := range names {
			args := "<inputName>" + input + "</inputName><inputFormat>" + from + "</inputFormat><outputFormat>" + numbers[to] + "</outputFormat>"
			assert.Equal(t, []string{output}, answered(u, "Translate Name", args, "outputName"), "%s to %s", from, to)
		}
		assert.Equal(t, []string{`FABRIKAM\bob`}, answered(u, "Translate Name",
			"<inputName>"+input+"</inputName><outputFormat>NameSamCompatible</outputFormat>", "outputName"), "%s unknown", from)
		none := strings.NewReplacer("bob", "nobody", "Bob", "Nobody", "{", "{0").Replace(input)
		failed(t, u, mpf.AccountUnmapped, "Translate Name", "<inputName>"+none+"</inputName><inputFormat>"+from+"</inputFormat><outputFormat>1</outputFormat>")
	}
	failed(t, u, mpf.AccountUnmapped, "Translate Name", "<outputFormat>2</outputFormat>")
	document := `<request><procedure><execute namespace="Active Directory Provider" procedure="Translate Name" impersonate="1"><executeData><outputFormat>2</outputFormat></executeData>` +
		`<after source="executeData" destination="data" mode="merge"/></execute></procedure></request>`
	assert.Contains(t, xmldoc.String(u.Run(document).Data), `<outputName>FABRIKAM\Administrator</outputName>`, "the caller's own")
	failed(t, u, mpf.ElementMissing, "Translate Name", "<inputName>bob</inputName>")
	failed(t, u, mpf.EvaluateEnum, "Translate Name", "<inputName>bob</inputName><outputFormat>0</outputFormat>")
	failed(t, u, mpf.EvaluateEnum, "Translate Name", "<inputName>bob</inputName><outputFormat>NameNone</outputFormat>")
	failed(t, u, mpf.EvaluateEnum, "Translate Name", "<inputName>bob</inputName><inputFormat>99</inputFormat><outputFormat>1</outputFormat>")
	failed(t, u, mpf.AccountUnmapped, "Translate Name", "<inputName>"+names["NameCanonical"]+"</inputName><outputFormat>10</outputFormat>")
}

func TestLookupAccount(t *testing.T) {
	u := start(t)
	for path, want := range map[string][]string{
		bob: {"bob", "FABRIKAM", "1"}, "LDAP://CN=Domain Admins,CN=Users,DC=fabrikam,DC=com": {"Domain Admins", "FABRIKAM", "2"},
		"LDAP://DC=fabrikam,DC=com": {"", "FABRIKAM", "3"}, "LDAP://CN=Administrators,CN=Builtin,DC=fabrikam,DC=com": {"Administrators", "BUILTIN", "4"},
		"LDAP://CN=DC1,OU=Domain Controllers,DC=fabrikam,DC=com": {"DC1$", "FABRIKAM", "9"},
	} {
		assert.Equal(t, want, answered(u, "Lookup Account from SID", "<sid>"+string(u.Object(path).SID)+"</sid>", "name", "domain", "type"), path)
	}
	assert.Equal(t, []string{"Authenticated Users", "NT AUTHORITY", "5"}, answered(u, "Lookup Account From SID", "<sid>s-1-5-11</sid>", "name", "domain", "type"))
	failed(t, u, mpf.AccountUnmapped, "Lookup Account from SID", "<sid>S-1-5-21-9-9-9-9</sid>")
	failed(t, u, mpf.ElementInvalid, "Lookup Account from SID", "<sid>bob</sid>")
	failed(t, u, mpf.ElementMissing, "Lookup Account from SID", "")
}

func TestEvaluate(t *testing.T) {
	u := start(t)
	for expression, want := range map[string]string{
		"<or><enum>ADS_UF_NORMAL_ACCOUNT</enum><hex>10000</hex></or>":                  "66048",
		"<and><value>66050</value><not><enum>ADS_UF_ACCOUNTDISABLE</enum></not></and>": "66048",
		"<not><hex>0x0</hex></not>": "-1", "<mod><value>-7</value><value>4</value></mod>": "-3", "<hex>FFFFFFFF</hex>": "-1",
		"<mod><hex>80000000</hex><value>-1</value></mod>": "0",
	} {
		assert.Equal(t, []string{want}, answered(u, "Evaluate", "<expression>"+expression+"</expression>", "result"), expression)
	}
	assert.NotEqual(t, answered(u, "Evaluate", "<expression><rand/></expression>", "result"), answered(u, "Evaluate", "<expression><rand/></expression>", "result"))
	for expression, cause := range map[string]*mpf.Cause{
		"<xor><hex>1</hex><hex>1</hex></xor>": mpf.EvaluateOperator, "<or><hex>1</hex></or>": mpf.EvaluateOperand, "": mpf.EvaluateOperand,
		"<not><hex>1</hex><hex>1</hex></not>": mpf.EvaluateOperand, "<hex>1</hex><hex>2</hex>": mpf.EvaluateOperand, "<rand><hex>1</hex></rand>": mpf.EvaluateOperand,
		"<enum>ADS_UF_NONE</enum>": mpf.EvaluateEnum, "<enum>SCRIPT</enum>": mpf.EvaluateEnum, "<hex>xyz</hex>": mpf.EvaluateFailed,
		"<hex>100000000</hex>": mpf.EvaluateFailed, "<value/>": mpf.EvaluateFailed, "<mod><hex>1</hex><hex>0</hex></mod>": mpf.EvaluateZero,
	} {
		failed(t, u, cause, "Evaluate", "<expression>"+expression+"</expression>")
	}
	failed(t, u, mpf.ElementMissing, "Evaluate", "")
}

// Numbers come out as Go computes them.
func TestEvaluate_Property(t *testing.T) {
	u := start(t)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int32().Draw(t, "a"), rapid.Int32().Draw(t, "b")
		name := rapid.SampledFrom([]string{"and", "or", "mod"}).Draw(t, "operator")
		args := "<expression><" + name + "><value>" + strconv.Itoa(int(a)) + "</value><value>" + strconv.Itoa(int(b)) + "</value></" + name + "></expression>"
		if name == "mod" && b == 0 {
			assert.Equal(t, mpf.EvaluateZero.ID, u.Call(Provider, "Evaluate", args).Err.Cause)
			return
		}
		want := map[string]int64{"and": int64(a & b), "or": int64(a | b)}[name]
		if name == "mod" {
			want = int64(a) % int64(b)
		}
		assert.Equal(t, []string{strconv.FormatInt(want, 10)}, answered(u, "Evaluate", args, "result"))
	})
}

const (
	ofBob   = "<name>" + bob + "</name><objectType>SE_DS_OBJECT</objectType>"
	ofOrg   = "<name>" + enginetest.Reseller + "</name><objectType>8</objectType>"
	staff   = `<trusteeForm>TRUSTEE_IS_NAME</trusteeForm><trustee>FABRIKAM\Domain Admins</trustee>`
	staffIs = `<trusteeForm>1</trusteeForm><trustee>FABRIKAM\Domain Admins</trustee><trusteeType>2</trusteeType>`
)

// ace makes an element that gives, denies or takes back a right.
func ace(permission, mode, trustee, more string) string {
	return "<ace><permission>" + permission + "</permission><mode>" + mode + "</mode>" + trustee + more + "</ace>"
}

func TestACL(t *testing.T) {
	u := start(t)
	dacl := func(of string) string {
		return xmldoc.String(xmldoc.Child(u.MustCall(PreferredDC, "Get DACL", of).Data, "dacl"))
	}
	update := func(of, list string) { u.MustCall(PreferredDC, "Update ACL", of+list) }
	assert.Equal(t, "<dacl/>", dacl(ofBob))

	update(ofBob, "<dacl>"+ace("16", "GRANT_ACCESS", staff, "<trusteeType>TRUSTEE_IS_GROUP</trusteeType><inheritance>NO_INHERITANCE</inheritance>")+"</dacl>")
	first := ace("16", "1", staffIs, "<inheritance>0</inheritance>")
	assert.Equal(t, "<dacl>"+first+"</dacl>", dacl(ofBob))

	everyone := "<trusteeForm>TRUSTEE_IS_SID</trusteeForm><trustee>S-1-1-0</trustee>"
	everyoneIs := "<trusteeForm>1</trusteeForm><trustee>Everyone</trustee><trusteeType>5</trusteeType>"
	update(ofBob, "<dacl>"+ace("GENERIC_READ", "1", everyone, "")+ace("0x20", "DENY_ACCESS", staff, "")+"</dacl>")
	denied := ace("32", "3", staffIs, "<inheritance>0</inheritance>")
	reading := ace("131220", "1", everyoneIs, "<inheritance>0</inheritance>")
	assert.Equal(t, "<dacl>"+denied+reading+first+"</dacl>", dacl(ofBob), "denials first, new entries before those of their kind; generic rights are specific ones")

	update(ofBob, "<dacl>"+ace("GENERIC_ALL", "REVOKE_ACCESS", staff, "")+"</dacl>")
	assert.Equal(t, "<dacl>"+denied+reading+first+"</dacl>", dacl(ofBob), "no match is not an error")
	update(ofBob, "<dacl>"+ace("16", "REVOKE_ACCESS", staff, "")+ace("32", "4", staff, "")+"</dacl>")
	assert.Equal(t, "<dacl>"+reading+"</dacl>", dacl(ofBob))

	update(ofOrg, "<dacl>"+ace("4", "GRANT_ACCESS", staff, "<inheritance>SUB_OBJECTS_ONLY_INHERIT</inheritance><inheritance>2</inheritance>")+
		ace("8", "GRANT_ACCESS", staff, "<inheritance>SUB_CONTAINERS_ONLY_INHERIT</inheritance><inheritance>INHERIT_NO_PROPAGATE</inheritance><inheritance>INHERIT_ONLY</inheritance>")+
		ace("2", "GRANT_ACCESS", staff, "")+"</dacl>")
	inherited := ace("8", "1", staffIs, "<inheritance>16</inheritance>") + ace("4", "1", staffIs, "<inheritance>19</inheritance>")
	assert.Equal(t, "<dacl>"+reading+inherited+"</dacl>", dacl(ofBob), "what is inherited comes last")
	update(ofBob, "<dacl>"+ace("4", "REVOKE_ACCESS", staff, "<inheritance>19</inheritance>")+"</dacl>")
	assert.Equal(t, "<dacl>"+reading+inherited+"</dacl>", dacl(ofBob), "inherited entries cannot be revoked")
	update(ofBob, "<dacl>"+ace("2", "SET_ACCESS", everyone, "")+"</dacl>")
	assert.Equal(t, "<dacl>"+ace("2", "1", everyoneIs, "<inheritance>0</inheritance>")+inherited+"</dacl>", dacl(ofBob), "set takes the place of what the trustee had")

	update(ofBob, "<sacl>"+ace("GENERIC_WRITE", "SET_AUDIT_FAILURE", everyone, "")+"</sacl>")
	sacl := u.MustCall(PreferredDC, "Get SACL", ofBob)
	assert.Contains(t, xmldoc.String(sacl.Data), "<sacl>"+ace("131112", "6", everyoneIs, "<inheritance>0</inheritance>")+"</sacl>")
	u.MustCall(Provider, "Delete Object", "<path>"+bob+"</path>")
	u.View(func(tx *state.Tx) { assert.NotContains(t, u.Dump(), `"list":"sacl"`) })
}

// Extended rights are the directory's grants, such as that to open an address
// list.
func TestACL_Grants(t *testing.T) {
	u := start(t)
	admins := "LDAP://CN=Domain Admins,CN=Users,DC=fabrikam,DC=com"
	u.Update(func(tx *state.Tx) error {
		return directory.In(tx).GrantAccess(u.Object(bob), u.Object(admins), "Open Address List")
	})
	form := "<trusteeForm>TRUSTEE_IS_OBJECTS_AND_NAME</trusteeForm><trustee>" + admins + "</trustee>"
	formIs := strings.Replace(staffIs, "<trusteeForm>1", "<trusteeForm>4", 1)
	right := func(name string) string { return "<objectTypeName>" + name + "</objectTypeName>" }
	answer := func() string {
		return xmldoc.String(xmldoc.Child(u.MustCall(Provider, "Get DACL", ofBob).Data, "dacl"))
	}
	assert.Equal(t, "<dacl>"+ace("256", "1", formIs, "<inheritance>0</inheritance>"+right("Open Address List"))+"</dacl>", answer())
	u.MustCall(Provider, "Update ACL", ofBob+"<dacl>"+ace("ADS_RIGHT_DS_CONTROL_ACCESS", "GRANT_ACCESS", form, right("Send As"))+
		ace("256", "REVOKE_ACCESS", form, right("Open Address List"))+"</dacl>")
	u.View(func(tx *state.Tx) {
		grants, err := directory.In(tx).Grants(u.Object(bob))
		require.NoError(t, err)
		require.Len(t, grants, 1)
		assert.Equal(t, "Send As", grants[0].Access)
	})
	assert.Equal(t, "<dacl>"+ace("256", "1", formIs, "<inheritance>0</inheritance>"+right("Send As"))+"</dacl>", answer())
}

func TestACL_Refusals(t *testing.T) {
	u := start(t)
	good := ace("1", "1", staff, "")
	for list, cause := range map[string]*mpf.Cause{
		"<entry/>": mpf.ACEChild, ace("1", "1", staff, "<owner/>"): mpf.ACEChild, ace("", "1", staff, ""): mpf.ACEValue, ace("ALL", "1", staff, ""): mpf.ACEValue,
		ace("1", "7", staff, ""): mpf.ACEValue, ace("1", "1", staff, "<inheritance>ALL</inheritance>"): mpf.ACEValue, ace("1", "1", staff, "<trusteeType>77</trusteeType>"): mpf.ACEValue,
		ace("1", "1", "<trusteeForm>SID</trusteeForm><trustee>S-1-1-0</trustee>", ""): mpf.ACEValue,
		ace("1", "1", "<trusteeForm>0</trusteeForm><trustee>bob</trustee>", ""):       mpf.ACEValue,
		ace("1", "1", "", ""): mpf.ACEMissing, "<ace/>": mpf.ACEMissing, ace("1", "1", staff, "<mode>1</mode>"): mpf.ACERepeated,
		ace("1", "1", staff, "<objectTypeName>x</objectTypeName>"):                           mpf.ACEObject,
		ace("1", "1", "<trusteeForm>1</trusteeForm><trustee>FABRIKAM\\nobody</trustee>", ""): mpf.ACLRefused,
		strings.Repeat(good, directory.MostACEs+1):                                           mpf.ACLRefused,
	} {
		failed(t, u, cause, "Update ACL", ofBob+"<dacl>"+good+list+"</dacl>")
	}
	failed(t, u, mpf.ACEValue, "Update ACL", ofBob+"<dacl>"+good+"</dacl><sacl>"+ace("1", "9", staff, "")+"</sacl>")
	for _, procedure := range []string{"Get DACL", "Get SACL", "Update ACL"} {
		failed(t, u, mpf.ElementMissing, procedure, "<name>"+bob+"</name>")
		failed(t, u, mpf.ElementInvalid, procedure, "<name>"+bob+"</name><objectType>SE_NONE</objectType>")
		failed(t, u, mpf.OutOfReach, procedure, `<name>MACHINE\Software</name><objectType>SE_REGISTRY_KEY</objectType>`)
		failed(t, u, mpf.ObjectNotFound, procedure, "<name>CN=nobody,DC=fabrikam,DC=com</name><objectType>9</objectType>")
		failed(t, u, mpf.PathInvalid, procedure, "<name>nonsense</name><objectType>9</objectType>")
	}
}

// What others have is answered as if it did not exist, by every procedure that
// asks for no role.
func TestReaders_SeeWhatTheCallerSees(t *testing.T) {
	u := start(t)
	for _, unit := range []string{"Alpha", "Beta"} {
		u.MustCall(Provider, "Create Object", "<container>"+reseller+"</container><class>organizationalUnit</class><name>"+unit+"</name>")
		u.User("OU="+unit+","+enginetest.Reseller, "of"+unit, "Wonderland-1")
		u.MustCall(Provider, "Create Object", "<container>LDAP://OU="+unit+","+enginetest.Reseller+"</container><class>group</class><name>g"+unit+"</name>")
	}
	alpha, beta := "LDAP://CN=ofAlpha,OU=Alpha,"+enginetest.Reseller, "LDAP://CN=ofBeta,OU=Beta,"+enginetest.Reseller
	groupBeta := "LDAP://CN=gBeta,OU=Beta," + enginetest.Reseller
	for _, path := range []string{alpha, beta} {
		u.MustCall(Provider, "Group Add", "<group>"+groupBeta+"</group><path>"+path+"</path>")
		u.MustCall(Provider, "Group Add", "<group>"+group+"</group><path>"+path+"</path>")
	}
	ask := func(namespace, procedure, args string) *mpf.Response {
		return u.CallAs(`FABRIKAM\ofBeta`, namespace, procedure, args)
	}
	for _, namespace := range []string{Provider, PreferredDC} {
		r := ask(namespace, "Group Members", "<group>"+groupBeta+"</group>")
		require.Nil(t, r.Err)
		assert.Contains(t, xmldoc.String(r.Data), "CN=ofBeta,")
		assert.NotContains(t, xmldoc.String(r.Data), "CN=ofAlpha,")
		r = ask(namespace, "User Groups", "<path>"+beta+"</path>")
		require.Nil(t, r.Err)
		assert.Contains(t, xmldoc.String(r.Data), "CN=gBeta,")
		assert.NotContains(t, xmldoc.String(r.Data), "CN=staff,")
		for procedure, args := range map[string]string{
			"Group Members": "<group>" + group + "</group>", "User Groups": "<path>" + alpha + "</path>", "Get Properties": "<path>" + alpha + "</path>",
			"Group IsMember": "<group>" + groupBeta + "</group><path>" + alpha + "</path>", "Get DACL": "<name>" + alpha + "</name><objectType>8</objectType>",
		} {
			r := ask(namespace, procedure, args)
			require.NotNil(t, r.Err, procedure)
			assert.Equal(t, mpf.ObjectNotFound.ID, r.Err.Cause, procedure)
		}
		for _, procedure := range []string{"Get SACL", "Update ACL"} {
			assert.Equal(t, mpf.NotDomainAdmin.ID, ask(namespace, procedure, "<name>"+beta+"</name><objectType>8</objectType>").Err.Cause)
		}
	}
	for _, name := range []string{`FABRIKAM\ofAlpha`, "CN=ofAlpha,OU=Alpha," + enginetest.Reseller, u.Object(alpha).GUID.String(), "fabrikam.com/Hosting/Reseller1/Alpha/ofAlpha"} {
		r := ask(Provider, "Translate Name", "<inputName>"+name+"</inputName><outputFormat>6</outputFormat>")
		require.NotNil(t, r.Err, name)
		assert.Equal(t, mpf.AccountUnmapped.ID, r.Err.Cause)
	}
	assert.Equal(t, mpf.AccountUnmapped.ID, ask(Provider, "Lookup Account from SID", "<sid>"+string(u.Object(alpha).SID)+"</sid>").Err.Cause)
	u.MustCall(Provider, "Update ACL", "<name>"+beta+"</name><objectType>8</objectType><dacl>"+
		ace("1", "1", `<trusteeForm>1</trusteeForm><trustee>FABRIKAM\ofAlpha</trustee>`, "")+"</dacl>")
	r := ask(Provider, "Get DACL", "<name>"+beta+"</name><objectType>8</objectType>")
	require.Nil(t, r.Err)
	assert.Contains(t, xmldoc.String(r.Data), "<trusteeForm>0</trusteeForm><trustee>"+string(u.Object(alpha).SID)+"</trustee><trusteeType>0</trusteeType>")
}

// A caller who is held to a base is told nothing of what is outside of it, though
// he is a domain administrator, by the wrapper neither.
func TestReaders_StayInTheBase(t *testing.T) {
	u := start(t)
	u.MustCall(Provider, "Create Object", "<container>"+reseller+"</container><class>organizationalUnit</class><name>Beta</name>")
	const beta = "OU=Beta," + enginetest.Reseller
	u.User(beta, "inside", "Wonderland-1")
	u.MustCall(Provider, "Create Object", "<container>LDAP://"+beta+"</container><class>group</class><name>gBeta</name>")
	const groupBeta, inside = "LDAP://CN=gBeta," + beta, "LDAP://CN=inside," + beta
	for _, path := range []string{bob, inside} {
		u.MustCall(Provider, "Group Add", "<group>"+groupBeta+"</group><path>"+path+"</path>")
	}
	u.MustCall(Provider, "Group Add", "<group>"+group+"</group><path>"+inside+"</path>")
	u.MustCall(Provider, "Update ACL", "<name>"+inside+"</name><objectType>8</objectType><dacl>"+ace("1", "1", staff, "")+"</dacl>")
	ask := func(namespace, procedure, args string) *mpf.Response {
		document, err := xmldoc.ParseString("<data>"+args+"</data>", xmldoc.Limits{})
		require.NoError(t, err)
		caller := mpf.Caller{Domain: "FABRIKAM", Username: "Administrator", Base: ldappath.MustParseDN(beta)}
		return u.Submit(mpf.WithCaller(t.Context(), caller), mpf.Simple(mpf.Target{Namespace: namespace, Procedure: procedure}, document))
	}
	for _, namespace := range []string{Provider, PreferredDC} {
		for procedure, args := range map[string]string{
			"Group Members": "<group>" + groupBeta + "</group>", "User Groups": "<path>" + inside + "</path>",
			"Get DACL": "<name>" + inside + "</name><objectType>8</objectType>",
		} {
			r := ask(namespace, procedure, args)
			require.Nil(t, r.Err, "%s::%s", namespace, procedure)
			for _, outside := range []string{"CN=bob,", "CN=staff,", "Domain Admins"} {
				assert.NotContains(t, xmldoc.String(r.Data), outside, "%s::%s", namespace, procedure)
			}
		}
		r := ask(namespace, "Get DACL", "<name>"+bob+"</name><objectType>8</objectType>")
		require.NotNil(t, r.Err)
		assert.Equal(t, mpf.ObjectNotFound.ID, r.Err.Cause)
	}
	for procedure, args := range map[string]string{
		"Translate Name": `<inputName>FABRIKAM\bob</inputName><outputFormat>6</outputFormat>`,
	} {
		r := ask(Provider, procedure, args)
		require.NotNil(t, r.Err)
		assert.Equal(t, mpf.AccountUnmapped.ID, r.Err.Cause)
	}
}
