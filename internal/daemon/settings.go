package daemon

import (
	"fmt"
	"strings"
	"time"

	"wsexchange/internal/config"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
)

// Limits are the settings that bound what callers may send.
type Limits struct {
	Body       config.Bytes `setting:"body" default:"4MiB" min:"1B" help:"largest request"`
	Depth      int          `setting:"depth" default:"64" min:"1" help:"deepest nesting of XML elements"`
	Elements   int          `setting:"elements" default:"10000" min:"1" help:"most XML elements of a document"`
	Attributes int          `setting:"attributes" default:"64" min:"1" help:"most attributes of an XML element"`
	Name       config.Bytes `setting:"name" default:"256B" min:"1B" help:"longest XML name"`
	Value      config.Bytes `setting:"value" default:"4KiB" min:"1B" help:"longest XML attribute value"`
	Text       config.Bytes `setting:"text" default:"1MiB" min:"1B" help:"longest run of XML text"`

	Rate  config.Bytes  `setting:"rate" default:"4KiB" min:"1B" help:"least rate, in bytes a second, at which a request must arrive and its answer be taken"`
	Grace time.Duration `setting:"grace" default:"10s" min:"1ms" help:"how long a connection may be below the least rate before it is cut; a request must arrive within 60s, however fast it is"`
}

// Pace is the least rate of connections.
func (l Limits) Pace() Pace { return Pace{Rate: int64(l.Rate), Grace: l.Grace} }

// XML gives the limits to the strict reader.
func (l Limits) XML() xmldoc.Limits {
	return xmldoc.Limits{
		Bytes: int64(l.Body), Depth: l.Depth, Elements: l.Elements, Attributes: l.Attributes,
		Name: int(l.Name), Value: int(l.Value), Text: int64(l.Text),
	}
}

// LogSettings say how a program logs. Levels of single parts are a program's
// own, for its help to name the parts.
type LogSettings struct {
	Level  string `setting:"level" default:"info" oneof:"debug,info,warn,error" help:"what is logged at least"`
	Format string `setting:"format" default:"text" oneof:"text,json" restart:"true" help:"how lines are written"`
}

// AdminSettings are the settings of the listener of administrators.
type AdminSettings struct {
	Listen string        `setting:"listen" help:"address; empty serves none" example:"127.0.0.1:9466"`
	Token  secret.String `setting:"token" secret:"true" help:"what callers must send as Authorization: Bearer, 16 characters or more"`
}

// shortestToken is how long the token of administrators must be, in bytes.
const shortestToken = 16

// Validate refuses a listener without a good token.
func (a AdminSettings) Validate() error {
	if a.Listen == "" {
		return nil
	}
	if len(a.Token.Reveal()) < shortestToken {
		return fmt.Errorf("admin.token: admin.listen needs one of at least %d characters", shortestToken)
	}
	return ValidateToken("admin.token", a.Token)
}

// ValidateToken refuses a token that no caller can send after "Bearer ": the
// blanks there are not part of it.
func ValidateToken(key string, token secret.String) error {
	if text := token.Reveal(); strings.TrimSpace(text) != text {
		return fmt.Errorf("%s: it begins or ends with white space, which the header Authorization cannot carry", key)
	}
	return nil
}
