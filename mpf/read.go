package mpf

import (
	"errors"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
)

// ParseRequest reads a request element strictly: elements, attributes and
// values that the provisioning schema does not know are refused with an *Error
// that names them. It takes the tree over. A zero target means a trusted
// request; with a target the request must not bring steps of its own.
func ParseRequest(n *xmldoc.Node, target Target) (*Request, error) {
	req, err := parseRequest(n, target)
	var refused *Error
	if errors.As(err, &refused) {
		return nil, refused.AtEngine(target)
	}
	return req, err
}

func parseRequest(n *xmldoc.Node, target Target) (*Request, error) {
	xmldoc.WithoutNamespace(n, SchemaNamespace)
	if n.Data != "request" || n.NamespaceURI != "" {
		return nil, RequestMalformed.New("the root element is '" + n.Data + "', not 'request'")
	}
	req := &Request{Target: target}
	if err := noText(n); err != nil {
		return nil, err
	}
	for c := range xmldoc.Elements(n) {
		if err := req.child(c); err != nil {
			return nil, err
		}
	}
	switch {
	case target.IsZero() && req.Procedure == nil:
		return nil, RequestMalformed.New("the element 'procedure' is missing")
	case !target.IsZero() && req.Procedure != nil:
		return nil, RequestMalformed.New("a simple request cannot bring a 'procedure'")
	case !target.IsZero() && req.Context.Security != nil && req.Context.Security.Basic != nil:
		return nil, CredentialsInSimple.New()
	}
	return req, nil
}

func (r *Request) child(n *xmldoc.Node) error {
	var err error
	switch local(n) {
	case "data":
		r.Data = append(r.Data, detached(n))
	case "globalData":
		if r.GlobalData != nil {
			return repeated(n)
		}
		r.GlobalData = detached(n)
	case "context":
		if previous(n) {
			return repeated(n)
		}
		err = r.Context.read(n)
	case "procedure":
		if r.Procedure != nil {
			return repeated(n)
		}
		r.Procedure, err = readProcedure(n)
	default:
		err = unknownElement(n)
	}
	return err
}

