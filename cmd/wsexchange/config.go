package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"time"

	"wsexchange/internal/daemon"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/internal/throttle"
	"wsexchange/internal/tracing"
	"wsexchange/mock/engine"
	"wsexchange/mock/ldap"
	"wsexchange/mock/state"
	"wsexchange/mock/web"
)

// Config is everything that can be set. Names, defaults and help texts of
// flags, environment and file come from here, and so does
// docs/configuration.md.
type Config struct {
	Listen         string               `setting:"listen" default:"127.0.0.1:8080" restart:"true" help:"address of the web services, host:port"`
	Prefix         string               `setting:"prefix" default:"/MPSWS" help:"path below which the four services lie"`
	EventSink      bool                 `setting:"event-sink" default:"false" help:"leave out the flags createSMTPDomain and deleteSMTPDomain; H-Sphere needs it off"`
	CloseWSDL      bool                 `setting:"close-wsdl" default:"false" help:"ask for credentials before WSDL and help pages too"`
	TrustedProxies []netip.Prefix       `setting:"trusted-proxies" help:"networks whose X-Forwarded-For, -Proto and -Host are believed" example:"10.0.0.0/8"`
	Backend        string               `setting:"backend" default:"embedded" restart:"true" oneof:"embedded,isapi,mpsws" help:"what runs the requests: the emulator inside, MPF's SOAP endpoint, or a real MPSWS"`
	Drain          time.Duration        `setting:"drain" default:"20s" help:"how long calls may go on after a stop"`
	DrainDelay     time.Duration        `setting:"drain-delay" default:"0s" help:"how long calls are still taken after a stop, while the program says that it is not ready: give a load balancer time to notice"`
	TLS            TLSConfig            `setting:"tls" restart:"true" help:"certificate of the web services"`
	Auth           AuthConfig           `setting:"auth" help:"who may call"`
	Directory      Directory            `setting:"directory" help:"paths that callers may name"`
	MPF            MPFConfig            `setting:"mpf" help:"engines of the backends isapi and mpsws"`
	Limits         daemon.Limits        `setting:"limits" help:"what callers may send"`
	Metrics        MetricsConfig        `setting:"metrics" restart:"true" help:"metrics and health"`
	Admin          daemon.AdminSettings `setting:"admin" restart:"true" help:"the listener of administrators: log levels, reload, throttled sources, queued requests and audit log of the embedded backend, profiles"`
	Log            LogConfig            `setting:"log" help:"what is logged"`
	Tracing        tracing.Settings     `setting:"tracing" restart:"true" help:"spans of OpenTelemetry"`
	Emulator       EmulatorConfig       `setting:"emulator" restart:"true" help:"the embedded backend"`
}

// TLSConfig is the certificate of the web services.
type TLSConfig struct {
	Certificate string `setting:"certificate" help:"certificate file (PEM); empty serves plain HTTP" example:"/etc/wsexchange/tls.crt"`
	Key         string `setting:"key" help:"private key file (PEM)" example:"/etc/wsexchange/tls.key"`
}

// AuthConfig says who may call.
type AuthConfig struct {
	Mode     string        `setting:"mode" default:"auto" oneof:"auto,emulator,ldap,file,off" help:"auto is emulator with the embedded backend, else ldap"`
	Realm    string        `setting:"realm" help:"realm of the challenge; empty is the host name of the request, as IIS does"`
	File     string        `setting:"file" help:"users file for mode file: lines DOMAIN\\login:bcrypt-hash"`
	CacheTTL time.Duration `setting:"cache-ttl" default:"1m" min:"1s" max:"24h" help:"how long a good pair is believed"`
	throttle.Settings
	LDAP LDAPConfig `setting:"ldap" help:"the domain controllers of mode ldap"`
}

// LDAPConfig is the domain controller that authenticates callers.
type LDAPConfig struct {
	Servers  []string `setting:"servers" help:"domain controllers, tried in order" example:"dc1.fabrikam.com,dc2.fabrikam.com"`
	Security string   `setting:"security" default:"ldaps" oneof:"ldaps,starttls,plain" help:"how connections are encrypted"`
	CAFile   string   `setting:"ca-file" help:"certificates (PEM) that the controllers' certificates must lead to; empty is the system's"`
	Domain   string   `setting:"domain" help:"NetBIOS name of the domain for logins without one" example:"FABRIKAM"`
	Group    string   `setting:"group" default:"Domain Admins" help:"group that callers must be a member of, nested memberships count"`
	BaseDN   string   `setting:"base-dn" help:"where accounts are searched; empty is the controller's default naming context"`
}

