package throttle

import (
	"net/netip"
	"time"
)

// Settings are the limits as programs have them among their settings.
type Settings struct {
	AccountFailures int            `setting:"account-failures" default:"5" min:"1" help:"bad passwords of one account from one source within the window"`
	SourceFailures  int            `setting:"source-failures" default:"20" min:"1" help:"bad passwords of one source within the window"`
	Window          time.Duration  `setting:"throttle-window" default:"1m" min:"1s" help:"window in which bad passwords are counted"`
	MaxWait         time.Duration  `setting:"throttle-max" default:"15m" min:"1s" help:"longest time that a source is refused"`
	Exempt          []netip.Prefix `setting:"throttle-exempt" help:"networks of gateways, whose bad passwords are not counted" example:"192.0.2.10/32"`
}

// Config returns the settings as New takes them.
func (s Settings) Config() Config {
	return Config{
		AccountFailures: s.AccountFailures, SourceFailures: s.SourceFailures, Window: s.Window, MaxWait: s.MaxWait, Exempt: s.Exempt,
	}
}
