// Command wsexchange is the gateway that H-Sphere points its MS Exchange URL
// at. See its --help, and docs/configuration.md for every setting.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/spf13/cobra"

	"wsexchange/internal/config"
	"wsexchange/internal/daemon"
	"wsexchange/internal/version"
	"wsexchange/wsdl"
)

// largestLDAP bounds what the emulator's LDAP door reads as one request, in
// bytes. The library has this as a setting of the process.
const largestLDAP = 1 << 20

func main() {
	ber.MaxPacketLengthBytes = largestLDAP
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program: arguments and environment in, exit status out.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	root, err := command(environ)
	if err == nil {
		root.SetArgs(args)
		root.SetOut(stdout)
		root.SetErr(stderr)
		err = root.ExecuteContext(ctx)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "wsexchange:", err)
		return 1
	}
	return 0
}

const environmentPrefix = "WSEXCHANGE_"

// program holds what every sub-command needs.
type program struct {
	loader  *config.Loader[Config]
	environ []string
}

func command(environ []string) (*cobra.Command, error) {
	loader, err := config.New[Config](environmentPrefix)
	if err != nil {
		return nil, err
	}
	p := &program{loader: loader, environ: slices.DeleteFunc(slices.Clone(environ), forCheck)}
	root := &cobra.Command{
		Use:           "wsexchange",
		Short:         "Serves H-Sphere's four Exchange web services and turns them into MPF requests",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.AddCommand(
		p.serveCommand(),
		p.configured(&cobra.Command{Use: "check", Short: "Tell line by line whether everything that serve needs is there, with cause and cure"}, check),
		p.configured(&cobra.Command{Use: "healthcheck", Short: "Ask a running gateway whether it is ready; exit status 0 if so"}, healthcheck),
		wsdlCommand(),
		&cobra.Command{
			Use: "version", Short: "Print the version", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				_, err := fmt.Fprintln(c.OutOrStdout(), version.String())
				return err
			},
		},
		&cobra.Command{
			Use: "configuration", Short: "Print every setting as Markdown", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return loader.Markdown(c.OutOrStdout()) },
		},
	)
	return root, nil
}

// forCheck tells the variables of check's account, which are no settings.
func forCheck(variable string) bool { return strings.HasPrefix(variable, environmentPrefix+"CHECK_") }

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

func healthcheck(c *cobra.Command, cfg *Config) error {
	if cfg.Metrics.Listen == "" {
		return fmt.Errorf("metrics.listen is empty: there is nothing to ask")
	}
	return daemon.Probe(c.Context(), "http://"+dialable(cfg.Metrics.Listen)+"/-/ready")
}

func wsdlCommand() *cobra.Command {
	var location string
	c := &cobra.Command{
		Use: "wsdl SERVICE", Short: "Print the WSDL of a service", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			service, ok := wsdl.Lookup(args[0])
			if !ok {
				return fmt.Errorf("there is no service %q; the services are HostedExchange, ExchangeResourceManager, ManagedActiveDirectory, MPSGeneral", args[0])
			}
			address := location
			if address == "" {
				address = "http://localhost/MPSWS/" + service.Name + ".asmx"
			}
			_, err := c.OutOrStdout().Write(wsdl.Render(service, address))
			return err
		},
	}
	c.Flags().StringVar(&location, "location", "", "address of the service in the WSDL; empty is http://localhost/MPSWS/SERVICE.asmx")
	return c
}
