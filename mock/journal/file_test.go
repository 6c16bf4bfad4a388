package journal_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mpf"
)

func TestJournal_Export(t *testing.T) {
	j := journal.New(journal.Config{})
	j.Record(record(t, "1"))
	simple := failed(t, "2")
	simple.Trusted, simple.ClientID, simple.Operation = false, "", ""
	j.Record(simple)
	var b bytes.Buffer
	require.NoError(t, j.Export(&b, journal.Filter{}))
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	want := map[string]string{
		"000001-Hosted-Exchange-EnableUser.xml": `<!-- recorded 0x00000000 by:"FABRIKAM\\hsadmin" operation:"HostedExchange.EnableUser" id:"call-1" -->` + "\n",
		"000002-Hosted-Exchange-EnableUser.xml": `<!-- provtest /n:"Hosted Exchange" /p:"EnableUser" -->` + "\n" +
			"<!-- recorded " + simple.Err.Code.String() + ` by:"FABRIKAM\\hsadmin" -->` + "\n",
	}
	require.Len(t, archive.File, len(want))
	for _, packed := range archive.File {
		file, err := packed.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(file)
		require.NoError(t, err)
		assert.Equal(t, want[packed.Name]+"<request><data><path>LDAP://CN=ann,DC=fabrikam,DC=com</path></data></request>\n", string(text), packed.Name)
	}
	b.Reset()
	require.NoError(t, j.Export(&b, journal.Filter{Operation: "EnableUser"}))
	archive, err = zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	assert.Len(t, archive.File, 1)
	full := errors.New("disk is full")
	assert.ErrorIs(t, j.Export(broken{full}, journal.Filter{}), full)
}

// broken is a disk that takes nothing.
type broken struct{ error }

func (b broken) Write([]byte) (int, error) { return 0, b.error }

func TestReadNote(t *testing.T) {
	target := mpf.Target{Namespace: "N", Procedure: "P"}
	for text, want := range map[string]journal.Note{
		`<!-- provtest /n:"N" /p:"P" --><request/>`:                             {Target: target},
		"\ufeff <?xml version=\"1.0\"?>\n<!-- provtest /n:\"N\" /p:\"P\" -->\n": {Target: target},
		`<!-- of mine --><!-- recorded 0x80070005 by:"x" --><request/>`:         {Recorded: true, Code: 0x80070005},
		`<request/>`: {},
		`<request/><!-- provtest /n:"N" /p:"P" -->`: {},
		`<!-- provtest /n:"N" -->`:                  {},
		`<!-- provtest /n:"\q" /p:"P" -->`:          {},
		`<!-- provtest /n:"N" /p:"P`:                {},
		`<!-- recorded 0x8007 by:"x" -->`:           {},
		``:                                          {},
	} {
		assert.Equal(t, want, journal.ReadNote(text), text)
	}
}

// FuzzFile holds that a request file is XML and tells what was asked, whatever
// names the caller made up.
func FuzzFile(f *testing.F) {
	f.Add("Hosted Exchange", "EnableUser", `FABRIKAM\hsadmin`, uint32(0))
	f.Add("--> <x/>", "-", `a"b--c---d-`, uint32(0x80070005))
	f.Add("\u2028\x00\xff", "", "\n", uint32(1))
	f.Fuzz(func(t *testing.T, namespace, procedure, name string, code uint32) {
		e := journal.Entry{
			Namespace: namespace, Procedure: procedure, Caller: name, ClientID: name, Operation: name, Code: mpf.HRESULT(code).String(), Request: "<request/>",
		}
		document, err := xmldoc.ParseString(e.File(), xmldoc.Limits{})
		require.NoError(t, err)
		assert.Equal(t, "<request/>", xmldoc.String(document))
		assert.Equal(t, journal.Note{
			Target: mpf.Target{Namespace: namespace, Procedure: procedure}, Recorded: true, Code: mpf.HRESULT(code),
		}, journal.ReadNote(e.File()))
		assert.Regexp(t, `^\d{6,}-[A-Za-z0-9-]{0,80}-[A-Za-z0-9-]{0,80}\.xml$`, e.FileName())
		assert.False(t, strings.Contains(e.FileName(), "/"))
	})
}

func TestEntry_Explain(t *testing.T) {
	j := journal.New(journal.Config{})
	j.Record(record(t, "1"))
	hidden := failed(t, "2")
	hidden.Hidden = errors.New("disk is full")
	j.Record(hidden)
	foreign := failed(t, "3")
	foreign.Err = &mpf.Error{Code: 0x80070005, Description: "No.", ExecuteSeqNo: 1}
	j.Record(foreign)
	spoiled := failed(t, "4")
	spoiled.Err = &mpf.Error{Code: 0x80070005, Description: "No.", ExecuteSeqNo: 1, Cause: fault.CausePrefix + "mine"}
	j.Record(spoiled)
	all := j.List(journal.Filter{})
	assert.Equal(t, journal.Explanation{
		Code: "0x00000000", Operation: "HostedExchange.EnableUser", ID: "call-1",
		Text: "Hosted Exchange::EnableUser succeeded: 2 calls, 1 objects changed.\nSOAP call: HostedExchange.EnableUser, request call-1\n",
	}, all[0].Explain())
	x := all[1].Explain()
	assert.Equal(t, "LDAP://CN=carl,DC=fabrikam,DC=com", x.Object)
	for _, line := range []string{
		"Call 2, Active Directory Provider::Set Properties, failed with " + x.Code + " (" + x.CodeName + ").\n",
		"SOAP call: HostedExchange.EnableUser, request call-2\n", "Error: " + hidden.Err.Description + "\n",
		"Rule: " + mpf.ObjectNotFound.ID + " ", "Object: LDAP://CN=carl,DC=fabrikam,DC=com\n",
		"Way: Active Directory Provider::Set Properties < Hosted Exchange::EnableUser\n", "Behind it: disk is full\n",
		"Request about: LDAP://CN=ann,DC=fabrikam,DC=com\n",
	} {
		assert.Contains(t, x.Text, line)
	}
	x = all[2].Explain()
	assert.Equal(t, "Hosted Exchange::EnableUser", x.Procedure)
	assert.Empty(t, x.Cause+x.Rule+x.Object+x.Through)
	assert.Contains(t, all[3].Explain().Text, "Rule: fault:mine the fault rule 'mine' made the call fail\n")
}
