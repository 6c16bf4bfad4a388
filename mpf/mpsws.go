package mpf

import (
	"context"
	"fmt"
	"strings"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
)

// The service of the original through which any procedure can be called.
// (F001, F153)
const (
	servicesNamespace = "http://provisioning.microsoft.com/webservices"
	submitOperation   = "SubmitMpsRequest"
)

// ServiceClient submits requests through SubmitMpsRequest of a real MPSWS, the
// page MPSGeneral.asmx. That operation carries one procedure with its data, so
// only simple requests and requests of one such execute step pass; others come
// back refused, with nothing sent. The tracking id and the language of a
// request are left behind.
type ServiceClient struct {
	wire *wire
}

var _ Submitter = (*ServiceClient)(nil)

// NewServiceClient makes a client. It connects to nothing yet.
func NewServiceClient(c ClientConfig) (*ServiceClient, error) {
	w, err := newWire(c)
	if err != nil {
		return nil, err
	}
	return &ServiceClient{wire: w}, nil
}

// Submit sends a request and waits for its answer; the errors are those of
// Client.
func (c *ServiceClient) Submit(ctx context.Context, req *Request) (*Response, error) {
	account, err := c.wire.account(ctx)
	if err != nil {
		return nil, err
	}
	call, refused := carry(req, account)
	if refused != nil {
		return &Response{Err: refused}, nil
	}
	env, err := c.wire.post(ctx, servicesNamespace+"/"+submitOperation, call.message())
	if err != nil {
		return nil, err
	}
	resp, err := readServiceAnswer(env.Body)
	if err != nil {
		return nil, fmt.Errorf("engine %s: %w", c.wire.config.URL, err)
	}
	return resp, nil
}

// serviceCall is what SubmitMpsRequest takes.
type serviceCall struct {
	target          Target
	data            *xmldoc.Node
	sendCredentials bool
}

// carry translates a request, or says why it cannot be carried.
func carry(req *Request, account *Caller) (*serviceCall, *Error) {
	call := &serviceCall{target: req.Target}
	switch {
	case req.GlobalData != nil || req.Context.Queue != nil:
		return nil, NotCarried.New("it is to be queued")
	case len(req.Data) > 1:
		return nil, NotCarried.New("it has more than one data element")
	case len(req.Data) == 1:
		call.data = xmldoc.Clone(req.Data[0])
	}
	if why := call.takeSecurity(req.Context.Security, account); why != "" {
		return nil, NotCarried.New(why)
	}
	if req.Procedure != nil {
		if why := call.takeProcedure(req.Procedure); why != "" {
			return nil, NotCarried.New(why)
		}
	}
	if call.data == nil {
		call.data = xmldoc.Element("data")
	}
	return call, nil
}

// takeSecurity takes credentials if they are those that the HTTP request
// brings: only these can be sent on.
func (c *serviceCall) takeSecurity(s *SecurityContext, account *Caller) string {
	switch {
	case s == nil:
		return ""
	case s.Trustee != "":
		return "it names a trustee"
	case s.Trusted == Off || s.Sensitive != Inherited || s.Impersonate == Off:
		return "it sets attributes of the security context"
	case s.Basic == nil:
		return ""
	case account == nil || !strings.EqualFold(s.Basic.Domain, account.Domain) ||
		!strings.EqualFold(s.Basic.Username, account.Username) || !s.Basic.Password.Equal(account.Password):
		return "its credentials are not those of the account that submits it"
	}
	c.sendCredentials = true
	return ""
}

// takeProcedure takes the one step that calls a procedure and merges its result
// into the answer, as OneCall makes it, with literal data or with that of the
// request moved in before; that is what the service does by itself.
func (c *serviceCall) takeProcedure(p *Procedure) string {
	if p.Data != nil || len(p.Steps) != 1 || p.Steps[0].Call == nil {
		return "it has more than one execute step"
	}
	step := p.Steps[0].Call
	switch {
	case step.Kind != Execute:
		return "its step is no execute"
	case step.Impersonate == Off || step.Sensitive != Inherited || step.Trusted == Off:
		return "its step switches off what the service sets"
	case len(step.ForEach)+len(step.When)+len(step.Repeat) > 0 || !c.movesIn(step.Before):
		return "its step is more than one plain call"
	case len(step.After) != 1 || !merges(step.After[0], DocumentExecuteData, DocumentData):
		return "its step does not merge its result into the data"
	case c.data != nil && c.data.FirstChild != nil && step.ExecuteData != nil:
		return "it has both data and executeData"
	}
	c.target = step.Target
	if step.ExecuteData != nil {
		c.data = xmldoc.Clone(step.ExecuteData)
		c.data.Data = "data"
	}
	return ""
}

// movesIn tells whether all that happens before the call is that the request's
// data go in.
func (c *serviceCall) movesIn(before []Transfer) bool {
	return len(before) == 0 || len(before) == 1 && c.data != nil && merges(before[0], DocumentData, DocumentExecuteData)
}

func merges(t Transfer, source, destination string) bool {
	return t.Source == source && t.Destination == destination && t.Mode == Merge &&
		t.SourcePath == "" && t.DestinationPath == "" && len(t.Templates) == 0
}

// message writes the envelope. Booleans are always there, the data stands in no
// namespace. (F003, F006)
func (c *serviceCall) message() []byte {
	b := soap.AppendStart(make([]byte, 0, 1024), soap.V11)
	b = append(b, "<"+submitOperation+` xmlns="`+servicesNamespace+`"><mpsNamespace>`...)
	b = xmldoc.AppendText(b, c.target.Namespace)
	b = append(b, "</mpsNamespace><procedure>"...)
	b = xmldoc.AppendText(b, c.target.Procedure)
	b = append(b, "</procedure><dataXmlBlob>"...)
	b = xmldoc.AppendXML(b, c.data, servicesNamespace)
	b = append(b, "</dataXmlBlob><sendCredentials>"...)
	if c.sendCredentials {
		b = append(b, "true"...)
	} else {
		b = append(b, "false"...)
	}
	b = append(b, "</sendCredentials></"+submitOperation+">"...)
	return soap.AppendEnd(b)
}

// readServiceAnswer reads the result and errorReturn. A failure is told by
// errorReturn; the result may repeat it with more of its parts. (F153)
func readServiceAnswer(n *xmldoc.Node) (*Response, error) {
	if n.Data != submitOperation+"Response" {
		return nil, fmt.Errorf("%w: element %.100q is not the answer of %s", ErrProtocol, n.Data, submitOperation)
	}
	failed, _ := xmldoc.ChildText(n, "errorReturn")
	resp := &Response{}
	root := xmldoc.Path(n, submitOperation+"Result", "response")
	if root != nil {
		xmldoc.Remove(root)
		var err error
		if resp, err = ParseResponse(root); err != nil {
			return nil, err
		}
	}
	switch {
	case failed != "" && resp.Err == nil:
		resp.Err = errorReturned(failed)
	case root == nil && failed == "":
		return nil, fmt.Errorf("%w: the answer holds neither a result nor an error", ErrProtocol)
	}
	return resp, nil
}

// errorReturned makes an error of the text, which ends in its code in
// parentheses where the service is ours, and is a bare sentence elsewhere.
func errorReturned(text string) *Error {
	e := &Error{Code: Fail, Description: text}
	if open := strings.LastIndex(text, " ("); open >= 0 && strings.HasSuffix(text, ")") {
		if code, err := ParseHRESULT(text[open+2 : len(text)-1]); err == nil && code.Failed() {
			e.Code, e.Description = code, text[:open]
		}
	}
	e.Cause = causeIn(e.Description)
	return e
}
