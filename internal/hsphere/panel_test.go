package hsphere_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/hsphere"
	"wsexchange/internal/hsphere/hspheretest"
	"wsexchange/internal/postgrestest"
)

// panel is one that was read whole.
type panel struct {
	organizations []*hsphere.Organization
	strays        []hsphere.Problem
	settings      map[int64]hsphere.Settings
	counts        hsphere.Counts
}

func readAll(t testing.TB, location string) panel {
	t.Helper()
	p, err := hsphere.Open(t.Context(), location)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	var read panel
	for o, err := range p.Organizations(t.Context(), func(p hsphere.Problem) { read.strays = append(read.strays, p) }) {
		require.NoError(t, err)
		read.organizations = append(read.organizations, o)
	}
	read.settings, err = p.Settings(t.Context())
	require.NoError(t, err)
	read.counts, err = p.Counts(t.Context())
	require.NoError(t, err)
	return read
}

func written(t testing.TB, c *hspheretest.Content) string {
	t.Helper()
	folder := t.TempDir()
	c.Write(t, folder)
	return folder
}

// Database and files have the same content, and it is that of the rows.
func TestPanel_DatabaseAndFilesReadAlike(t *testing.T) {
	content := hspheretest.Generate(hspheretest.Size{Organizations: 23, Users: 1100, Odd: true})
	content.Child(1, content.ID(), "bizuser", 77, "bizorg") // whose user and organization are gone
	content.Add("he_bizuser_proxy", "nobody", 4711)
	url := postgrestest.Start(t).Database(t)
	content.Load(t, url)
	fromDatabase, fromFiles := readAll(t, url), readAll(t, written(t, content))
	require.Equal(t, len(fromDatabase.organizations), len(fromFiles.organizations))
	for i, o := range fromDatabase.organizations {
		for j := range o.Users {
			a, b := o.Users[j].Password, fromFiles.organizations[i].Users[j].Password
			require.True(t, a.Equal(b), o.Users[j].Principal())
			o.Users[j].Password = b // which compares by identity
		}
		require.Equal(t, o, fromFiles.organizations[i])
	}
	assert.Equal(t, fromDatabase.strays, fromFiles.strays)
	assert.Equal(t, fromDatabase.settings, fromFiles.settings)
	assert.Equal(t, fromDatabase.counts, fromFiles.counts)
	assert.Contains(t, fromFiles.strays, hsphere.Problem{Table: "he_bizuser_proxy", ID: 4711, Text: "it belongs to no organization"})
	assert.Equal(t, len(content.Tables["he_bizuser"]), fromFiles.counts.Users)
}

func TestPanel_Organizations(t *testing.T) {
	c := hspheretest.New("OU=R,DC=fabrikam,DC=com")
	o := c.Organization(1, "acme", "acme.example", 100)
	bob := c.User(o, "bob", "Bobs-pass-1", "gold_mail")
	ann := c.User(o, "ann", "Anns-pass-1", "base_mail")
	contact := c.Contact(o, "fwd", "bob@acme.example", "bob@elsewhere.example")
	c.Set("he_bizuser", bob, "altrecipient", contact)
	c.Set("he_bizuser", bob, "store_forward", "t")
	c.Set("accounts", o.Account, "suspended", "2009-05-01")
	c.Add("he_bizuser_proxy", "robert", bob)
	c.Add("he_bizuser_proxy", "bob@vanity.acme.example", bob)
	inner := c.List(o, "inner", "bob@acme.example", ann)
	c.List(o, "outer", nil, inner, bob)
	read := readAll(t, written(t, c))
	require.Len(t, read.organizations, 1)
	got := read.organizations[0]
	assert.Equal(t, hsphere.Account{ID: int64(o.Account), Reseller: 1, Suspended: true}, got.Account)
	assert.Equal(t, []string{"base_mail", "gold_mail", "plat_mail", "plat_mailp"}, got.Plans)
	assert.Equal(t, int64(100), *got.Mail)
	assert.Equal(t, int64(5), *got.Public)
	assert.True(t, got.Folder)
	assert.Equal(t, []hsphere.DomainKind{hsphere.PrimaryDomain, hsphere.SecondaryDomain, hsphere.VanityDomain},
		[]hsphere.DomainKind{got.Domains[0].Kind, got.Domains[1].Kind, got.Domains[2].Kind})
	require.Len(t, got.Users, 2)
	user := got.Users[0]
	assert.Equal(t, "bob@acme.example", user.Principal())
	assert.Equal(t, "Bobs-pass-1", user.Password.Reveal())
	assert.True(t, user.Admin)
	assert.True(t, user.Keep)
	assert.Equal(t, got.Contacts[0].ID, user.Forward)
	assert.Equal(t, []string{"bob@vanity.acme.example", "robert@acme.example"}, user.Addresses)
	assert.Equal(t, []int64{int64(ann)}, got.Lists[0].Members)
	assert.Equal(t, []int64{int64(bob), int64(inner)}, got.Lists[1].Members)
	assert.Equal(t, map[int64]hsphere.Settings{1: {Reseller: 1, Base: "OU=R,DC=fabrikam,DC=com", Controller: "dc1.fabrikam.com"}}, read.settings)
	assert.Empty(t, got.Problems)
}

