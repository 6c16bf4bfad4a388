package secret

import (
	"errors"
	"strings"
)

// Errors of Parse. None quotes the secret.
var (
	ErrEmpty     = errors.New("it is empty")
	ErrLines     = errors.New("it has more than one line")
	ErrCharacter = errors.New("it holds a control character, which no HTTP header can carry")
)

// Parse returns the secret in a text that people or tools wrote into a file or a
// variable. A byte order mark before it, and blanks, tabs and line ends after
// it, are left by editors and are not part of it. What remains must be something
// that an HTTP header can carry: without control characters, so in one line. A
// file in UTF-16 is refused by the same rule.
func Parse(text string) (String, error) {
	text = strings.TrimRight(strings.TrimPrefix(text, "\ufeff"), " \t\r\n")
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n' || c == '\r':
			return String{}, ErrLines
		case c < ' ' || c == 0x7f:
			return String{}, ErrCharacter
		}
	}
	if text == "" {
		return String{}, ErrEmpty
	}
	return New(text), nil
}