func (c *Context) read(n *xmldoc.Node) error {
	if err := noText(n); err != nil {
		return err
	}
	for e := range xmldoc.Elements(n) {
		if previous(e) {
			return repeated(e)
		}
		var err error
		switch local(e) {
		case "clientContext":
			a := attributesOf(e)
			c.ClientTransactionID, c.LocaleID = a.text("clientTransactionId"), a.text("localeID")
			err = a.done()
		case "securityContext":
			c.Security, err = readSecurity(e)
		case "queueContext":
			c.Queue, err = readQueue(e)
		case "transactionContext", "providerContext", "executeContext", "errorContext":
			// The engine makes these itself and overrides what is sent.
		default:
			err = unknownElement(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readSecurity(n *xmldoc.Node) (*SecurityContext, error) {
	a := attributesOf(n)
	s := &SecurityContext{
		Trustee: a.text("trustee"), Sensitive: a.inherit("sensitive"),
		Trusted: a.inherit("trusted"), Impersonate: a.inherit("impersonate"),
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	for auth := range xmldoc.Elements(n) {
		switch {
		case local(auth) != "authentication":
			return nil, unknownElement(auth)
		case previous(auth):
			return nil, repeated(auth)
		}
		for e := range xmldoc.Elements(auth) {
			switch {
			case local(e) != "basic":
				return nil, RequestMalformed.New("authentication by '" + e.Data + "' is not supported")
			case previous(e):
				return nil, repeated(e)
			}
			a := attributesOf(e)
			s.Basic = &Basic{Domain: a.text("domain"), Username: a.required("username"), Password: secret.New(a.text("password"))}
			if err := a.done(); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func readQueue(n *xmldoc.Node) (*QueueContext, error) {
	a := attributesOf(n)
	q := &QueueContext{
		QueueID: a.text("queueId"), RetryCount: a.number("retryCount", 0, 65535),
		RetryInterval: a.number("retryInterval", 0, 65535), RetryType: a.text("retryType"),
		OnFailure: a.oneOf("onFailure", "continue", "queueToOperator"),
		Priority:  a.number("priority", -32768, 32767),
	}
	if text := a.text("retryStopOnFailure"); text != "" {
		code, err := ParseHRESULT(text)
		if err != nil {
			return nil, RequestMalformed.New("retryStopOnFailure: " + err.Error())
		}
		q.RetryStopOnFailure = code
	}
	if _, ok := xmldoc.Attr(n, "retainSuccessfulResponses"); ok {
		keep := a.boolean("retainSuccessfulResponses")
		q.RetainSuccessfulResponses = &keep
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	for p := range xmldoc.Elements(n) {
		if local(p) != "parentQueue" {
			return nil, unknownElement(p)
		}
		// The reference spells this attribute in two ways.
		a := attributesOf(p)
		id := a.optional("queueId")
		if other := a.optional("queueID"); id == nil {
			id = other
		}
		if id == nil {
			return nil, RequestMalformed.New("attribute 'queueId' of 'parentQueue' is missing")
		}
		if err := a.done(); err != nil {
			return nil, err
		}
		q.Parents = append(q.Parents, *id)
	}
	return q, nil
}

func readProcedure(n *xmldoc.Node) (*Procedure, error) {
	p := &Procedure{}
	steps, err := readSteps(n, func(e *xmldoc.Node) (bool, error) {
		switch local(e) {
		case "procedureData":
			if p.Data != nil {
				return true, repeated(e)
			}
			p.Data = detached(e)
			return true, nil
		case "Schema":
			return true, nil
		}
		return false, nil
	})
	p.Steps = steps
	return p, err
}

// readSteps reads the steps among the children of n; other takes children that
// are no steps.
func readSteps(n *xmldoc.Node, other func(*xmldoc.Node) (bool, error)) ([]Step, error) {
	var steps []Step
	var open *Try
	if err := noText(n); err != nil {
		return nil, err
	}
	for e := range xmldoc.Elements(n) {
		if open != nil && local(e) != "catch" {
			return nil, RequestMalformed.New("a 'try' must be followed by its 'catch'")
		}
		var step Step
		var err error
		switch local(e) {
		case string(Execute), string(Queue), string(Transform):
			step.Call, err = readCall(e)
		case "select":
			step.Select, err = readSelect(e)
		case "try":
			open = &Try{}
			open.Body, err = readSteps(e, nil)
			step.Try = open
		case "catch":
			if open == nil {
				return nil, RequestMalformed.New("a 'catch' must follow its 'try'")
			}
			open.Catch, err = readSteps(e, nil)
			open = nil
			if err == nil {
				continue
			}
		default:
			if err = readOther(e, other); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	if open != nil {
		return nil, RequestMalformed.New("a 'try' must be followed by its 'catch'")
	}
	return steps, nil
}

// readOther reads an element that is no step; one that nobody takes is an error.
func readOther(e *xmldoc.Node, other func(*xmldoc.Node) (bool, error)) error {
	if other == nil {
		return unknownElement(e)
	}
	taken, err := other(e)
	if err == nil && !taken {
		err = unknownElement(e)
	}
	return err
}

func readCall(n *xmldoc.Node) (*Call, error) {
	a := attributesOf(n)
	c := &Call{Kind: Kind(n.Data)}
	if c.Kind != Transform {
		c.Target = Target{Namespace: a.required("namespace"), Procedure: a.required("procedure")}
		c.Impersonate, c.Sensitive, c.Trusted = a.inherit("impersonate"), a.inherit("sensitive"), a.inherit("trusted")
	}
	if c.Kind == Queue {
		c.QueueActivated = a.oneOf("queueSuspended", "0", "1") == "0"
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	for e := range xmldoc.Elements(n) {
		if err := c.child(e); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Call) child(n *xmldoc.Node) error {
	a := attributesOf(n)
	switch local(n) {
	case "executeData":
		if c.ExecuteData != nil {
			return repeated(n)
		}
		c.ExecuteData = detached(n)
		return nil
	case "forEach":
		c.ForEach = append(c.ForEach, ForEach{
			Name: a.required("name"), Root: a.required("root"), Path: a.text("path"), IfNull: a.missing(true),
		})
	case "repeat":
		c.Repeat = append(c.Repeat, Repeat{Source: a.required("source"), SourcePath: a.text("sourcePath"), IfNull: a.missing(true)})
	case "when":
		w := When{Source: a.text("source"), SourcePath: a.text("sourcePath"), Select: a.text("select"), Case: a.text("case")}
		if (w.Source == "") == (w.Select == "") {
			return RequestMalformed.New("'when' needs either 'source' or 'select'")
		}
		if w.Select == "" && w.Case != "" || w.Select != "" && (w.Case == "" || w.SourcePath != "") {
			return RequestMalformed.New("'when' has 'case' with 'select', and 'sourcePath' with 'source'")
		}
		c.When = append(c.When, w)
	case "before":
		c.Before = append(c.Before, readTransfer(n, a, true))
	case "after":
		c.After = append(c.After, readTransfer(n, a, false))
	default:
		return unknownElement(n)
	}
	return a.done()
}

func readTransfer(n *xmldoc.Node, a *attributes, skip bool) Transfer {
	t := Transfer{
		Source: a.required("source"), SourcePath: a.text("sourcePath"),
		Destination: a.required("destination"), DestinationPath: a.text("destinationPath"),
		Mode:   Mode(a.oneOf("mode", string(Insert), string(Merge), string(Replace), string(Move))),
		IfNull: a.missing(skip), AllowNullTransform: a.boolean("allowNullTransform"),
	}
	for e := range xmldoc.Elements(n) {
		if e.Data != "template" || !strings.HasSuffix(e.NamespaceURI, "//www.w3.org/1999/XSL/Transform") {
			a.fail("element '" + e.Data + "' is not allowed in '" + n.Data + "'")
			continue
		}
		t.Templates = append(t.Templates, detached(e))
	}
	return t
}

func readSelect(n *xmldoc.Node) (*Select, error) {
	a := attributesOf(n)
	s := &Select{
		Name: a.required("name"), Source: a.required("source"), SourcePath: a.text("sourcePath"),
		DefaultCase: a.optional("defaultCase"), IfNullCase: a.optional("ifNullCase"),
	}
	if err := a.done(); err != nil {
		return nil, err
	}
	for e := range xmldoc.Elements(n) {
		if local(e) != "where" {
			return nil, unknownElement(e)
		}
		a := attributesOf(e)
		s.Where = append(s.Where, Where{Value: a.required("value"), Case: a.required("case")})
		if err := a.done(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// attributes reads the attributes of one element and remembers the first thing
// wrong with them.
type attributes struct {
	n    *xmldoc.Node
	used []string
	err  error
}

func attributesOf(n *xmldoc.Node) *attributes { return &attributes{n: n} }

func (a *attributes) fail(text string) {
	if a.err == nil {
		a.err = RequestMalformed.New(text)
	}
}

func (a *attributes) text(name string) string {
	a.used = append(a.used, name)
	v, _ := xmldoc.Attr(a.n, name)
	return v
}

func (a *attributes) optional(name string) *string {
	a.used = append(a.used, name)
	if v, ok := xmldoc.Attr(a.n, name); ok {
		return &v
	}
	return nil
}

func (a *attributes) required(name string) string {
	v := a.optional(name)
	if v == nil {
		a.fail("attribute '" + name + "' of '" + a.n.Data + "' is missing")
		return ""
	}
	return *v
}

func (a *attributes) oneOf(name string, values ...string) string {
	v := a.text(name)
	for _, allowed := range values {
		if v == allowed {
			return v
		}
	}
	if v != "" {
		a.fail("attribute '" + name + "' of '" + a.n.Data + "' is '" + v + "', allowed are " + strings.Join(values, ", "))
	}
	return ""
}

func (a *attributes) missing(skip bool) Missing {
	if skip {
		return Missing(a.oneOf("ifNull", string(FailIfNull), string(SkipIfNull), string(IgnoreIfNull)))
	}
	return Missing(a.oneOf("ifNull", string(FailIfNull), string(IgnoreIfNull)))
}

func (a *attributes) inherit(name string) Inherit {
	return Inherit(a.number(name, int(Inherited), int(Off)))
}

func (a *attributes) boolean(name string) bool {
	v := a.oneOf(name, "0", "1", "false", "true")
	return v == "1" || v == "true"
}

func (a *attributes) number(name string, low, high int) int {
	text := a.text(name)
	if text == "" {
		return 0
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < low || v > high {
		a.fail("attribute '" + name + "' of '" + a.n.Data + "' must be a number from " + strconv.Itoa(low) + " to " + strconv.Itoa(high))
		return 0
	}
	return v
}

// done gives the first error; an attribute nobody asked for is one.
func (a *attributes) done() error {
	for _, x := range a.n.Attr {
		if x.Name.Space != "" || x.Name.Local == "xmlns" {
			continue
		}
		known := false
		for _, u := range a.used {
			known = known || u == x.Name.Local
		}
		if !known {
			a.fail("attribute '" + x.Name.Local + "' is not allowed in '" + a.n.Data + "'")
		}
	}
	if err := noText(a.n); err != nil && a.err == nil {
		a.err = err
	}
	return a.err
}

// local gives the name of an element of the schema, and "" for an element of
// any other namespace.
func local(n *xmldoc.Node) string {
	if n.NamespaceURI != "" {
		return ""
	}
	return n.Data
}

// previous tells whether an element of the same name stands before n.
func previous(n *xmldoc.Node) bool {
	for p := n.PrevSibling; p != nil; p = p.PrevSibling {
		if p.Type == n.Type && p.Data == n.Data && p.NamespaceURI == n.NamespaceURI {
			return true
		}
	}
	return false
}

// noText refuses text in an element that has none by the schema.
func noText(n *xmldoc.Node) error {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == xmlquery.TextNode && strings.TrimSpace(c.Data) != "" {
			return RequestMalformed.New("text is not allowed in '" + n.Data + "'")
		}
	}
	return nil
}

func detached(n *xmldoc.Node) *xmldoc.Node {
	xmldoc.Remove(n)
	return n
}

func unknownElement(n *xmldoc.Node) error {
	where := "the request"
	if n.Parent != nil {
		where = "'" + n.Parent.Data + "'"
	}
	return RequestMalformed.New("element '" + n.Data + "' is not allowed in " + where)
}

func repeated(n *xmldoc.Node) error {
	return RequestMalformed.New("element '" + n.Data + "' is given more than once")
}
