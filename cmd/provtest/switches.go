package main

import (
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"wsexchange/mpf"
)

// switches are the rows of ProvTest.exe's switches: what stands after / or -,
// and the options that it means. next says that the value is the argument
// after it. (F420)
var switches = []struct {
	form *regexp.Regexp
	next bool
	mean func(parts []string) []string
}{
	{form("t([0-9]+)"), false, option("threads")},
	{form("r([0-9]+)"), false, option("repeat")},
	{form("e"), false, flag("error")},
	{form("m"), false, flag("measure")},
	{form("x"), false, flag("indent")},
	{form("x([0-9]+)"), false, option("indent")},
	{form("q"), false, flag("queue")},
	{form("qu"), false, flag("queue-suspended")},
	{form("qa"), true, flag("queue-activate")},
	{form("qd"), true, flag("queue-delete")},
	{form("qr"), true, flag("queue-results")},
	{form("qs"), true, flag("queue-status")},
	{form("qc"), true, flag("queue-depend")},
	{form("n:(.*)"), false, option("namespace")},
	{form("p:(.*)"), false, option("procedure")},
	{form("i(s?)(a?):(.*)"), false, door},
	{form("bu:(.*)"), false, option("user")},
}

// password is the switch that is never passed on.
var password = form("bp:(.*)")

func form(pattern string) *regexp.Regexp { return regexp.MustCompile("^(?is:[/-]" + pattern + ")$") }

func flag(name string) func([]string) []string {
	return func([]string) []string { return []string{"--" + name} }
}

func option(name string) func([]string) []string {
	return func(parts []string) []string { return []string{"--" + name + "=" + parts[1]} }
}

// door makes the address of the SOAP door of a server.
func door(parts []string) []string {
	scheme := "http://"
	if parts[1] != "" {
		scheme = "https://"
	}
	args := []string{"--isapi=" + scheme + parts[3] + mpf.DoorPath}
	if parts[2] != "" {
		args = append(args, "--authenticate")
	}
	return args
}

// translate turns switches of ProvTest.exe into options and takes the password
// out. Values of options and what stands after -- are left alone, as is what
// is no switch: on most systems a file may begin with a slash.
func translate(args []string, flags *pflag.FlagSet) (translated []string, found *string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(translated, args[i:]...), found
		}
		if name, long := strings.CutPrefix(arg, "--"); long {
			translated = append(translated, arg)
			if f := flags.Lookup(name); f != nil && f.NoOptDefVal == "" && i+1 < len(args) {
				i++
				translated = append(translated, args[i])
			}
			continue
		}
		if parts := password.FindStringSubmatch(arg); parts != nil {
			found = &parts[1]
			continue
		}
		meant, next := meaning(arg)
		translated = append(translated, meant...)
		if next && i+1 < len(args) {
			i++
			translated = append(translated, args[i])
		}
	}
	return translated, found
}

func meaning(arg string) (args []string, next bool) {
	for _, s := range switches {
		if parts := s.form.FindStringSubmatch(arg); parts != nil {
			return s.mean(parts), s.next
		}
	}
	return []string{arg}, false
}
