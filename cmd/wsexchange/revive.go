package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"wsexchange/internal/daemon"
	"wsexchange/internal/revive"
)

// reviveOptions are the flags of revive alone.
type reviveOptions struct {
	dryRun    bool
	passwords string
}

const reviveHelp = `Build in the directory what H-Sphere remembers: resellers, organizations with
their domains, sizes and plans, public folders, contacts, users with passwords,
plans and addresses, disabled where their account is suspended, lists and their
members. It submits the requests that the panel would make, through the backend
of the configuration. The panel's database is only read.

What is there already is compared: what agrees stays, what differs gets the
panel's value, nothing is deleted. So a run that was interrupted is repeated with
the same command, and goes on from there. Afterwards drift finds nothing.

A password that the policy refuses is replaced by a generated one, which is
appended to the file of --generated-passwords.

With the embedded backend stop the gateway first: the database is one program's
at a time. Or submit to the running one: --backend mpsws with its
MPSGeneral.asmx as mpf.engines.

The exit status is 0 if all is there, 1 if something could not be made, 2 if the
panel or the engine could not be asked.`

func reviveCommand(p *daemon.Program[Config]) *cobra.Command {
	more := &reviveOptions{}
	c, _ := panelCommand(p, &cobra.Command{
		Use: "revive --panel DATABASE", Short: "Build in an empty directory what H-Sphere remembers", Long: reviveHelp,
		Example: `  wsexchange revive --panel postgres://hsphere@cp.example/hsphere --dry-run
  wsexchange revive --panel export/ --emulator.database /var/lib/wsexchange/emulator.db`,
	}, more.run)
	flags := c.Flags()
	flags.BoolVar(&more.dryRun, "dry-run", false, "only print what would be made")
	flags.StringVar(&more.passwords, "generated-passwords", "generated-passwords",
		"file of mode 0600 that generated passwords are appended to, a line for each user")
	return c
}

// errInMemory is that what would be built would be gone at once.
var errInMemory = errors.New("emulator.database is not set: what is built in memory ends with the program")

func (r *reviveOptions) run(c *cobra.Command, cfg *Config, o *panelOptions) (err error) {
	if cfg.Backend == embedded && cfg.Emulator.Database == "" && !r.dryRun {
		return errInMemory
	}
	s, ctx, err := o.open(c, cfg, r.dryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	bar := newProgress(c.ErrOrStderr(), "building", s.users)
	defer bar.end()
	lines := c.OutOrStdout()
	if o.format == "json" {
		lines = c.ErrOrStderr()
	}
	summary, err := revive.Run(ctx, revive.Config{
		Drift: s.drift, DryRun: r.dryRun, Passwords: r.passwords, Progress: bar.add,
		Line: func(text string) { bar.apart(func() { _, _ = fmt.Fprintln(lines, text) }) },
	}, s.panel)
	bar.end()
	if o.format == "json" {
		err = errors.Join(err, json.NewEncoder(c.OutOrStdout()).Encode(summary))
	} else {
		_, _ = fmt.Fprint(c.OutOrStdout(), summary)
	}
	switch {
	case err != nil:
		return fmt.Errorf("interrupted, run it again: %w", err)
	case !summary.Complete():
		return &exitError{errors.New("not everything could be made"), statusDiffers}
	}
	return nil
}
