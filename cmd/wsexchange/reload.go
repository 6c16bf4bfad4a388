package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wsexchange/adapter/auth"
	"wsexchange/internal/config"
	"wsexchange/mock/store"
)

// reloaded is what a reload did, fit to be shown.
type reloaded struct {
	Changed []config.Change `json:"changed"`
	// Restart lists what has changed too and waits for the next start.
	Restart []config.Change `json:"restart"`
}

// reload reads the configuration anew and applies what a running program can
// change, all or nothing. It logs what came of it.
func (s *service) reload() (any, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	done, err := s.tryReload()
	s.reloads.count(err, time.Now())
	if err != nil {
		s.logger.Error("the configuration is not changed", "error", err)
		return nil, err
	}
	for _, change := range done.Changed {
		s.logger.Info("setting changed", "key", change.Key, "old", change.Old, "new", change.New)
	}
	for _, change := range done.Restart {
		s.logger.Warn("setting needs a restart", "key", change.Key, "running", change.Old, "new", change.New)
	}
	s.logger.Info("configuration reloaded", "changed", len(done.Changed), "restart", len(done.Restart))
	return done, nil
}

func (s *service) tryReload() (reloaded, error) {
	loaded, err := s.load()
	if err != nil {
		return reloaded{}, err
	}
	old := s.current.Load()
	cfg, waiting := config.Merge(old.cfg, loaded)
	done := reloaded{Changed: config.Diff(old.cfg, cfg), Restart: waiting}
	if err := cfg.Validate(); err != nil {
		return reloaded{}, fmt.Errorf("with the settings that need a restart as they are: %w", err)
	}
	next, err := s.nextState(old, cfg, done.Changed)
	if err != nil {
		return reloaded{}, err
	}
	if s.tls != nil {
		if err := s.tls.Reload(); err != nil {
			return reloaded{}, err
		}
	}
	if err := s.logs.Set(cfg.Log.Level, cfg.Log.Levels); err != nil {
		return reloaded{}, err
	}
	s.auth.Follow(next.gate)
	s.current.Store(next)
	s.health.Started(s.checks()...)
	return done, nil
}

// nextState makes what the configuration asks for, and keeps what it leaves
// alone: the gate with its memory of bad passwords, and the engines.
func (s *service) nextState(old *state, cfg *Config, changes []config.Change) (*state, error) {
	changed := func(sections ...string) bool {
		for _, c := range changes {
			for _, section := range sections {
				if c.Key == section || strings.HasPrefix(c.Key, section+".") {
					return true
				}
			}
		}
		return false
	}
	next := &state{cfg: cfg, gate: old.gate}
	var err error
	if next.backend, err = old.backend.reconfigured(cfg, changed("mpf")); err != nil {
		return nil, err
	}
	if changed("auth", "trusted-proxies") {
		if next.gate, err = cfg.gate(next.backend, s.authLogger, s.decided); err != nil {
			return nil, err
		}
	}
	next.handler, err = old.handler.Reconfigured(s.adapterConfig(cfg, next.backend, next.gate))
	return next, err
}

// checkConfiguration opens the files that the configuration names, and nothing
// else. That its values are good has been seen when it was loaded.
func checkConfiguration(c *cobra.Command, cfg *Config) error {
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
	} else if cfg.Emulator.Seed != "" {
		wrong = append(wrong, checkSeed(cfg.Emulator.Seed))
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	_, err := io.WriteString(c.OutOrStdout(), "the configuration is good\n")
	return err
}

func checkSeed(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("emulator.seed: %w", err)
	}
	defer func() { _ = file.Close() }()
	if _, err := store.LoadSeed(file); err != nil {
		return fmt.Errorf("emulator.seed: %s: %w", path, err)
	}
	return nil
}
