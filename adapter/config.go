package adapter

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/adapter/auth"
	"wsexchange/internal/front"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Config is what a Handler needs. Submitter and BaseDN are required.
type Config struct {
	// Submitter runs the requests.
	Submitter mpf.Submitter
	// Engines are the names that the Submitter's responses and errors can tell,
	// as mpf.EngineOf gives them, for metrics. Nil is one without a name.
	Engines []string
	// Gate lets callers in. Nil lets everybody in, nameless.
	Gate *auth.Gate
	// ClosedPages puts the gate before help pages and WSDL too.
	ClosedPages bool
	// Prefix is the folder of the services. Default /MPSWS.
	Prefix string
	// Limits bounds messages and the XML in their parameters. Limits.Bytes
	// bounds the body on the wire as well.
	Limits xmldoc.Limits
	// BaseDN is the naming context of the domain. Paths outside of it, or
	// outside of ResellerOU if that is set, are refused.
	BaseDN     ldappath.DN
	ResellerOU ldappath.DN
	// ConfineTexts checks every text of a request, in whatever parameter or XML,
	// that reads as a path or a distinguished name, and refuses names by GUID and
	// SID if ResellerOU is below the domain. It is for engines that do not know
	// the base themselves.
	ConfineTexts bool
	// DomainControllers are the server names that a path may contain.
	DomainControllers []string
	// EventSink says that an event sink keeps the recipient policies, so that
	// requests carry no createSMTPDomain and deleteSMTPDomain flags.
	EventSink bool
	// Timeout bounds the engine's work for one call. Default 110 s, as the web
	// server of the original has it.
	Timeout time.Duration
	// TrustedProxies are the networks whose X-Forwarded headers are believed.
	TrustedProxies []netip.Prefix
	// Logger hears one line a request. Nil discards.
	Logger *slog.Logger
	// Slow is the time from which a call is marked as slow in the log; 0 marks
	// none.
	Slow time.Duration
	// Tracer makes a span of every call, in the trace that its headers name; nil
	// makes none and reads no such headers.
	Tracer trace.Tracer
	// Registerer gets the metrics. Nil keeps none.
	Registerer prometheus.Registerer
	// Observe hears of every call, beside metrics and log. It must not block.
	Observe func(Observation)
	// NewID makes request ids; nil makes random ones. Now is the clock; nil is
	// time.Now.
	NewID func() string
	Now   func() time.Time
}

const (
	defaultPrefix  = "/MPSWS"
	defaultTimeout = 110 * time.Second
)

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Submitter == nil:
		return c, errors.New("adapter: no submitter")
	case c.BaseDN.IsZero():
		return c, errors.New("adapter: no base DN")
	case !c.ResellerOU.IsZero() && !c.ResellerOU.Under(c.BaseDN):
		return c, errors.New("adapter: the reseller's OU " + c.ResellerOU.String() + " is not under " + c.BaseDN.String())
	}
	c.Prefix = front.Path("/" + strings.Trim(c.Prefix, "/"))
	if c.Prefix == "/" {
		c.Prefix = defaultPrefix
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Limits.Bytes <= 0 {
		c.Limits.Bytes = xmldoc.DefaultLimits().Bytes
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Engines == nil {
		c.Engines = []string{engineOther}
	}
	if c.NewID == nil {
		c.NewID = rand.Text
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}
