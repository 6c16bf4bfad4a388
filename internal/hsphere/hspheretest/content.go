package hspheretest

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// schema is what H-Sphere's own scripts make of the tables that matter, with
// names as they spell them.
const schema = `
CREATE TABLE type_name (id integer PRIMARY KEY, name varchar(64), description varchar(255));
CREATE TABLE accounts (id integer PRIMARY KEY, suspended timestamp, deleted timestamp, reseller_id integer, description varchar(255));
CREATE TABLE settings (name varchar(64), value text, reseller_id integer);
CREATE TABLE parent_child (account_id integer, child_id integer, child_type integer, parent_id integer, parent_type integer, p_begin timestamp);
CREATE TABLE he_bizorg (id integer PRIMARY KEY, name varchar(64), description varchar(255), available_plans varchar(255));
CREATE TABLE he_smtpdomain (id integer PRIMARY KEY, name varchar(255), domain_type integer);
CREATE TABLE he_storequota (id integer PRIMARY KEY, size integer);
CREATE TABLE he_bizuser (id integer PRIMARY KEY, principal_name varchar(64), password varchar(64), description varchar(255), is_admin boolean,
  plan_type varchar(32), sAMAccountName varchar(20), store_forward boolean, altRecipient integer, display_name varchar(255),
  given_name varchar(64), middle_name varchar(64), sn varchar(64), initials varchar(6), smtp_domain integer,
  physicalDeliveryOfficeName varchar(128), telephoneNumber varchar(64), street varchar(255), postOfficeBox varchar(40), city varchar(128),
  state varchar(128), country varchar(3));
CREATE TABLE he_bizuser_proxy (name varchar(255), id integer);
CREATE TABLE he_contacts (id integer PRIMARY KEY, alias varchar(64), smtpAddr varchar(255), targetAddr varchar(255));
CREATE TABLE he_distribution_list (id integer PRIMARY KEY, managedBy varchar(255), name varchar(64));
CREATE TABLE he_distribution_list_subscr (id integer, subscriber_id integer);
`

// columns are those of the tables, as in schema.
var columns = map[string][]string{
	"type_name":     {"id", "name", "description"},
	"accounts":      {"id", "suspended", "deleted", "reseller_id", "description"},
	"settings":      {"name", "value", "reseller_id"},
	"parent_child":  {"account_id", "child_id", "child_type", "parent_id", "parent_type", "p_begin"},
	"he_bizorg":     {"id", "name", "description", "available_plans"},
	"he_smtpdomain": {"id", "name", "domain_type"},
	"he_storequota": {"id", "size"},
	"he_bizuser": {
		"id", "principal_name", "password", "description", "is_admin", "plan_type", "samaccountname", "store_forward", "altrecipient", "display_name",
		"given_name", "middle_name", "sn", "initials", "smtp_domain", "physicaldeliveryofficename", "telephonenumber", "street", "postofficebox",
		"city", "state", "country",
	},
	"he_bizuser_proxy":            {"name", "id"},
	"he_contacts":                 {"id", "alias", "smtpaddr", "targetaddr"},
	"he_distribution_list":        {"id", "managedby", "name"},
	"he_distribution_list_subscr": {"id", "subscriber_id"},
}

// Types are the ids of type_name.
var Types = map[string]int{
	"bizorg": 6001, "bizuser": 6002, "mailstore": 6003, "pubstore": 6004, "domain": 6005, "distribution_list": 6006, "exchange_contact": 6007,
	"public_folder": 6008, "base_mail": 6010, "gold_mail": 6011, "plat_mail": 6012, "plat_mailp": 6013, "mysqldb": 6000,
}

// Content are the rows of a panel. Nil is null.
type Content struct {
	Tables map[string][][]any
	next   int
}

// New returns the content of a panel without organizations: its types, and a
// reseller for each base, with ids from 1.
func New(bases ...string) *Content {
	c := &Content{Tables: map[string][][]any{}, next: 100_000}
	for name, id := range Types {
		c.Add("type_name", id, name, nil)
	}
	for i, base := range bases {
		c.Add("settings", "MPF_HE_LDAP", base, i+1)
		c.Add("settings", "MPF_HE_PDC", "dc1.fabrikam.com", i+1)
		c.Add("settings", "MPF_HE_URL", `http://FABRIKAM\hsadmin:`+SettingPassword+`@mps.example/MPSWS`, i+1)
	}
	return c
}

// SettingPassword is a password that is in the panel's settings: nothing may show
// it.
const SettingPassword = "s3cr3t-in-the-URL"

// Add adds a row.
func (c *Content) Add(table string, values ...any) {
	if len(values) != len(columns[table]) {
		panic(fmt.Sprintf("%s has %d columns, not %d", table, len(columns[table]), len(values)))
	}
	c.Tables[table] = append(c.Tables[table], values)
}

// ID returns the next id: one sequence for all tables, as the panel has it.
func (c *Content) ID() int {
	c.next++
	return c.next
}

// Child adds a row of parent_child.
func (c *Content) Child(account, child int, childType string, parent int, parentType string) {
	c.Add("parent_child", account, child, Types[childType], parent, Types[parentType], "2008-03-01 12:00:00")
}

// Set changes a column of all rows of a table with an id.
func (c *Content) Set(table string, id int, column string, value any) {
	at, key := indexOf(table, column), indexOf(table, "id")
	for _, row := range c.Tables[table] {
		if row[key] == id {
			row[at] = value
		}
	}
}

// Remove removes the rows of a table with an id.
func (c *Content) Remove(table string, id int) {
	key := indexOf(table, "id")
	var kept [][]any
	for _, row := range c.Tables[table] {
		if row[key] != id {
			kept = append(kept, row)
		}
	}
	c.Tables[table] = kept
}

func indexOf(table, column string) int {
	for i, name := range columns[table] {
		if name == column {
			return i
		}
	}
	panic(table + " has no column " + column)
}

// Load makes the tables in a database of PostgreSQL and fills them.
func (c *Content) Load(t testing.TB, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), schema)
	require.NoError(t, err)
	for table, rows := range c.Tables {
		var text strings.Builder
		writer := csv.NewWriter(&text)
		require.NoError(t, writer.WriteAll(texts(rows)))
		_, err := conn.PgConn().CopyFrom(t.Context(), strings.NewReader(text.String()), "COPY "+table+" ("+strings.Join(columns[table], ", ")+") FROM STDIN CSV")
		require.NoError(t, err, table)
	}
}

// Write writes a file for each table to a folder, as psql's \copy … csv header
// does.
func (c *Content) Write(t testing.TB, folder string) {
	t.Helper()
	for table, names := range columns {
		file, err := os.Create(filepath.Join(folder, table+".csv"))
		require.NoError(t, err)
		writer := csv.NewWriter(file)
		require.NoError(t, writer.Write(names))
		require.NoError(t, writer.WriteAll(texts(c.Tables[table])))
		require.NoError(t, file.Close())
	}
}

func texts(rows [][]any) [][]string {
	all := make([][]string, 0, len(rows))
	for _, row := range rows {
		fields := make([]string, 0, len(row))
		for _, value := range row {
			if value == nil {
				value = ""
			}
			fields = append(fields, fmt.Sprint(value))
		}
		all = append(all, fields)
	}
	return all
}
