package maintain

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"wsexchange/mock"
	"wsexchange/mock/ledger"
	"wsexchange/mock/seed"
)

// Configured gives a command the settings of the program as flags, and runs it
// with those of the emulator among them.
type Configured func(c *cobra.Command, run func(c *cobra.Command, cfg mock.Config, args []string) error) *cobra.Command

// Commands returns the commands. They write what was asked for to the output of
// the command, and how far they are to its error output.
func Commands(configured Configured) []*cobra.Command {
	return []*cobra.Command{backup(configured), restore(configured), export(configured), imports(configured), seeds(configured), initialize(configured), oabUpdate(configured)}
}

// standard is the name of standard input and output among the arguments.
const standard = "-"

func backup(configured Configured) *cobra.Command {
	return configured(&cobra.Command{
		Use: "backup FILE", Short: "Copy the database to a new file, while the program runs or not", Args: cobra.ExactArgs(1),
		Long: "Writes a whole copy of the database as of one moment, with mode 0600. The program may run meanwhile; it is not stopped.\n" +
			"A FILE that exists is refused.",
	}, func(c *cobra.Command, cfg mock.Config, args []string) error {
		if err := Backup(c.Context(), cfg, args[0]); err != nil {
			return err
		}
		return say(c.OutOrStdout(), "%s is a backup of %s\n", args[0], ledger.Redacted(cfg.Database))
	})
}

func restore(configured Configured) *cobra.Command {
	return configured(&cobra.Command{
		Use: "restore FILE", Short: "Make the database of a backup", Args: cobra.ExactArgs(1),
		Long: "Checks every page of the backup FILE and copies it to the database, which must not exist: stop the program,\n" +
			"and move the database with its -wal and -shm file away before.",
	}, func(c *cobra.Command, cfg mock.Config, args []string) error {
		if err := Restore(c.Context(), cfg, args[0]); err != nil {
			return err
		}
		return say(c.OutOrStdout(), "%s was restored from %s\n", ledger.Redacted(cfg.Database), args[0])
	})
}

func export(configured Configured) *cobra.Command {
	return configured(&cobra.Command{
		Use: "export [FILE]", Short: "Write the state as lines of JSON, while the program runs or not", Args: cobra.MaximumNArgs(1),
		Long: "Writes the state as of one moment as lines of JSON, without audit log, transaction log and history, to a new FILE\n" +
			"of mode 0600, or to standard output. Hashes of passwords, and the passwords of requests in the queue, are in it.\n" +
			"The program may run meanwhile.",
	}, func(c *cobra.Command, cfg mock.Config, args []string) error {
		if len(args) == 0 || args[0] == standard {
			return Export(c.Context(), cfg, c.OutOrStdout())
		}
		return toNewFile(args[0], func(w io.Writer) error { return Export(c.Context(), cfg, w) })
	})
}

func imports(configured Configured) *cobra.Command {
	replace := false
	c := configured(&cobra.Command{
		Use: "import FILE", Short: "Make the state that of an export", Args: cobra.ExactArgs(1),
		Long: "Reads what export wrote from FILE, or from standard input if it is -, and writes it into the database as one commit,\n" +
			"all or nothing. A database that has content is refused unless --replace is given. The program must be stopped.",
	}, func(c *cobra.Command, cfg mock.Config, args []string) error {
		from := c.InOrStdin()
		if args[0] != standard {
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // it was only read
			from = file
		}
		rows, err := Import(c.Context(), cfg, from, replace)
		if err != nil {
			return err
		}
		return say(c.OutOrStdout(), "%s has the imported state, %d rows\n", ledger.Redacted(cfg.Database), rows)
	})
	c.Flags().BoolVar(&replace, "replace", false, "replace the content of a database that has some; logs and history stay")
	return c
}

