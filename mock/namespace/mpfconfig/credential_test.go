package mpfconfig

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	provider = activedirectory.Provider
	define   = `<username>FABRIKAM\helper</username><password>Secret-01</password>`
	own      = "<namespace>" + provider + "</namespace>"
	as       = `<username>helper</username><procedure>Translate Name</procedure>`
)

func withHelper(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, append(activedirectory.Namespaces(), Namespace())...)
	u.User("CN=Users,DC=fabrikam,DC=com", "helper", "Secret-01")
	u.User(enginetest.Reseller, "plain", "Secret-02")
	return u
}

func TestSetExecuteAs(t *testing.T) {
	u := withHelper(t)
	name := func(impersonate string) string {
		r := u.Run(`<request><procedure><execute namespace="` + provider + `" procedure="Translate Name" impersonate="` + impersonate + `"><executeData>` +
			`<outputFormat>2</outputFormat></executeData><after source="executeData" destination="data" mode="merge"/></execute></procedure></request>`)
		if r.Err != nil {
			return r.Err.Cause
		}
		text, _ := xmldoc.ChildText(r.Data, "outputName")
		return text
	}
	assert.Equal(t, `FABRIKAM\Administrator`, name("1"))
	r := u.MustCall(Name, "DefineCredential", define)
	const credential = `<credential domain="FABRIKAM" username="helper" user="FABRIKAM\helper" id="1"/>`
	assert.Contains(t, xmldoc.String(r.Data), credential)
	assert.NotContains(t, xmldoc.String(r.Data), "Secret-01")
	assert.Contains(t, xmldoc.String(u.MustCall(Name, "DefineCredential", define).Data), credential, "again")
	assert.Contains(t, xmldoc.String(u.MustCall(Name, "GetCredentials", "").Data), "<credentials>"+credential+"</credentials>")

	r = u.MustCall(Name, "SetExecuteAs", own+as)
	assert.Contains(t, xmldoc.String(r.Data), `<procedures><procedure name="Translate Name" access="public" type="read" runAsCredentialID="1"/></procedures>`+credential)
	assert.Equal(t, `FABRIKAM\helper`, name("1"))
	assert.Equal(t, mpf.AccountUnmapped.ID, name("0"), "who does not impersonate runs as the engine")
	assert.Contains(t, xmldoc.String(u.MustCall(Name, "GetProcedures", own).Data), `name="Translate Name" type="read" access="public" runAsCredentialID="1"`)

	u.Update(func(tx *state.Tx) error {
		return directory.In(tx).SetEnabled(u.Object("LDAP://CN=helper,CN=Users,DC=fabrikam,DC=com"), false)
	})
	assert.Equal(t, mpf.AccountDisabled.ID, name("1"))
	r = u.MustCall(Name, "SetExecuteAs", own+"<procedure>translate name</procedure>")
	assert.NotContains(t, xmldoc.String(r.Data), "credential ")
	assert.Equal(t, `FABRIKAM\Administrator`, name("1"), "no username ends it")

	r = u.MustCall(Name, "SetExecuteAs", own+"<username>helper</username>")
	assert.Contains(t, xmldoc.String(r.Data), `<procedure name="Search" access="public" type="read" runAsCredentialID="1"/>`, "all procedures")
	u.MustCall(Name, "RemoveCredential", `<username>helper</username>`)
	assert.Equal(t, `FABRIKAM\Administrator`, name("1"))
	assert.Contains(t, xmldoc.String(u.MustCall(Name, "GetCredentials", "").Data), "<credentials/>")
	assert.NotContains(t, u.Log.String(), "Secret-0")
	assert.NotContains(t, u.Dump(), "Secret-0")
}

