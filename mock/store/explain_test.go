package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQueries_UseIndexes runs the store's whole repertoire and asks the
// database how it would answer each statement: none may read a whole table but
// those that want all of it.
func TestQueries_UseIndexes(t *testing.T) {
	whole := []string{
		"SELECT name, value FROM setting",     // a handful of rows
		"FROM job ORDER BY seq",               // all jobs are asked for
		"FROM audit ORDER BY at DESC",         // the newest, in the order of the index
		"FROM resource r WHERE r.name_key",    // a handful of stores
		"UPDATE job SET status = ?, attempts", // by status
	}
	s := openDirectory(t, Config{})
	tx, err := s.Begin(t.Context(), true)
	require.NoError(t, err)
	defer func() { assert.NoError(t, tx.Rollback()) }()
	repertoire(t, tx)
	asked := 0
	for query := range tx.session.statements {
		verb, _, _ := strings.Cut(query, " ")
		if verb != "SELECT" && verb != "UPDATE" && verb != "DELETE" && verb != "WITH" {
			continue
		}
		asked++
		allowed := false
		for _, part := range whole {
			allowed = allowed || strings.Contains(query, part)
		}
		arguments := make([]any, strings.Count(query, "?"))
		plan, err := explain(tx, query, arguments)
		require.NoError(t, err, query)
		for _, line := range plan {
			scan := strings.HasPrefix(line, "SCAN ") && line != "SCAN up" && // what a recursion has found so far
				!strings.Contains(line, "CONSTANT ROW")
			assert.False(t, scan && !allowed, "%s\n%s", query, strings.Join(plan, "\n"))
		}
	}
	assert.Greater(t, asked, 60, "statements")
}

func explain(tx *Tx, query string, arguments []any) ([]string, error) {
	rows, err := tx.session.conn.QueryContext(tx.run, "EXPLAIN QUERY PLAN "+query, arguments...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		plan = append(plan, detail)
	}
	return plan, rows.Err()
}

