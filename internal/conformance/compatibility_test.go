package conformance

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"wsexchange/wsdl"
)

var update = flag.Bool("update", false, "write docs/compatibility.md instead of comparing it")

// The clients, as columns of the table.
const (
	recorded  = "Recorded requests"
	axis      = "Axis 1.4"
	zeep      = "zeep"
	goClients = "Go clients"
)

// The further tables.
const (
	controllers = "Domain controller"
	doors       = "SOAP ISAPI"
	backends    = "Backends"
	habits      = "ASMX habits"
)

var columns = []string{recorded, axis, zeep, goClients}

// sections are the further tables, with what they are about.
var sections = []struct{ name, about string }{
	{habits, "Calls as clients of ASMX services make them, written by hand to a socket."},
	{controllers, "A Samba domain controller (Debian samba-ad-dc) decides who may call: the gateway with authentication by LDAP, over ldaps and StartTLS."},
	{doors, "Request documents at MPF's own door, the engine alone, brought by curl and by Python's requests."},
	{backends, "A gateway with each of its backends."},
}

// compatibility collects what the clients found, by client and operation.
var compatibility = struct {
	sync.Mutex
	found map[string]map[string]bool
}{found: map[string]map[string]bool{}}

// record notes the outcome of a call. One failure outweighs every success.
func record(client, operation string, ok bool) {
	compatibility.Lock()
	defer compatibility.Unlock()
	if compatibility.found[client] == nil {
		compatibility.found[client] = map[string]bool{}
	}
	if was, seen := compatibility.found[client][operation]; seen {
		ok = ok && was
	}
	compatibility.found[client][operation] = ok
}

var compatibilityFile = filepath.Join("..", "..", "docs", "compatibility.md")

const compatibilityHead = `# Compatibility

Which client makes which call, as the tests in internal/conformance found it. The table is
written by them (` + "`go test ./internal/conformance -update`" + `) and compared by every run.

- *Recorded requests*: requests of the panel's own client, replayed byte for byte.
- *Axis 1.4*: stubs that WSDL2Java makes of the served WSDL (Debian libaxis-java), HTTP/1.0 and 1.1.
- *zeep*: Debian python3-zeep, strict, SOAP 1.1 and 1.2, every operation with valid and invalid input.
- *Go clients*: generated from the WSDL, in package wsdl.

` + "`yes`: works · `FAIL`: does not · empty: the client does not make this call.\n\n"

// compatibilityTable prints the table.
func compatibilityTable() string {
	var b strings.Builder
	b.WriteString(compatibilityHead)
	b.WriteString(versions() + "\n\n")
	fmt.Fprintf(&b, "| Operation | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, s := range wsdl.Services() {
		for _, o := range s.Operations {
			fmt.Fprintf(&b, "| %s.%s |", s.Name, o.Name)
			for _, c := range columns {
				cell := ""
				if ok, seen := compatibility.found[c][s.Name+"."+o.Name]; seen {
					cell = map[bool]string{true: " yes", false: " FAIL"}[ok]
				}
				b.WriteString(cell + " |")
			}
			b.WriteString("\n")
		}
	}
	for _, section := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| Case | Result |\n|---|---|\n", section.name, section.about)
		for _, name := range slices.Sorted(maps.Keys(compatibility.found[section.name])) {
			result := map[bool]string{true: "yes", false: "FAIL"}[compatibility.found[section.name][name]]
			fmt.Fprintf(&b, "| %s | %s |\n", strings.ReplaceAll(name, "|", `\|`), result)
		}
	}
	return b.String()
}

// versionLine begins the line that tells which versions the clients had. It is
// not compared: another machine may have others.
const versionLine = "Versions at the last update: "

func versions() string {
	shown := []string{"Axis 1.4 (Debian " + debianVersion("libaxis-java") + ")"}
	for _, p := range []struct{ name, debian string }{
		{"zeep", "python3-zeep"}, {"Python requests", "python3-requests"}, {"curl", "curl"}, {"ldapsearch", "ldap-utils"}, {"Samba", "samba"},
	} {
		shown = append(shown, p.name+" "+debianVersion(p.debian))
	}
	return versionLine + strings.Join(append(shown, runtime.Version()), " · ")
}

// debianVersion gives the version of an installed package without Debian's part
// of it.
func debianVersion(name string) string {
	out, err := exec.Command("dpkg-query", "--show", "--showformat=${Version}", name).Output()
	if err != nil {
		return "of unknown version"
	}
	version := string(out)
	if _, after, found := strings.Cut(version, ":"); found {
		version = after
	}
	version, _, _ = strings.Cut(version, "-")
	version, _, _ = strings.Cut(version, "+")
	return version
}

// withoutVersions takes the line of versions out.
func withoutVersions(text string) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, versionLine) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// checkCompatibility writes or compares the table after a run of all clients.
func checkCompatibility() error {
	wanted := slices.Clone(columns)
	for _, section := range sections {
		wanted = append(wanted, section.name)
	}
	for _, name := range wanted {
		if compatibility.found[name] == nil {
			return nil // not every client ran: the table would have holes
		}
	}
	table := compatibilityTable()
	if *update {
		return os.WriteFile(compatibilityFile, []byte(table), 0o644)
	}
	committed, err := os.ReadFile(compatibilityFile)
	if err != nil {
		return err
	}
	if withoutVersions(string(committed)) != withoutVersions(table) {
		return errors.New("docs/compatibility.md is not what the clients found; run with -update to see the difference")
	}
	return nil
}
