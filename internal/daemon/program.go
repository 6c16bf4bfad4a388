package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wsexchange/internal/config"
	"wsexchange/internal/version"
)

// Invocation is how a program was called.
type Invocation struct {
	Name           string // of the program, before its errors
	Args, Environ  []string
	Stdout, Stderr io.Writer
}

// Run runs the command line that command makes of the environment, and returns
// the exit status: 0, or after an error, which it has written, that of its method
// ExitStatus, or 1.
func Run(ctx context.Context, in Invocation, command func(environ []string) (*cobra.Command, error)) int {
	root, err := command(in.Environ)
	if err == nil {
		root.SetArgs(in.Args)
		root.SetOut(in.Stdout)
		root.SetErr(in.Stderr)
		err = root.ExecuteContext(ctx)
	}
	if err != nil {
		_, _ = fmt.Fprintln(in.Stderr, in.Name+":", err)
		var coded interface{ ExitStatus() int }
		if errors.As(err, &coded) {
			return coded.ExitStatus()
		}
		return 1
	}
	return 0
}

// Program makes the commands of a program whose settings are a C.
type Program[C any] struct {
	loader  *config.Loader[C]
	environ []string
}

// NewProgram makes a program whose variables begin with the prefix. An error is
// a mistake in C.
func NewProgram[C any](prefix string, environ []string) (*Program[C], error) {
	loader, err := config.New[C](prefix)
	if err != nil {
		return nil, err
	}
	return &Program[C]{loader: loader, environ: environ}, nil
}

// Root is the outermost command, with the given ones and those that every
// program has: version and configuration.
func (p *Program[C]) Root(name, short string, commands ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{Use: name, Short: short, Version: version.String(), SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(commands...)
	root.AddCommand(
		&cobra.Command{
			Use: "version", Short: "Print the version", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				_, err := fmt.Fprintln(c.OutOrStdout(), version.String())
				return err
			},
		},
		p.documents(),
	)
	return root
}

// documents is the command that prints the settings.
func (p *Program[C]) documents() *cobra.Command {
	format := "markdown"
	formats := map[string]func(io.Writer) error{"markdown": p.loader.Markdown, "yaml": p.loader.Sample}
	c := &cobra.Command{
		Use: "configuration", Short: "Print every setting, as Markdown or as a YAML file to be edited", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			write, ok := formats[format]
			if !ok {
				return fmt.Errorf("format %q is not one of markdown, yaml", format)
			}
			return write(c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&format, "format", format, "markdown or yaml")
	return c
}

// Configured gives a command every setting as a flag.
func (p *Program[C]) Configured(c *cobra.Command, run func(*cobra.Command, *C) error) *cobra.Command {
	c.Args = cobra.NoArgs
	return p.ConfiguredArgs(c, nil, func(c *cobra.Command, cfg *C, _ []string) error { return run(c, cfg) })
}

// ConfiguredArgs gives a command that takes arguments every setting as a flag.
// With names, its help shows those of the settings and --config alone.
func (p *Program[C]) ConfiguredArgs(c *cobra.Command, names []string, run func(*cobra.Command, *C, []string) error) *cobra.Command {
	p.loader.AddFlags(c.Flags())
	if len(names) > 0 {
		c.Flags().VisitAll(func(f *pflag.Flag) { f.Hidden = f.Name != "config" && !slices.Contains(names, f.Name) })
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return config.FlagError(c.Flags(), err) })
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := p.load(c)
		if err != nil {
			return err
		}
		return run(c, cfg, args)
	}
	return c
}

func (p *Program[C]) load(c *cobra.Command) (*C, error) { return p.loader.Load(c.Flags(), p.environ) }

// Service is what the command serve runs.
type Service[C any] struct {
	Short string
	// Run serves until its context ends. Load reads the configuration anew.
	Run func(c *cobra.Command, cfg *C, load func() (*C, error)) error
	// Check opens the files that a configuration names, and nothing else. That
	// its values are good has been seen when it was loaded.
	Check func(cfg *C) error
}

const checkFlag = "config.check"

// Serve is the command that runs the service, or only looks at its
// configuration with the flag --config.check.
func (p *Program[C]) Serve(s Service[C]) *cobra.Command {
	c := p.Configured(&cobra.Command{Use: "serve", Short: s.Short}, func(c *cobra.Command, cfg *C) error {
		only, err := c.Flags().GetBool(checkFlag)
		if err != nil {
			return err
		}
		if !only {
			return s.Run(c, cfg, func() (*C, error) { return p.load(c) })
		}
		if err := s.Check(cfg); err != nil {
			return err
		}
		_, err = io.WriteString(c.OutOrStdout(), "configuration is valid\n")
		return err
	})
	c.Flags().Bool(checkFlag, false, "only tell whether the configuration and the files that it names are good")
	return c
}

// Healthcheck is the command that asks a running program whether it is ready.
// Listen gives the address of its health listener, "" for none.
func (p *Program[C]) Healthcheck(listen func(*C) string) *cobra.Command {
	return p.Configured(&cobra.Command{
		Use: "healthcheck", Short: "Ask a running program whether it is ready; exit status 0 if so",
	}, func(c *cobra.Command, cfg *C) error {
		address := listen(cfg)
		if address == "" {
			return errors.New("metrics.listen is empty: there is nothing to ask")
		}
		return Probe(c.Context(), "http://"+Dialable(address)+"/-/ready")
	})
}

// Dialable turns the address of a listener into one that this machine can
// call.
func Dialable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// CheckListener is the check of a listener: it takes connections.
func CheckListener(name string, listener net.Listener) Check {
	return Check{Name: name, Run: func(ctx context.Context) error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", Dialable(listener.Addr().String()))
		if err != nil {
			return err
		}
		return conn.Close()
	}}
}
