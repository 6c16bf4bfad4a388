package attribute

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCut(t *testing.T) {
	for name, row := range map[string]struct {
		values    int
		requested *Range
		want      Piece
	}{
		"few":                           {3, nil, Piece{"member", 0, 3}},
		"as many as fit":                {1500, nil, Piece{"member", 0, 1500}},
		"many":                          {1501, nil, Piece{"member;range=0-1499", 0, 1500}},
		"the first range":               {4000, &Range{0, 1499}, Piece{"member;range=0-1499", 0, 1500}},
		"the next one":                  {4000, &Range{1500, ToEnd}, Piece{"member;range=1500-2999", 1500, 3000}},
		"the last one":                  {4000, &Range{3000, 4499}, Piece{"member;range=3000-*", 3000, 4000}},
		"the last one to the end":       {4000, &Range{3000, ToEnd}, Piece{"member;range=3000-*", 3000, 4000}},
		"exactly to the end":            {3000, &Range{1500, 2999}, Piece{"member;range=1500-*", 1500, 3000}},
		"few values in a range":         {3, &Range{0, ToEnd}, Piece{"member;range=0-*", 0, 3}},
		"a small range":                 {3, &Range{1, 1}, Piece{"member;range=1-1", 1, 2}},
		"a range larger than the limit": {4000, &Range{0, 3999}, Piece{"member;range=0-1499", 0, 1500}},
	} {
		got, err := Cut("member", row.values, row.requested, MaxValues)
		require.NoError(t, err, name)
		assert.Equal(t, row.want, got, name)
	}
	_, err := Cut("member", 3, &Range{3, ToEnd}, MaxValues)
	assert.ErrorIs(t, err, ErrPastEnd)
}

// TestCut_AClientGetsEveryValueOnce asks as clients do: for the next range
// until one ends in an asterisk.
func TestCut_AClientGetsEveryValueOnce(t *testing.T) {
	for _, values := range []int{1501, 3000, 3001, 12345} {
		got := 0
		asked := "member"
		for {
			s := Select([]string{asked})
			piece, err := Cut("member", values, s.Range("member"), MaxValues)
			require.NoError(t, err)
			require.Equal(t, got, piece.First)
			got = piece.End
			if strings.HasSuffix(piece.Name, "-*") {
				break
			}
			asked = "member;range=" + strconv.Itoa(got) + "-*"
		}
		assert.Equal(t, values, got)
	}
}

func TestParseRange(t *testing.T) {
	for text, want := range map[string]Range{"0-1499": {0, 1499}, "0-*": {0, ToEnd}, "5-5": {5, 5}, "007-9": {7, 9}} {
		got, ok := parseRange(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "-", "0", "0-", "-1", "*-1", "*-*", "5-4", "-1-4", "+1-4", "1 -4", "0-99999999999", "1-2-3"} {
		_, ok := parseRange(text)
		assert.False(t, ok, text)
	}
}

func TestSelect(t *testing.T) {
	for name, row := range map[string]struct {
		asked            []string
		mail, canonical  bool
		all, operational bool
		named            []string
		rangeOfMember    *Range
	}{
		"nothing":        {nil, true, false, true, false, []string{}, nil},
		"all":            {[]string{"*"}, true, false, true, false, []string{}, nil},
		"none":           {[]string{None}, false, false, false, false, []string{}, nil},
		"operational":    {[]string{"+"}, false, true, false, true, []string{}, nil},
		"both":           {[]string{"*", "+"}, true, true, true, true, []string{}, nil},
		"named":          {[]string{"MAIL"}, true, false, false, false, []string{"mail"}, nil},
		"none and named": {[]string{None, "mail"}, true, false, false, false, []string{"mail"}, nil},
		"operational by name": {
			[]string{"*", "CanonicalName"}, true, true, true, false, []string{"canonicalname"}, nil,
		},
		"options":     {[]string{"mail;binary"}, true, false, false, false, []string{"mail"}, nil},
		"a range":     {[]string{"Member;Range=0-*"}, false, false, false, false, []string{"member"}, &Range{0, ToEnd}},
		"a bad range": {[]string{"member;range=x"}, false, false, false, false, []string{}, nil},
		"two options": {[]string{"member;binary;range=1-2"}, false, false, false, false, []string{"member"}, &Range{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			s := Select(row.asked)
			assert.Equal(t, row.mail, s.Includes("mail", false))
			assert.Equal(t, row.canonical, s.Includes("canonicalName", true))
			assert.Equal(t, row.all, s.All())
			assert.Equal(t, row.operational, s.Operational())
			assert.ElementsMatch(t, row.named, s.Names())
			assert.Equal(t, row.rangeOfMember, s.Range("member"))
		})
	}
}

func FuzzReadRange(f *testing.F) {
	f.Add("0-1499", 4000)
	f.Add("1500-*", 1501)
	f.Fuzz(func(t *testing.T, text string, values int) {
		r, ok := parseRange(text)
		if !ok || values < 1 {
			return
		}
		piece, err := Cut("member", values, &r, MaxValues)
		if err != nil {
			require.GreaterOrEqual(t, r.First, values)
			return
		}
		require.Equal(t, r.First, piece.First)
		require.Greater(t, piece.End, piece.First)
		require.LessOrEqual(t, piece.End, values)
		require.LessOrEqual(t, piece.End-piece.First, MaxValues)
	})
}
