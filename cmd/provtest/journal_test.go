package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/journal"
	"wsexchange/mock/mocktest"
	"wsexchange/mpf"
)

const (
	recordedPassword = "P@ssw0rd!23"
	annPath          = "LDAP://CN=ann@fabrikam.com,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
)

// exported writes the journal's files into a folder and gives their names in
// order.
func exported(t *testing.T, e *mocktest.Emulator, f journal.Filter) []string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, e.Journal.Export(&b, f))
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	folder := t.TempDir()
	var names []string
	for _, packed := range archive.File {
		file, err := packed.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(file)
		require.NoError(t, err)
		names = append(names, filepath.Join(folder, packed.Name))
		require.NoError(t, os.WriteFile(names[len(names)-1], text, 0o600))
	}
	return names
}

// told starts an emulator and asks it for things that succeed and fail, with
// passwords, as simple and as trusted requests.
func told(t *testing.T) *mocktest.Emulator {
	t.Helper()
	e := mocktest.Start(t)
	client, err := mpf.NewClient(mpf.ClientConfig{URL: e.URL, Credentials: mpf.OfAccount, Account: e.Account("hsadmin")})
	require.NoError(t, err)
	tell := func(trusted bool, procedure, data string) {
		t.Helper()
		target := mpf.Target{Namespace: "Managed Active Directory", Procedure: procedure}
		name := map[bool]string{true: "executeData", false: "data"}[trusted]
		n, err := xmldoc.ParseString("<"+name+">"+data+"</"+name+">", xmldoc.Limits{})
		require.NoError(t, err)
		request := mpf.Simple(target, n)
		if trusted {
			request = &mpf.Request{Procedure: mpf.OneCall(target, mpf.On, n)}
		}
		_, err = client.Submit(t.Context(), request)
		require.NoError(t, err)
	}
	create := "<container>LDAP://OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com</container><userPrincipalName>ann@fabrikam.com</userPrincipalName>"
	word := "<preferredDomainController>dc1.fabrikam.com</preferredDomainController><user>" + annPath + "</user><newPassword>" + recordedPassword + "</newPassword>"
	for _, trusted := range []bool{false, true} {
		tell(trusted, "CreateUser", create)
		tell(trusted, "SetUserPassword", word)
		tell(trusted, "NoSuch--Procedure", "")
	}
	return e
}

// TestJournal submits what a journal recorded again: to the engine in the
// program and to one behind the SOAP door, with the results of then.
func TestJournal(t *testing.T) {
	e := told(t)
	names := exported(t, e, journal.Filter{})
	require.Len(t, names, 6)
	word, account := file(t, "word", recordedPassword+"\n"), file(t, "account", adminPassword)
	for way, options := range map[string][]string{
		"in the program":                  nil,
		"in the program, with an account": {"--user=hsadmin", "--password-file", account},
		"over SOAP":                       {"--isapi", e.URL, `--user=FABRIKAM\hsadmin`, "--password-file", account},
	} {
		t.Run(way, func(t *testing.T) {
			require.NoError(t, e.Reset(t.Context()))
			args := append(append(options, "--recorded", "--secret-file", "newpassword="+word), names...)
			out, errs, status := provtest(t, "", args...)
			assert.Equal(t, 0, status, out+errs)
			assert.Equal(t, 6, strings.Count(out, "Recorded: "))
			assert.Equal(t, 1, strings.Count(out, "HRESULT:     0x80071392\n"), "the user is there the second time")
			assert.NotContains(t, out+errs, recordedPassword)
		})
	}
	t.Run("another world", func(t *testing.T) {
		require.NoError(t, e.Reset(t.Context()))
		args := append([]string{"--isapi", e.URL, "--user=hsadmin", "--password-file", account, "--recorded", "--secret-file", word}, names[1:]...)
		out, _, status := provtest(t, "", args...)
		assert.Equal(t, 1, status)
		assert.Contains(t, out, "HRESULT:     0x80072030\n")
		assert.Contains(t, out, "Recorded:    0x00000000\n")
	})
	t.Run("as it is", func(t *testing.T) {
		out, errs, status := provtest(t, "", names[0], names[2])
		assert.Equal(t, 1, status, errs)
		assert.Equal(t, 2, strings.Count(out, "HRESULT: "))
		assert.NotContains(t, out, "Recorded")
	})
	t.Run("secrets left out", func(t *testing.T) {
		_, errs, status := provtest(t, "", names[0], names[1])
		assert.Equal(t, 2, status)
		assert.Contains(t, errs, names[1]+": newPassword was taken out when the request was recorded: give --secret-file newPassword=FILE")
		_, errs, status = provtest(t, "", "--secret-file", "oldPassword="+word, names[1])
		assert.Equal(t, 2, status, errs)
	})
	t.Run("another target", func(t *testing.T) {
		out, errs, status := provtest(t, "", "/e", "/n:N", "/p:P", names[0])
		assert.Equal(t, 1, status, errs)
		assert.Contains(t, out, "'N'", "options come before notes")
	})
}

// TestJournal_Examples records the example of each public procedure, whatever
// comes of it, and submits the recording again. Recordings hold no password, so
// that all examples get the one that provtest is given.
func TestJournal_Examples(t *testing.T) {
	e := mocktest.Start(t)
	all, err := filepath.Glob("../../examples/*/*.xml")
	require.NoError(t, err)
	require.Greater(t, len(all), 100)
	one := strings.NewReplacer("An0ther!Secret", recordedPassword, "Fabrikam-Adm1n", recordedPassword)
	for _, name := range all {
		root, err := xmldoc.ParseString(one.Replace(read(t, name)), xmldoc.Limits{})
		require.NoError(t, err, name)
		request, err := mpf.ParseRequest(root, mpf.Target{})
		require.NoError(t, err, name)
		_, err = e.Submit(e.As("Administrator"), request)
		require.NoError(t, err, name)
	}
	names := exported(t, e, journal.Filter{})
	require.Len(t, names, len(all))
	for _, name := range names {
		assert.NotContains(t, read(t, name), recordedPassword, name)
	}
	out, errs, status := provtest(t, "", append([]string{"--recorded", "/e", "--secret-file", file(t, "word", recordedPassword)}, names...)...)
	assert.Equal(t, 0, status, errs+lastBlock(out))
}

func lastBlock(out string) string { return out[strings.LastIndex(out, "\n\n")+1:] }

func TestFill(t *testing.T) {
	o := &options{secrets: map[string]secret.String{"oldpassword": secret.New("old"), "": secret.New("any")}}
	root, err := xmldoc.ParseString(`<request><context><basic username="u" password="[redacted]"/></context><data><oldPassword>[redacted]</oldPassword>`+
		`<property name="unicodePwd">[redacted]</property><description>is [redacted]</description></data></request>`, xmldoc.Limits{})
	require.NoError(t, err)
	require.NoError(t, o.fill("x", root))
	assert.Equal(t, `<request><context><basic username="u" password="any"/></context><data><oldPassword>old</oldPassword>`+
		`<property name="unicodePwd">any</property><description>is [redacted]</description></data></request>`, xmldoc.String(root))

	o = &options{}
	root, err = xmldoc.ParseString(`<data><a>[redacted]</a><a>[redacted]</a><property name="b">[redacted]</property></data>`, xmldoc.Limits{})
	require.NoError(t, err)
	assert.ErrorContains(t, o.fill("x", root), "request x: a, b was taken out")
}
