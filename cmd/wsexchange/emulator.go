package main

import (
	"github.com/spf13/cobra"

	"wsexchange/internal/daemon"
	"wsexchange/mock"
	"wsexchange/mock/maintain"
)

// emulatorCommand has the commands that keep the database of the embedded
// backend.
func emulatorCommand(p *daemon.Program[Config]) *cobra.Command {
	c := &cobra.Command{
		Use: "emulator", Short: "Keep the database of the embedded backend: backup, restore, export, import, seed, init, oab-update", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(maintain.Commands(func(c *cobra.Command, run func(*cobra.Command, mock.Config, []string) error) *cobra.Command {
		return p.ConfiguredArgs(c, []string{"emulator.database", "emulator.seed"}, func(c *cobra.Command, cfg *Config, args []string) error {
			return run(c, cfg.Emulator.kept(), args)
		})
	})...)
	return c
}

// kept picks the settings of the emulator's database.
func (c *EmulatorConfig) kept() mock.Config {
	return mock.Config{
		Database: c.Database, SeedFile: c.Seed, HashCost: c.HashCost, KeepAudit: mock.Kept(c.AuditKeep), KeepHistory: mock.Kept(c.HistoryKeep),
	}
}
