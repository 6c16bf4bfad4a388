package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/wsdl"
	"wsexchange/wsdl/client"
)

// call is one call of the list that every client makes.
type call struct {
	Operation string         `json:"operation"` // Service.Operation
	Case      string         `json:"case"`      // valid or invalid
	Arguments map[string]any `json:"arguments"` // XML as {"xml": text}
}

func calls(t testing.TB) []call {
	t.Helper()
	raw, err := os.ReadFile(callsFile)
	require.NoError(t, err)
	var list []call
	require.NoError(t, json.Unmarshal(raw, &list))
	return list
}

var callsFile = filepath.Join("testdata", "calls.json")

// TestCalls_cover demands a valid and an invalid call of every operation.
func TestCalls_cover(t *testing.T) {
	made := map[string]bool{}
	for _, c := range calls(t) {
		made[c.Operation+" "+c.Case] = true
	}
	for _, s := range wsdl.Services() {
		for _, o := range s.Operations {
			assert.True(t, made[s.Name+"."+o.Name+" valid"], "%s.%s valid", s.Name, o.Name)
			assert.True(t, made[s.Name+"."+o.Name+" invalid"], "%s.%s invalid", s.Name, o.Name)
		}
	}
}

// TestGoClients calls every operation with the Go clients generated from the
// WSDL.
func TestGoClients(t *testing.T) {
	p := newPanel(t, start(t))
	ports := map[string]any{"HostedExchange": p.he, "ExchangeResourceManager": p.erm, "ManagedActiveDirectory": p.mad, "MPSGeneral": p.mps}
	for _, c := range calls(t) {
		service, operation, _ := strings.Cut(c.Operation, ".")
		t.Run(c.Operation+" "+c.Case, func(t *testing.T) {
			defer func() { record(goClients, c.Operation, !t.Failed()) }()
			method := reflect.ValueOf(ports[service]).MethodByName(operation)
			require.True(t, method.IsValid())
			request := reflect.New(method.Type().In(1).Elem())
			fill(t, request.Elem(), c.Arguments)
			out := method.Call([]reflect.Value{reflect.ValueOf(p.ctx), request})
			require.Nil(t, out[1].Interface(), "a failed procedure is an answer, not a fault")
			failure := failureOf(t, service, out[0].Elem())
			assert.Equal(t, c.Case == "valid", failure == "", failure)
		})
	}
}

// fill sets the fields of a generated request by the names on the wire.
func fill(t *testing.T, request reflect.Value, arguments map[string]any) {
	t.Helper()
	left := len(arguments)
	for i := range request.NumField() {
		name, _, _ := strings.Cut(request.Type().Field(i).Tag.Get("xml"), ",")
		value, ok := arguments[name]
		if !ok {
			continue
		}
		left--
		switch v := value.(type) {
		case string:
			request.Field(i).Set(reflect.ValueOf(&v))
		case bool:
			request.Field(i).SetBool(v)
		case map[string]any:
			text, _ := v["xml"].(string)
			request.Field(i).Set(reflect.ValueOf(&client.AnyType{InnerXML: text}))
		}
	}
	require.Zero(t, left, "every argument has a field")
}

// failureOf gives the error text of a generated answer, "" for a success, and
// demands that answer and text agree.
func failureOf(t *testing.T, service string, answer reflect.Value) string {
	t.Helper()
	result := answer.Field(1) // after XMLName
	if service == "HostedExchange" || service == "ExchangeResourceManager" {
		require.False(t, result.IsNil())
		root, err := xmldoc.ParseString(xmlStart+result.Elem().String(), xmldoc.Limits{})
		require.NoError(t, err)
		failure := xmldoc.Child(root, "errorContext")
		description, _ := xmldoc.Attr(failure, "description")
		require.Equal(t, failure != nil, description != "")
		return description
	}
	text, _ := answer.FieldByName("ErrorReturn").Interface().(*string)
	failure := ""
	if text != nil {
		failure = *text
	}
	switch result.Kind() {
	case reflect.Bool:
		assert.Equal(t, failure == "", result.Bool())
	default:
		if failure == "" {
			require.False(t, result.IsNil())
		}
	}
	return failure
}