func seeds(configured Configured) *cobra.Command {
	var (
		inventory   seed.Inventory
		password    string
		virgin      bool
		domain      string
		controllers []string
	)
	c := configured(&cobra.Command{
		Short: "Fill the database with organizations and users for tests of size and speed",
	}, func(c *cobra.Command, cfg mock.Config, _ []string) (err error) {
		if password != "" {
			if inventory.Password, err = readPassword(password); err != nil {
				return err
			}
		}
		return Seed(c.Context(), cfg, inventory, reporter(c.ErrOrStderr(), inventory))
	})
	fill := c.RunE
	c.Use, c.Args = "seed [FILE]", cobra.MaximumNArgs(1)
	c.Short = "Print the demo data as YAML, check a file with starting content, or fill the database with organizations and users"
	c.Long = "Without arguments it prints the demo data as YAML, to be changed; with a FILE it reports whether that is a good seed.\n" +
		"With --organizations it fills the database, for tests of size and speed: organizations org0001, org0002, … below the\n" +
		"first reseller, with users user000001@org0001.example and so on, their mailboxes and plans. A database that is missing\n" +
		"is made with the starting content; one that has more than its starting content is refused. The program must be stopped.\n" +
		"With --virgin it prints the starting content of a domain with its controllers and an administrator, and nothing else."
	c.RunE = func(c *cobra.Command, args []string) error {
		filling := c.Flags().Changed("organizations") || c.Flags().Changed("users") || c.Flags().Changed("password-file") && !virgin
		switch {
		case virgin && (filling || len(args) > 0):
			return errors.New("seed: --virgin prints starting content: it goes with --domain, --controllers and --password-file alone")
		case virgin:
			return virginSeed(c.OutOrStdout(), domain, controllers, password)
		case domain != "" || len(controllers) > 0:
			return errors.New("seed: --domain and --controllers go with --virgin")
		case filling && len(args) > 0:
			return errors.New("seed: either a FILE is checked or the database is filled")
		case filling:
			return fill(c, args)
		case len(args) == 0:
			_, err := c.OutOrStdout().Write(seed.DefaultYAML())
			return err
		}
		return checkSeed(c.OutOrStdout(), args[0])
	}
	c.Flags().IntVar(&inventory.Organizations, "organizations", 0, "fill the database with so many organizations, 1 or more")
	c.Flags().IntVar(&inventory.Users, "users", 0, "with so many users, spread evenly over the organizations")
	c.Flags().StringVar(&password, "password-file", "", "file with a password that all users get, without it they are disabled; with --virgin the administrator's")
	c.Flags().BoolVar(&virgin, "virgin", false, "print the starting content of a domain that nothing was set up in")
	c.Flags().StringVar(&domain, "domain", "", "DNS name of that domain")
	c.Flags().StringSliceVar(&controllers, "controllers", nil, "DNS names of its domain controllers; dc1 of the domain without it")
	return c
}

// virginSeed prints the starting content of a domain with nothing in it.
func virginSeed(w io.Writer, domain string, controllers []string, passwordFile string) error {
	var administrator seed.Password
	if passwordFile != "" {
		password, err := readPassword(passwordFile)
		if err != nil {
			return err
		}
		administrator = password
	}
	text, err := seed.VirginYAML(domain, controllers, administrator)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func checkSeed(w io.Writer, path string) error {
	seed, err := seed.LoadFile(path)
	if err != nil {
		return err
	}
	return say(w, "%s is a good seed: domain %s, %d accounts, %d resellers, %d Exchange servers, %d plans\n",
		path, seed.Domain.Name, len(seed.Accounts), len(seed.Hosting.Resellers), len(seed.Exchange.Servers), len(seed.Plans.Plans))
}

func readPassword(path string) (seed.Password, error) {
	password, err := passwordFrom(path)
	return seed.Password(password.Reveal()), err
}

// reportEvery is how often a line tells how far a command is.
const reportEvery = time.Second

// reporter writes how much of an inventory there is: a line a second, and one
// at the end.
func reporter(w io.Writer, all seed.Inventory) func(seed.Progress) {
	var last time.Time
	return func(p seed.Progress) {
		ended := p.Organizations == all.Organizations && p.Users == all.Users
		if time.Since(last) < reportEvery && !ended {
			return
		}
		last = time.Now()
		_ = say(w, "seed: %d of %d organizations, %d of %d users\n", p.Organizations, all.Organizations, p.Users, all.Users)
	}
}

func say(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, format, args...)
	return err
}
