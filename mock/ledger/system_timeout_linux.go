package ledger

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// giveUp makes a connection fail whose other end has not acknowledged what was
// sent for too long.
func giveUp(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence.Milliseconds())) // Unix sockets have none
	})
}
