package auth

import (
	"encoding/base64"
	"log/slog"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"wsexchange/internal/secret"
)

// maxHeader bounds the Authorization header, in bytes. Names and passwords of
// Windows accounts stay far below it, percent-encoded too.
const maxHeader = 4096

// maxLogin bounds a login name with its domain, in bytes. Windows logs nobody
// on with a longer one, and the throttle keeps names in memory.
const maxLogin = 512

// Form is how a login name was typed.
type Form int

// The forms.
const (
	Plain     Form = iota // login
	DownLevel             // DOMAIN\login
	UPN                   // login@dns.domain
)

// Credentials are a login name, taken apart, and its password.
type Credentials struct {
	Form     Form
	Domain   string // NetBIOS or DNS name; empty for Plain
	Username string // without domain
	Password secret.String
}

// NewCredentials takes a login name apart: a backslash wins over an at sign,
// and of several at signs the last one separates.
func NewCredentials(login, password string) Credentials {
	c := Credentials{Username: login, Password: secret.New(password)}
	if domain, user, ok := strings.Cut(login, `\`); ok {
		c.Username = user
		if domain != "" { // "\login" is the plain login
			c.Domain, c.Form = domain, DownLevel
		}
		return c
	}
	if at := strings.LastIndexByte(login, '@'); at > 0 && at < len(login)-1 {
		c.Form, c.Username, c.Domain = UPN, login[:at], login[at+1:]
	}
	return c
}

// Login is the name as it was typed.
func (c Credentials) Login() string {
	switch c.Form {
	case DownLevel:
		return c.Domain + `\` + c.Username
	case UPN:
		return c.Username + "@" + c.Domain
	default:
		return c.Username
	}
}

// String is the login name, without the password.
func (c Credentials) String() string { return c.Login() }

// LogValue is the login name, without the password.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.Login()) }

// usable reports whether a back end may be asked about the name: it is there,
// not absurdly long, and has no control characters.
func (c Credentials) usable() bool {
	return c.Username != "" && len(c.Domain)+len(c.Username) <= maxLogin && printable(c.Domain) && printable(c.Username)
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// Pair is what an Authorization header says, in the readings it allows.
type Pair struct {
	// Sent is the pair as it was sent.
	Sent Credentials

	user, password string // bytes as sent
}

// ParseHeader reads an Authorization header of the Basic scheme. Names and
// passwords are UTF-8, else windows-1252. Errors are [Refused] for
// ReasonMissing, ReasonScheme or ReasonMalformed, never with its content.
func ParseHeader(header string) (Pair, error) {
	if header == "" {
		return Pair{}, Refused(ReasonMissing)
	}
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return Pair{}, Refused(ReasonScheme)
	}
	if len(header) > maxHeader {
		return Pair{}, Refused(ReasonMalformed)
	}
	encoded = strings.TrimRight(strings.TrimSpace(encoded), "=")
	var buf [192]byte // on the stack: this is in the path of every call
	decoded, err := base64.RawStdEncoding.AppendDecode(buf[:0], []byte(encoded))
	if err != nil {
		return Pair{}, Refused(ReasonMalformed)
	}
	user, password, ok := strings.Cut(string(decoded), ":")
	if !ok {
		return Pair{}, Refused(ReasonMalformed)
	}
	pair := Pair{Sent: NewCredentials(text(user), text(password)), user: user, password: password}
	if !pair.Sent.usable() {
		return Pair{}, Refused(ReasonMalformed)
	}
	return pair, nil
}

// Decoded is the pair percent-decoded, and whether that is another pair than
// the one sent. A part that is no valid encoding stays as it is: a plain "%" in
// the password does not spoil a "%5C" in the name. [F020]
func (p Pair) Decoded() (Credentials, bool) {
	if strings.IndexByte(p.user, '%') < 0 && strings.IndexByte(p.password, '%') < 0 {
		return Credentials{}, false
	}
	user, password := percentDecoded(p.user), percentDecoded(p.password)
	if user == p.user && password == p.password {
		return Credentials{}, false
	}
	c := NewCredentials(text(user), text(password))
	return c, c.usable()
}

// account names whom the pair is about, whatever the spelling: without domain,
// in lower case, percent-decoded. Spelling a name otherwise buys no attempts.
func (p Pair) account() string {
	if decoded, ok := p.Decoded(); ok {
		return strings.ToLower(decoded.Username)
	}
	return strings.ToLower(p.Sent.Username)
}

func percentDecoded(s string) string {
	// PathUnescape, not QueryUnescape: a plus sign is a plus sign.
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

// text reads bytes as UTF-8 if they are that, else as windows-1252, and what
// that leaves open as ISO-8859-1. [F021]
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = charmap.Windows1252.DecodeByte(s[i])
		if runes[i] == utf8.RuneError {
			runes[i] = rune(s[i])
		}
	}
	return string(runes)
}