// A procedure that runs as another account sees what that one sees; who may call
// it, and what its arguments may name, is still the caller's.
func TestSetExecuteAs_SeesAsTheAccount(t *testing.T) {
	u := withHelper(t)
	u.Update(func(tx *state.Tx) error {
		readers, err := directory.In(tx).BySAM("MPSReaders")
		require.NoError(t, err)
		return directory.In(tx).AddMember(readers, u.Object("LDAP://CN=helper,CN=Users,DC=fabrikam,DC=com"))
	})
	u.MustCall(provider, "Create Object", "<container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container><class>group</class><name>far</name>"+
		`<properties><property name="sAMAccountName">far</property></properties>`)
	u.Update(func(tx *state.Tx) error {
		trusted, err := directory.In(tx).BySAM("MPFTrustedUsers")
		require.NoError(t, err)
		return directory.In(tx).AddMember(trusted, u.Object("LDAP://CN=plain,"+enginetest.Reseller))
	})
	ask := func(procedure, args string) *mpf.Response {
		root, err := xmldoc.ParseString(`<request><procedure><execute namespace="`+provider+`" procedure="`+procedure+`" impersonate="1"><executeData>`+args+
			`</executeData><after source="executeData" destination="data" mode="merge"/></execute></procedure></request>`, xmldoc.Limits{})
		require.NoError(t, err)
		req, err := mpf.ParseRequest(root, mpf.Target{})
		require.NoError(t, err)
		return u.Submit(u.As(`FABRIKAM\plain`), req)
	}
	const far, path = `<inputName>FABRIKAM\far</inputName><outputFormat>1</outputFormat>`, "<path>LDAP://CN=far,OU=Hosting,DC=fabrikam,DC=com</path>"
	require.NotNil(t, ask("Translate Name", far).Err)
	u.MustCall(Name, "DefineCredential", define)
	u.MustCall(Name, "SetExecuteAs", own+`<username>helper</username>`)
	r := ask("Translate Name", far)
	require.Nil(t, r.Err)
	assert.Contains(t, xmldoc.String(r.Data), "<outputName>CN=far,OU=Hosting,DC=fabrikam,DC=com</outputName>")
	for procedure, cause := range map[string]*mpf.Cause{"Get Properties": mpf.ObjectNotFound, "Delete Object": mpf.NotDomainAdmin} {
		r := ask(procedure, path)
		require.NotNil(t, r.Err)
		assert.Equal(t, cause.ID, r.Err.Cause, procedure)
	}
}

func TestCredentials_Refusals(t *testing.T) {
	u := withHelper(t)
	u.MustCall(Name, "DefineCredential", define)
	for _, row := range []struct {
		procedure, data string
		want            *mpf.Cause
	}{
		{"SetExecuteAs", "<namespace>None</namespace><username>helper</username>", mpf.NamespaceUnknown},
		{"SetExecuteAs", own + "<username>helper</username><procedure>Search</procedure><procedure>None</procedure>", mpf.ProcedureUnknown},
		{"SetExecuteAs", own + "<username>plain</username>", mpf.CredentialUnknown},
		{"SetExecuteAs", own + "<username>nobody</username>", mpf.CredentialUnknown},
		{"SetExecuteAs", as, mpf.ArgumentMissing},
		{"RemoveCredential", "<username>plain</username>", mpf.CredentialUnknown},
		{"DefineCredential", "<username>nobody</username><password>Secret-01</password>", mpf.CredentialsRefused},
		{"DefineCredential", "<username>Domain Admins</username><password>Secret-01</password>", mpf.CredentialsRefused},
		{"DefineCredential", "<username>plain</username>", mpf.ArgumentMissing},
	} {
		before := u.Dump()
		r := u.Call(Name, row.procedure, row.data)
		require.NotNil(t, r.Err, row.data)
		assert.Equal(t, row.want.ID, r.Err.Cause, r.Err.Description)
		u.Unchanged(before)
	}
	r := u.Call(Name, "DefineCredential", "<username>plain</username><password>wrong</password>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.CredentialsRefused.ID, r.Err.Cause)
	assert.Equal(t, []string{"1"}, u.Attr("LDAP://CN=plain,"+enginetest.Reseller, "badPwdCount"), "a guess counts")
	for _, procedure := range []string{"GetCredentials", "SetExecuteAs", "DefineCredential", "RemoveCredential"} {
		r := u.CallAs(`FABRIKAM\plain`, Name, procedure, map[string]string{
			"SetExecuteAs": own + as, "DefineCredential": define, "RemoveCredential": "<username>helper</username>",
		}[procedure])
		require.NotNil(t, r.Err)
		assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause, procedure)
	}
}
