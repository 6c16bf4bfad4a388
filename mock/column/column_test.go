package column

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
)

type row struct {
	At   Time `json:"at,omitzero"`
	Word Word `json:"word,omitzero"`
	GUID GUID `json:"guid,omitzero"`
	Code Code `json:"code,omitzero"`
}

func TestColumns_AreReadableAndComeBack(t *testing.T) {
	at := time.Date(2004, 5, 6, 9, 8, 9, 123456789, time.FixedZone("CEST", 7200))
	r := row{At: At(at), Word: Intern("Enabled"), GUID: GUID{1, 2, 3, 4}, Code: 0x80070005}
	text, err := json.Marshal(r)
	require.NoError(t, err)
	assert.JSONEq(t, `{"at":"2004-05-06T07:08:09.123456Z","word":"Enabled","guid":"{04030201-0000-0000-0000-000000000000}","code":"0x80070005"}`, string(text))
	var again row
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, r, again)
	assert.Equal(t, at.Truncate(time.Microsecond).UTC(), again.At.Time())
	assert.Equal(t, "Enabled", again.Word.String())
	assert.Equal(t, directory.GUID{1, 2, 3, 4}, directory.GUID(again.GUID))
}

func TestColumns_NothingIsLeftOut(t *testing.T) {
	text, err := json.Marshal(row{})
	require.NoError(t, err)
	assert.JSONEq(t, `{}`, string(text))
	var again row
	require.NoError(t, json.Unmarshal([]byte(`{"at":"","word":""}`), &again))
	assert.Equal(t, row{}, again)
	assert.True(t, Time(0).Time().IsZero())
	assert.Zero(t, At(time.Time{}))
	assert.Empty(t, Word{}.String())
}

func TestColumns_RefuseWhatTheyDidNotWrite(t *testing.T) {
	for _, text := range []string{`{"at":"noon"}`, `{"guid":"x"}`, `{"code":"5"}`, `{"code":"0x1"}`, `{"code":"0x800700050"}`, `{"code":"0xzzzzzzzz"}`} {
		assert.Error(t, json.Unmarshal([]byte(text), new(row)), text)
	}
}

func TestWord_Compare(t *testing.T) {
	a, b := Intern("a"), Intern("b")
	assert.Equal(t, a, Intern("a"))
	assert.Negative(t, a.Compare(b))
	assert.Positive(t, b.Compare(a))
	assert.Zero(t, a.Compare(Intern("a")))
	assert.Negative(t, Word{}.Compare(a))
}