// Directory bounds the paths that callers may name.
type Directory struct {
	BaseDN      string   `setting:"base-dn" help:"paths of calls must be under this name, computers can be read in addition; the embedded engine and mockmpf open nothing outside of it; with the backends isapi and mpsws every text that reads as a path or a distinguished name must be, and GUIDs are refused if it is below a domain; empty is the emulator's domain" example:"OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"`
	Controllers []string `setting:"controllers" help:"domain controllers that a path may name; empty is the emulator's" example:"dc1.fabrikam.com"`
}

// MPFConfig is the way to the engines of the backends isapi and mpsws.
type MPFConfig struct {
	Engines   []string      `setting:"engines" help:"URLs of the engines" example:"http://mpf1/mpf/soapisapi.dll"`
	Timeout   time.Duration `setting:"timeout" default:"2m" min:"1ms" help:"longest time for one request"`
	Policy    string        `setting:"policy" default:"round-robin" oneof:"round-robin,failover" help:"which engine comes first of those that are well: the one with the fewest open requests, in turns, or the first of the list"`
	Exclusion time.Duration `setting:"exclusion" default:"1m" min:"1ms" help:"how long a failing engine is left out at least; after that, until a probe succeeds"`
	Probe     time.Duration `setting:"probe" default:"10s" min:"10ms" help:"how often each engine is probed, and how long a probe may take"`
	Username  string        `setting:"username" help:"service account at the engines; empty passes on the caller's credentials" example:"FABRIKAM\\MPFClientAcct"`
	Password  secret.String `setting:"password" secret:"true" help:"password of the service account"`
}

// MetricsConfig is the listener of metrics and health.
type MetricsConfig struct {
	Listen string `setting:"listen" default:"127.0.0.1:9464" help:"address of /metrics, /-/healthy and /-/ready; empty serves none"`
}

// LogConfig says what is logged.
type LogConfig struct {
	daemon.LogSettings
	Levels []string      `setting:"levels" help:"levels of single parts, part=level; the parts are daemon, gateway, auth, engine, ldap, pages" example:"auth=debug,ldap=warn"`
	Slow   time.Duration `setting:"slow" default:"5s" help:"calls that take so long are marked in the log; 0 marks none"`
}

// EmulatorConfig is the embedded backend.
type EmulatorConfig struct {
	Database    string        `setting:"database" help:"file, or postgres:// URL; empty is memory" example:"/var/lib/wsexchange/emulator.db"`
	Engine      string        `setting:"engine" help:"name in the audit of a shared database; empty is host and process" example:"gateway1"`
	Seed        string        `setting:"seed" help:"YAML file with the starting content; empty is the demo data"`
	LDAPListen  string        `setting:"ldap-listen" default:"127.0.0.1:3890" help:"address of the emulator's LDAP, with StartTLS given tls.certificate; empty serves none"`
	LDAPSecure  string        `setting:"ldaps-listen" help:"address of the emulator's ldaps, which needs tls.certificate" example:"127.0.0.1:6360"`
	LDAP        ldap.Settings `setting:"ldap" help:"limits of the emulator's LDAP listeners"`
	Pages       web.Settings  `setting:"pages" help:"pages for people, at the address of the web services"`
	HashCost    int           `setting:"hash-cost" default:"10" min:"4" max:"31" help:"bcrypt cost of passwords; each step doubles the time"`
	AuditLevel  string        `setting:"audit-level" default:"writes" oneof:"none,failed,writes,all" help:"which requests are kept in the audit log"`
	AuditKeep   time.Duration `setting:"audit-keep" default:"2160h" help:"how long the audit log keeps them; 0s keeps them permanently"`
	HistoryKeep time.Duration `setting:"history-keep" default:"168h" help:"how long transaction log and history of changes are kept; 0s is permanently"`
	DeletedKeep time.Duration `setting:"deleted-keep" default:"1440h" help:"how long LDAP can show deleted objects; 0s is permanently"`
	ErrorMap    string        `setting:"error-map" help:"XML file with the translations of the Error Provider; empty has none" example:"/etc/wsexchange/errors.xml"`
	Policies    []string      `setting:"policies" help:"choices made the other way, by name" example:"RefuseTakenContactAddresses"`
	PerfEnabled []string      `setting:"perf-enabled" default:"all" help:"procedures whose calls are counted in the metrics, as Namespace::Procedure, or a namespace for all of its own; all, or none" example:"Hosted Exchange,Managed Active Directory::CreateUser"`

	root *state.Root // content of an emulator in memory, for check
}

