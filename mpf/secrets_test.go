package mpf_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

func TestSecrets_Empty(t *testing.T) {
	const asked = `<data><newPassword>Hidden-1</newPassword><pin do-not-log="1">Hidden-2</pin>` +
		`<property name="unicodePwd"><value>Hidden-3</value></property><a userPassword="Hidden-4">l</a><b>x</b></data>`
	for answer, want := range map[string]string{
		asked: `<data><newPassword/><pin do-not-log="1"/><property name="unicodePwd"/><a userPassword="">l</a><b>x</b></data>`,
		"<data><u><password>Hidden-1</password></u></data>":       "<data><u><password/></u></data>",
		"<data><pin>Hidden-2</pin></data>":                        "<data><pin/></data>",
		"<data><value>Hidden-3</value></data>":                    "<data><value/></data>",
		"<data><generatedPassword>New</generatedPassword></data>": "<data><generatedPassword>New</generatedPassword></data>",
		"<data><b>Hidden-2</b></data>":                            "<data><b>Hidden-2</b></data>", // another name, and no mark
		"<data/>":                                                 "<data/>",
	} {
		request, err := xmldoc.ParseString(asked, xmldoc.Limits{})
		require.NoError(t, err)
		response, err := xmldoc.ParseString(answer, xmldoc.Limits{})
		require.NoError(t, err)
		secrets := mpf.SecretsOf(request)
		secrets.Empty(response)
		assert.Equal(t, want, xmldoc.String(response))
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", secrets, secrets, secrets), "Hidden")
	}
	mpf.SecretsOf(nil).Empty(nil)
}
