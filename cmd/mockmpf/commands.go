package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"wsexchange/internal/config"
	"wsexchange/internal/daemon"
	"wsexchange/mock/store"
)

// program holds what the sub-commands need.
type program struct {
	loader  *config.Loader[Config]
	environ []string
}

// configured gives a sub-command every setting as a flag.
func (p *program) configured(c *cobra.Command, run func(*cobra.Command, *Config) error) *cobra.Command {
	p.loader.AddFlags(c.Flags())
	c.Args = cobra.NoArgs
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := p.loader.Load(c.Flags(), p.environ)
		if err != nil {
			return err
		}
		return run(c, cfg)
	}
	return c
}

func (p *program) configurationCommand() *cobra.Command {
	return &cobra.Command{
		Use: "configuration", Short: "Print every setting as Markdown", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.loader.Markdown(c.OutOrStdout()) },
	}
}

func healthcheck(c *cobra.Command, cfg *Config) error {
	if cfg.Metrics.Listen == "" {
		return errors.New("metrics.listen is empty: there is nothing to ask")
	}
	return daemon.Probe(c.Context(), "http://"+dialable(cfg.Metrics.Listen)+"/-/ready")
}

// seedCommand prints the demo data, to be changed, or tests what came of it.
func seedCommand() *cobra.Command {
	return &cobra.Command{
		Use: "seed [FILE]", Short: "Print the demo data as YAML, or tell whether a file is a good seed", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := c.OutOrStdout().Write(store.DefaultSeedYAML())
				return err
			}
			return checkSeed(c, args[0])
		},
	}
}

func checkSeed(c *cobra.Command, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	defer func() { _ = file.Close() }()
	seed, err := store.LoadSeed(file)
	if err != nil {
		return fmt.Errorf("seed %s: %w", path, err)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s is a good seed: domain %s, %d accounts, %d resellers, %d Exchange servers, %d plans\n",
		path, seed.Domain.Name, len(seed.Accounts), len(seed.Hosting.Resellers), len(seed.Exchange.Servers), len(seed.Plans.Plans))
	return err
}
