package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"wsexchange/internal/config"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
)

// Config is everything that can be set. Names, defaults and help texts of
// flags, environment and file come from here.
type Config struct {
	Listen     string        `koanf:"listen" default:"127.0.0.1:8090" help:"address of the engine's SOAP door, host:port"`
	Path       string        `koanf:"path" default:"/mpf/soapisapi.dll" help:"path of the SOAP door"`
	Database   string        `koanf:"database" help:"database file; empty keeps everything in memory" example:"/var/lib/mockmpf/emulator.db"`
	Seed       string        `koanf:"seed" help:"YAML file with the starting content of a new database; empty is the demo data"`
	AuditLevel string        `koanf:"audit-level" default:"writes" oneof:"none,failed,writes,all" help:"which requests are kept in the audit log"`
	Drain      time.Duration `koanf:"drain" default:"20s" help:"how long requests may go on after a stop"`
	TLS        TLSConfig     `koanf:"tls" help:"Certificate of the SOAP door and of LDAP."`
	LDAP       LDAPConfig    `koanf:"ldap" help:"The directory."`
	Limits     Limits        `koanf:"limits" help:"What callers of the SOAP door may send."`
	Metrics    MetricsConfig `koanf:"metrics" help:"Metrics and health."`
	Control    ControlConfig `koanf:"control" help:"Control by those who test with the emulator."`
	Log        LogConfig     `koanf:"log" help:"Logging."`
}

// TLSConfig is the certificate of the SOAP door and of LDAP.
type TLSConfig struct {
	Certificate string `koanf:"certificate" help:"certificate file (PEM); empty serves plain HTTP and LDAP without StartTLS" example:"/etc/mockmpf/tls.crt"`
	Key         string `koanf:"key" help:"private key file (PEM)" example:"/etc/mockmpf/tls.key"`
}

// LDAPConfig is the directory's door.
type LDAPConfig struct {
	Listen     string        `koanf:"listen" default:"127.0.0.1:3890" help:"address of LDAP, with StartTLS if there is a certificate; empty serves none"`
	Secure     string        `koanf:"secure" help:"address of ldaps, which needs a certificate; empty serves none" example:"127.0.0.1:6360"`
	Controller string        `koanf:"controller" help:"DNS name by which the directory calls itself; empty is the first domain controller of the seed" example:"dc1.fabrikam.com"`
	SizeLimit  int           `koanf:"size-limit" default:"1000" help:"most entries of one answer"`
	Timeout    time.Duration `koanf:"timeout" default:"30s" help:"longest time for one search"`
}

// Limits bounds what callers of the SOAP door may send.
type Limits struct {
	Body       config.Bytes `koanf:"body" default:"4MiB" help:"largest request"`
	Depth      int          `koanf:"depth" default:"64" help:"deepest nesting of XML elements"`
	Elements   int          `koanf:"elements" default:"10000" help:"most XML elements of a document"`
	Attributes int          `koanf:"attributes" default:"64" help:"most attributes of an XML element"`
	Name       config.Bytes `koanf:"name" default:"256B" help:"longest XML name"`
	Value      config.Bytes `koanf:"value" default:"4KiB" help:"longest XML attribute value"`
	Text       config.Bytes `koanf:"text" default:"1MiB" help:"longest run of XML text"`
}

// MetricsConfig is the listener of metrics and health.
type MetricsConfig struct {
	Listen string `koanf:"listen" default:"127.0.0.1:9465" help:"address of /metrics, /-/healthy and /-/ready; empty serves none"`
}

// ControlConfig is the listener of the control API.
type ControlConfig struct {
	Listen       string        `koanf:"listen" help:"address of the control API (journal, snapshots, faults), host:port; empty serves none" example:"127.0.0.1:8091"`
	Token        secret.String `koanf:"token" secret:"true" help:"what callers of the control API have to send as Bearer token"`
	AllowKill    bool          `koanf:"allow-kill" help:"whether a fault rule may kill the process"`
	FaultHeaders bool          `koanf:"fault-headers" help:"whether a request of the SOAP door may bring fault rules in the header X-Mock-Fault"`
}

// LogConfig says what is logged.
type LogConfig struct {
	Level  string `koanf:"level" default:"info" oneof:"debug,info,warn,error" help:"what is logged at least"`
	Format string `koanf:"format" default:"text" oneof:"text,json" help:"how lines are written"`
}

// Validate refuses settings that do not fit together.
func (c *Config) Validate() error {
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		refuse("tls.certificate and tls.key must be set together")
	}
	if c.LDAP.Secure != "" && c.TLS.Certificate == "" {
		refuse("ldap.secure: ldaps needs tls.certificate")
	}
	if c.Control.Listen != "" && c.Control.Token.Reveal() == "" {
		refuse("control.listen: the control API needs control.token-file")
	}
	if c.Control.Listen == "" && (c.Control.AllowKill || c.Control.FaultHeaders) {
		refuse("control.allow-kill and control.fault-headers go with control.listen")
	}
	if !strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, "?#{} ") {
		refuse("path: %q is no path such as /mpf/soapisapi.dll", c.Path)
	}
	for _, row := range []struct {
		key   string
		value int64
	}{
		{"drain", int64(c.Drain)},
		{"ldap.size-limit", int64(c.LDAP.SizeLimit)},
		{"ldap.timeout", int64(c.LDAP.Timeout)},
		{"limits.body", int64(c.Limits.Body)},
		{"limits.depth", int64(c.Limits.Depth)},
		{"limits.elements", int64(c.Limits.Elements)},
		{"limits.attributes", int64(c.Limits.Attributes)},
		{"limits.name", int64(c.Limits.Name)},
		{"limits.value", int64(c.Limits.Value)},
		{"limits.text", int64(c.Limits.Text)},
	} {
		if row.value <= 0 {
			refuse("%s must be more than 0", row.key)
		}
	}
	return errors.Join(wrong...)
}

func (l Limits) xml() xmldoc.Limits {
	return xmldoc.Limits{
		Bytes: int64(l.Body), Depth: l.Depth, Elements: l.Elements, Attributes: l.Attributes,
		Name: int(l.Name), Value: int(l.Value), Text: int64(l.Text),
	}
}
