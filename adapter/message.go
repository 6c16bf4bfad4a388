package adapter

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"wsexchange/internal/front"
	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
)

// mediaTypes are those that a message may come in.
var mediaTypes = map[string]bool{"text/xml": true, "application/soap+xml": true, "application/xml": true}

// read reads the message up to the operation. Its error is a fault, or an
// HTTP status that was sent already.
func (k *call) read() error {
	r := k.c.Request()
	charset, action, ok := contentType(r.Header)
	if !ok {
		k.seen.Refusal = RefusedTransport
		return errUnsupported
	}
	k.version = versionOf(r.Header)
	limit := k.h.config.Limits.Bytes
	if r.ContentLength > limit {
		k.seen.Refusal, k.seen.Rule, k.seen.RequestBytes = RefusedTransport, xmldoc.RuleBytes, r.ContentLength
		return tooLarge(limit, r.ContentLength)
	}
	if k.in = r.Body; r.ContentLength < 0 {
		k.in = http.MaxBytesReader(k.c.Response(), r.Body, limit)
	}
	env, err := soap.ReadEnvelope(k, charset, k.h.config.Limits)
	if env.Version != 0 {
		k.version = env.Version
	}
	if err == nil {
		err = env.CheckHeaders(nil)
	}
	if err != nil {
		return k.unreadable(err)
	}
	k.body = env.Body
	if err := k.dispatch(action); err != nil {
		k.seen.Refusal = RefusedOperation
		return err
	}
	return nil
}

// errUnsupported is the refusal of a content type.
var errUnsupported = errors.New("the content type is not supported")

// contentType takes the headers apart. The action is that of SOAP 1.2, if the
// content type has one, else the SOAPAction.
func contentType(header http.Header) (charset, action string, ok bool) {
	value := header.Get("Content-Type")
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return "", "", false
	}
	action = header.Get("SOAPAction")
	if value == "text/xml; charset=utf-8" { // by far the most frequent
		return "utf-8", action, true
	}
	media, parameters, err := front.ContentType(value)
	if err != nil || !mediaTypes[media] {
		return "", "", false
	}
	if own, ok := parameters["action"]; ok {
		action = own
	}
	return parameters["charset"], action, true
}

// versionOf gives the version to answer in as long as no envelope has told.
func versionOf(header http.Header) soap.Version {
	const media = "application/soap+xml"
	if value := header.Get("Content-Type"); len(value) >= len(media) && strings.EqualFold(value[:len(media)], media) {
		return soap.V12
	}
	return soap.V11
}

func (k *call) unreadable(err error) error {
	k.seen.Refusal = RefusedEnvelope
	var refused *xmldoc.Error
	if errors.As(err, &refused) {
		k.seen.Rule = refused.Rule
	}
	var large *http.MaxBytesError
	var fault *soap.Fault
	switch {
	case errors.As(err, &large):
		k.seen.Rule = xmldoc.RuleBytes
		return tooLarge(large.Limit, large.Limit+1)
	case errors.As(err, &fault):
		return fault
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &soap.Fault{Code: soap.Client, String: "Server was unable to read request. ---> The message did not arrive in time.", Cause: err}
	}
	// The client stopped in the middle of its message.
	return &soap.Fault{Code: soap.Client, String: "Server was unable to read request. ---> The message is not complete.", Cause: err}
}

func tooLarge(limit, seen int64) *soap.Fault {
	cause := &xmldoc.Error{Rule: xmldoc.RuleBytes, Limit: limit, Seen: seen, Offset: limit}
	return &soap.Fault{Code: soap.Client, String: "Server was unable to read request. ---> " + cause.Error(), Cause: cause}
}

// dispatch finds the operation by the local name of the body's child, and
// refuses a SOAPAction that names another one (F052).
func (k *call) dispatch(action string) error {
	named := lastSegment(action)
	if named != "" && named != k.body.Data {
		return &soap.Fault{Code: soap.Client, String: "Server did not recognize the value of HTTP Header SOAPAction: " +
			strings.Trim(action, `" `) + "."}
	}
	op := k.service.operations[k.body.Data]
	if op == nil {
		return &soap.Fault{Code: soap.Client, String: fmt.Sprintf(
			"The request element <%s xmlns='%s'> was not recognized.", k.body.Data, k.body.NamespaceURI)}
	}
	k.op, k.seen.Operation = op, op.contract.Name
	return nil
}

// lastSegment gives the operation that an action names, "" for an action that
// names none.
func lastSegment(action string) string {
	action = strings.TrimRight(strings.Trim(strings.TrimSpace(action), `"`), "/ ")
	if i := strings.LastIndexAny(action, "/#"); i >= 0 {
		action = action[i+1:]
	}
	return strings.TrimSpace(action)
}
