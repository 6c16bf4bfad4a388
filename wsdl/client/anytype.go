package client

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// AnyType is XML content: what stands inside an XmlNode parameter or result.
type AnyType struct {
	// InnerXML is a well-formed fragment without XML declaration, normally one
	// element. To send it, write it as it reads on its own: an element without
	// a namespace goes out with xmlns="", so that it does not fall into the
	// namespace of the operation around it (F006). Received, it is the text as it came;
	// namespaces declared outside of it are not repeated in it.
	InnerXML string
}

type rawContent struct {
	InnerXML string `xml:",innerxml"`
}

// MarshalXML writes the fragment inside the start element. A fragment that would
// break the message around it is refused.
func (a AnyType) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	content, err := standalone(a.InnerXML)
	if err != nil {
		return fmt.Errorf("xml content of %s: %w", start.Name.Local, err)
	}
	return e.EncodeElement(rawContent{content}, start)
}

// UnmarshalXML keeps the content of the element as it stands in the message.
func (a *AnyType) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	var content rawContent
	if err := d.DecodeElement(&content, &start); err != nil {
		return err
	}
	a.InnerXML = content.InnerXML
	return nil
}

// standalone checks a fragment and undeclares the default namespace on those of
// its outermost elements that have none.
func standalone(fragment string) (string, error) {
	var out strings.Builder
	d := xml.NewDecoder(strings.NewReader(fragment))
	copied, depth := 0, 0
	for {
		begin := int(d.InputOffset())
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			out.WriteString(fragment[copied:])
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.ProcInst, xml.Directive:
			return "", errors.New("a declaration or processing instruction is not allowed inside a message")
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth == 0 && t.Name.Space == "" && !declaresDefault(t) {
				name := begin + len("<") + len(t.Name.Local)
				out.WriteString(fragment[copied:name] + ` xmlns=""`)
				copied = name
			}
			depth++
		}
	}
}

func declaresDefault(e xml.StartElement) bool {
	for _, a := range e.Attr {
		if a.Name.Space == "" && a.Name.Local == "xmlns" {
			return true
		}
	}
	return false
}
