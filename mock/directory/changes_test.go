package directory

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

func TestTx_Changes(t *testing.T) {
	c := newContent(t)
	users := testBase.Child("CN", "Users")
	ann, bob, cid, group := users.Child("CN", "ann"), users.Child("CN", "bob"), users.Child("CN", "cid"), users.Child("CN", "Domain Admins")
	require.NoError(t, c.update(func(tx *state.Tx) error {
		mustCreate(t, In(tx), ann, "user")
		mustCreate(t, In(tx), bob, "user")
		return nil
	}))
	d := c.begin()
	o := mustGet(t, d, ann)
	require.NoError(t, d.Set(o, "description", "old"))
	require.NoError(t, d.Set(o, "description", "new"))
	require.NoError(t, d.Set(o, "company", "there and back"))
	require.NoError(t, d.Set(o, "company"))
	require.NoError(t, d.SetPassword(o, "Fabrikam-1234"))
	require.NoError(t, d.AddMember(mustGet(t, d, group), o))
	require.NoError(t, d.Delete(mustGet(t, d, bob)))
	mustCreate(t, d, cid, "contact", value("manager", ann.String()))
	kinds := make(map[string]state.ChangeKind)
	attributes := make(map[string]state.AttributeChange)
	for _, change := range state.Describe(c.root.Read(c.env), d.tx, d.tx.Changes()) {
		kinds[change.Object] = change.Kind
		for _, a := range change.Attributes {
			attributes[change.Object+" "+a.Name] = a
		}
	}
	assert.Equal(t, map[string]state.ChangeKind{
		ann.String(): state.Changed, bob.String(): state.Deleted, cid.String(): state.Created, group.String(): state.Changed,
	}, kinds)
	assert.Equal(t, []string{"new"}, attributes[ann.String()+" description"].After)
	assert.Empty(t, attributes[ann.String()+" description"].Before)
	assert.Equal(t, []string{ann.String()}, attributes[group.String()+" member"].After)
	assert.Equal(t, []string{ann.String()}, attributes[cid.String()+" manager"].After)
	assert.Equal(t, []string{"***"}, attributes[ann.String()+" password"].After)
	assert.NotContains(t, attributes, ann.String()+" company")
	assert.Equal(t, []string{"contact"}, attributes[cid.String()+" class"].After)
}

func TestDifference(t *testing.T) {
	c := newContent(t)
	users := testBase.Child("CN", "Users")
	require.NoError(t, c.update(func(tx *state.Tx) error {
		mustCreate(t, In(tx), users.Child("CN", "ann"), "user")
		return nil
	}))
	before := c.root
	require.NoError(t, c.update(func(tx *state.Tx) error {
		d := In(tx)
		o := mustGet(t, d, users.Child("CN", "ann"))
		require.NoError(t, d.SetPassword(o, "Fabrikam-1234"))
		require.NoError(t, d.Set(o, "description", "new"))
		mustCreate(t, d, users.Child("CN", "bob"), "user")
		return nil
	}))
	text := func(from, to *state.Root) string {
		var b strings.Builder
		require.NoError(t, state.WriteChanges(&b, state.Describe(from.Read(c.env), to.Read(c.env), state.Difference(from, to))))
		return b.String()
	}
	there, back := text(before, c.root), text(c.root, before)
	assert.Contains(t, there, "changed CN=ann,CN=Users,DC=fabrikam,DC=com\n  + description: new\n  + password: ***\n")
	assert.Contains(t, there, "created CN=bob,CN=Users,DC=fabrikam,DC=com\n  + class: user\n")
	assert.Contains(t, back, "  - description: new\n  - password: ***\n")
	assert.Contains(t, back, "deleted CN=bob,CN=Users,DC=fabrikam,DC=com\n")
	assert.Empty(t, text(before, before))
}

