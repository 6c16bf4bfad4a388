package mpf

import (
	"log/slog"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
)

// SchemaNamespace is the XML namespace of the provisioning schema. Documents
// use it or none; elements below mean the same in both.
const SchemaNamespace = "http://maps/specs/prov.xml"

// Request is one request to an engine.
type Request struct {
	// Target names the procedure of a simple request beside the XML. A request
	// without one is trusted and brings its own Procedure.
	Target  Target
	Context Context
	// GlobalData is merged into every data node of a queued batch.
	GlobalData *xmldoc.Node
	// Data holds the data elements; only queued requests may have several.
	Data      []*xmldoc.Node
	Procedure *Procedure
}

// Target names a procedure.
type Target struct {
	Namespace string
	Procedure string
}

// IsZero tells whether no procedure is named.
func (t Target) IsZero() bool { return t == Target{} }

// String gives the target as "namespace::procedure".
func (t Target) String() string { return t.Namespace + "::" + t.Procedure }

// Context is what a request says beside its data.
type Context struct {
	Security *SecurityContext
	// ClientTransactionID is the caller's own tracking id, and LocaleID its
	// language; both are only passed on.
	ClientTransactionID string
	LocaleID            string
	Queue               *QueueContext
}

// SecurityContext says in whose name a trusted request runs.
type SecurityContext struct {
	// Trustee is the caller's name for access checks, if the submitter names
	// it.
	Trustee     string
	Impersonate Inherit
	Sensitive   Inherit
	Trusted     Inherit
	// Basic holds credentials to impersonate, or nil.
	Basic *Basic
}

// Basic is a name and a password in a request.
type Basic struct {
	Domain   string
	Username string
	Password secret.String
}

// QueueContext says how a queued request is run.
type QueueContext struct {
	QueueID string
	// RetryCount is the number of retries, RetryInterval the pause between
	// them in milliseconds.
	RetryCount    int
	RetryInterval int
	RetryType     string
	// RetryStopOnFailure is a code after which one retry only is made, or 0.
	RetryStopOnFailure HRESULT
	// OnFailure is "continue" or "queueToOperator".
	OnFailure string
	// Priority orders jobs, lower first.
	Priority int
	// RetainSuccessfulResponses keeps a job after success; nil leaves it to
	// the queue.
	RetainSuccessfulResponses *bool
	// Parents are the ids of the jobs that must end before.
	Parents []string
}

// Inherit is the setting of an attribute that is inherited by default.
type Inherit int

// Values of impersonate, sensitive and trusted.
const (
	Inherited Inherit = iota
	On
	Off
)

// Simple gives a request for one public procedure. data is the data element,
// or nil.
func Simple(target Target, data *xmldoc.Node) *Request {
	r := &Request{Target: target}
	if data != nil {
		r.Data = []*xmldoc.Node{data}
	}
	return r
}

// LogValue gives what may be logged of a request: the procedures it calls and
// the caller's tracking id. No data, no credentials.
func (r *Request) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("target", r.MainTarget().String())}
	if r.Context.ClientTransactionID != "" {
		attrs = append(attrs, slog.String("client_transaction_id", r.Context.ClientTransactionID))
	}
	return slog.GroupValue(attrs...)
}

// MainTarget gives the procedure that the request is about: the target of a
// simple request, else the first call among the steps.
func (r *Request) MainTarget() Target {
	if !r.Target.IsZero() || r.Procedure == nil {
		return r.Target
	}
	return firstTarget(r.Procedure.Steps)
}

func firstTarget(steps []Step) Target {
	for _, s := range steps {
		if s.Call != nil && s.Call.Kind != Transform {
			return s.Call.Target
		}
		if s.Try != nil {
			if t := firstTarget(s.Try.Body); !t.IsZero() {
				return t
			}
		}
	}
	return Target{}
}

// Redact copies a data tree with the content of secret elements taken out:
// those marked do-not-log="1", and those that hold a password by their name or
// by that of the property in them. Passwords in attributes go the same way.
func Redact(n *xmldoc.Node) *xmldoc.Node {
	c := xmldoc.Clone(n)
	RedactIn(c)
	return c
}

// isSecret reports whether the content of an element is secret.
func isSecret(n *xmldoc.Node) bool {
	mark, _ := xmldoc.Attr(n, "do-not-log")
	property, _ := xmldoc.Attr(n, "name")
	return mark == "1" || mark == "true" || isSecretName(n.Data) || isSecretName(property)
}

// RedactIn is Redact without the copy: it changes the tree, which may be nil.
func RedactIn(n *xmldoc.Node) {
	if n == nil {
		return
	}
	if isSecret(n) {
		xmldoc.SetText(n, secret.Redacted)
	}
	for i, a := range n.Attr {
		if isSecretName(a.Name.Local) {
			n.Attr[i].Value = secret.Redacted
		}
	}
	for c := range xmldoc.Elements(n) {
		RedactIn(c)
	}
}
