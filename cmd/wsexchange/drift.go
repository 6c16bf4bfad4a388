package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wsexchange/internal/daemon"
	"wsexchange/internal/drift"
)

// driftOptions are the flags of drift alone.
type driftOptions struct {
	repair, metricsFile string
	passwords           bool
}

const driftHelp = `Compare what H-Sphere remembers with the directory, through the backend of the
configuration, and print in what they do not agree: ghosts are in the panel and
not in the directory, orphans in the directory and not in the panel, differences
in both with other values. Nothing is changed on either side.

With the embedded backend a copy of the emulator's database is looked at, so a
gateway may be running on it.

The exit status is 0 if they agree, 1 if they do not, 2 if they could not be
compared.`

func driftCommand(p *daemon.Program[Config]) *cobra.Command {
	more := &driftOptions{}
	c, _ := panelCommand(p, &cobra.Command{
		Use: "drift --panel DATABASE", Short: "Compare H-Sphere's database with the directory", Long: driftHelp,
		Example: `  wsexchange drift --panel postgres://hsphere@cp.example/hsphere
  wsexchange drift --panel export/ --organization acme --format json
  wsexchange drift --panel export/ --repair repairs/    write the requests that would mend it`,
	}, more.run)
	flags := c.Flags()
	flags.StringVar(&more.repair, "repair", "",
		"folder for the requests that make the directory follow the panel, as files for provtest; nothing is sent")
	flags.StringVar(&more.metricsFile, "metrics-file", "",
		"file for the textfile collector of node_exporter, such as /var/lib/prometheus/node-exporter/wsexchange.prom")
	flags.BoolVar(&more.passwords, "check-passwords", false,
		"log on with each user's password; one that is wrong counts towards a lockout, with the embedded backend in the copy only")
	return c
}

func (d *driftOptions) run(c *cobra.Command, cfg *Config, o *panelOptions) error {
	summary, err := d.compare(c, cfg, o)
	if d.metricsFile != "" {
		if failed := drift.WriteMetrics(d.metricsFile, summary, time.Now()); failed != nil {
			err = errors.Join(err, fmt.Errorf("metrics-file: %w", failed))
		}
	}
	if err != nil {
		return err
	}
	if total := summary.Total(); total > 0 {
		return &exitError{fmt.Errorf("panel and directory do not agree: %d findings", total), statusDiffers}
	}
	return nil
}

// compare runs the comparison; its summary is nil if there was an error.
func (d *driftOptions) compare(c *cobra.Command, cfg *Config, o *panelOptions) (_ *drift.Summary, err error) {
	s, ctx, err := o.open(c, cfg, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if d.passwords {
		if s.drift.Logon, err = s.logon(cfg); err != nil {
			return nil, err
		}
	}
	var repairs *drift.Repairs
	if d.repair != "" {
		if repairs, err = drift.NewRepairs(d.repair); err != nil {
			return nil, fmt.Errorf("repair: %w", err)
		}
	}
	report := drift.NewText(c.OutOrStdout())
	if o.format == "json" {
		report = drift.NewJSON(c.OutOrStdout(), s.panel.Opened())
	}
	bar := newProgress(c.ErrOrStderr(), "comparing", s.users)
	defer bar.end()
	summary, err := drift.Compare(ctx, s.drift, s.panel, func(r *drift.Result) (err error) {
		bar.apart(func() { err = report.Result(r) })
		if err == nil && repairs != nil {
			err = repairs.Add(r)
		}
		bar.add(r.Users)
		return err
	})
	bar.end()
	if repairs != nil {
		number, failed := repairs.Close()
		err = errors.Join(err, failed)
		if err == nil {
			_, _ = fmt.Fprintf(c.ErrOrStderr(), "%d requests are in %s; apply.sh there submits them\n", number, d.repair)
		}
	}
	if err != nil {
		return nil, err
	}
	return summary, report.End(summary)
}
