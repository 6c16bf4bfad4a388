package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
)

// supervisor reports the life of a program to the systemd that started it with
// Type=notify. Without one, all of it does nothing.
type supervisor struct{ logger *slog.Logger }

// stopGrace is how much longer a stop may take than the settings say.
const stopGrace = 10 * time.Second

func (s supervisor) ready() { s.notify(systemd.SdNotifyReady) }

// reloading reports that a reload begins, and returns what reports its end.
func (s supervisor) reloading() (done func()) {
	s.notify(systemd.SdNotifyReloading + "\n" + systemd.SdNotifyMonotonicUsec())
	return s.ready
}

// stopping asks for as much time as the settings give to calls under way, so
// that TimeoutStopSec of the unit need not follow them.
func (s supervisor) stopping(longest time.Duration) {
	s.notify(fmt.Sprintf("%s\nEXTEND_TIMEOUT_USEC=%d", systemd.SdNotifyStopping, (longest + stopGrace).Microseconds()))
}

func (s supervisor) notify(state string) {
	if _, err := systemd.SdNotify(false, state); err != nil {
		s.logger.Warn("notifying systemd", "error", err)
	}
}

// watch keeps the watchdog of the unit quiet while alive returns no error,
// until ctx ends. It asks twice within the time that the unit allows.
func (s supervisor) watch(ctx context.Context, alive func(context.Context) error) {
	allowed, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		s.logger.Warn("watchdog of systemd", "error", err)
	}
	if allowed <= 0 {
		return
	}
	ticks := time.NewTicker(allowed / 2)
	defer ticks.Stop()
	for {
		asked, cancel := context.WithTimeout(ctx, allowed/2)
		err := alive(asked)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.logger.Error("the program does not answer itself", "error", err)
		default:
			s.notify(systemd.SdNotifyWatchdog)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// alive asks the health listener, as a stranger would, whether the program
// answers at all; it does not ask whether it is ready, as a restart mends no
// engine and no directory. Without that listener, running is enough.
func (f *Frame[C]) alive(ctx context.Context) error {
	address := f.metrics.url("/-/healthy")
	if address == "" {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
