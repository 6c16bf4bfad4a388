package conformance

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
	return b.String()
}

// checkCompatibility writes or compares the table after a run of all clients.
func checkCompatibility() error {
	for _, c := range columns {
		if compatibility.found[c] == nil {
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
	if string(committed) != table {
		return fmt.Errorf("docs/compatibility.md is not what the clients found; run with -update to see the difference")
	}
	return nil
}