func TestPanel_Problems(t *testing.T) {
	for name, row := range map[string]struct {
		change func(c *hspheretest.Content, o *hspheretest.Organization)
		want   string
	}{
		"a user in no domain": {func(c *hspheretest.Content, o *hspheretest.Organization) {
			c.Set("he_bizuser", o.Users[0], "smtp_domain", 4)
		}, "its smtp_domain 4 is not a domain of the organization"},
		"a user without a name": {func(c *hspheretest.Content, o *hspheretest.Organization) {
			c.Set("he_bizuser", o.Users[0], "principal_name", nil)
		}, "it has no principal_name"},
		"a kind of domain": {func(c *hspheretest.Content, o *hspheretest.Organization) {
			c.Set("he_smtpdomain", o.SecondaryID, "domain_type", 9)
		}, `domain_type "9" is none of 1, 2, 3`},
		"a number that is none": {func(c *hspheretest.Content, o *hspheretest.Organization) {
			c.Set("he_storequota", o.MailID, "size", "much")
		}, `size: "much" is not a number`},
		"a boolean that is none": {func(c *hspheretest.Content, o *hspheretest.Organization) {
			c.Set("he_bizuser", o.Users[0], "is_admin", "perhaps")
		}, `is_admin: "perhaps" is neither true nor false`},
		"a member from nowhere": {func(c *hspheretest.Content, o *hspheretest.Organization) {
			c.List(o, "list", nil, 99)
		}, "the member 99, or the list, is not one of the organization that can be read"},
		"an account that is gone": {func(c *hspheretest.Content, o *hspheretest.Organization) {
			c.Remove("accounts", o.Account)
		}, "no row of parent_child tells its account"},
	} {
		t.Run(name, func(t *testing.T) {
			c := hspheretest.New("DC=fabrikam,DC=com")
			o := c.Organization(1, "acme", "acme.example", 100)
			c.User(o, "bob", "Bobs-pass-1", "gold_mail")
			row.change(c, o)
			problems := readAll(t, written(t, c)).organizations[0].Problems
			require.NotEmpty(t, problems)
			assert.Equal(t, row.want, problems[0].Text)
		})
	}
}

func TestOpen_Refuses(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	const password = "n0t-t0-be-shown"
	incomplete := func(table string, content string) string {
		folder := written(t, hspheretest.New("DC=x"))
		file := filepath.Join(folder, table+".csv")
		require.NoError(t, os.Remove(file))
		if content != "" {
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		}
		return folder
	}
	for name, row := range map[string]struct{ location, want string }{
		"an empty database":             {url, `relation "type_name" does not exist`},
		"no folder":                     {filepath.Join(t.TempDir(), "none"), "no such file or directory"},
		"an address that is none":       {"postgres://u:" + password + "@[::bad", "the address is not one of PostgreSQL"},
		"a port that is none":           {"postgres://u:" + password + "@h:port/x", "the address is not one of PostgreSQL"},
		"nobody there":                  {"postgres://u:" + password + "@127.0.0.1:1/x", "connection refused"},
		"no file of types":              {incomplete("type_name", ""), "there is no file type_name.csv"},
		"a file without a column":       {incomplete("type_name", "id\n1\n"), "has no column name"},
		"types without hosted Exchange": {incomplete("type_name", "id,name\n1,web\n"), "type_name does not know bizorg"},
		"an empty file":                 {incomplete("accounts", " "), "accounts.csv has no column id"},
		"a quote without an end":        {incomplete("accounts", "id,suspended,deleted,reseller_id\n1,\""+strings.Repeat("x", 2<<20)), "a record is longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := hsphere.Open(t.Context(), row.location)
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), password)
		})
	}
}

