package mock_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mpf"
)

// TestOpen_ErrorMap translates an error by a file.
func TestOpen_ErrorMap(t *testing.T) {
	file := filepath.Join(t.TempDir(), "errors.xml")
	require.NoError(t, os.WriteFile(file, []byte(`<Items><Item name="create|0x80070057" message="Please fill in the form." errorCode="0x82101001"/></Items>`), 0o600))
	e, err := mock.Open(t.Context(), mock.Config{HashCost: 4, ErrorMapFile: file})
	require.NoError(t, err)
	defer func() { assert.NoError(t, e.Close()) }()
	root, err := xmldoc.ParseString(`<request><procedure><try>
		<execute namespace="Error Provider" procedure="SetError"><executeData><hr>0x80070057</hr><desc>first</desc></executeData></execute>
		</try><catch><execute namespace="Error Provider" procedure="TranslateProvisioningError">
		<executeData><errorMessageContext>create</errorMessageContext></executeData></execute></catch></procedure></request>`, xmldoc.Limits{})
	require.NoError(t, err)
	request, err := mpf.ParseRequest(root, mpf.Target{})
	require.NoError(t, err)
	answer, err := e.Engine.Submit(mpf.WithCaller(t.Context(), mpf.Caller{Domain: "FABRIKAM", Username: "Administrator", Trusted: true}), request)
	require.NoError(t, err)
	require.NotNil(t, answer.Err)
	assert.Equal(t, mpf.HRESULT(0x82101001), answer.Err.Code, "%v", answer.Err)

	require.NoError(t, os.WriteFile(file, []byte("<Items><Item/></Items>"), 0o600))
	assert.ErrorContains(t, mock.Config{ErrorMapFile: file}.Check(), file)
	_, err = mock.Open(t.Context(), mock.Config{HashCost: 4, ErrorMapFile: file})
	assert.ErrorContains(t, err, "an item has no name")
}
