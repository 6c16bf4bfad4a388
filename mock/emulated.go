package mock

import (
	"fmt"
	"io"
	"strings"

	"wsexchange/mock/engine"
	"wsexchange/mock/namespace"
)

// WriteEmulated prints the page that tells what is emulated, from the rows.
func WriteEmulated(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`# What is emulated, and how faithfully

Printed from the rows of the procedures; do not edit.

- **documented**: the original's reference tells what the procedure does.
- **inferred**: concluded from several of its pages.
- **invented**: what its users would expect, where the reference is silent.

Procedures that are "Refused" check what a call brings and carry nothing out, since they would
reach outside of the program or need a database that it does not have. Left out altogether are the
original's Sample Namespace and Test Namespace, and the private procedures that no document names.

Private procedures are called by procedures only. Beside the procedures:
transactions with rollback, queued requests, roles, impersonation, the audit
and transaction logs, the directory over LDAP (reading), resources and plans.

`)
	counts := make(map[engine.Fidelity]int)
	total := 0
	for _, ns := range namespace.All() {
		for _, p := range ns.Procedures {
			counts[p.Fidelity]++
			total++
		}
	}
	fmt.Fprintf(&b, "%d procedures: %d documented, %d inferred, %d invented.\n", total,
		counts[engine.Documented], counts[engine.Inferred], counts[engine.Invented])
	for _, ns := range namespace.All() {
		writeNamespace(&b, ns)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeNamespace(b *strings.Builder, ns engine.Namespace) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n| Procedure | Fidelity | Access | Writes | Role | What it does |\n|---|---|---|---|---|---|\n", ns.Name, ns.Description)
	for _, p := range ns.Procedures {
		role, access, writes := string(p.Role), string(p.Access), "no"
		if p.Role == engine.Anyone {
			role = "anyone"
		}
		if p.Access == "" {
			access = string(engine.Private)
		}
		if p.Type == engine.Write {
			writes = "yes"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", p.Name, p.Fidelity, access, writes, role, strings.ReplaceAll(p.Summary, "|", `\|`))
	}
}
