package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"wsexchange/internal/config"
	"wsexchange/internal/daemon"
	"wsexchange/internal/secret"
	"wsexchange/internal/throttle"
	"wsexchange/internal/tracing"
	"wsexchange/mock/engine"
	"wsexchange/mock/ldap"
	"wsexchange/mock/web"
)

// Config is everything that can be set. Names, defaults and help texts of
// flags, environment and file come from here.
type Config struct {
	Listen      string               `setting:"listen" default:"127.0.0.1:8090" restart:"true" help:"address of the engine's SOAP endpoint, host:port"`
	Path        string               `setting:"path" default:"/mpf/soapisapi.dll" help:"path of the SOAP endpoint"`
	Database    string               `setting:"database" restart:"true" help:"file, or postgres:// URL; empty is memory" example:"/var/lib/mockmpf/emulator.db"`
	Engine      string               `setting:"engine" restart:"true" help:"name in the audit of a shared database; empty is host and process" example:"mpf1"`
	Seed        string               `setting:"seed" restart:"true" help:"YAML file with the starting content of a new database; empty is the demo data"`
	AuditLevel  string               `setting:"audit-level" default:"writes" restart:"true" oneof:"none,failed,writes,all" help:"which requests are kept in the audit log"`
	AuditKeep   time.Duration        `setting:"audit-keep" default:"2160h" restart:"true" help:"how long the audit log keeps them; 0s keeps them permanently"`
	HistoryKeep time.Duration        `setting:"history-keep" default:"168h" restart:"true" help:"how long transaction log and history of changes are kept; 0s is permanently"`
	DeletedKeep time.Duration        `setting:"deleted-keep" default:"1440h" restart:"true" help:"how long LDAP can show deleted objects; 0s is permanently"`
	ErrorMap    string               `setting:"error-map" restart:"true" help:"XML file with the translations of the Error Provider; empty has none" example:"/etc/mockmpf/errors.xml"`
	Policies    []string             `setting:"policies" restart:"true" help:"choices made the other way, by name" example:"RefuseTakenContactAddresses"`
	PerfEnabled []string             `setting:"perf-enabled" default:"all" restart:"true" help:"procedures whose calls are counted in the metrics, as Namespace::Procedure, or a namespace for all of its own; all, or none" example:"Hosted Exchange,Managed Active Directory::CreateUser"`
	Drain       time.Duration        `setting:"drain" default:"20s" help:"how long requests may go on after a stop"`
	DrainDelay  time.Duration        `setting:"drain-delay" default:"0s" help:"how long requests are still taken after a stop, while the program says that it is not ready: give a load balancer time to notice"`
	TLS         TLSConfig            `setting:"tls" restart:"true" help:"certificate of the SOAP endpoint and of LDAP"`
	Auth        AuthConfig           `setting:"auth" restart:"true" help:"wrong passwords at the SOAP endpoint and over LDAP"`
	LDAP        LDAPConfig           `setting:"ldap" restart:"true" help:"the directory"`
	Replication ReplicationConfig    `setting:"replication" restart:"true" help:"what domain controllers know of each other"`
	Limits      daemon.Limits        `setting:"limits" help:"what callers of the SOAP endpoint may send"`
	Metrics     MetricsConfig        `setting:"metrics" restart:"true" help:"metrics and health"`
	Admin       daemon.AdminSettings `setting:"admin" restart:"true" help:"the listener of administrators: log levels, reload, queued requests, audit log, profiles"`
	Control     ControlConfig        `setting:"control" restart:"true" help:"control by those who test with the emulator"`
	Pages       web.Settings         `setting:"pages" restart:"true" help:"pages for people, at the address of the SOAP endpoint"`
	Log         LogConfig            `setting:"log" help:"what is logged"`
	Tracing     tracing.Settings     `setting:"tracing" restart:"true" help:"spans of OpenTelemetry"`
}

// TLSConfig is the certificate of the SOAP endpoint and of LDAP.
type TLSConfig struct {
	Certificate string `setting:"certificate" help:"certificate file (PEM); empty serves plain HTTP and LDAP without StartTLS" example:"/etc/mockmpf/tls.crt"`
	Key         string `setting:"key" help:"private key file (PEM)" example:"/etc/mockmpf/tls.key"`
}

// AuthConfig says how many wrong passwords the SOAP endpoint and LDAP take.
type AuthConfig struct{ throttle.Settings }

