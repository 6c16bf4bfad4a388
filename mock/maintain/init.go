package maintain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"wsexchange/mock"
	"wsexchange/mock/deployment"
	"wsexchange/mock/engine"
	"wsexchange/mock/ledger"
	"wsexchange/mock/namespace"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// ErrRequirements is that requirements of the deployment guide are not met.
var ErrRequirements = errors.New("requirements are not met")

func initialize(configured Configured) *cobra.Command {
	var (
		in             deployment.Input
		at             engineFlags
		status, asJSON bool
	)
	c := configured(&cobra.Command{
		Use: "init", Short: "Prepare a new installation: run the initialisers of the deployment guide, or tell how far it is", Args: cobra.NoArgs,
		Long: "Runs the initialisers in the order of the deployment guide: the Exchange organization, the hosting OU, groups and accounts\n" +
			"of the services, the plan database, the plans that H-Sphere knows. Each may run again; what is there stays as it is. A\n" +
			"database that is missing is made with the starting content; \"seed --virgin\" prints that of a domain with nothing set up.\n" +
			"With --status it changes nothing: it prints the guide's tree, each requirement with its state, a reason and the next step,\n" +
			"while the program runs or not. The exit status is 1 if a requirement is not met.",
	}, func(c *cobra.Command, cfg mock.Config, _ []string) error {
		if !status {
			return Initialize(c.Context(), c.OutOrStdout(), cfg, in, at)
		}
		tree, err := Status(c.Context(), cfg)
		if err != nil {
			return err
		}
		return printTree(c.OutOrStdout(), tree, asJSON)
	})
	c.Flags().StringVar(&in.Hosting, "hosting", "", "name of the hosting organization; Hosting unless there is one")
	c.Flags().StringVar(&in.Exchange, "exchange-organization", "", "name of the Exchange organization; First Organization unless there is one")
	c.Flags().StringVar(&in.Controller, "controller", "", "preferred domain controller; the first one without it")
	c.Flags().BoolVar(&status, "status", false, "print the requirements and change nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	at.add(c)
	return c
}

// Initialize runs the initialisers and prints a line for each. What was done
// before one that fails stays.
func Initialize(ctx context.Context, w io.Writer, cfg mock.Config, in deployment.Input, at engineFlags) (err error) {
	ctx, submitter, closeEngine, err := at.open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeEngine()) }()
	if in.Controller == "" {
		if in.Controller, err = firstController(ctx, submitter); err != nil {
			return err
		}
	}
	return deployment.Initialize(ctx, submitter, in, func(s deployment.Step, failed error) {
		verdict := "ok    "
		if failed != nil {
			verdict = "FAIL  "
		}
		_ = say(w, "%s%s\n", verdict, s.Name)
	})
}

// firstController returns a domain controller of an engine that this program
// has opened. Of another one it has to be told.
func firstController(ctx context.Context, submitter mpf.Submitter) (found string, err error) {
	own, ok := submitter.(*engine.Engine)
	if !ok {
		return "", errors.New("--isapi needs --controller, the name of a domain controller")
	}
	return own.ControllerNamed(ctx, "")
}

// Status returns the requirements with what the database of a configuration
// tells of them, or, without one, the starting content. An emulator may have the
// database open.
func Status(ctx context.Context, cfg mock.Config) (deployment.Requirement, error) {
	root, err := content(ctx, cfg)
	if err != nil {
		return deployment.Requirement{}, err
	}
	at := deployment.Surroundings{Database: ledger.Redacted(cfg.Database)}
	for _, n := range namespace.All() {
		at.Namespaces = append(at.Namespaces, n.Name)
	}
	return deployment.Tree(root.Read(state.Env{}), at)
}

func content(ctx context.Context, cfg mock.Config) (*state.Root, error) {
	if cfg.Database == "" {
		return cfg.StartingContent(ctx)
	}
	schema, err := seed.Schema()
	if err != nil {
		return nil, err
	}
	read, err := ledger.ReadFile(ctx, schema, cfg.Database)
	if err != nil {
		return nil, err
	}
	return read.Root(), nil
}

func printTree(w io.Writer, tree deployment.Requirement, asJSON bool) error {
	var err error
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(tree)
	} else {
		err = deployment.Write(w, tree)
	}
	if open := tree.Open(); err == nil && open > 0 {
		err = fmt.Errorf("%d %w", open, ErrRequirements)
	}
	return err
}
