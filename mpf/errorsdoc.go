package mpf

import (
	"fmt"
	"strings"
)

// ErrorsDocument prints the tables of causes and codes as docs/errors.md.
func ErrorsDocument() string {
	var b strings.Builder
	b.WriteString(`# Errors

Printed from the rows in ` + "`mpf/causes.go` and `mpf/hresult.go`; `go test ./mpf -update`" + ` writes it anew.

A failed procedure answers with an ` + "`errorContext`" + `: a code, a description and the
number of the failing call. Where the failure is one of ours, the id of its
cause stands in brackets at the end of the description; it stays the same across
versions. ` + "`%1`, `%2`" + ` are filled with the names of what is concerned.

## Causes

| Cause | Code | Description |
|---|---|---|
`)
	for _, c := range Causes() {
		fmt.Fprintf(&b, "| `%s` | `%s` %s | %s |\n", c.ID, c.Code, c.Code.Name(), cell(c.Text))
	}
	b.WriteString("\n## Codes\n\n| Code | Name | Text |\n|---|---|---|\n")
	for _, c := range Codes() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Code, c.Name, cell(c.Text))
	}
	return b.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
