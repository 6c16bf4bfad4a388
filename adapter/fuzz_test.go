package adapter

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
)

// FuzzCall sends messages through the whole handler. Whatever comes, the answer
// is a well-formed envelope or a refusal of the transport, nothing panics, and
// what is submitted is a request that can be read again.
func FuzzCall(f *testing.F) {
	files, err := filepath.Glob("testdata/axis/*.http")
	require.NoError(f, err)
	for _, file := range files {
		message, err := os.ReadFile(file)
		require.NoError(f, err)
		_, body, _ := strings.Cut(string(message), "\r\n\r\n")
		service, _, _ := strings.Cut(filepath.Base(file), ".")
		f.Add(service, body)
	}
	e := &engine{}
	config := testConfig(f, e)
	config.Gate = nil
	h := newHandler(f, config)
	f.Fuzz(func(t *testing.T, service, body string) {
		if len(body) > 1<<16 || !isToken(service) {
			return // no input for this target
		}
		e.request = nil
		w := serve(h, post(service, body))
		if w.Code != http.StatusOK && w.Code != http.StatusInternalServerError {
			assert.Equal(t, http.StatusNotFound, w.Code)
			return
		}
		_, err := soap.ReadEnvelope(w.Body, "utf-8", xmldoc.Limits{Depth: 128, Elements: 50_000, Bytes: 64 << 20, Text: 64 << 20})
		require.NoError(t, err)
		if e.request != nil {
			_, err := xmldoc.ParseString(xmldoc.String(e.request.Element()), xmldoc.Limits{Depth: 128})
			require.NoError(t, err)
		}
	})
}

// FuzzBind holds the rule of binding: each child goes to one parameter at most,
// and none is lost.
func FuzzBind(f *testing.F) {
	for _, seed := range [][2]string{
		{"EnableUser", enableOne},
		{"EnableUser", "<a>LDAP://x</a><b>dc</b>"},
		{"CreateBusinessOrganization", "<a>LDAP://DC=a</a><b>n</b><c>&lt;mailStore/&gt;</c><d>&lt;publicStore/&gt;</d><e>1</e><f/><g>true</g>"},
		{"MakeUserAdmin", "<isAdmin>1</isAdmin><path/><IsAdmin>0</IsAdmin>"},
		{"SetUserPassword", "<ldapPath/><newPasword>x</newPasword><preferredDomainController/>"},
	} {
		f.Add(seed[0], seed[1])
	}
	h := newHandler(f, testConfig(f, &engine{}))
	f.Fuzz(func(t *testing.T, name, content string) {
		op := h.services["hostedexchange"].operations[name]
		if op == nil {
			return // no input for this target
		}
		body, err := xmldoc.ParseString("<"+name+">"+content+"</"+name+">", xmldoc.Limits{Bytes: 1 << 16})
		if err != nil {
			return // no input for this target
		}
		arguments, err := op.bind(body)
		if err != nil {
			var fault *soap.Fault
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, soap.Client, fault.Code)
			return
		}
		children, bound, null := 0, 0, 0
		for c := range xmldoc.Elements(body) {
			children++
			if isNil(c) {
				null++
			}
		}
		for _, a := range arguments {
			if a.present {
				bound++
			}
		}
		assert.Equal(t, children, bound+null)
	})
}
