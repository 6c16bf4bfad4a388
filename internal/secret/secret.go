package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what every encoder prints in place of a String.
const Redacted = "[redacted]"

// String is a text that does not print itself. The zero value is the empty
// secret. Compare two with [String.Equal]: the operator == compares identity.
//
// The text sits behind a pointer because fmt calls no methods on unexported
// fields of other structs: there, too, it finds only an address.
type String struct {
	text *string
}

// New wraps a text.
func New(text string) String {
	if text == "" {
		return String{}
	}
	return String{text: &text}
}

// Reveal returns the text itself.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the secret is empty.
func (s String) IsZero() bool { return s.text == nil || *s.text == "" }

// Equal compares two secrets in a time that does not depend on their content.
func (s String) Equal(other String) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String returns [Redacted], whatever the content: an empty secret is not told
// from a set one.
func (s String) String() string { return Redacted }

// GoString returns [Redacted].
func (s String) GoString() string { return Redacted }

// Format prints [Redacted] for every verb and flag.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// LogValue gives log/slog [Redacted].
func (s String) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText gives text encoders, JSON and XML among them, [Redacted].
func (s String) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalYAML gives YAML encoders [Redacted].
func (s String) MarshalYAML() (any, error) { return Redacted, nil }

// UnmarshalText takes the text as the secret, so that decoders can fill one.
func (s *String) UnmarshalText(text []byte) error {
	*s = New(string(text))
	return nil
}
