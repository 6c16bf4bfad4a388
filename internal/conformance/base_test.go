package conformance

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestBase_SubmitMpsRequest has a domain administrator behind a gateway with a
// reseller for its base name what is outside of it by an account, which the
// gateway cannot tell: the engine does, in process as over the network.
func TestBase_SubmitMpsRequest(t *testing.T) {
	engine := startEngine(t)
	inside := startProgram(t, "--directory.base-dn", reseller)
	for name, to := range map[string]target{
		"embedded": {URL: withLogin(t, inside.URL), LDAP: inside.LDAP},
		"isapi":    before(t, "isapi", engine.banner["Engine"], engine.LDAP),
	} {
		t.Run(name, func(t *testing.T) {
			submit := func(namespace, procedure, arguments string) string {
				c := plainCall(`<SubmitMpsRequest xmlns="` + services + `"><mpsNamespace>` + namespace + `</mpsNamespace><procedure>` + procedure +
					`</procedure><dataXmlBlob><data xmlns="">` + arguments + `</data></dataXmlBlob><sendCredentials>true</sendCredentials></SubmitMpsRequest>`)
				c.path = "/MPSWS/MPSGeneral.asmx"
				body, status := callOnce(t, to, c)
				assert.Equal(t, http.StatusOK, status, body)
				return body
			}
			answer := submit("Active Directory Provider", "User Set Password", "<path>LDAP://CN=Administrator,CN=Users,DC=fabrikam,DC=com</path>"+
				"<newPassword>Take-0ver!</newPassword>")
			assert.Regexp(t, `E-SCOPE|0x80072030`, answer)
			answer = submit("Exchange Provider", "CreateGlobalAddressList", "<path>LDAP://"+reseller+"</path><readAccess>FABRIKAM\\Administrator</readAccess>")
			assert.Contains(t, answer, "0x80072030", "an account, which is there")
			assert.NotContains(t, answer, "CN=Administrator")
			answer = submit("Exchange Resource Manager", "QueryAllOrganizations", "")
			assert.Contains(t, answer, "<organizations", "it is answered with those of the base")
			answer = submit("Active Directory Provider", "Search", "<path>LDAP://"+reseller+"</path><filter>(objectClass=*)</filter><scope>base</scope>")
			assert.Contains(t, answer, `<object class="organizationalUnit" name="Reseller1"`)
		})
	}
}
