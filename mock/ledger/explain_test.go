package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plan returns how SQLite runs a query, line by line.
func plan(t *testing.T, kept *database, query string, arguments ...any) (all []string) {
	t.Helper()
	rows, err := kept.readers.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, arguments...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		all = append(all, detail)
	}
	require.NoError(t, rows.Err())
	return all
}

func TestQueriesUseIndexes(t *testing.T) {
	s := mustOpen(t, Config{Schema: schema(t), Path: file(t)})
	kept := s.backend.(*database)
	code := uint32(1)
	for want, q := range map[string]AuditQuery{
		"SCAN audit USING INDEX audit_at":                                        {},
		"SEARCH audit USING INDEX audit_at (at>? AND at<?)":                      {From: time.Now(), To: time.Now()},
		"SEARCH audit USING INDEX audit_org (org_key=?)":                         {Organization: "a"},
		"SEARCH audit USING INDEX audit_procedure (namespace=? AND procedure=?)": {Namespace: "n", Procedure: "p"},
		"SEARCH audit USING INDEX audit_transaction (transaction_id=?)":          {TransactionID: "{1}"},
		"SEARCH audit USING INDEX audit_client (client_id=?)":                    {AnyID: "{1}"},
		"SEARCH audit USING INDEX audit_code (code=?)":                           {Code: &code},
	} {
		query, arguments := auditQuery(q)
		assert.Contains(t, plan(t, kept, query, arguments...), want)
	}
}
