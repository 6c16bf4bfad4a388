package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"wsexchange/internal/daemon"
	"wsexchange/mock"
	"wsexchange/mock/seed"
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

// seedCommand prints the demo data, to be changed, or tests what came of it.
func seedCommand() *cobra.Command {
	return &cobra.Command{
		Use: "seed [FILE]", Short: "Print the demo data as YAML, or tell whether a file is a good seed", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := c.OutOrStdout().Write(seed.DefaultYAML())
				return err
			}
			return checkSeed(c, args[0])
		},
	}
}

func checkSeed(c *cobra.Command, path string) error {
	seed, err := seed.LoadFile(path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s is a good seed: domain %s, %d accounts, %d resellers, %d Exchange servers, %d plans\n",
		path, seed.Domain.Name, len(seed.Accounts), len(seed.Hosting.Resellers), len(seed.Exchange.Servers), len(seed.Plans.Plans))
	return err
}