// Validate refuses settings that do not fit together.
func (c *Config) Validate() error {
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		refuse("tls.certificate and tls.key must be set together")
	}
	if _, err := engine.ParsePolicies(c.Emulator.Policies); err != nil {
		refuse("emulator.policies: %w", err)
	}
	if c.Emulator.LDAPSecure != "" && c.TLS.Certificate == "" {
		refuse("emulator.ldaps-listen: ldaps needs tls.certificate")
	}
	if c.Backend != "embedded" {
		if len(c.MPF.Engines) == 0 {
			refuse("mpf.engines: the backend %s needs at least one", c.Backend)
		}
		if c.Directory.BaseDN == "" {
			refuse("directory.base-dn: the backend %s needs it", c.Backend)
		}
		if c.Auth.Mode == "emulator" {
			refuse("auth.mode: emulator needs the embedded backend")
		}
		if c.authMode() == "off" && c.MPF.Username == "" {
			refuse("mpf.username: with auth.mode off there is no caller whose credentials the backend %s could pass on", c.Backend)
		}
	}
	if c.MPF.Username != "" && c.MPF.Password.IsZero() {
		refuse("mpf.username: the account has no password: set mpf.password-file")
	}
	if c.CloseWSDL && c.authMode() == "off" {
		refuse("close-wsdl: with auth.mode off nobody's credentials are checked")
	}
	if c.Auth.MaxWait < c.Auth.Window {
		refuse("auth.throttle-max: the longest time must not be shorter than the first, auth.throttle-window")
	}
	for _, engine := range c.MPF.Engines {
		if u, err := url.Parse(engine); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			refuse("mpf.engines: an engine must be an http or https URL without credentials")
		}
	}
	if c.Directory.BaseDN != "" {
		if dn, err := ldappath.ParseDN(c.Directory.BaseDN); err != nil {
			refuse("directory.base-dn: %w", err)
		} else if domainOf(dn).IsZero() {
			refuse("directory.base-dn: %q has no DC part", c.Directory.BaseDN)
		}
	}
	if _, err := c.logs(io.Discard); err != nil {
		refuse("log.levels: %w", err)
	}
	wrong = append(wrong, c.Admin.Validate(), c.Tracing.Validate())
	switch mode := c.authMode(); {
	case mode == "ldap" && len(c.Auth.LDAP.Servers) == 0:
		refuse("auth.ldap.servers: the mode ldap needs at least one")
	case mode == "file" && c.Auth.File == "":
		refuse("auth.file: the mode file needs it")
	}
	return errors.Join(wrong...)
}

// Parts of the program that log at levels of their own.
const (
	partDaemon  = "daemon"
	partGateway = "gateway"
	partAuth    = "auth"
	partEngine  = "engine"
	partLDAP    = "ldap"
	partPages   = "pages"
)

// logs makes the loggers.
func (c *Config) logs(w io.Writer) (*daemon.Logs, error) {
	logs, err := daemon.NewLogs(w, c.Log.Format, partDaemon, partGateway, partAuth, partEngine, partLDAP, partPages)
	if err != nil {
		return nil, err
	}
	return logs, logs.Set(c.Log.Level, c.Log.Levels)
}

// authMode resolves "auto".
func (c *Config) authMode() string {
	switch {
	case c.Auth.Mode != "auto":
		return c.Auth.Mode
	case c.Backend == "embedded":
		return "emulator"
	}
	return "ldap"
}
