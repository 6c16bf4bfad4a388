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

var (
	classPattern  = regexp.MustCompile(`(?s)public class (\w+) : WebService \{\n(.*?)\n\}`)
	methodPattern = regexp.MustCompile(`\[WebMethod\] public (\w+) (\w+)\((.*?)\) \{`)
)

var csharpTypes = map[string]wsdl.Type{"string": wsdl.String, "bool": wsdl.Boolean, "XmlNode": wsdl.XML}

// declaredServices reads the C# declarations of the contract.
func declaredServices(t *testing.T) []wsdl.Service {
	t.Helper()
	source, err := os.ReadFile("testdata/contract.cs")
	require.NoError(t, err)
	var services []wsdl.Service
	for _, class := range classPattern.FindAllStringSubmatch(string(source), -1) {
		service := wsdl.Service{Name: class[1]}
		for _, method := range methodPattern.FindAllStringSubmatch(class[2], -1) {
			service.Operations = append(service.Operations, declaredOperation(t, method[1], method[2], method[3]))
		}
		services = append(services, service)
	}
	return services
}

func declaredOperation(t *testing.T, result, name, parameters string) wsdl.Operation {
	t.Helper()
	require.Contains(t, csharpTypes, result, name)
	op := wsdl.Operation{Name: name, Result: csharpTypes[result]}
	for _, parameter := range strings.Split(parameters, ", ") {
		words := strings.Fields(parameter)
		if words[0] == "out" {
			require.Equal(t, []string{"out", "string", wsdl.ErrorReturn}, words, name)
			op.ErrorReturn = true
			continue
		}
		require.Contains(t, csharpTypes, words[0], name)
		require.False(t, op.ErrorReturn, "%s: parameter after errorReturn", name)
		op.Parameters = append(op.Parameters, wsdl.Parameter{Name: words[1], Type: csharpTypes[words[0]]})
	}
	return op
}

func TestServices_AreThoseOfTheContract(t *testing.T) {
	want := declaredServices(t)
	got := wsdl.Services()
	require.Len(t, got, len(want))
	operations := 0
	for i := range want {
		assert.Equal(t, want[i].Name, got[i].Name)
		require.Len(t, got[i].Operations, len(want[i].Operations), want[i].Name)
		for j := range want[i].Operations {
			assert.Equal(t, want[i].Operations[j], got[i].Operations[j])
			operations++
		}
	}
	assert.Equal(t, 77, operations)
}

// Stubs that Axis 1.x generates do not compile with these names (F004).
func TestParameters_AvoidNamesThatAxisCannotCompile(t *testing.T) {
	for _, s := range wsdl.Services() {
		for _, op := range s.Operations {
			for _, p := range op.Parameters {
				assert.NotContains(t, []string{"org", "com", "java"}, p.Name, op.Name)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	service, ok := wsdl.Lookup("ManagedActiveDirectory")
	require.True(t, ok)
	op, ok := service.Operation("ModifyGroup")
	require.True(t, ok)
	p, position, ok := op.Parameter("propertyXml")
	require.True(t, ok)
	assert.Equal(t, wsdl.Parameter{Name: "propertyXml", Type: wsdl.XML}, p)
	assert.Equal(t, 3, position)
	assert.Equal(t, "http://provisioning.microsoft.com/webservices/ModifyGroup", op.SOAPAction())
	assert.Equal(t, "ModifyGroupResponse", op.ResponseName())
	assert.Equal(t, "ModifyGroupResult", op.ResultName())
}

func TestLookup_KnowsExactNamesOnly(t *testing.T) {
	_, ok := wsdl.Lookup("hostedexchange")
	assert.False(t, ok)
	service, ok := wsdl.Lookup("HostedExchange")
	require.True(t, ok)
	_, ok = service.Operation("disableUser")
	assert.False(t, ok)
	op, ok := service.Operation("DisableUser")
	require.True(t, ok)
	_, position, ok := op.Parameter("LdapPath")
	assert.False(t, ok)
	assert.Equal(t, -1, position)
}

func TestType_String(t *testing.T) {
	for want, typ := range map[string]wsdl.Type{
		"string": wsdl.String, "boolean": wsdl.Boolean, "XmlNode": wsdl.XML, "none": 0,
	} {
		assert.Equal(t, want, typ.String())
	}
}
