package adapter

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"wsexchange/wsdl"
)

var kindNames = map[kind]string{
	kindText: "text", kindFragment: "XML", kindFlag: "boolean", kindCredentials: "boolean",
	kindNamespace: "text", kindProcedure: "text", kindBlob: "XML",
}

var kindTargets = map[kind]string{
	kindCredentials: "`context/securityContext/authentication/basic`", kindNamespace: "`execute/@namespace`",
	kindProcedure: "`execute/@procedure`", kindBlob: "`data`, merged into `executeData`",
}

var guardNames = map[guard]string{
	guardPath:   "path under the base",
	guardOrName: "user principal name, or path under the base",
	guardRead:   "path under the base, or of a computer account",
}

// WriteOperations writes docs/operations.md: every operation, its parameters
// and what becomes of them, printed from the rows.
func WriteOperations(w io.Writer) error {
	services, err := compile(tables, wsdl.Services())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("# Operations\n\nPrinted from the rows in `adapter`; do not edit.\n\n" +
		"Parameters stand in wire order. Where an element is in brackets, empty text counts as absent. " +
		"Elements marked *secret* carry `do-not-log=\"1\"`. Every request is impersonated, and its outcome is merged into `data`.\n")
	for _, s := range services {
		fmt.Fprintf(&b, "\n## %s\n", s.contract.Name)
		for _, c := range s.contract.Operations {
			s.operations[c.Name].describe(&b)
		}
	}
	_, err = w.Write(b.Bytes())
	return err
}

func (op *operation) describe(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n### %s\n\n", op.contract.Name)
	if op.blob {
		b.WriteString("Runs any procedure. ")
	} else {
		fmt.Fprintf(b, "Runs `%s`. ", op.target)
	}
	b.WriteString("Returns " + op.returns() + ".\n\n| Parameter | Type | Becomes | Also called | Notes |\n|---|---|---|---|---|\n")
	for _, p := range op.wire {
		becomes := kindTargets[p.kind]
		if becomes == "" {
			becomes = "`" + p.to.String() + "`"
		}
		if p.dropEmpty {
			becomes = "[" + becomes + "]"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", p.name, kindNames[p.kind], becomes, strings.Join(p.aliases, ", "), p.notes())
	}
	for _, s := range op.build {
		if s.position < 0 {
			fmt.Fprintf(b, "| – | – | `%s` | | empty flag, unless an event sink is configured |\n", s.parameter.to)
		}
	}
	if names := op.order(); len(names) > 1 {
		b.WriteString("\nOrder in `executeData`: `" + strings.Join(names, "`, `") + "`.\n")
	}
}

func (op *operation) returns() string {
	switch {
	case !op.contract.ErrorReturn:
		return "the response document as a string"
	case op.contract.Result == wsdl.Boolean:
		return "a boolean and errorReturn"
	case op.contract.Result == wsdl.XML:
		return "the response as a node, and errorReturn"
	}
	return "`" + op.value.String() + "` of the answer, and errorReturn"
}

// order gives the top elements of executeData.
func (op *operation) order() []string {
	var names []string
	for _, s := range op.build {
		if len(s.parameter.to.elements) == 0 || s.parameter.to.attribute != "" {
			continue
		}
		if top := s.parameter.to.elements[0]; len(names) == 0 || names[len(names)-1] != top {
			names = append(names, top)
		}
	}
	return names
}

func (p *parameter) notes() string {
	var notes []string
	if p.root != "" {
		notes = append(notes, "root element `"+p.root+"`")
	}
	if p.kind == kindFlag {
		form := "1 or 0"
		if p.words {
			form = "true or false"
		}
		notes = append(notes, form)
	}
	if p.guard != unguarded {
		notes = append(notes, guardNames[p.guard])
	}
	if p.secret {
		notes = append(notes, "secret")
	}
	if p.guid {
		notes = append(notes, "GUID")
	}
	if p.yieldsTo != "" {
		notes = append(notes, "ignored if "+p.yieldsTo+" is given")
	}
	return strings.Join(notes, "; ")
}
