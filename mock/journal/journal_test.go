package journal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/journal"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

var begun = time.Date(2005, time.March, 1, 9, 0, 0, 0, time.FixedZone("", 3600))

func tree(t *testing.T, text string) *xmldoc.Node {
	t.Helper()
	n, err := xmldoc.ParseString(text, xmldoc.Limits{})
	require.NoError(t, err)
	return n
}

// record is a request that went well.
func record(t *testing.T, id string) engine.Record {
	return engine.Record{
		TransactionID: "{" + id + "}", ClientID: "call-" + id, Operation: "HostedExchange.EnableUser", Caller: `FABRIKAM\hsadmin`,
		Organization: "LDAP://OU=acme,OU=Reseller1,DC=fabrikam,DC=com", Target: mpf.Target{Namespace: "Hosted Exchange", Procedure: "EnableUser"},
		Trusted: true, Started: begun, Duration: 3 * time.Millisecond,
		Request: tree(t, "<request><data><path>LDAP://CN=ann,DC=fabrikam,DC=com</path></data></request>"), Response: tree(t, "<response/>"),
		Calls: []engine.CallRecord{
			{Step: 1, Target: mpf.Target{Namespace: "Hosted Exchange", Procedure: "EnableUser"}, Duration: 2 * time.Millisecond},
			{Step: 2, Target: mpf.Target{Namespace: "Active Directory Provider", Procedure: "Set Properties"}, Duration: time.Millisecond},
		},
		Changes: []state.ObjectChange{{Kind: state.Changed, Object: "CN=bob,DC=fabrikam,DC=com", Attributes: []state.AttributeChange{
			{Name: "userAccountControl", Before: []string{"514"}, After: []string{"512"}},
		}}},
	}
}

// failed is a request that failed for a cause of ours.
func failed(t *testing.T, id string) engine.Record {
	r := record(t, id)
	r.Err = mpf.ObjectNotFound.New("LDAP://CN=carl,DC=fabrikam,DC=com").Through(mpf.Source(r.Calls[1].Target)).Through(mpf.Source(r.Target))
	r.Err.ExecuteSeqNo = 2
	r.Calls[1].Code, r.Calls[0].Code, r.Changes = r.Err.Code, r.Err.Code, nil
	return r
}

func numbers(entries []journal.Entry) []int64 {
	var all []int64
	for _, e := range entries {
		all = append(all, e.Seq)
	}
	return all
}

func TestJournal_Record(t *testing.T) {
	j := journal.New(journal.Config{})
	j.Record(record(t, "1"))
	hidden := failed(t, "2")
	hidden.Hidden = errors.New("disk is full")
	j.Record(hidden)
	good, err := j.Get("call-1")
	require.NoError(t, err)
	assert.Equal(t, journal.Entry{
		Seq: 1, TransactionID: "{1}", ClientID: "call-1", Operation: "HostedExchange.EnableUser", Caller: `FABRIKAM\hsadmin`,
		Organization: "LDAP://OU=acme,OU=Reseller1,DC=fabrikam,DC=com", Namespace: "Hosted Exchange", Procedure: "EnableUser",
		Trusted: true, At: begun.UTC(), Microseconds: 3000, Code: "0x00000000",
		Calls: []journal.Call{
			{Step: 1, Namespace: "Hosted Exchange", Procedure: "EnableUser", Code: "0x00000000", Microseconds: 2000},
			{Step: 2, Namespace: "Active Directory Provider", Procedure: "Set Properties", Code: "0x00000000", Microseconds: 1000},
		},
		Changes: record(t, "1").Changes,
		Request: "<request><data><path>LDAP://CN=ann,DC=fabrikam,DC=com</path></data></request>", Response: "<response/>",
	}, good)
	bad, err := j.Get("{2}")
	require.NoError(t, err)
	assert.Equal(t, hidden.Err.Code.String(), bad.Code)
	assert.Equal(t, &journal.Failure{
		Step: 2, Cause: mpf.ObjectNotFound.ID, Description: hidden.Err.Description,
		Through: []string{"Active Directory Provider::Set Properties", "Hosted Exchange::EnableUser"}, Hidden: "disk is full",
	}, bad.Error)
	assert.Equal(t, []bool{false, true}, []bool{good.Failed(), bad.Failed()})
	for _, id := range []string{"", "3", "call-"} {
		_, err = j.Get(id)
		assert.ErrorIs(t, err, journal.ErrUnknown)
	}
}

