package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"wsexchange/internal/secret"
	"wsexchange/mpf"
)

// The original's bounds and the default indentation.
const (
	mostThreads   = 64
	defaultIndent = "2"
)

// options is what the arguments say.
type options struct {
	database, seed, isapi, mpsws, ca string
	timeout                          time.Duration
	namespace, procedure             string
	user, passwordFile               string
	authenticate                     bool
	threads, repeat, indent          int
	describe, measure                bool
	dryRun, explain, recorded        bool
	secretFiles                      []string

	queue, suspended, work                     bool
	activate, remove, results, status, depends string

	// Made of the above.
	files         []string
	password      secret.String
	passwordGiven bool // by switch
	secrets       map[string]secret.String
	timesOnly     bool // with /t or /r
	formatted     bool // with /x
}

func (o *options) define(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.database, "database", "", "`FILE` with an emulator's database, made if it is not there; no emulator may run on it. Or a postgres:// URL, on which others may")
	f.StringVar(&o.seed, "seed", "", "YAML `FILE` with the starting content of a new database")
	f.StringVar(&o.isapi, "isapi", "", "`URL` of an engine's SOAP endpoint")
	f.StringVar(&o.mpsws, "mpsws", "", "`URL` of MPSGeneral.asmx of a web service")
	f.StringVar(&o.ca, "ca", "", "`FILE` with the certificates (PEM) to trust instead of the system's")
	f.DurationVar(&o.timeout, "timeout", 2*time.Minute, "longest time for one request over SOAP")
	f.StringVar(&o.user, "user", "", `account that submits, DOMAIN\name or name@domain`)
	f.StringVar(&o.passwordFile, "password-file", "", "`FILE` with the account's password in its first line")
	f.BoolVar(&o.authenticate, "authenticate", false, "refuse to submit without an account")
	f.StringVar(&o.namespace, "namespace", "", "namespace of a simple request")
	f.StringVar(&o.procedure, "procedure", "", "procedure of a simple request")
	f.IntVar(&o.threads, "threads", 1, fmt.Sprintf("submit in so many threads, at most %d; only times are shown", mostThreads))
	f.IntVar(&o.repeat, "repeat", 1, "submit so many times in each thread; only times are shown")
	f.BoolVar(&o.describe, "error", false, "show the description of an error")
	f.BoolVar(&o.measure, "measure", false, "show the time of all requests together")
	f.IntVar(&o.indent, "indent", 0, "show the answer, each level indented by so many blanks")
	f.Lookup("indent").NoOptDefVal = defaultIndent
	f.BoolVar(&o.dryRun, "dry-run", false, "show what a request would do, and take everything back")
	f.BoolVar(&o.explain, "explain", false, "explain a failure: step, procedures, rule, objects concerned")
	f.BoolVar(&o.recorded, "recorded", false, "an answer is a success if its HRESULT is the one that a journal recorded in the file")
	f.StringArrayVar(&o.secretFiles, "secret-file", nil, "`[NAME=]FILE` with, in its first line, what stands for the secret of that element, attribute or\n"+
		"property that was taken out when the request was recorded; without NAME for all others")
	f.BoolVar(&o.queue, "queue", false, "queue the requests")
	f.BoolVar(&o.suspended, "queue-suspended", false, "queue the requests suspended")
	f.StringVar(&o.activate, "queue-activate", "", "activate the queued request `ID`")
	f.StringVar(&o.remove, "queue-delete", "", "delete the suspended request `ID`")
	f.StringVar(&o.results, "queue-results", "", "show the answer of the queued request `ID`")
	f.StringVar(&o.status, "queue-status", "", "show the status of the queued request `ID`")
	f.StringVar(&o.depends, "queue-depend", "", "let one suspended request wait for another, `PARENT,CHILD`")
	f.BoolVar(&o.work, "queue-run", false, "run the queued requests that are due")
}

// complete checks what the options say together and reads the password.
func (o *options) complete(f *pflag.FlagSet, files []string) error {
	o.files = files
	o.timesOnly = f.Changed("threads") || f.Changed("repeat")
	o.formatted = f.Changed("indent")
	for _, row := range o.refusals() {
		if row.wrong {
			return usage("%s", row.text)
		}
	}
	if err := o.readPassword(); err != nil {
		return err
	}
	return o.readSecrets()
}

type refusal struct {
	wrong bool
	text  string
}

func (o *options) refusals() []refusal {
	remote := o.isapi != "" || o.mpsws != ""
	queue := o.queues() || o.asksQueue() || o.work
	simple := o.namespace != ""
	return []refusal{
		{o.threads < 1 || o.threads > mostThreads, fmt.Sprintf("threads: must be from 1 to %d", mostThreads)},
		{o.repeat < 1, "repeat: must be 1 or more"},
		{o.indent < 0 || o.indent > 32, "indent: must be from 0 to 32"},
		{o.timeout <= 0, "timeout: must be more than 0"},
		{(o.namespace == "") != (o.procedure == ""), "namespace and procedure belong together"},
		{o.isapi != "" && o.mpsws != "", "isapi and mpsws exclude each other"},
		{remote && (o.database != "" || o.seed != ""), "database and seed are of the engine in the program, not of one over SOAP"},
		{!remote && o.ca != "", "ca: there is no connection to trust"},
		{remote && o.dryRun, "dry-run: only the engine in the program can take back what it did"},
		{remote && queue, "the queue is reached in the program only: give --database"},
		{queue && o.database == "", "a queue in memory ends with the program: give --database"},
		{o.dryRun && (queue || o.timesOnly), "dry-run goes neither with the queue nor with threads and repeat"},
		{o.queue && o.suspended, "queue and queue-suspended exclude each other"},
		{queue && o.timesOnly, "the queue does not go with threads and repeat"},
		{o.recorded && (queue || o.timesOnly), "recorded goes neither with the queue nor with threads and repeat"},
		{o.recorded && len(o.files) == 0, "recorded: there is no file in which an HRESULT could be"},
		{o.authenticate && o.user == "", "authentication is asked for, but no account is given: give --user"},
		{o.passwordGiven && o.passwordFile != "", "the password is given twice"},
		{(o.passwordGiven || o.passwordFile != "") && o.user == "", "there is a password, but no account: give --user"},
		{o.user != "" && !o.passwordGiven && o.passwordFile == "", "the account has no password: give --password-file"},
		{o.asksQueue() && len(o.files) > 0, "a question to the queue takes no file"},
		{len(o.files) == 0 && !simple && !o.asksQueue() && !o.work, "there is no request file; --help tells more"},
	}
}

func (o *options) queues() bool { return o.queue || o.suspended }

func (o *options) asksQueue() bool {
	return o.activate+o.remove+o.results+o.status+o.depends != ""
}

func (o *options) readPassword() error {
	if o.passwordFile == "" {
		return nil
	}
	password, err := firstLine(o.passwordFile)
	if err != nil {
		return usage("password: %w", err)
	}
	o.password = password
	return nil
}

// firstLine reads the secret in the first line of a file.
func firstLine(path string) (secret.String, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return secret.String{}, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	value, err := secret.Parse(line)
	if err != nil {
		return secret.String{}, fmt.Errorf("the first line of %s is not a secret: %w", path, err)
	}
	return value, nil
}

// account gives the account that submits.
func (o *options) account() mpf.Caller {
	c := mpf.Caller{Username: o.user, Password: o.password}
	if domain, name, ok := strings.Cut(o.user, `\`); ok {
		c.Domain, c.Username = domain, name
	}
	return c
}

func (o *options) target() mpf.Target {
	return mpf.Target{Namespace: o.namespace, Procedure: o.procedure}
}
