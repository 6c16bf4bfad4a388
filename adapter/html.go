package adapter

import (
	"fmt"
	"html"
	"strings"

	"wsexchange/wsdl"
)

// document is an HTML document that is being written.
//
// The pages are not made by html/template: it calls methods by names that are
// known at run time only, and a program that does so keeps all methods of all
// its packages, used or not, which are some 4 MB here.
type document struct{ strings.Builder }

// add writes a piece of HTML with texts in the places of its %s, escaped.
func (d *document) add(piece string, texts ...string) {
	escaped := make([]any, len(texts))
	for i, text := range texts {
		escaped[i] = html.EscapeString(text)
	}
	_, _ = fmt.Fprintf(d, piece, escaped...) // a Builder takes everything
}

const pageStyle = `
body{font:14px Verdana,sans-serif;margin:0}h1{background:#036;color:#fff;font-size:22px;margin:0;padding:12px 24px}
div{padding:8px 24px}pre{background:#e5e5cc;padding:8px;overflow:auto}li{margin:4px 0}a{color:#369}`

const pageEnd = `</div></body></html>`

// begin writes the head of a page and the heading.
func (d *document) begin(title, heading string) { d.beginLinked(title, heading, "") }

// beginLinked writes a head that names a discovery document too, unless it is
// "", where ASMX has that link and spelled as ASMX spells it. Tools of .NET that
// are given the address of the page follow it. (F056)
func (d *document) beginLinked(title, heading, discovery string) {
	d.add("<!DOCTYPE html>\n<html><head>")
	if discovery != "" {
		d.add(`<link rel="alternate" type="text/xml" href="%s" />`, discovery)
	}
	d.add(`<meta charset="utf-8"><title>%s</title><style>`, title)
	d.WriteString(pageStyle)
	d.add("</style></head><body><h1>%s</h1><div>", heading)
}

// folderPage lists the services.
func folderPage(list []*service) string {
	var d document
	d.begin("Web Services", "Web Services")
	d.add("<ul>\n")
	for _, s := range list {
		d.add("<li><a href=\"%s.asmx\">%s</a></li>\n", s.contract.Name, s.contract.Name)
	}
	d.add("</ul>" + pageEnd)
	return d.String()
}

// servicePage lists the operations of a service.
func servicePage(s wsdl.Service) string {
	var d document
	d.beginLinked(s.Name+" Web Service", s.Name, s.Name+".asmx?disco")
	d.add(`
<p>The following operations are supported. For a formal definition, please review the <a href="%s.asmx?WSDL">Service Description</a>.</p><ul>
`, s.Name)
	for _, op := range s.Operations {
		d.add("<li><a href=\"%s.asmx?op=%s\">%s</a></li>\n", s.Name, op.Name, op.Name)
	}
	d.add("</ul>" + pageEnd)
	return d.String()
}

// page shows how messages of an operation look.
func (s *sample) page() string {
	var d document
	d.begin(s.Service+" Web Service", s.Service)
	d.add("\n<p>Click <a href=\"%s.asmx\">here</a> for a complete list of operations.</p><h2>%s</h2>\n", s.Service, s.Operation)
	for _, m := range s.Messages {
		d.add(`<h3>%s</h3><p>The following is a sample %s request and response. The placeholders shown need to be replaced with actual values.</p>
<pre>%s</pre><pre>%s</pre>
`, m.Version, m.Version, m.Request, m.Response)
	}
	d.add(pageEnd)
	return d.String()
}