// LDAPConfig is the directory's listeners.
type LDAPConfig struct {
	Listen     string   `setting:"listen" default:"127.0.0.1:3890" help:"address of LDAP, with StartTLS if there is a certificate; empty serves none"`
	Secure     string   `setting:"secure" help:"address of ldaps, which needs a certificate; empty serves none" example:"127.0.0.1:6360"`
	Catalog    string   `setting:"global-catalog" help:"address of the global catalog over LDAP; empty serves none" example:"127.0.0.1:3268"`
	CatalogTLS string   `setting:"global-catalog-secure" help:"address of the global catalog over ldaps; empty serves none" example:"127.0.0.1:3269"`
	Controller string   `setting:"controller" help:"DNS name of the directory; empty is the first domain controller" example:"dc1.fabrikam.com"`
	Listeners  []string `setting:"listeners" help:"LDAP of further domain controllers, name=host:port" example:"dc2.fabrikam.com=127.0.0.1:3891"`
	ldap.Settings
}

// ReplicationConfig says how late domain controllers see each other's writes.
type ReplicationConfig struct {
	Delay time.Duration `setting:"delay" default:"0s" help:"how long a write at one domain controller takes to the others; 0s is none. The preferredDomainController of a step, or a path, chooses the controller"`
}

// addresses returns the addresses of listeners by the settings that name them.
func (l LDAPConfig) addresses() map[string]string {
	addresses := map[string]string{
		"ldap.listen": l.Listen, "ldap.secure": l.Secure, "ldap.global-catalog": l.Catalog, "ldap.global-catalog-secure": l.CatalogTLS,
	}
	further, _ := l.further() // Validate refuses wrong ones
	for name, address := range further {
		addresses["ldap.listeners, "+name] = address
	}
	return addresses
}

// further returns the addresses of further domain controllers by their names.
func (l LDAPConfig) further() (map[string]string, error) {
	listeners := make(map[string]string)
	for _, text := range l.Listeners {
		name, address, ok := strings.Cut(text, "=")
		if !ok || name == "" || address == "" {
			return nil, fmt.Errorf("ldap.listeners: %q is not name=host:port", text)
		}
		if listeners[name] != "" {
			return nil, fmt.Errorf("ldap.listeners: %s is there twice", name)
		}
		listeners[name] = address
	}
	return listeners, nil
}

// MetricsConfig is the listener of metrics and health.
type MetricsConfig struct {
	Listen string `setting:"listen" default:"127.0.0.1:9465" help:"address of /metrics, /-/healthy and /-/ready; empty serves none"`
}

// ControlConfig is the listener of the control API.
type ControlConfig struct {
	Listen       string        `setting:"listen" help:"address of the control API (journal, snapshots, faults), host:port; empty serves none" example:"127.0.0.1:8091"`
	Token        secret.String `setting:"token" secret:"true" help:"what callers of the control API have to send as Bearer token"`
	AllowKill    bool          `setting:"allow-kill" help:"whether a fault rule may kill the process"`
	FaultHeaders bool          `setting:"fault-headers" help:"whether a request of the SOAP endpoint may bring fault rules in the header X-Mock-Fault"`

	JournalEntries int          `setting:"journal-entries" default:"1000" min:"1" help:"most requests that the journal keeps; the oldest go first"`
	JournalSize    config.Bytes `setting:"journal-size" default:"16MiB" min:"1B" help:"about the most memory that the journal takes"`
}

// LogConfig says what is logged.
type LogConfig struct {
	daemon.LogSettings
	Levels []string `setting:"levels" help:"levels of single parts, part=level; the parts are daemon, engine, ldap, pages" example:"engine=debug,ldap=warn"`
}

// Parts of the program that log at levels of their own.
const (
	partDaemon = "daemon"
	partEngine = "engine"
	partLDAP   = "ldap"
	partPages  = "pages"
)

// logs makes the loggers.
func (c *Config) logs(w io.Writer) (*daemon.Logs, error) {
	logs, err := daemon.NewLogs(w, c.Log.Format, partDaemon, partEngine, partLDAP, partPages)
	if err != nil {
		return nil, err
	}
	return logs, logs.Set(c.Log.Level, c.Log.Levels)
}

// Validate refuses settings that do not fit together.
func (c *Config) Validate() error {
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		refuse("tls.certificate and tls.key must be set together")
	}
	if _, err := engine.ParsePolicies(c.Policies); err != nil {
		refuse("policies: %w", err)
	}
	if c.LDAP.Secure != "" && c.TLS.Certificate == "" {
		refuse("ldap.secure: ldaps needs tls.certificate")
	}
	if c.LDAP.CatalogTLS != "" && c.TLS.Certificate == "" {
		refuse("ldap.global-catalog-secure: ldaps needs tls.certificate")
	}
	if c.Auth.MaxWait < c.Auth.Window {
		refuse("auth.throttle-max: the longest time must not be shorter than the first, auth.throttle-window")
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
	if _, err := c.LDAP.further(); err != nil {
		wrong = append(wrong, err)
	}
	if _, err := c.logs(io.Discard); err != nil {
		refuse("log.levels: %w", err)
	}
	wrong = append(wrong, c.Admin.Validate(), daemon.ValidateToken("control.token", c.Control.Token), c.Tracing.Validate())
	return errors.Join(wrong...)
}
