// Command provtest submits request files to a provisioning engine: to one in
// the program with a directory of its own, or over SOAP. It takes the switches
// of ProvTest.exe, /t4 /r10 /e /x2 and so on, and options of the usual kind.
// See its --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wsexchange/internal/secret"
	"wsexchange/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, time.Now))
}

// The exit statuses. Of several files the last one submitted counts: the first
// that does not succeed ends the program.
const (
	statusSuccess  = 0
	statusFailed   = 1 // a procedure failed
	statusUsage    = 2 // arguments, or a file that cannot be read
	statusNoAnswer = 3 // no engine answered: unreachable, timed out, refused the credentials
)

// exit is an error with the status that it ends the program with. Without an
// error everything has been said.
type exit struct {
	status int
	err    error
}

func (e *exit) Error() string {
	if e.err == nil {
		return "failed"
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return &exit{statusUsage, fmt.Errorf(format, args...)} }

func noAnswer(err error) error { return &exit{statusNoAnswer, err} }

// run is the program: arguments in, exit status out. Times are taken with the
// clock.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, now func() time.Time) int {
	err := execute(ctx, args, stdin, stdout, now)
	var e *exit
	switch {
	case err == nil:
		return statusSuccess
	case !errors.As(err, &e):
		e = &exit{statusUsage, err} // what cobra refuses
	}
	if e.err != nil {
		_, _ = fmt.Fprintln(stderr, "provtest:", e.err)
	}
	return e.status
}

func execute(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer, now func() time.Time) error {
	o := new(options)
	root := &cobra.Command{
		Use:   "provtest [SWITCHES] [OPTIONS] REQUEST.xml...",
		Short: "Submits request files to a provisioning engine",
		Long:  help, Version: version.String(), Args: cobra.ArbitraryArgs,
		SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	o.define(root.Flags())
	root.RunE = func(c *cobra.Command, files []string) error {
		if err := o.complete(c.Flags(), files); err != nil {
			return err
		}
		return (&session{options: o, stdin: stdin, out: c.OutOrStdout(), now: now}).run(c.Context())
	}
	translated, password := translate(args, root.Flags())
	if password != nil {
		o.password, o.passwordGiven = secret.New(*password), true
	}
	root.SetArgs(translated)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stdout)
	return root.ExecuteContext(ctx)
}

const help = `Submits request files, in the order given, until one does not succeed.

Without --isapi, --mpsws and --database the engine is one in the program, with
the demo data in memory, and is gone afterwards.

A file is a trusted request with a procedure of its own. With a namespace and a
procedure it is a simple request, or its data alone; without a file there is no
data. The file - is the standard input.

Switches of ProvTest.exe, with / or -, in any letter case:
  /t<n> /r<n>            --threads, --repeat
  /e /m /x<n>            --error, --measure, --indent
  /q /qu                 --queue, --queue-suspended
  /qa <id> /qd <id>      --queue-activate, --queue-delete
  /qr <id> /qs <id>      --queue-results, --queue-status
  /qc <parent,child>     --queue-depend
  /n:<name> /p:<name>    --namespace, --procedure
  /i:<server> /is:       --isapi http://<server>/mpf/soapisapi.dll, https
  /ia:<server> /isa:     the same, and the account of /bu has to be given
  /bu:<user>             --user
  /bp:<password>         unsafe: everybody on the machine can read it; use
                         --password-file

Exit status: 0 success, 1 a procedure failed, 2 wrong arguments or a file that
cannot be read, 3 no engine answered.`
