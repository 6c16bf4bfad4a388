package ldap

import (
	"io"
	"log/slog"
	"net"

	"github.com/hashicorp/go-hclog"
)

// libraryLog makes the logger of the LDAP library. The library opens its
// listener itself and tells the address, and with port 0 the port, nowhere but
// in its log; the first address there is sent to listening.
//
// The level keeps it from writing packets, which have passwords in them.
func libraryLog(logger *slog.Logger, listening chan<- net.Addr) hclog.Logger {
	log := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Info, Output: io.Discard})
	log.RegisterSink(&listener{logger: logger, listening: listening})
	return log
}

// listener listens to the library's log.
type listener struct {
	logger    *slog.Logger
	listening chan<- net.Addr
}

// Accept passes on what went wrong, for people who look for it: a client that
// talks no LDAP, or goes away, is no fault here. Of the arguments only the
// error and the numbers are taken, for others show the insides of connections.
func (l *listener) Accept(_ string, level hclog.Level, message string, arguments ...any) {
	if level < hclog.Info {
		return
	}
	var known []any
	for i := 0; i+1 < len(arguments); i += 2 {
		switch arguments[i] {
		case "addr":
			if address, ok := arguments[i+1].(net.Addr); ok {
				select {
				case l.listening <- address:
				default:
				}
			}
		case "err", "conn", "requestID":
			known = append(known, arguments[i], arguments[i+1])
		}
	}
	l.logger.Debug("LDAP library: "+message, known...)
}
