package ldap

import (
	"time"

	"wsexchange/mock/ldap/connection"
)

// Settings are what clients may make LDAP listeners do, as programs have it
// among their settings.
type Settings struct {
	SizeLimit        int           `setting:"size-limit" default:"1000" min:"1" help:"most entries of one answer"`
	Timeout          time.Duration `setting:"timeout" default:"30s" min:"1ms" help:"longest time for one search"`
	MaxWork          int           `setting:"max-work" default:"1000000" min:"1" help:"most objects that one search may look at"`
	Ping             bool          `setting:"ping" default:"true" help:"answer LDAP pings over UDP at the address of each plain listener"`
	MaxConnections   int           `setting:"max-connections" default:"1000" min:"1" help:"most connections of one listener"`
	MaxPerAddress    int           `setting:"max-connections-per-address" default:"200" min:"1" help:"most connections of one client address to one listener"`
	IdleTimeout      time.Duration `setting:"idle-timeout" default:"15m" min:"1s" help:"how long a client that is bound may send nothing"`
	AnonymousTimeout time.Duration `setting:"anonymous-timeout" default:"1m" min:"1s" help:"how long a client that is not bound may send nothing"`
	ReadTimeout      time.Duration `setting:"read-timeout" default:"30s" min:"1s" help:"how long a client may take to send one request"`
	WriteTimeout     time.Duration `setting:"write-timeout" default:"30s" min:"1s" help:"how long a client may leave an answer unread"`
}

// Config returns a configuration with the limits of the settings.
func (s Settings) Config(cfg Config) Config {
	cfg.SizeLimit, cfg.Timeout, cfg.MaxWork, cfg.Ping = s.SizeLimit, s.Timeout, s.MaxWork, s.Ping
	cfg.Connections = connection.Config{
		MaxConnections: s.MaxConnections, MaxConnectionsPerAddress: s.MaxPerAddress,
		IdleTimeout: s.IdleTimeout, AnonymousTimeout: s.AnonymousTimeout, ReadTimeout: s.ReadTimeout, WriteTimeout: s.WriteTimeout,
	}
	return cfg
}
