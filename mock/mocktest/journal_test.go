package mocktest_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/journal"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// told starts an emulator that was asked for four things.
func told(t *testing.T) *mocktest.Emulator {
	t.Helper()
	e := mocktest.Start(t, mocktest.Deterministic())
	e.MustCall(managed, "CreateUser", newUser("ann"))
	e.MustCall(managed, "SetUserPassword", newPassword("ann"))
	e.Call(managed, "CreateUser", newUser("ann"))
	e.MustCall("Windows-based Hosting", "QueryPlans", "")
	return e
}

func TestJournal_Filter(t *testing.T) {
	e := told(t)
	all := e.Journal.List(journal.Filter{})
	require.Len(t, all, 4)
	for name, row := range map[string]struct {
		filter journal.Filter
		want   []int64
	}{
		"everything":      {journal.Filter{}, []int64{1, 2, 3, 4}},
		"tenant":          {journal.Filter{Tenant: "Reseller1"}, []int64{1, 2, 3}},
		"procedure":       {journal.Filter{Procedure: "createuser"}, []int64{1, 3}},
		"inner procedure": {journal.Filter{Namespace: "Active Directory Provider", Procedure: "Create Object"}, []int64{1, 3}},
		"object":          {journal.Filter{Object: "LDAP://" + dn("ANN")}, []int64{1, 2, 3}},
		"code":            {journal.Filter{Code: "0x80071392"}, []int64{3}},
		"cause":           {journal.Filter{Code: "E-OBJECT-EXISTS"}, []int64{3}},
		"id":              {journal.Filter{ID: all[1].TransactionID}, []int64{2}},
		"caller":          {journal.Filter{Caller: `fabrikam\administrator`}, []int64{1, 2, 3, 4}},
		"after":           {journal.Filter{After: 3}, []int64{4}},
		"newest":          {journal.Filter{Limit: 2}, []int64{3, 4}},
		"nothing":         {journal.Filter{Tenant: "Nobody"}, nil},
	} {
		var got []int64
		for _, entry := range e.Journal.List(row.filter) {
			got = append(got, entry.Seq)
		}
		assert.Equal(t, row.want, got, name)
	}
	_, err := e.Journal.Get("no such id")
	assert.ErrorIs(t, err, journal.ErrUnknown)
}

func TestJournal_TellsWhatChanged(t *testing.T) {
	all := told(t).Journal.List(journal.Filter{})
	require.Len(t, all[0].Changes, 1)
	assert.Equal(t, dn("ann"), all[0].Changes[0].Object)
	assert.Equal(t, state.Created, all[0].Changes[0].Kind)
	assert.Contains(t, all[1].Changes[0].Attributes, state.AttributeChange{Name: "password", After: []string{"***"}})
	assert.Empty(t, all[2].Changes, "it failed")
	assert.Empty(t, all[3].Changes, "it reads")
	assert.Equal(t, "CreateUser", all[0].Calls[0].Procedure)
	assert.Contains(t, all[0].Response, `<user path="LDAP://`+dn("ann"))
	for _, entry := range all {
		assert.NotContains(t, fmt.Sprintf("%+v", entry), "Fabrikam-1234")
	}
}

func TestJournal_LinksTheSOAPCall(t *testing.T) {
	e := mocktest.Start(t)
	request := mpf.Simple(mpf.Target{Namespace: managed, Procedure: "CreateUser"}, nil)
	request.Context.ClientTransactionID = "soap-call-7"
	_, err := e.Submit(e.As("Administrator"), request)
	require.NoError(t, err)
	entry, err := e.Journal.Get("soap-call-7")
	require.NoError(t, err)
	assert.True(t, entry.Failed())
}

func TestEntry_Explain(t *testing.T) {
	all := told(t).Journal.List(journal.Filter{})
	x := all[2].Explain()
	assert.True(t, x.Failed)
	assert.Equal(t, 5, x.Step)
	assert.Equal(t, "Active Directory Provider::Create Object", x.Procedure)
	assert.Equal(t, mpf.ObjectInTheWay.ID, x.Cause)
	assert.Equal(t, mpf.ObjectInTheWay.Text, x.Rule)
	assert.Equal(t, "LDAP://"+dn("ann"), x.Object)
	assert.Contains(t, x.Text, x.Rule)
	assert.False(t, all[0].Explain().Failed)

	e := mocktest.Start(t)
	e.Call(managed, "NoSuchThing", "")
	assert.Equal(t, "NoSuchThing", e.Journal.List(journal.Filter{})[0].Explain().Object)
}

