// Command mockmpf is the emulator alone: the provisioning engine behind its
// SOAP door, and the directory behind LDAP. See its --help, and the sub-command
// configuration for every setting.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/spf13/cobra"

	"wsexchange/internal/config"
	"wsexchange/internal/version"
)

// largestLDAP is the largest LDAP request, in bytes. Requests are small here:
// nothing is written over LDAP.
const largestLDAP = 1 << 20

func main() {
	// The library has this limit for the whole program only, and none by
	// itself: set once, before anything listens.
	ber.MaxPacketLengthBytes = largestLDAP
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
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
		_, _ = fmt.Fprintln(stderr, "mockmpf:", err)
		return 1
	}
	return 0
}

const environmentPrefix = "MOCKMPF_"

func command(environ []string) (*cobra.Command, error) {
	loader, err := config.New[Config](environmentPrefix)
	if err != nil {
		return nil, err
	}
	p := &program{loader: loader, environ: environ}
	root := &cobra.Command{
		Use:           "mockmpf",
		Short:         "Emulates Microsoft Provisioning Framework with its directory",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.AddCommand(
		p.configured(&cobra.Command{Use: "serve", Short: "Run the emulator"}, serve),
		p.configured(&cobra.Command{Use: "healthcheck", Short: "Ask a running emulator whether it is ready; exit status 0 if so"}, healthcheck),
		seedCommand(), p.configurationCommand(),
		&cobra.Command{
			Use: "version", Short: "Print the version", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				_, err := fmt.Fprintln(c.OutOrStdout(), version.String())
				return err
			},
		},
	)
	return root, nil
}
