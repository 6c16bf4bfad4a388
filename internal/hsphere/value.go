package hsphere

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"
	"golang.org/x/text/encoding/charmap"

	"wsexchange/internal/secret"
)

// decoded returns a text in UTF-8. Databases of the panel's time declare no
// encoding and hold what browsers sent: what is not UTF-8 is read as
// Windows-1252. F903.
func decoded(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	read, err := charmap.Windows1252.NewDecoder().String(text)
	if err != nil {
		return strings.ToValidUTF8(text, "?")
	}
	return read
}

// plainText is a text column as the driver fills it.
type plainText struct{ text *string }

// ScanText takes a value; null is the empty text.
func (p plainText) ScanText(v pgtype.Text) error {
	*p.text = decoded(v.String)
	return nil
}

// secretText is a column with a password as the driver fills it: a text is no
// text any more as soon as it is here.
type secretText struct{ secret.String }

// ScanText takes a value; null is the empty secret.
func (s *secretText) ScanText(v pgtype.Text) error {
	s.String = secret.New(decoded(v.String))
	return nil
}

// number reads an integer; null is 0.
func number(text string) (int64, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", cut(text))
	}
	return n, nil
}

// boolean reads the forms of PostgreSQL and of files; null is false.
func boolean(text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "t", "true", "y", "yes", "on", "1":
		return true, nil
	case "", "f", "false", "n", "no", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", cut(text))
}

// cut is a text as messages quote it.
func cut(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
