package standardprovider

import (
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// provider is a row: a namespace whose procedures are refused.
type provider struct {
	name        string
	source      string // ProgID
	description string
	// reaches is what its procedures would do outside, "" if they stay inside.
	reaches string
	// lacks is what is missing here, for those that stay inside.
	lacks      string
	procedures []procedure
}

// procedure is a row: a procedure and what a call of it has to bring.
type procedure struct {
	name      string
	spellings []string
	reads     bool // it changes nothing
	inferred  bool // known by name only
	arguments []engine.Argument
	// needs are what trees have to hold: "command/cmdName", "connect/@Server".
	needs []string
}

// Namespaces returns the namespaces.
func Namespaces() []engine.Namespace {
	all := make([]engine.Namespace, 0, len(providers))
	for _, p := range providers {
		ns := engine.Namespace{Name: p.name, Description: p.description, Provider: p.source}
		for _, one := range p.procedures {
			ns.Procedures = append(ns.Procedures, p.row(one))
		}
		all = append(all, ns)
	}
	return all
}

func (p provider) row(one procedure) engine.Procedure {
	row := engine.Procedure{
		Name: one.name, Spellings: one.spellings, Type: engine.Write, Access: engine.Public, Fidelity: engine.Documented, Arguments: one.arguments,
		Summary: "Refused: " + p.refusal() + ".", Refused: true, Run: p.refuse(one),
	}
	if one.reads {
		row.Type = engine.Read
	}
	if one.inferred {
		row.Fidelity = engine.Inferred
	}
	return row
}

// refusal says why a procedure is refused.
func (p provider) refusal() string {
	if p.reaches != "" {
		return p.reaches + " reach outside of the program"
	}
	return "there is no " + p.lacks + " here"
}

// refuse returns the function of a procedure: it checks what the call brings.
func (p provider) refuse(one procedure) func(*engine.Call) error {
	return func(c *engine.Call) error {
		for _, need := range one.needs {
			if !holds(c.Data, need) {
				return mpf.ArgumentMissing.New(need)
			}
		}
		if p.reaches != "" {
			return mpf.OutOfReach.New(p.reaches, p.name+"::"+one.name)
		}
		return mpf.NotSupported.New(p.lacks)
	}
}

// holds reports whether there is what a need names: an element, or an attribute
// with a value, of the argument where it is given.
func holds(data *xmldoc.Node, need string) bool {
	names := strings.Split(need, "/")
	if xmldoc.Child(data, names[0]) == nil {
		return true // whether it has to be there says the row
	}
	at := data
	for _, name := range names {
		if attribute, ok := strings.CutPrefix(name, "@"); ok {
			value, _ := xmldoc.Attr(at, attribute)
			return strings.TrimSpace(value) != ""
		}
		if at = xmldoc.Child(at, name); at == nil {
			return false
		}
	}
	return true
}
