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

	off := start(t, "--emulator.pages.enabled=false")
	assert.Empty(t, off.Banner["Pages"])
	resp, err = http.Get(strings.TrimSuffix(off.Banner["WSDL"], "/MPSWS/HostedExchange.asmx?WSDL") + "/")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}

// A gateway for one reseller does not show, by its pages, what is outside.
func TestServe_PagesKeepToTheBase(t *testing.T) {
	visit := func(root, path string) int {
		req, err := http.NewRequest(http.MethodGet, root+path, nil)
		require.NoError(t, err)
		req.SetBasicAuth(`FABRIKAM\Administrator`, "Fabrikam-Adm1n")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	whole := start(t).Banner["Pages"]
	held := start(t, "--directory.base-dn=OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com").Banner["Pages"]
	for path, want := range map[string]int{
		"MPSSampleWeb": http.StatusOK, "console": http.StatusForbidden, "console/directory": http.StatusForbidden,
		"ResourceManagerWebClient/QueryResources.aspx": http.StatusForbidden,
	} {
		assert.Equal(t, http.StatusOK, visit(whole, path), path)
		assert.Equal(t, want, visit(held, path), path)
	}
}
