package conformance

import (
	"html"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/adapter/adaptertest"
	"wsexchange/mock/mocktest"
)

// TestErrorContext_HasASource holds that every failure tells where it comes
// from: a procedure, the gateway, the engine before anything ran.
func TestErrorContext_HasASource(t *testing.T) {
	submit := func(namespace, procedure, blob string) rawCall {
		c := plainCall(`<SubmitMpsRequest xmlns="` + services + `"><mpsNamespace>` + namespace + `</mpsNamespace><procedure>` + procedure +
			`</procedure><dataXmlBlob>` + blob + `</dataXmlBlob><sendCredentials>false</sendCredentials></SubmitMpsRequest>`)
		c.path = "/MPSWS/MPSGeneral.asmx"
		return c
	}
	const atEngine = `<errorSource namespace="Provisioning.MPFProcessController.1" procedure="SubmitRequest"/>`
	gateway := adaptertest.Start(t, mocktest.Start(t).Vouched("Administrator"))
	for name, row := range map[string]struct {
		call   rawCall
		source string
	}{
		"procedure":         {plainCall(enableNobodyBody), `<errorSource namespace="Hosted Exchange" procedure="EnableUser"/>`},
		"gateway":           {plainCall(strings.ReplaceAll(enableNobodyBody, "DC=fabrikam", "DC=contoso")), `<errorSource namespace="Hosted Exchange" procedure="EnableUser"/>`},
		"unknown procedure": {submit("Hosted Exchange", "Nothing", "<data/>"), `<errorSource namespace="Hosted Exchange" procedure="Nothing"/>`},
		"no namespace":      {submit("", "P", "<data/>"), atEngine},
	} {
		body, _ := callOnce(t, target{URL: gateway.URL}, row.call)
		assert.Contains(t, html.UnescapeString(body), row.source, name)
	}
}
