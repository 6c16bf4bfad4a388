package column

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unique"

	"wsexchange/mock/directory"
)

// Time is a moment in microseconds since 1970; 0 is no time. Its text is
// RFC 3339 in UTC.
type Time int64

// At returns the column of a moment, in whole microseconds.
func At(at time.Time) Time {
	if at.IsZero() {
		return 0
	}
	return Time(at.UnixMicro())
}

// Time returns the moment in UTC, the zero time for none.
func (t Time) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(t)).UTC()
}

// MarshalText writes the moment, nothing for none.
func (t Time) MarshalText() ([]byte, error) {
	if t == 0 {
		return []byte{}, nil
	}
	return t.Time().AppendFormat(nil, time.RFC3339Nano), nil
}

// UnmarshalText reads what MarshalText wrote.
func (t *Time) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = 0
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, string(text))
	*t = At(at)
	return err
}

// Word is a text that many rows have, of which memory has one copy.
type Word struct{ handle unique.Handle[string] }

// Intern returns the word of a text.
func Intern(text string) Word {
	if text == "" {
		return Word{}
	}
	return Word{unique.Make(strings.Clone(text))}
}

// String returns the text.
func (w Word) String() string {
	if w == (Word{}) {
		return ""
	}
	return w.handle.Value()
}

// Compare compares the texts octet by octet.
func (w Word) Compare(other Word) int {
	if w == other {
		return 0
	}
	return strings.Compare(w.String(), other.String())
}

// MarshalText writes the text.
func (w Word) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (w *Word) UnmarshalText(text []byte) error {
	*w = Intern(string(text))
	return nil
}

// GUID is an objectGUID whose text is the form in braces.
type GUID directory.GUID

// MarshalText writes the form in braces, lower case.
func (g GUID) MarshalText() ([]byte, error) { return []byte(directory.GUID(g).String()), nil }

// UnmarshalText reads any form that directory.ParseGUID reads.
func (g *GUID) UnmarshalText(text []byte) error {
	read, err := directory.ParseGUID(string(text))
	*g = GUID(read)
	return err
}

// Code is an HRESULT, whose text is 0x and 8 hex digits.
type Code uint32

// MarshalText writes the code.
func (c Code) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "0x%08x", uint32(c)), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Code) UnmarshalText(text []byte) error {
	const form = "0x00000000"
	digits, prefixed := strings.CutPrefix(string(text), form[:2])
	read, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || !prefixed || len(text) != len(form) {
		return fmt.Errorf("%q is not a code of the form %s", text, form)
	}
	*c = Code(read)
	return nil
}
