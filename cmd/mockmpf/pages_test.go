package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServe_Pages(t *testing.T) {
	p := start(t)
	root := p.Banner["Pages"]
	require.NotEmpty(t, root)
	for path, want := range map[string]int{"": http.StatusOK, "MPSSampleWeb": http.StatusUnauthorized, "nothing": http.StatusNotFound} {
		resp, err := http.Get(root + path)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, want, resp.StatusCode, path)
	}
	req, err := http.NewRequest(http.MethodGet, root+"mpssampleweb", nil)
	require.NoError(t, err)
	req.SetBasicAuth(`FABRIKAM\hsadmin`, "s3cr%t")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusOK, resp.StatusCode)

	off := start(t, "--pages.enabled=false")
	assert.Empty(t, off.Banner["Pages"])
	resp, err = http.Get(strings.TrimSuffix(off.Banner["Engine"], "/mpf/soapisapi.dll") + "/")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}
