package ledger

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

func exported(t testing.TB, made *state.Schema) string {
	t.Helper()
	tx := made.Root().Begin(state.Env{})
	require.NoError(t, put(1, "ü")(tx))
	require.NoError(t, put(2, "b")(tx))
	require.NoError(t, secrets.Put(tx, &thing{Name: "s"}))
	require.NoError(t, passing.Put(tx, &thing{Name: "p"}))
	var text strings.Builder
	require.NoError(t, Export(t.Context(), Content(tx.Root(7)), &text))
	return text.String()
}

const exampleExport = `{"format":"mockmpf-state","version":1,"revision":7,"tables":["counter","thing","secret"]}
{"table":"thing","key":"1","row":{"id":1,"name":"n1","note":"ü"}}
{"table":"thing","key":"2","row":{"id":2,"name":"n2","note":"b"}}
{"table":"secret","key":"s","row":{"id":0,"name":"s"}}
{"end":{"rows":3,"tables":{"secret":1,"thing":2}}}
`

func TestExport(t *testing.T) {
	made := schema(t)
	text := exported(t, made)
	assert.Equal(t, exampleExport, text)
	root, err := Import(t.Context(), made, strings.NewReader(text))
	require.NoError(t, err)
	assert.Zero(t, root.Revision())
	var again strings.Builder
	require.NoError(t, Export(t.Context(), Content(root.WithRevision(7)), &again))
	assert.Equal(t, text, again.String())

	s := mustOpen(t, Config{Schema: made, Path: file(t)})
	require.NoError(t, s.Replace(t.Context(), root))
	again.Reset()
	require.NoError(t, Export(t.Context(), s, &again))
	assert.Contains(t, again.String(), `"installation":"{`)
	assert.Equal(t, text[strings.Index(text, "\n"):], again.String()[strings.Index(again.String(), "\n"):])
}

func TestExport_TellsWhatTheWriterRefuses(t *testing.T) {
	full := errors.New("full")
	assert.ErrorIs(t, Export(t.Context(), Content(schema(t).Root()), refusing{full}), full)
}

type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }

func TestImport_RefusesWhatIsNotWhole(t *testing.T) {
	made := schema(t)
	replaced := func(from, to string) string { return strings.Replace(exampleExport, from, to, 1) }
	for name, c := range map[string]struct{ text, want string }{
		"nothing":              {"", "line 0: the stream is empty"},
		"text":                 {"hello\n", `line 1: not an export of the emulator's state: the first line has no format "mockmpf-state"`},
		"another version":      {replaced(`"version":1`, `"version":2`), "line 1: format version 2: this program reads version 1"},
		"an unknown table":     {replaced(`"counter"`, `"other"`), `line 1: table "other" is not known to this program`},
		"a row of one":         {replaced(`"table":"secret"`, `"table":"other"`), `line 4: table "other" is not known`},
		"a row in memory":      {replaced(`"table":"secret"`, `"table":"passing"`), `line 4: table "passing" is kept in memory alone`},
		"another key":          {replaced(`"key":"2"`, `"key":"3"`), `line 3: table thing, key "3": the row has another key`},
		"a row twice":          {replaced(`{"table":"thing","key":"2","row":{"id":2,"name":"n2","note":"b"}}`, `{"table":"thing","key":"1","row":{"id":1,"name":"n2"}}`), `line 3: table thing, key "1": the row is there twice`},
		"a name twice":         {replaced(`"name":"n2"`, `"name":"n1"`), `line 3: table thing, key "2": table thing: name "n1" belongs to row 1`},
		"a row of wrong kinds": {replaced(`"id":2`, `"id":"2"`), `line 3: table thing, key "2"`},
		"no row":               {replaced(`,"row":{"id":0,"name":"s"}`, ``), "line 4: neither a row nor the end"},
		"a row of null":        {replaced(`{"id":0,"name":"s"}`, `null`), "line 4: "},
		"another field":        {replaced(`"key":"2"`, `"key":"2","more":1`), "line 3: not a line of an export"},
		"two values a line":    {replaced("}}\n{", "}}{"), "line 2: not a line of an export: more than one value"},
		"truncated":            {exampleExport[:strings.Index(exampleExport, `{"end"`)], "line 4: the stream ends before its last line: it is truncated"},
		"truncated in a line":  {exampleExport[:200], "line 3: not a line of an export"},
		"a line missing":       {replaced(`{"table":"secret","key":"s","row":{"id":0,"name":"s"}}`+"\n", ""), "line 4: 2 rows were read, the end says 3"},
		"rows of other tables": {replaced(`"secret":1,"thing":2`, `"secret":2,"thing":1`), "rows were read, the end says"},
		"end and row":          {replaced(`{"end"`, `{"table":"thing","end"`), "line 5: both a row and the end"},
		"more":                 {exampleExport + "x", "line 6: something follows the end"},
		"a long line":          {replaced("n2", strings.Repeat("x", MaxExportLine)), "line 3: longer than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			root, err := Import(t.Context(), made, strings.NewReader(c.text))
			assert.ErrorContains(t, err, c.want)
			assert.Nil(t, root)
		})
	}
	_, err := Import(t.Context(), made, strings.NewReader(strings.TrimSuffix(exampleExport, "\n")))
	assert.NoError(t, err, "without the last newline")
}

func FuzzImport(f *testing.F) {
	made := schema(f)
	f.Add([]byte(exampleExport))
	f.Add([]byte(strings.ReplaceAll(exampleExport, "thing", "counter")))
	f.Add([]byte(`{"format":"mockmpf-state","version":1}` + "\n" + `{"end":{"rows":0}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := Import(t.Context(), made, bytes.NewReader(text))
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		require.NoError(t, Export(t.Context(), Content(root), &first))
		root, err = Import(t.Context(), made, bytes.NewReader(first.Bytes()))
		require.NoError(t, err, "what was accepted is written so that it is accepted")
		require.NoError(t, Export(t.Context(), Content(root), &second))
		assert.Equal(t, first.String(), second.String())
	})
}