// Tables that are missing are told when they are read.
func TestPanel_MissingTables(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	hspheretest.Generate(hspheretest.Size{Organizations: 1, Users: 1}).Load(t, url)
	postgrestest.Exec(t, url, "ALTER TABLE he_bizuser DROP COLUMN initials")
	p, err := hsphere.Open(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	for _, err = range p.Organizations(t.Context(), nil) {
		break
	}
	require.ErrorIs(t, err, hsphere.ErrNotAPanel)
	assert.ErrorContains(t, err, "he_bizuser: ")
	assert.ErrorContains(t, err, "initials")
}

// What browsers of the panel's time sent is read, whatever the database takes it
// for.
func TestPanel_TextsThatAreNotUTF8(t *testing.T) {
	c := hspheretest.New("DC=x")
	o := c.Organization(1, "acme", "acme.example", 100)
	c.User(o, "bob", "P\xe4ss-word-1", "gold_mail")
	c.Set("he_bizorg", o.ID, "description", "M\xfcller \x96 S\xf6hne")
	folder := written(t, c)
	read := readAll(t, folder).organizations[0]
	assert.Equal(t, "Müller – Söhne", read.Description)
	assert.Equal(t, "Päss-word-1", read.Users[0].Password.Reveal())
}

func TestPanel_CancelledInTheMiddle(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	hspheretest.Generate(hspheretest.Size{Organizations: 20, Users: 2000}).Load(t, url)
	p, err := hsphere.Open(t.Context(), url)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	seen := 0
	for _, err := range p.Organizations(ctx, nil) {
		last = err
		if err == nil {
			seen++
		}
		cancel()
	}
	require.ErrorIs(t, last, context.Canceled)
	assert.Positive(t, seen)
	require.NoError(t, p.Close())
}

// The connection can write nothing, whoever's it is.
func TestOpen_TheTransactionIsReadOnly(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	hspheretest.New("DC=x").Load(t, url)
	p, err := hsphere.Open(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	var statement string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT query FROM pg_stat_activity WHERE application_name = 'wsexchange'").Scan(&statement))
	assert.NotEmpty(t, statement)
	assert.ErrorContains(t, hsphere.TryToWrite(t.Context(), p), "read-only transaction")
}

// No text of the package is a statement that changes something.
func TestPackage_HasNoStatementThatWrites(t *testing.T) {
	writes := regexp.MustCompile(`(?i)\b(insert\s+into|update\s+\w+\s+set|delete\s+from|truncate|create\s+(temp|table|index|view|schema|or)|alter\s+|drop\s+` +
		`|copy\s+\w+\s+(from|\()|grant\s|revoke\s|lock\s+table|vacuum|nextval|setval|for\s+update|into\s+temp|select\s+.*\sinto\s)`)
	methods := map[string]bool{"CopyFrom": true, "SendBatch": true, "Commit": true, "LargeObjects": true}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	statements := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				assert.False(t, methods[n.Sel.Name], "%s calls %s", file, n.Sel.Name)
			case *ast.BasicLit:
				if n.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(n.Value)
				require.NoError(t, err)
				assert.False(t, writes.MatchString(text), "%s: %s", file, text)
				if strings.Contains(text, "SELECT ") {
					statements++
				}
			}
			return true
		})
	}
	assert.Greater(t, statements, 4, "the statements were found")
	for _, bad := range []string{"INSERT INTO x", "update he_bizuser set", "DELETE FROM x", "SELECT 1 FOR UPDATE", "SELECT a INTO b", "drop table x"} {
		assert.True(t, writes.MatchString(bad), bad)
	}
}

// A user shows no password, whatever prints it.
func TestUser_ShowsNoPassword(t *testing.T) {
	c := hspheretest.New("DC=x")
	o := c.Organization(1, "acme", "acme.example", 100)
	c.User(o, "bob", "Bobs-pass-1", "gold_mail")
	read := readAll(t, written(t, c))
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v", read.organizations[0], read.organizations[0].Users, read.organizations[0].Users[0])
	require.NoError(t, json.NewEncoder(&out).Encode(read.organizations))
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "organization", read.organizations[0])
	fmt.Fprintf(&out, "%+v", read.settings)
	assert.Contains(t, out.String(), "bob")
	assert.NotContains(t, out.String(), "Bobs-pass-1")
	assert.NotContains(t, out.String(), hspheretest.SettingPassword)
}

// FuzzFolder reads whatever is in the files.
func FuzzFolder(f *testing.F) {
	c := hspheretest.Generate(hspheretest.Size{Organizations: 2, Users: 3, Odd: true})
	folder := written(f, c)
	for _, table := range []string{"he_bizorg", "he_bizuser", "parent_child", "he_distribution_list_subscr"} {
		text, err := os.ReadFile(filepath.Join(folder, table+".csv"))
		require.NoError(f, err)
		f.Add(table, string(text))
	}
	f.Add("he_bizuser", "\ufeffid\n\"")
	f.Add("parent_child", "account_id,child_id,child_type,parent_id,parent_type\n1,1,6001,1,6001\n1,1,6008,1,6004\n")
	f.Fuzz(func(t *testing.T, table, text string) {
		at := t.TempDir()
		require.NoError(t, os.CopyFS(at, os.DirFS(folder)))
		file := filepath.Join(at, filepath.Base(filepath.Clean("/"+table))+".csv")
		if _, err := os.Stat(file); err != nil {
			return
		}
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		p, err := hsphere.Open(t.Context(), at)
		if err != nil {
			return
		}
		last := int64(-1 << 63)
		for o, err := range p.Organizations(t.Context(), nil) {
			if err != nil {
				return
			}
			assert.GreaterOrEqual(t, o.ID, last)
			last = o.ID
			for i := range o.Users {
				assert.NotEmpty(t, o.Users[i].Domain)
			}
		}
	})
}
