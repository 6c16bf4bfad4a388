// Command mockmpf is the emulator alone: the provisioning engine behind its
// SOAP endpoint, and the directory behind LDAP. See its --help, and the sub-command
// configuration for every setting.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"wsexchange/internal/daemon"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program: arguments and environment in, exit status out.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	return daemon.Run(ctx, daemon.Invocation{Name: "mockmpf", Args: args, Environ: environ, Stdout: stdout, Stderr: stderr}, command)
}

const environmentPrefix = "MOCKMPF_"

func command(environ []string) (*cobra.Command, error) {
	p, err := daemon.NewProgram[Config](environmentPrefix, environ)
	if err != nil {
		return nil, err
	}
	return p.Root("mockmpf", "Emulates Microsoft Provisioning Framework with its directory",
		append([]*cobra.Command{
			p.Serve(daemon.Service[Config]{Short: "Run the emulator", Run: serve, Check: checkConfiguration}),
			p.Healthcheck(func(c *Config) string { return c.Metrics.Listen }),
		}, maintenance(p)...)...,
	), nil
}
