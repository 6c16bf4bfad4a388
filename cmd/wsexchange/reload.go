package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"

	"wsexchange/adapter/auth"
	"wsexchange/internal/config"
	"wsexchange/mock"
)

// apply changes the running gateway to a configuration, all or nothing.
func (s *service) apply(cfg *Config, changed []config.Change) error {
	next, err := s.nextState(s.current.Load(), cfg, changed)
	if err != nil {
		return err
	}
	if err := s.logs.Set(cfg.Log.Level, cfg.Log.Levels); err != nil {
		return err
	}
	s.auth.Follow(next.gate)
	s.current.Store(next)
	s.Health.Started(s.checks()...)
	return nil
}

// nextState makes what the configuration asks for, and keeps what it leaves
// alone: the gate with its memory of bad passwords, and the engines.
func (s *service) nextState(old *current, cfg *Config, changed []config.Change) (*current, error) {
	next := &current{cfg: cfg, gate: old.gate}
	var err error
	engines := config.Touched(changed, "mpf")
	if next.backend, err = old.backend.reconfigured(cfg, engines); err != nil {
		return nil, err
	}
	if engines && next.backend.emulator == nil {
		if err := next.backend.settleEngines(context.Background(), cfg); err != nil {
			return nil, err
		}
	}
	if config.Touched(changed, "auth", "trusted-proxies") {
		if next.gate, err = cfg.gate(next.backend, s.authLogger, s.decided); err != nil {
			return nil, err
		}
	}
	next.handler, err = old.handler.Reconfigured(s.adapterConfig(cfg, next.backend, next.gate))
	return next, err
}

// checkConfiguration opens the files that the configuration names.
func checkConfiguration(cfg *Config) error {
	var wrong []error
	if cfg.TLS.Certificate != "" {
		if _, err := tls.LoadX509KeyPair(cfg.TLS.Certificate, cfg.TLS.Key); err != nil {
			wrong = append(wrong, fmt.Errorf("tls: %w", err))
		}
	}
	if mode := cfg.authMode(); mode == "file" || mode == "ldap" {
		_, err := cfg.gate(&backend{}, slog.New(slog.DiscardHandler), func(auth.Decision) {})
		wrong = append(wrong, err)
	}
	if cfg.Backend != "embedded" {
		wrong = append(wrong, new(backend).openEngines(cfg))
	} else {
		e := cfg.Emulator
		wrong = append(wrong, mock.Config{SeedFile: e.Seed, ErrorMapFile: e.ErrorMap, PerfEnabled: e.PerfEnabled}.Check())
	}
	return errors.Join(wrong...)
}
