package directory

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestRecord_IsWrittenAsItIsRead holds the writer of rows to the types that
// they are read by.
func TestRecord_IsWrittenAsItIsRead(t *testing.T) {
	description, display, manager := mustNumber("description"), mustNumber("displayName"), mustNumber("manager")
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z<>&"\\ ,{[]{1,9}`))
	rapid.Check(t, func(t *rapid.T) {
		class, _ := classNumber("user")
		row := record{
			id: rapid.Int64Range(1, 1<<40).Draw(t, "id"), parent: 7, class: class, rdn: text.Draw(t, "rdn"),
			created: rapid.Int64Range(0, 1<<52).Draw(t, "created"), usnChanged: 3,
			sid: SID(rapid.SampledFrom([]string{"", "S-1-5-21-1-2-3-1105", "S-1-1-0"}).Draw(t, "sid")).compact(),
		}
		attributes := []plainAttribute{{display, rapid.SliceOfN(text, 0, 1).Draw(t, "display")}, {description, rapid.SliceOfN(text, 0, 3).Draw(t, "description")}}
		if rapid.Bool().Draw(t, "linked") {
			attributes = append(attributes, plainAttribute{manager, []string{encodeLink(9, rapid.SampledFrom([]string{"", "0AFF"}).Draw(t, "data"))}})
		}
		row.plain = encodeValues(attributes)
		written, err := row.MarshalJSON()
		if err != nil || !json.Valid(written) {
			t.Fatalf("%v: %s", err, written)
		}
		var read recordText
		if err := json.Unmarshal(written, &read); err != nil {
			t.Fatal(err)
		}
		values, err := read.values()
		if err != nil {
			t.Fatal(err)
		}
		again, err := read.record(values)
		if err != nil || again != row {
			t.Fatalf("%v: %s is read as %v, was %v", err, written, again, row)
		}
		var short record
		if err := short.UnmarshalJSON(written); err != nil || short != row {
			t.Fatalf("%v: %s is read in short as %v, was %v", err, written, short, row)
		}
	})
}

// TestRecord_ReadsNothingElse damages rows: what the short way of reading takes
// has to be what encoding/json takes, too.
func TestRecord_ReadsNothingElse(t *testing.T) {
	const whole = `{"id":7,"parent":3,"class":"user","name":"a","guid":"{00000000-0000-4000-8000-000000000001}","sid":"S-1-5-21-1-2-3-1105",` +
		`"created":"2026-01-02T03:04:05.678901Z","usnCreated":1,"usnChanged":2,"attributes":{"displayName":["A b"]},"links":{"manager":[{"to":9}]}}`
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(whole)-1).Draw(t, "at")
		end := min(len(whole), at+rapid.IntRange(0, 3).Draw(t, "less"))
		damaged := whole[:at] + rapid.SampledFrom([]string{"", "0", "-", ",", `"`, "{", "]", " ", "x", `\u0041`, "1"}).Draw(t, "more") + whole[end:]
		reader := rowReader{rest: damaged}
		text, values, ok := reader.record()
		if !ok {
			return
		}
		var want recordText
		if err := json.Unmarshal([]byte(damaged), &want); err != nil {
			t.Fatalf("%s: %v", damaged, err)
		}
		wanted, err := want.values()
		if err != nil {
			t.Fatalf("%s: %v", damaged, err)
		}
		long, longErr := want.record(wanted)
		short, shortErr := text.record(values)
		if (longErr == nil) != (shortErr == nil) || longErr == nil && long != short {
			t.Fatalf("%s: %v, %v; in short %v, %v", damaged, long, longErr, short, shortErr)
		}
	})
}

// BenchmarkRecord reads the row of a user in short, and by encoding/json.
func BenchmarkRecord(b *testing.B) {
	const row = `{"id":7,"parent":3,"class":"user","name":"user7@org.example","guid":"{00000000-0000-4000-8000-000000000001}",` +
		`"sid":"S-1-5-21-1-2-3-1105","created":"2026-01-02T03:04:05.678901Z","changed":"2026-01-02T03:04:05.678901Z","usnCreated":1,"usnChanged":2,` +
		`"attributes":{"displayName":["A b"]},"links":{"manager":[{"to":9}]}}`
	for name, text := range map[string]string{"short": row, "json": row + " "} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := new(record).UnmarshalJSON([]byte(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
