package adapter

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/wsdl"
)

func TestRows_AgreeWithTheContract(t *testing.T) {
	services, err := compile(tables, wsdl.Services())
	require.NoError(t, err)
	count := 0
	for _, s := range services {
		count += len(s.operations)
		for _, op := range s.operations {
			assert.Len(t, op.wire, len(op.contract.Parameters))
			assert.Equal(t, op.blob, op.target.Namespace == "", op.contract.Name)
		}
	}
	assert.Equal(t, 77, count)
}

func TestCompile_RefusesDisagreement(t *testing.T) {
	contract := []wsdl.Service{{Name: "S", Operations: []wsdl.Operation{{
		Name: "Do", Result: wsdl.String, Parameters: []wsdl.Parameter{{Name: "a", Type: wsdl.String}, {Name: "b", Type: wsdl.Boolean}},
	}}}}
	for name, c := range map[string]struct {
		rows []row
		want string
	}{
		"no row":              {nil, "operation Do has no row"},
		"row of nothing":      {[]row{{name: "Did"}}, "no such operation"},
		"row twice":           {[]row{{name: "Do", parameters: []parameter{text("a"), digit("b")}}, {name: "Do", parameters: []parameter{text("a"), digit("b")}}}, "there twice"},
		"parameter left out":  {[]row{{name: "Do", parameters: []parameter{text("a")}}}, "parameter b has no place"},
		"parameter too many":  {[]row{{name: "Do", parameters: []parameter{text("a"), digit("b"), text("c")}}}, "no parameter c"},
		"parameter twice":     {[]row{{name: "Do", parameters: []parameter{text("a"), text("a"), digit("b")}}}, "a is there twice"},
		"wrong type":          {[]row{{name: "Do", parameters: []parameter{digit("a"), digit("b")}}}, "a is a string"},
		"value without place": {[]row{{name: "Do", value: element("x"), parameters: []parameter{text("a"), digit("b")}}}, "a value is returned: false"},
		"alias twice":         {[]row{{name: "Do", parameters: []parameter{text("a").alias("x"), digit("b").alias("x")}}}, "alias x means both"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compile([]table{{service: "S", rows: c.rows}}, contract)
			assert.ErrorContains(t, err, c.want)
		})
	}
	_, err := compile(nil, contract)
	assert.Error(t, err)
}

func TestOperationsDocument_IsCurrent(t *testing.T) {
	var want bytes.Buffer
	require.NoError(t, WriteOperations(&want))
	file := filepath.Join("..", "docs", "operations.md")
	if *update {
		require.NoError(t, os.WriteFile(file, want.Bytes(), 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, want.String(), string(got), "run go test ./adapter -update")
	for _, s := range wsdl.Services() {
		for _, op := range s.Operations {
			assert.Contains(t, string(got), "### "+op.Name+"\n")
		}
	}
}

// Every fact that the code cites is written down.
func TestFacts_AreWrittenDown(t *testing.T) {
	facts, err := os.ReadFile(filepath.Join("..", "docs", "facts", "adapter.md"))
	if os.IsNotExist(err) {
		facts, err = os.ReadFile(filepath.Join("..", "docs", "facts.md"))
	}
	require.NoError(t, err)
	for n := 40; n <= 55; n++ {
		id := "F0" + string(rune('0'+n/10)) + string(rune('0'+n%10))
		assert.True(t, strings.Contains(string(facts), id+" · "), "%s is missing", id)
	}
}
