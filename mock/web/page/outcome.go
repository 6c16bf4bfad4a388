package page

import (
	"fmt"
	"net/http"
	"time"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Outcome is what became of a request that a visitor submitted.
type Outcome struct {
	Request, Response string // XML, without secrets
	Took              time.Duration
	Failed            *Failure // or nil
}

// Failure is an error with its documentation.
type Failure struct {
	*mpf.Error
	Row   mpf.Code   // of the code
	Cause *mpf.Cause // or nil
}

// Run submits a request in the visitor's name. hide takes out of a document
// what must not be shown in addition to passwords; nil takes out nothing.
func (v *Visit) Run(s mpf.Submitter, req *mpf.Request, hide func(*xmldoc.Node)) (*Outcome, error) {
	shown := func(n *xmldoc.Node) string {
		n = mpf.Redact(n)
		if hide != nil {
			hide(n)
		}
		return xmldoc.Indented(n, 2)
	}
	out := &Outcome{Request: shown(req.Element())}
	began := v.Now()
	resp, err := s.Submit(mpf.WithCaller(v.Ctx(), v.Caller), req)
	out.Took = v.Now().Sub(began)
	if err != nil {
		return nil, Refuse(http.StatusBadGateway, fmt.Sprintf("The request got no answer: %v.", err))
	}
	out.Response = shown(resp.Element())
	if resp.Err != nil {
		out.Failed = Explained(resp.Err)
	}
	return out, nil
}

// Explained finds the documentation of an error.
func Explained(err *mpf.Error) *Failure {
	f := &Failure{Error: err}
	f.Row, _ = err.Code.Lookup()
	for _, cause := range mpf.Causes() {
		if cause.ID == err.Cause {
			f.Cause = cause
		}
	}
	return f
}
