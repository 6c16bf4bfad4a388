package main

import (
	"os"

	"wsexchange/internal/daemon"
	"wsexchange/mock"
	"wsexchange/mock/control"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
)

// testing gives what the control API needs of the emulator, nil without it.
func (c ControlConfig) testing() *mock.Testing {
	if c.Listen == "" {
		return nil
	}
	t := &mock.Testing{
		Faults:  fault.Config{Header: c.FaultHeaders},
		Journal: journal.Config{Entries: c.JournalEntries, Bytes: int(c.JournalSize)},
	}
	if c.AllowKill {
		t.Faults.Kill = kill
	}
	return t
}

// kill ends the process as a crash does: nothing is closed or written.
func kill() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill() // if it fails the process goes on, and the rule's test tells
	}
}

// openControl opens the listener of the control API.
func (s *service) openControl(cfg *Config) error {
	if cfg.Control.Listen == "" {
		return nil
	}
	handler, err := control.New(s.emulator, cfg.Control.Token.Reveal())
	if err != nil {
		return err
	}
	s.control, err = daemon.Listen("control.listen", cfg.Control.Listen, handler)
	return err
}
