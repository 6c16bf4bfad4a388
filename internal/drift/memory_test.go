package drift_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/drift"
	"wsexchange/internal/heaptest"
	"wsexchange/internal/hsphere"
	"wsexchange/internal/hsphere/hspheretest"
	"wsexchange/mpf"
)

// A hundred thousand mailboxes, of which the directory has none, are compared in
// memory that does not grow with them: most is what the files' index takes, some
// hundred bytes for each row of parent_child, and garbage.
func TestMemory_ManyMailboxes(t *testing.T) {
	heaptest.Each(t, []string{"100000 mailboxes"}, 96<<20, func(t *testing.T, _ string) (uint64, string) {
		const organizations, each = 5000, 20
		folder := writeMany(t, organizations, each)
		peak := heaptest.Start()
		p, err := hsphere.Open(t.Context(), folder)
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Close()) }()
		nothing := mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) {
			return &mpf.Response{Err: &mpf.Error{Code: mpf.NoSuchObject, Description: "there is nothing"}}, nil
		})
		report := drift.NewText(io.Discard)
		summary, err := drift.Compare(t.Context(), drift.Config{Engine: nothing}, p, func(r *drift.Result) error {
			peak.Take()
			return report.Result(r)
		})
		require.NoError(t, err)
		require.Equal(t, organizations*each, summary.Findings[drift.Ghost][drift.User])
		return peak.AboveIdle(), fmt.Sprintf("%d users", summary.Users)
	})
}

// writeMany writes the files of a panel without holding its rows.
func writeMany(t *testing.T, organizations, each int) string {
	t.Helper()
	folder := t.TempDir()
	hspheretest.New(hspheretest.Bases...).Write(t, folder)
	var files []*bufio.Writer
	table := func(name string) *bufio.Writer {
		file, err := os.OpenFile(filepath.Join(folder, name+".csv"), os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		t.Cleanup(func() { _ = file.Close() })
		files = append(files, bufio.NewWriter(file))
		return files[len(files)-1]
	}
	accounts, parents, orgs, domains, users := table("accounts"), table("parent_child"), table("he_bizorg"), table("he_smtpdomain"), table("he_bizuser")
	types, id := hspheretest.Types, 1
	for n := range organizations {
		organization, domain := id+1, id+2
		id += 2
		_, _ = fmt.Fprintf(accounts, "%d,,,%d,\n", organization, n%3+1)
		_, _ = fmt.Fprintf(orgs, "%d,org%d,Company,base_mail\n", organization, n)
		_, _ = fmt.Fprintf(domains, "%d,org%d.example,1\n", domain, n)
		_, _ = fmt.Fprintf(parents, "%d,%d,%d,%d,%d,\n", organization, domain, types["domain"], organization, types["bizorg"])
		for u := range each {
			id++
			_, _ = fmt.Fprintf(users, "%d,user%d,Pass-word-%d,,f,base_mail,u%d,f,,Display,Given,,Name,GN,%d,Office,+1 555,Street,PO,City,ST,US\n", id, u, id, id, domain)
			_, _ = fmt.Fprintf(parents, "%d,%d,%d,%d,%d,\n", organization, id, types["bizuser"], organization, types["bizorg"])
		}
	}
	for _, file := range files {
		require.NoError(t, file.Flush())
	}
	return folder
}
