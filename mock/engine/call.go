package engine

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Call is one running procedure, as the procedure sees it. It belongs to the
// goroutine that runs it and ends with it.
type Call struct {
	// Tx is the request's transaction.
	Tx *state.Tx
	// Data is the executeData of the call: arguments when it begins, results
	// beside them when it ends.
	Data *xmldoc.Node

	run       *run
	namespace string
	row       *Procedure
	scope     scope
	seq       int
	dns       map[string]ldappath.DN
	times     map[string]time.Time
}

// Directory is the directory as the call's domain controller sees it.
func (c *Call) Directory() directory.Directory { return directory.In(c.Tx) }

// Mail is what Exchange keeps outside of the directory.
func (c *Call) Mail() mail.Mail { return mail.In(c.Tx) }

// Resources is the resource manager. Only its own namespaces use it; others
// call their procedures.
func (c *Call) Resources() resource.Resources { return resource.In(c.Tx) }

// Plans is the plan database.
func (c *Call) Plans() plan.Plans { return plan.In(c.Tx) }

// Policies returns the engine's choices where documents are silent.
func (c *Call) Policies() Policies { return c.run.engine.policies }

// Context is the context of the request.
func (c *Call) Context() context.Context { return c.run.ctx }

// Has tells whether an argument is present, be it empty.
func (c *Call) Has(name string) bool { return xmldoc.Child(c.Data, name) != nil }

// Text gives the text of an argument without blanks around it, "" if absent.
func (c *Call) Text(name string) string {
	return strings.TrimSpace(xmldoc.Text(xmldoc.Child(c.Data, name)))
}

// DN gives the name that a Path or PathOrUPN argument means, zero if absent.
func (c *Call) DN(name string) ldappath.DN { return c.dns[name] }

// Number gives a Number or Signed argument, 0 if absent.
func (c *Call) Number(name string) int64 {
	n, _ := strconv.ParseInt(c.Text(name), 10, 64) // the row was checked before
	return n
}

// Boolean gives a Boolean argument, and for a Flag whether it is present.
// Absent and empty are false.
func (c *Call) Boolean(name string) bool {
	if a := c.row.argument(name); a != nil && a.Type == Flag {
		return c.Has(name)
	}
	v, _ := parseBoolean(c.Text(name))
	return v
}

// Secret gives a Secret argument, untrimmed, the empty secret if absent.
func (c *Call) Secret(name string) secret.String {
	return secret.New(xmldoc.Text(xmldoc.Child(c.Data, name)))
}

// Node gives the first argument element of the name, or nil.
func (c *Call) Node(name string) *xmldoc.Node { return xmldoc.Child(c.Data, name) }

// Time gives a DateTime argument in UTC, zero if absent.
func (c *Call) Time(name string) time.Time { return c.times[name] }

// Open gives the object that a Path or PathOrUPN argument means. It fails with
// mpf.ArgumentMissing, mpf.ObjectNotFound, and, unless the object is of one of
// the classes, with mpf.ClassWrong.
func (c *Call) Open(name string, classes ...string) (*directory.Object, error) {
	dn := c.DN(name)
	if dn.IsZero() {
		return nil, c.row.missing(name)
	}
	return c.OpenDN(dn, classes...)
}

// OpenDN gives the object with the name. It fails with mpf.ObjectNotFound and
// mpf.ClassWrong.
func (c *Call) OpenDN(dn ldappath.DN, classes ...string) (*directory.Object, error) {
	o, err := directory.In(c.Tx).Get(dn)
	if err != nil {
		return nil, c.Fail(err)
	}
	for _, class := range classes {
		if o.Is(class) {
			return o, nil
		}
	}
	if len(classes) > 0 {
		return nil, mpf.ClassWrong.New(dn.ADsPath(), o.Class, strings.Join(classes, " or "))
	}
	return o, nil
}

// Output appends results to executeData.
func (c *Call) Output(nodes ...*xmldoc.Node) {
	for _, n := range nodes {
		xmldoc.Append(c.Data, n)
	}
}

// OutputText appends a result that is a text.
func (c *Call) OutputText(name, text string) { c.Output(xmldoc.TextElement(name, text)) }

// Execute calls a procedure, which may be private, with args as its
// executeData, and gives its executeData after the call. What the callee wrote
// is undone if it fails.
func (c *Call) Execute(namespace, procedure string, args ...*xmldoc.Node) (*xmldoc.Node, error) {
	data := xmldoc.Element("executeData")
	for _, a := range args {
		xmldoc.Append(data, a)
	}
	err := c.run.call(c.scope.below(c), mpf.Target{Namespace: namespace, Procedure: procedure}, data)
	if err != nil {
		return nil, err
	}
	return data, nil
}

// OnRollback registers what undoes an effect outside of the database. It runs
// if the call or the request fails after all, those registered last first. Its
// context does not end with the request's.
func (c *Call) OnRollback(undo func(context.Context) error) {
	c.run.logRunning()
	c.run.compensations = append(c.run.compensations, compensation{
		source: mpf.Source{Namespace: c.namespace, Procedure: c.row.Name}, undo: undo,
	})
}

// AtEnd registers a write that stays whatever becomes of the call and of the
// request: it is made in the transaction that writes the request's end. It is
// for procedures that write; a rehearsal does not make it. What write itself
// refuses is logged and changes nothing.
func (c *Call) AtEnd(write func(*state.Tx) error) { c.run.atEnd = append(c.run.atEnd, write) }

// ErrorContext gives the error being handled if the call runs inside a catch,
// else nil.
func (c *Call) ErrorContext() *mpf.Error { return c.scope.handling }

// TransactionID is the id of the request's transaction, in braces.
func (c *Call) TransactionID() string { return c.run.id }

// Logger is the engine's, for what operators have to see.
func (c *Call) Logger() *slog.Logger { return c.run.engine.logger }

// Missing is the refusal of an element that the procedure needs, as its row has
// it.
func (c *Call) Missing(name string) error { return c.row.missing(name) }

// Invalid is the refusal of an element's value, as the procedure's row has it.
func (c *Call) Invalid(name, why string) error { return c.row.invalid(name, why) }

// ControllerName returns the DNS name of the domain controller that a name
// means, that of the first one for the empty name and the domain's, and "" for a
// name of none.
func (c *Call) ControllerName(name string) (string, error) { return c.run.controller(name) }

// Now is the engine's clock, in UTC.
func (c *Call) Now() time.Time { return c.Tx.Now() }

// Registered gives the namespaces of the engine, in the order of registration.
func (c *Call) Registered() []Namespace { return c.run.engine.Namespaces() }