// repertoire uses every kind of operation once.
func repertoire(t *testing.T, tx *Tx) {
	t.Helper()
	unit := mustCreate(t, tx, testReseller.Child("OU", "u"), "organizationalUnit")
	group := mustCreate(t, tx, unit.DN.Child("CN", "g"), "group")
	user := mustCreate(t, tx, unit.DN.Child("CN", "o"), "user", value(KindSAM, "o"), value(KindUPN, "o@x.example"), value("mail", "o@x.example"),
		value("proxyAddresses", "SMTP:o@x.example"))
	do := func(err error) { t.Helper(); require.NoError(t, err) }
	do(tx.AddMember(group, user))
	do(tx.Set(user, "altRecipient", group.DN.String()))
	do(tx.Add(user, "description", "x"))
	do(tx.SetWellKnown(unit, WellKnownAddressList, group))
	do(tx.SetPassword(user, "Abcdef1"))
	do(tx.ChangePassword(user, "Abcdef1", "Abcdef2"))
	do(tx.GrantAccess(unit, group, "Read"))
	do(tx.CreateDomain(unit, "x.example", SecondaryDomain))
	do(tx.SetPrimaryDomain(unit, "x.example"))
	folder, err := tx.CreateFolder(Folder{Path: "/x", OrganizationID: unit.ID})
	do(err)
	do(tx.SetFolderPermissions(folder, true, FolderPermission{group, "owner"}))
	do(tx.SetFolderLimits(folder, 1, 1))
	_, err = tx.SubmitJob(Job{ID: "a"}, false)
	do(err)
	_, err = tx.SubmitJob(Job{ID: "b", Parents: []string{"a"}}, false)
	do(err)
	_, err = tx.ClaimJob("{t}")
	do(err)
	_, err = tx.NextJobTime()
	do(err)
	_, err = tx.RecoverJobs()
	do(err)
	_, err = tx.ClaimJob("{t}")
	do(err)
	do(tx.FinishJob("a", JobSuccess, 0, ""))
	_, err = tx.WriteAudit(AuditRow{Organization: "o"})
	do(err)
	code := uint32(1)
	for _, q := range []AuditQuery{{}, {From: testClock, To: testClock}, {Organization: "o"}, {Namespace: "n", Procedure: "p"}, {Code: &code}, {TransactionID: "t"}, {AnyID: "t"}} {
		_, err = tx.Audit(q)
		do(err)
	}
	_, err = tx.PruneAudit(testClock)
	do(err)
	_, err = tx.RunningTransactions()
	do(err)
	_, err = tx.PruneTransactions(testClock)
	do(err)
	for _, o := range []*Object{unit, group, user} {
		_, err = tx.Attributes(o)
		do(err)
		_, err = tx.AllGroups(o)
		do(err)
		_, err = tx.IsMember(o, group)
		do(err)
	}
	_, err = tx.WellKnownBy(group)
	do(err)
	_, err = tx.FolderPermissions(folder)
	do(err)
	_, err = tx.Folders(unit)
	do(err)
	_, err = tx.Domains(unit)
	do(err)
	_, err = tx.Grants(unit)
	do(err)
	_, err = tx.Linked(user, "altRecipient")
	do(err)
	_, err = tx.LinkedFrom(group, "altRecipient")
	do(err)
	_, err = tx.ByValue("mailNickname", "x")
	do(err)
	_, err = tx.ByGUID(user.GUID)
	do(err)
	_, err = tx.BySID(user.SID)
	do(err)
	for _, text := range []string{
		"(cn=o)", "(cn=o*)", "(mail=o@x.example)", "(mail=o*)", "(proxyAddresses=smtp:o@x.example)", "(proxyAddresses=smtp:o*)",
		"(sAMAccountName=o)", "(userPrincipalName=o@x.example)", "(member=" + user.DN.String() + ")", "(memberOf=" + group.DN.String() + ")",
		"(objectClass=group)", "(objectClass=*)", "(objectGUID=" + user.GUID.String() + ")", "(objectSid=" + string(user.SID) + ")",
		"(distinguishedName=" + user.DN.String() + ")", "(anr=o)", "(objectClass=user)",
	} {
		for _, scope := range []Scope{ScopeBase, ScopeOne, ScopeSubtree} {
			_, _, err = tx.Search(Query{Base: unit.DN, Scope: scope, Filter: mustFilter(t, text)})
			do(err)
		}
	}
	_, err = tx.Rename(unit, "v")
	do(err)
	for range tx.Descendants(unit, "user") {
		break
	}
	do(tx.RemoveWellKnown(unit, WellKnownAddressList))
	do(tx.RemoveMember(group, user))
	do(tx.DeleteFolder(folder))
	do(tx.DeleteDomain(mustGet(t, tx, testReseller.Child("OU", "v")), "x.example"))
	do(tx.Delete(user))
	do(tx.DeleteTree(unit))
}

// TestDelete_LooksUpReferences asks whether the database finds the rows that
// refer to a deleted one through indexes: every foreign key needs one,
// but those to the plan database's terms, which are never deleted.
func TestDelete_LooksUpReferences(t *testing.T) {
	tx := updating(t)
	tables, err := collect(tx, scanText, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	require.NoError(t, err)
	for _, table := range tables {
		columns, err := collect(tx, scanText, "SELECT \"from\" FROM pragma_foreign_key_list('"+table+"') WHERE \"table\" <> 'term'")
		require.NoError(t, err)
		for _, column := range columns {
			plan, err := explain(tx, "SELECT 1 FROM "+table+" WHERE "+column+" = ?", []any{1})
			require.NoError(t, err)
			require.NotEmpty(t, plan)
			assert.Contains(t, plan[0], "SEARCH", "%s.%s refers to a row without an index", table, column)
		}
	}
}