func TestJournal_Wait(t *testing.T) {
	e := mocktest.Start(t)
	waited := make(chan journal.Entry, 1)
	go func() { waited <- e.WaitFor(journal.Filter{Procedure: "CreateUser"}) }()
	e.MustCall("Windows-based Hosting", "QueryPlans", "")
	e.MustCall(managed, "CreateUser", newUser("ann"))
	assert.Equal(t, "CreateUser", (<-waited).Procedure)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.Journal.Wait(ended, journal.Filter{Procedure: "DeleteUser"})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestJournal_Export(t *testing.T) {
	e := told(t)
	var b bytes.Buffer
	require.NoError(t, e.Journal.Export(&b, journal.Filter{Procedure: "CreateUser", Limit: 1}))
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	require.Len(t, archive.File, 1)
	assert.Equal(t, "000003-Managed-Active-Directory-CreateUser.xml", archive.File[0].Name)
	file, err := archive.File[0].Open()
	require.NoError(t, err)
	text, err := io.ReadAll(file)
	require.NoError(t, err)
	assert.Contains(t, string(text), "<!-- provtest /n:\"Managed Active Directory\" /p:\"CreateUser\" -->\n<!-- recorded 0x80071392 by:")

	document, err := xmldoc.ParseBytes(text, xmldoc.Limits{})
	require.NoError(t, err)
	request, err := mpf.ParseRequest(document, mpf.Target{Namespace: managed, Procedure: "CreateUser"})
	require.NoError(t, err)
	require.NoError(t, e.Reset(t.Context()))
	response, err := e.Submit(e.As("Administrator"), request)
	require.NoError(t, err)
	assert.Nil(t, response.Err, "what was exported can be submitted")
}

func TestJournal_IsBounded(t *testing.T) {
	e := mocktest.Start(t, mocktest.Journal(journal.Config{Entries: 3}))
	small := mocktest.Start(t, mocktest.Journal(journal.Config{Bytes: 1}))
	for range 5 {
		e.MustCall("Windows-based Hosting", "QueryPlans", "")
		small.MustCall("Windows-based Hosting", "QueryPlans", "")
	}
	all := e.Journal.List(journal.Filter{})
	require.Len(t, all, 3)
	assert.Equal(t, int64(5), all[2].Seq)
	assert.Len(t, small.Journal.List(journal.Filter{}), 1, "the newest is always there")
	e.Journal.Clear()
	assert.Empty(t, e.Journal.List(journal.Filter{}))
}

func TestSnapshots(t *testing.T) {
	e := mocktest.Start(t)
	e.MustCall(managed, "CreateUser", newUser("ann"))
	require.NoError(t, e.Snapshots.Take(t.Context(), "ann"))
	e.MustCall(managed, "CreateUser", newUser("bob"))
	assert.Equal(t, []string{"ann", mock.StartSnapshot}, e.Snapshots.Names())
	difference, err := e.Snapshots.Difference(t.Context(), mock.StartSnapshot, "ann")
	require.NoError(t, err)
	require.Len(t, difference, 1)
	assert.Equal(t, dn("ann"), difference[0].Object)

	require.NoError(t, e.Snapshots.Restore(t.Context(), "ann"))
	assert.NotNil(t, e.Object(dn("ann")))
	assert.Nil(t, e.Object(dn("bob")))
	assert.ErrorIs(t, e.Snapshots.Restore(t.Context(), "none"), mock.ErrNoSnapshot)
	assert.Error(t, e.Snapshots.Drop(mock.StartSnapshot))
	require.NoError(t, e.Snapshots.Drop("ann"))
	assert.ErrorIs(t, e.Snapshots.Drop("ann"), mock.ErrNoSnapshot)
	assert.Error(t, e.Snapshots.Take(t.Context(), ""))
}
