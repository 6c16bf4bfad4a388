package client

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Fault is a SOAP 1.1 fault as an error: the service refused the message, the
// credentials, or cannot reach what stands behind it. A procedure that failed is
// no Fault but an answer.
type Fault struct {
	Code   string  `xml:"faultcode"`   // qualified name as sent, e.g. soap:Client
	Text   string  `xml:"faultstring"` // what went wrong
	Actor  string  `xml:"faultactor"`  // who raised it, mostly empty
	Detail AnyType `xml:"detail"`      // XML, mostly empty
}

// Error gives the code and the text of the fault.
func (f *Fault) Error() string { return fmt.Sprintf("soap fault %s: %s", f.Code, f.Text) }

// StatusError is an answer that is neither 200 nor a SOAP fault.
type StatusError struct {
	Code int // the HTTP status
}

// Error gives the status and its customary text.
func (e *StatusError) Error() string {
	return fmt.Sprintf("http status %d %s", e.Code, http.StatusText(e.Code))
}

// decode reads the answer in place, not cut out of its envelope, so that
// prefixes declared outside stay known.
func decode(status int, answer []byte, response any) error {
	d := xml.NewDecoder(bytes.NewReader(answer))
	payload, err := payloadStart(d)
	switch {
	case err == nil && payload.Name == xml.Name{Space: envelopeSpace, Local: "Fault"}:
		fault := new(Fault)
		if err := d.DecodeElement(fault, &payload); err != nil {
			return fmt.Errorf("soap fault: %w", err)
		}
		return fault
	case status != http.StatusOK:
		return &StatusError{Code: status}
	case err != nil:
		return fmt.Errorf("answer: %w", err)
	}
	if err := d.DecodeElement(response, &payload); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return rest(d)
}

// payloadStart reads up to the first element of the body.
func payloadStart(d *xml.Decoder) (xml.StartElement, error) {
	start, err := nextStart(d)
	if err != nil {
		return start, err
	}
	if want := (xml.Name{Space: envelopeSpace, Local: "Envelope"}); start.Name != want {
		return start, fmt.Errorf("element %s in place of the envelope", start.Name.Local)
	}
	for start.Name != (xml.Name{Space: envelopeSpace, Local: "Body"}) {
		if start, err = nextStart(d); err != nil {
			return start, err
		}
		if start.Name == (xml.Name{Space: envelopeSpace, Local: "Header"}) {
			if err := d.Skip(); err != nil {
				return start, err
			}
		}
	}
	return nextStart(d)
}

// nextStart reads the next start element; an end element before it means that
// what should hold it is empty.
func nextStart(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, noEOF(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			return t, nil
		case xml.EndElement:
			return xml.StartElement{}, fmt.Errorf("nothing in element %s", t.Name.Local)
		}
	}
}

// rest reads what follows the payload: an answer cut short is no answer.
func rest(d *xml.Decoder) error {
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			return fmt.Errorf("answer: unexpected element %s after the payload", start.Name.Local)
		}
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
