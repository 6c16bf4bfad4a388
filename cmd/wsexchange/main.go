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

	"github.com/spf13/cobra"

	"wsexchange/internal/daemon"
	"wsexchange/wsdl"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program: arguments and environment in, exit status out.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	return daemon.Run(ctx, daemon.Invocation{Name: "wsexchange", Args: args, Environ: environ, Stdout: stdout, Stderr: stderr}, command)
}

const environmentPrefix = "WSEXCHANGE_"

func command(environ []string) (*cobra.Command, error) {
	p, err := daemon.NewProgram[Config](environmentPrefix, slices.DeleteFunc(slices.Clone(environ), forCheck))
	if err != nil {
		return nil, err
	}
	return p.Root("wsexchange", "Serves H-Sphere's four Exchange web services and turns them into MPF requests",
		p.Serve(daemon.Service[Config]{Short: "Run the gateway", Run: serve, Check: checkConfiguration}),
		checkCommand(p),
		p.Healthcheck(func(c *Config) string { return c.Metrics.Listen }),
		wsdlCommand(),
		emulatorCommand(p),
		driftCommand(p),
		reviveCommand(p),
	), nil
}

// forCheck tells the variables of check's account, which are no settings.
func forCheck(variable string) bool { return strings.HasPrefix(variable, environmentPrefix+"CHECK_") }

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
