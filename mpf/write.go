package mpf

import (
	"strconv"

	"wsexchange/internal/xmldoc"
)

// Element writes the request document in no namespace. The target of a simple
// request stands beside the document, not in it. The caller must not change
// the tree: it is a copy.
func (r *Request) Element() *xmldoc.Node {
	n := xmldoc.Element("request")
	if r.GlobalData != nil {
		xmldoc.Append(n, xmldoc.Clone(r.GlobalData))
	}
	for _, d := range r.Data {
		xmldoc.Append(n, xmldoc.Clone(d))
	}
	if c := r.Context.element(); c.FirstChild != nil {
		xmldoc.Append(n, c)
	}
	if r.Procedure != nil {
		xmldoc.Append(n, r.Procedure.element())
	}
	return n
}

func (c *Context) element() *xmldoc.Node {
	n := xmldoc.Element("context")
	if c.Security != nil {
		xmldoc.Append(n, c.Security.element())
	}
	if c.ClientTransactionID != "" || c.LocaleID != "" {
		client := xmldoc.Append(n, xmldoc.Element("clientContext")).LastChild
		attribute(client, "clientTransactionId", c.ClientTransactionID)
		attribute(client, "localeID", c.LocaleID)
	}
	if c.Queue != nil {
		xmldoc.Append(n, c.Queue.element())
	}
	return n
}

func (s *SecurityContext) element() *xmldoc.Node {
	n := xmldoc.Element("securityContext")
	attribute(n, "trustee", s.Trustee)
	s.Sensitive.attribute(n, "sensitive")
	s.Trusted.attribute(n, "trusted")
	s.Impersonate.attribute(n, "impersonate")
	if b := s.Basic; b != nil {
		basic := xmldoc.Element("basic")
		attribute(basic, "domain", b.Domain)
		xmldoc.SetAttr(basic, "username", b.Username)
		xmldoc.SetAttr(basic, "password", b.Password.Reveal())
		xmldoc.Append(n, xmldoc.Element("authentication", basic))
	}
	return n
}

func (q *QueueContext) element() *xmldoc.Node {
	n := xmldoc.Element("queueContext")
	attribute(n, "queueId", q.QueueID)
	number(n, "retryCount", q.RetryCount)
	number(n, "retryInterval", q.RetryInterval)
	attribute(n, "retryType", q.RetryType)
	if q.RetryStopOnFailure != 0 {
		xmldoc.SetAttr(n, "retryStopOnFailure", q.RetryStopOnFailure.String())
	}
	attribute(n, "onFailure", q.OnFailure)
	number(n, "priority", q.Priority)
	if q.RetainSuccessfulResponses != nil {
		xmldoc.SetAttr(n, "retainSuccessfulResponses", flag(*q.RetainSuccessfulResponses))
	}
	for _, p := range q.Parents {
		xmldoc.Append(n, xmldoc.SetAttr(xmldoc.Element("parentQueue"), "queueId", p))
	}
	return n
}

func (p *Procedure) element() *xmldoc.Node {
	n := xmldoc.Element("procedure")
	if p.Data != nil {
		xmldoc.Append(n, xmldoc.Clone(p.Data))
	}
	appendSteps(n, p.Steps)
	return n
}

func appendSteps(n *xmldoc.Node, steps []Step) {
	for _, s := range steps {
		switch {
		case s.Call != nil:
			xmldoc.Append(n, s.Call.element())
		case s.Select != nil:
			xmldoc.Append(n, s.Select.element())
		case s.Try != nil:
			body, handler := xmldoc.Element("try"), xmldoc.Element("catch")
			appendSteps(body, s.Try.Body)
			appendSteps(handler, s.Try.Catch)
			xmldoc.Append(xmldoc.Append(n, body), handler)
		}
	}
}

func (c *Call) element() *xmldoc.Node {
	n := xmldoc.Element(string(c.Kind))
	if c.Kind != Transform {
		xmldoc.SetAttr(n, "namespace", c.Target.Namespace)
		xmldoc.SetAttr(n, "procedure", c.Target.Procedure)
	}
	if c.QueueActivated {
		xmldoc.SetAttr(n, "queueSuspended", "0")
	}
	c.Impersonate.attribute(n, "impersonate")
	c.Sensitive.attribute(n, "sensitive")
	c.Trusted.attribute(n, "trusted")
	if c.ExecuteData != nil {
		xmldoc.Append(n, xmldoc.Clone(c.ExecuteData))
	}
	for _, f := range c.ForEach {
		e := xmldoc.SetAttr(xmldoc.SetAttr(xmldoc.Element("forEach"), "name", f.Name), "root", f.Root)
		attribute(e, "path", f.Path)
		attribute(e, "ifNull", string(f.IfNull))
		xmldoc.Append(n, e)
	}
	for _, w := range c.When {
		xmldoc.Append(n, w.element())
	}
	for _, r := range c.Repeat {
		e := xmldoc.SetAttr(xmldoc.Element("repeat"), "source", r.Source)
		attribute(e, "sourcePath", r.SourcePath)
		attribute(e, "ifNull", string(r.IfNull))
		xmldoc.Append(n, e)
	}
	for _, t := range c.Before {
		xmldoc.Append(n, t.element("before"))
	}
	for _, t := range c.After {
		xmldoc.Append(n, t.element("after"))
	}
	return n
}

func (w *When) element() *xmldoc.Node {
	n := xmldoc.Element("when")
	if w.Select != "" {
		return xmldoc.SetAttr(xmldoc.SetAttr(n, "select", w.Select), "case", w.Case)
	}
	xmldoc.SetAttr(n, "source", w.Source)
	attribute(n, "sourcePath", w.SourcePath)
	return n
}

func (s *Select) element() *xmldoc.Node {
	n := xmldoc.SetAttr(xmldoc.SetAttr(xmldoc.Element("select"), "name", s.Name), "source", s.Source)
	attribute(n, "sourcePath", s.SourcePath)
	if s.DefaultCase != nil {
		xmldoc.SetAttr(n, "defaultCase", *s.DefaultCase)
	}
	if s.IfNullCase != nil {
		xmldoc.SetAttr(n, "ifNullCase", *s.IfNullCase)
	}
	for _, w := range s.Where {
		xmldoc.Append(n, xmldoc.SetAttr(xmldoc.SetAttr(xmldoc.Element("where"), "value", w.Value), "case", w.Case))
	}
	return n
}

func (t *Transfer) element(name string) *xmldoc.Node {
	n := xmldoc.SetAttr(xmldoc.Element(name), "source", t.Source)
	attribute(n, "sourcePath", t.SourcePath)
	xmldoc.SetAttr(n, "destination", t.Destination)
	attribute(n, "destinationPath", t.DestinationPath)
	attribute(n, "mode", string(t.Mode))
	attribute(n, "ifNull", string(t.IfNull))
	if t.AllowNullTransform {
		xmldoc.SetAttr(n, "allowNullTransform", "1")
	}
	for _, template := range t.Templates {
		xmldoc.Append(n, xmldoc.Clone(template))
	}
	return n
}

func (i Inherit) attribute(n *xmldoc.Node, name string) {
	if i != Inherited {
		xmldoc.SetAttr(n, name, strconv.Itoa(int(i)))
	}
}

func attribute(n *xmldoc.Node, name, value string) {
	if value != "" {
		xmldoc.SetAttr(n, name, value)
	}
}

func number(n *xmldoc.Node, name string, value int) {
	if value != 0 {
		xmldoc.SetAttr(n, name, strconv.Itoa(value))
	}
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
