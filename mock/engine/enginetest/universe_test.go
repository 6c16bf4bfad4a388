package enginetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

func greeter() engine.Namespace {
	greet := func(c *engine.Call) error {
		c.OutputText("greeting", "Hello "+c.Text("name"))
		return nil
	}
	arguments := []engine.Argument{{Name: "name", Type: engine.Text, Required: true}}
	return engine.Namespace{Name: "Greeter", Procedures: []engine.Procedure{
		{Name: "Greet", Access: engine.Public, Arguments: arguments, Run: greet},
		{Name: "Greet_", Access: engine.Private, Arguments: arguments, Run: greet},
	}}
}

func TestUniverse_Calls(t *testing.T) {
	u := enginetest.New(t, greeter())

	const want = "<data><name>Ann</name><greeting>Hello Ann</greeting></data>"
	assert.Equal(t, want, xmldoc.String(u.MustCall("Greeter", "Greet", "<name>Ann</name>").Data))
	assert.Equal(t, want, xmldoc.String(u.Call("Greeter", "Greet", "<executeData><name>Ann</name></executeData>").Data))

	refused := u.Call("Greeter", "Greet_", "<name>Ann</name>")
	assert.True(t, mpf.ProcedurePrivate.Is(refused.Err))
	private := u.CallPrivate("Greeter", "Greet_", "<name>Ann</name>")
	require.Nil(t, private.Err)
	assert.Equal(t, want, xmldoc.String(private.Data))
}

func TestUniverse_IsRepeatable(t *testing.T) {
	first, second := enginetest.New(t), enginetest.New(t)
	second.Unchanged(first.Dump())
	assert.Equal(t, first.Object(enginetest.Reseller), second.Object(enginetest.Reseller))
	first.User(enginetest.Reseller, "ann", "Secret-12345")
	second.User(enginetest.Reseller, "ann", "Secret-12345")
	assert.Equal(t, first.Object("CN=ann,"+enginetest.Reseller), second.Object("CN=ann,"+enginetest.Reseller))
	assert.Equal(t, []string{"ann"}, first.Attr("CN=ann,"+enginetest.Reseller, "sAMAccountName"))

	first.Advance(time.Hour)
	assert.Equal(t, enginetest.Start().Add(time.Hour), first.Now())
}
