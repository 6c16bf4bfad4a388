package errorprovider

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

// inCatch is a request whose try fails with 0x80070057 and whose catch calls
// a procedure of the namespace.
func inCatch(procedure, executeData string) string {
	return `<request><procedure><try><execute namespace="Error Provider" procedure="SetError"><executeData>` +
		`<hr>0x80070057</hr><desc>first text</desc></executeData></execute></try>` +
		`<catch><execute namespace="Error Provider" procedure="` + procedure + `"><executeData>` + executeData +
		`</executeData></execute></catch></procedure></request>`
}

func TestSetError(t *testing.T) {
	u := enginetest.New(t, Namespace())
	for hr, want := range map[string]mpf.HRESULT{"0x82101391": 0x82101391, "-2147024809": mpf.InvalidArg, "2147942487": mpf.InvalidArg} {
		r := u.Call(Name, "SetError", "<hr>"+hr+"</hr><desc>it went wrong</desc>")
		require.NotNil(t, r.Err)
		assert.Equal(t, want, r.Err.Code)
		assert.Equal(t, "it went wrong", r.Err.Description)
		assert.Equal(t, []mpf.Source{{Namespace: Name, Procedure: "SetError"}}, r.Err.Sources)
	}
	long := strings.Repeat("x", 5000)
	assert.Equal(t, long, u.Call(Name, "SetError", "<hr>0x80070005</hr><desc>"+long+"</desc>").Err.Description)
	for _, hr := range []string{"0", "0x00000001", "soon"} {
		r := u.Call(Name, "SetError", "<hr>"+hr+"</hr><desc>d</desc>")
		require.NotNil(t, r.Err)
		assert.Equal(t, mpf.ArgumentInvalid.ID, r.Err.Cause)
	}
	r := u.Call(Name, "SetError", "<hr>0x80070057</hr>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.ArgumentMissing.ID, r.Err.Cause)
}

func TestSetError_InCatch(t *testing.T) {
	u := enginetest.New(t, Namespace())
	r := u.Run(inCatch("SetError", "<hr>0x80070057</hr><desc>second text</desc>"))
	require.NotNil(t, r.Err)
	assert.Equal(t, "first text", r.Err.Description, "the same code changes nothing")
	r = u.Run(inCatch("SetError", "<hr>0x80070005</hr><desc>second text</desc>"))
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.AccessDenied, r.Err.Code)
	assert.Equal(t, "second text", r.Err.Description)
}

const mapFile = `<Items><Item name="create|0x80070057"><message>Please fill in the form.</message><errorCode>0x82101001</errorCode></Item>` +
	`<Item name="4711" message="No such thing."/></Items>`

func TestTranslate(t *testing.T) {
	translations, err := ReadTranslations(strings.NewReader(mapFile))
	require.NoError(t, err)
	u := enginetest.New(t, New(Config{Translations: translations}))
	for _, c := range []struct {
		name, procedure, arguments string
		code                       mpf.HRESULT
		text                       string
	}{
		{"found", "TranslateProvisioningError", "<errorMessageContext>Create</errorMessageContext>", 0x82101001, "Please fill in the form."},
		{"missing, must be handled", "TranslateProvisioningError", "<errorMessageContext>delete</errorMessageContext>", mpf.Fail, "delete|0x80070057"},
		{
			"missing, need not be handled", "TranslateProvisioningError",
			"<errorMessageContext>delete</errorMessageContext><mustHandleError>0</mustHandleError>", mpf.InvalidArg, "first text",
		},
		{"of a user", "TranslateUserError", "<errorMessageCode>4711</errorMessageCode>", mpf.Fail, "No such thing."},
		{"of a user, missing", "TranslateUserError", "<errorMessageCode>4712</errorMessageCode>", mpf.Fail, "4712"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := u.Run(inCatch(c.procedure, c.arguments))
			require.NotNil(t, r.Err)
			assert.Equal(t, c.code, r.Err.Code)
			assert.Contains(t, r.Err.Description, c.text)
		})
	}
	const lenient = "<errorMessageContext>delete</errorMessageContext><mustHandleError>0</mustHandleError>"
	r := u.Run(inCatch("TranslateProvisioningError", lenient))
	require.NotNil(t, r.Err)
	assert.Equal(t, []mpf.Source{{Namespace: Name, Procedure: "TranslateProvisioningError"}}, r.Err.Sources, "the error has a new source")
	for _, must := range []bool{true, false} {
		u := enginetest.New(t, New(Config{Translations: translations, MustHandleError: &must}))
		for _, arguments := range []string{lenient, strings.ReplaceAll(lenient, "0", "1")} {
			r := u.Run(inCatch("TranslateProvisioningError", arguments))
			require.NotNil(t, r.Err)
			assert.Equal(t, must, r.Err.Code == mpf.Fail, "the configuration goes before the request: %s", arguments)
		}
	}
	r = u.Call(Name, "TranslateProvisioningError", "<errorMessageContext>x</errorMessageContext>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.NoErrorToTranslate.ID, r.Err.Cause)
}

func TestTranslate_WithoutMap(t *testing.T) {
	u := enginetest.New(t, Namespace())
	r := u.Run(inCatch("TranslateProvisioningError", "<errorMessageContext>create</errorMessageContext><mustHandleError>0</mustHandleError>"))
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.TranslationMapMissing.ID, r.Err.Cause)
}

func TestReadTranslations_Refusals(t *testing.T) {
	for _, bad := range []string{
		"", "<Items><Item/></Items>", `<Items><Item name="a"/><Item name="A"/></Items>`,
		`<Items><Item name="a" errorCode="x"/></Items>`,
	} {
		_, err := ReadTranslations(strings.NewReader(bad))
		assert.Error(t, err, bad)
	}
}

func TestReportEvent(t *testing.T) {
	var log bytes.Buffer
	u := enginetest.New(t, New(Config{Events: slog.New(slog.NewTextHandler(&log, nil))}))
	u.MustCall(Name, "ReportEvent", "<hr>0x80070005</hr><source>Panel</source><parameters><parameter>one</parameter><parameter>two</parameter></parameters>")
	assert.Contains(t, log.String(), `source=Panel`)
	assert.Contains(t, log.String(), `code=0x80070005 parameters="[one two]"`)
	u.MustCall(Name, "ReportEvent", "")
	assert.Contains(t, log.String(), "source=Provisioning")
	assert.Contains(t, log.String(), "code=E_MPF_GENERIC_ERROR")
	r := u.Call(Name, "ReportEvent", "<hr>soon</hr>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.ArgumentInvalid.ID, r.Err.Cause)
}

func TestReportEvent_GoesToTheEnginesLog(t *testing.T) {
	u := enginetest.New(t, Namespace())
	u.MustCall(Name, "ReportEvent", "<source>Panel</source>")
	assert.Contains(t, u.Log.String(), "source=Panel")
}
