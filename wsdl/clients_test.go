package wsdl_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/wsdl"
	"wsexchange/wsdl/client"
	"wsexchange/wsdl/exchangeresourcemanager"
	"wsexchange/wsdl/hostedexchange"
	"wsexchange/wsdl/managedactivedirectory"
	"wsexchange/wsdl/mpsgeneral"
)

// generated are the clients by the name of their service.
func generated(soap *client.Client) map[string]any {
	return map[string]any{
		"HostedExchange":          hostedexchange.NewHostedExchangeSoap(soap),
		"ExchangeResourceManager": exchangeresourcemanager.NewExchangeResourceManagerSoap(soap),
		"ManagedActiveDirectory":  managedactivedirectory.NewManagedActiveDirectorySoap(soap),
		"MPSGeneral":              mpsgeneral.NewMPSGeneralSoap(soap),
	}
}

const (
	bodyStart = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`
	bodyEnd   = `</soap:Body></soap:Envelope>`

	textValue = `Zoë & <co>`
	textWire  = `Zoë &amp; &lt;co&gt;`
	xmlValue  = `<properties><property name="cn">Zoë &amp; co</property></properties>`
	xmlWire   = `<properties xmlns=""><property name="cn">Zoë &amp; co</property></properties>`
)

// wire is how a value of each type stands in a message.
var wire = map[wsdl.Type]string{wsdl.String: textWire, wsdl.Boolean: "false", wsdl.XML: xmlWire}

func element(name, content string) string { return "<" + name + ">" + content + "</" + name + ">" }

func wireRequest(op wsdl.Operation) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<%s xmlns="%s">`, op.Name, wsdl.Namespace)
	for _, p := range op.Parameters {
		b.WriteString(element(p.Name, wire[p.Type]))
	}
	return b.String() + "</" + op.Name + ">"
}

func wireResponse(op wsdl.Operation) string {
	content := element(op.ResultName(), wire[op.Result])
	if op.ErrorReturn {
		content += element(wsdl.ErrorReturn, textWire)
	}
	return fmt.Sprintf(`<%[1]s xmlns="%[2]s">%[3]s</%[1]s>`, op.ResponseName(), wsdl.Namespace, content)
}

// fill gives every field of a request a value.
func fill(request reflect.Value) {
	for i := range request.NumField() {
		switch field := request.Field(i).Addr().Interface().(type) {
		case **string:
			*field = new(textValue)
		case **client.AnyType:
			*field = &client.AnyType{InnerXML: xmlValue}
		}
	}
}

// value is what a response holds under the Go name of an element.
func value(response reflect.Value, name string) any {
	field := response.FieldByName(strings.ToUpper(name[:1]) + name[1:])
	switch v := field.Interface().(type) {
	case *string:
		return *v
	case *client.AnyType:
		return v.InnerXML
	default:
		return v
	}
}

var goValues = map[wsdl.Type]any{wsdl.String: textValue, wsdl.Boolean: false, wsdl.XML: xmlWire}

func TestGeneratedClients_CarryEveryOperation(t *testing.T) {
	var op wsdl.Operation // of the call under way
	var got, action, login string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		user, password, _ := r.BasicAuth()
		got, action, login = string(body), r.Header.Get("SOAPAction"), user+" "+password
		_, _ = io.WriteString(w, bodyStart+wireResponse(op)+bodyEnd)
	}))
	defer server.Close()
	clients := generated(&client.Client{URL: server.URL, User: `FABRIKAM\admin`, Password: "s3cr%t"})
	for _, s := range wsdl.Services() {
		for _, op = range s.Operations {
			t.Run(s.Name+" "+op.Name, func(t *testing.T) {
				method := reflect.ValueOf(clients[s.Name]).MethodByName(op.Name)
				require.True(t, method.IsValid())
				request := reflect.New(method.Type().In(1).Elem())
				require.Equal(t, len(op.Parameters)+1, request.Elem().NumField(), "the parameters and XMLName")
				fill(request.Elem())
				out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), request})
				require.Nil(t, out[1].Interface())
				assert.Equal(t, bodyStart+wireRequest(op)+bodyEnd, got)
				assert.Equal(t, `"`+op.SOAPAction()+`"`, action)
				assert.Equal(t, `FABRIKAM\admin s3cr%t`, login)
				assert.Equal(t, goValues[op.Result], value(out[0].Elem(), op.ResultName()))
				if op.ErrorReturn {
					assert.Equal(t, textValue, value(out[0].Elem(), wsdl.ErrorReturn))
				}
			})
		}
	}
}
