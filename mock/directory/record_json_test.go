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
		again, err := read.record()
		if err != nil || again != row {
			t.Fatalf("%v: %s is read as %v, was %v", err, written, again, row)
		}
	})
}