func TestJournal_List(t *testing.T) {
	j := journal.New(journal.Config{})
	j.Record(record(t, "1"))
	j.Record(failed(t, "2"))
	other := record(t, "3")
	other.Operation, other.Organization, other.Caller = "", "", "system"
	other.Target, other.Calls, other.Changes = mpf.Target{Namespace: "MPF Config", Procedure: "GetNamespaces"}, nil, nil
	other.Request = tree(t, "<request/>")
	j.Record(other)
	for name, row := range map[string]struct {
		filter journal.Filter
		want   []int64
	}{
		"everything":                 {journal.Filter{}, []int64{1, 2, 3}},
		"tenant by name":             {journal.Filter{Tenant: "ACME"}, []int64{1, 2}},
		"tenant by path":             {journal.Filter{Tenant: "ldap://ou=acme, ou=reseller1, dc=fabrikam, dc=com"}, []int64{1, 2}},
		"tenant by DN":               {journal.Filter{Tenant: "OU=acme,OU=Reseller1,DC=fabrikam,DC=com"}, []int64{1, 2}},
		"tenant above":               {journal.Filter{Tenant: "Reseller1"}, nil},
		"operation":                  {journal.Filter{Operation: "EnableUser"}, []int64{1, 2}},
		"operation with service":     {journal.Filter{Operation: "hostedexchange.ENABLEUSER"}, []int64{1, 2}},
		"operation, other service":   {journal.Filter{Operation: "ManagedActiveDirectory.EnableUser"}, nil},
		"service alone":              {journal.Filter{Operation: "HostedExchange"}, nil},
		"namespace":                  {journal.Filter{Namespace: "mpf config"}, []int64{3}},
		"procedure":                  {journal.Filter{Procedure: "enableuser"}, []int64{1, 2}},
		"inner procedure":            {journal.Filter{Namespace: "Active Directory Provider", Procedure: "Set Properties"}, []int64{1, 2}},
		"namespace of another call":  {journal.Filter{Namespace: "Hosted Exchange", Procedure: "Set Properties"}, nil},
		"object in the request":      {journal.Filter{Object: "LDAP://CN=Ann,DC=fabrikam"}, []int64{1, 2}},
		"object changed":             {journal.Filter{Object: "cn=bob"}, []int64{1}},
		"object in the error":        {journal.Filter{Object: "cn=carl"}, []int64{2}},
		"code":                       {journal.Filter{Code: "0X00000000"}, []int64{1, 3}},
		"cause":                      {journal.Filter{Code: strings.ToLower(mpf.ObjectNotFound.ID)}, []int64{2}},
		"transaction":                {journal.Filter{ID: "{2}"}, []int64{2}},
		"transaction without braces": {journal.Filter{ID: "2"}, []int64{2}},
		"call":                       {journal.Filter{ID: "CALL-3"}, []int64{3}},
		"caller":                     {journal.Filter{Caller: `fabrikam\HSADMIN`}, []int64{1, 2}},
		"after":                      {journal.Filter{After: 1}, []int64{2, 3}},
		"newest":                     {journal.Filter{Limit: 1}, []int64{3}},
		"newest of some":             {journal.Filter{Operation: "EnableUser", Limit: 1}, []int64{2}},
		"limit above":                {journal.Filter{Limit: 9}, []int64{1, 2, 3}},
		"all of it":                  {journal.Filter{Tenant: "acme", Operation: "EnableUser", Object: "ann", Code: "0x00000000", ID: "{1}", Caller: `FABRIKAM\hsadmin`}, []int64{1}},
		"all but one":                {journal.Filter{Tenant: "acme", Operation: "EnableUser", Object: "ann", Code: "0x00000000", ID: "{2}"}, nil},
	} {
		assert.Equal(t, row.want, numbers(j.List(row.filter)), name)
	}
}

func TestJournal_Bounds(t *testing.T) {
	fill := func(cfg journal.Config, count, size int) *journal.Journal {
		j := journal.New(cfg)
		for i := range count {
			r := record(t, fmt.Sprint(i))
			r.Response = xmldoc.TextElement("response", strings.Repeat("x", size))
			j.Record(r)
		}
		return j
	}
	assert.Equal(t, []int64{4, 5, 6}, numbers(fill(journal.Config{Entries: 3}, 6, 0).List(journal.Filter{})))
	assert.Len(t, fill(journal.Config{}, 1005, 0).List(journal.Filter{}), 1000)
	const bytes = 100_000
	kept := fill(journal.Config{Bytes: bytes}, 50, 10_000).List(journal.Filter{})
	assert.Greater(t, len(kept), 5)
	assert.LessOrEqual(t, len(kept)*10_000, bytes)
	assert.Equal(t, int64(50), kept[len(kept)-1].Seq)
	assert.Equal(t, []int64{3}, numbers(fill(journal.Config{Bytes: 1}, 3, 10).List(journal.Filter{})), "the newest is always there")

	j := fill(journal.Config{Entries: 3}, 5, 0)
	j.Clear()
	assert.Empty(t, j.List(journal.Filter{}))
	assert.Equal(t, int64(5), j.Last())
	j.Record(record(t, "next"))
	assert.Equal(t, []int64{6}, numbers(j.List(journal.Filter{})))
}

// Those who write, list and wait at the same time see every entry once and in
// its order.
func TestJournal_Concurrently(t *testing.T) {
	const writers, each = 8, 50
	j := journal.New(journal.Config{Entries: writers * each})
	var wait sync.WaitGroup
	for w := range writers {
		r := record(t, fmt.Sprint(w))
		wait.Go(func() {
			for range each {
				j.Record(r)
			}
		})
		wait.Go(func() {
			for after := range int64(each) {
				e, err := j.Wait(t.Context(), journal.Filter{After: after})
				assert.NoError(t, err)
				assert.Equal(t, after+1, e.Seq)
			}
		})
		wait.Go(func() { assert.True(t, slices.IsSorted(numbers(j.List(journal.Filter{})))) })
	}
	wait.Wait()
	all := numbers(j.List(journal.Filter{}))
	require.Len(t, all, writers*each)
	for i, seq := range all {
		assert.Equal(t, int64(i+1), seq)
	}
}

func TestJournal_Wait(t *testing.T) {
	j := journal.New(journal.Config{})
	j.Record(record(t, "1"))
	e, err := j.Wait(t.Context(), journal.Filter{Operation: "EnableUser", Limit: 7})
	require.NoError(t, err)
	assert.Equal(t, int64(1), e.Seq, "what is there already counts")
	came := make(chan journal.Entry)
	go func() {
		e, err := j.Wait(t.Context(), journal.Filter{ID: "call-3"})
		assert.NoError(t, err)
		came <- e
	}()
	j.Record(record(t, "2"))
	j.Record(record(t, "3"))
	assert.Equal(t, int64(3), (<-came).Seq)

	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	_, err = j.Wait(ctx, journal.Filter{ID: "never"})
	assert.ErrorIs(t, err, reason)
}
