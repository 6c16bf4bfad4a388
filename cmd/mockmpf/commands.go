package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"wsexchange/internal/daemon"
	"wsexchange/mock"
	"wsexchange/mock/maintain"
)

// checkConfiguration opens the files that the configuration names.
func checkConfiguration(cfg *Config) error {
	files, _, err := daemon.OpenTLS(cfg.TLS.Certificate, cfg.TLS.Key, slog.New(slog.DiscardHandler))
	if err != nil {
		err = fmt.Errorf("tls: %w", err)
	} else if files != nil {
		err = files.Close()
	}
	return errors.Join(err, mock.Config{SeedFile: cfg.Seed, ErrorMapFile: cfg.ErrorMap, PerfEnabled: cfg.PerfEnabled}.Check())
}

// maintenance returns the commands that keep the database.
func maintenance(p *daemon.Program[Config]) []*cobra.Command {
	return maintain.Commands(func(c *cobra.Command, run func(*cobra.Command, mock.Config, []string) error) *cobra.Command {
		return p.ConfiguredArgs(c, []string{"database", "seed"}, func(c *cobra.Command, cfg *Config, args []string) error {
			return run(c, cfg.kept(), args)
		})
	})
}

// kept picks the settings of the emulator's database.
func (c *Config) kept() mock.Config {
	return mock.Config{
		Database: c.Database, SeedFile: c.Seed, KeepAudit: mock.Kept(c.AuditKeep), KeepHistory: mock.Kept(c.HistoryKeep),
	}
}
