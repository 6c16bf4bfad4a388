//go:build !linux

package ledger

import "syscall"

// giveUp does nothing where the timeout of Linux is not known.
func giveUp(_, _ string, _ syscall.RawConn) error { return nil }