// TestRows_AreReadable holds rows to the form in which people find them.
func TestRows_AreReadable(t *testing.T) {
	d := updating(t)
	manager := mustCreate(t, d, testReseller.Child("CN", "m"), "contact")
	o := mustCreate(t, d, testReseller.Child("CN", "Joe"), "user", value(KindSAM, "joe"), value("mail", "joe@x.example"),
		values("otherTelephone", "a", "b"), value("manager", manager.DN.String()))
	require.NoError(t, d.GrantAccess(o, manager, "Read"))
	rows := make(map[string][]map[string]any)
	require.NoError(t, d.tx.Fork().Root(0).Rows(func(table, _ string, text []byte) error {
		var row map[string]any
		rows[table] = append(rows[table], row)
		return json.Unmarshal(text, &rows[table][len(rows[table])-1])
	}))
	last := func(table string) map[string]any { return rows[table][len(rows[table])-1] }
	object := last("object")
	assert.Equal(t, []any{"user", "Joe", o.GUID.String(), string(o.SID), "2004-05-06T07:08:09Z"},
		[]any{object["class"], object["name"], object["guid"], object["sid"], object["created"]})
	held := object["attributes"].(map[string]any)
	assert.Equal(t, []any{[]any{"joe"}, []any{"joe@x.example"}, []any{"a", "b"}}, []any{held["sAMAccountName"], held["mail"], held["otherTelephone"]})
	assert.Equal(t, map[string]any{"object": float64(o.ID), "trustee": float64(manager.ID), "access": "Read"}, last("grant"))
	root := rows["object"][0]
	assert.Equal(t, testBase.String(), root["dn"])
	assert.NotContains(t, root, "parent")
}

// TestRows_RefuseWhatTheSchemaDoesNotHave feeds rows that no directory wrote.
func TestRows_RefuseWhatTheSchemaDoesNotHave(t *testing.T) {
	const guid = `"guid":"{00112233-4455-6677-8899-aabbccddeeff}"`
	for name, row := range map[string]string{
		"class":                   `{"id":7,"parent":1,"class":"unicorn","name":"x",` + guid + `}`,
		"no GUID":                 `{"id":7,"parent":1,"class":"user","name":"x"}`,
		"attribute":               `{"id":7,"parent":1,"class":"user","name":"x",` + guid + `,"attributes":{"shoeSize":["43"]}}`,
		"link as an attribute":    `{"id":7,"parent":1,"class":"user","name":"x",` + guid + `,"attributes":{"member":["CN=x"]}}`,
		"computed":                `{"id":7,"parent":1,"class":"user","name":"x",` + guid + `,"attributes":{"cn":["x"]}}`,
		"twice":                   `{"id":7,"parent":1,"class":"user","name":"x",` + guid + `,"attributes":{"mail":["x"],"Mail":["y"]}}`,
		"neither parent nor root": `{"id":7,"class":"user","name":"x",` + guid + `}`,
		"both":                    `{"id":7,"parent":1,"dn":"DC=x","class":"user","name":"x",` + guid + `}`,
		"not a name":              `{"id":7,"dn":"x","class":"domainDNS","name":"x",` + guid + `}`,
		"no JSON":                 `{`,
	} {
		_, err := updating(t).tx.Load("object", []byte(row))
		assert.Error(t, err, name)
	}
	_, err := updating(t).tx.Load("link", []byte(`{"from":1,"attribute":"mail","seq":1,"to":2}`))
	assert.Error(t, err)
}

// TestMerge_WritesAttributesApart makes two changes of one object that were
// made at different controllers meet.
func TestMerge_WritesAttributesApart(t *testing.T) {
	c := newContent(t)
	dn := testReseller.Child("CN", "o")
	require.NoError(t, c.update(func(tx *state.Tx) error {
		mustCreate(t, In(tx), dn, "user", value("sn", "Old"), value("l", "Town"))
		return nil
	}))
	here, there := c.begin(), c.begin()
	o := mustGet(t, here, dn)
	require.NoError(t, here.Set(o, "l", "City"))
	require.NoError(t, here.Set(o, "company", "Fabrikam"))
	_, err := there.Rename(mustGet(t, there, dn), "renamed")
	require.NoError(t, err)
	o = mustGet(t, there, testReseller.Child("CN", "renamed"))
	require.NoError(t, there.Set(o, "sn"))
	for _, change := range there.tx.Changes() {
		if change.Table == objects {
			assert.Equal(t, []string{"name", "sn"}, change.Parts())
			require.NoError(t, change.Merge(here.tx, change.Parts()))
		}
	}
	merged := mustGet(t, here, testReseller.Child("CN", "renamed"))
	got, err := here.Attributes(merged, "sn", "l", "company")
	require.NoError(t, err)
	assert.Equal(t, Attributes{value("company", "Fabrikam"), value("l", "City")}, got)
}
