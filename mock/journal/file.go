package journal

import (
	"archive/zip"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"wsexchange/mpf"
)

// Export writes the requests that match as a zip archive of XML files, one
// each, to be submitted again by provtest. Secrets are not in the files: they
// read as the text that took their place.
func (j *Journal) Export(w io.Writer, f Filter) error {
	archive := zip.NewWriter(w)
	for _, e := range j.List(f) {
		file, err := archive.Create(e.FileName())
		if err == nil {
			_, err = io.WriteString(file, e.File())
		}
		if err != nil {
			return fmt.Errorf("export of request %d: %w", e.Seq, err)
		}
	}
	return archive.Close()
}

// FileName is the name of the request's file. Names are in the order in which
// the requests ended.
func (e Entry) FileName() string {
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	return fmt.Sprintf("%06d-%.80s-%.80s.xml", e.Seq, strings.Map(keep, e.Namespace), strings.Map(keep, e.Procedure))
}

// File is the request as a file. Comments before the document tell what is not
// in it: a simple request's target, and what became of it. ReadNote reads them.
func (e Entry) File() string {
	var b strings.Builder
	if !e.Trusted {
		fmt.Fprintf(&b, "<!-- provtest /n:%s /p:%s -->\n", quoted(e.Namespace), quoted(e.Procedure))
	}
	fmt.Fprintf(&b, "<!-- recorded %s by:%s", e.Code, quoted(e.Caller))
	for _, detail := range []struct{ name, value string }{{"operation", e.Operation}, {"id", e.ClientID}} {
		if detail.value != "" {
			fmt.Fprintf(&b, " %s:%s", detail.name, quoted(detail.value))
		}
	}
	b.WriteString(" -->\n" + e.Request + "\n")
	return b.String()
}

// quoted writes a text that may stand in a comment of XML: in ASCII, and with
// no two hyphens in a row.
func quoted(text string) string {
	return strings.ReplaceAll(strconv.QuoteToASCII(text), "--", `-\x2d`)
}

// Note is what the comments of a request file tell.
type Note struct {
	// Target is that of a simple request; zero if there is none.
	Target mpf.Target
	// Recorded tells whether Code is that of the answer of then.
	Recorded bool
	Code     mpf.HRESULT
}

// text is a quoted text, as quoted writes it.
const text = `("(?:[^"\\]|\\.)*")`

var (
	comment  = regexp.MustCompile(`^\s*(?:<\?xml [^>]*\?>\s*)?<!--((?s:.*?))-->`)
	target   = regexp.MustCompile(`^ provtest /n:` + text + ` /p:` + text + ` $`)
	recorded = regexp.MustCompile(`^ recorded (0x[0-9a-f]{8}) `)
)

// ReadNote reads the comments before the document in the beginning of a request
// file. Other comments, and none at all, are passed over.
func ReadNote(head string) Note {
	var n Note
	head = strings.TrimPrefix(head, "\ufeff")
	for found := comment.FindStringSubmatch(head); found != nil; found = comment.FindStringSubmatch(head) {
		head = head[len(found[0]):]
		n.read(found[1])
	}
	return n
}

func (n *Note) read(comment string) {
	if found := target.FindStringSubmatch(comment); found != nil {
		namespace, err := strconv.Unquote(found[1])
		procedure, other := strconv.Unquote(found[2])
		if err == nil && other == nil {
			n.Target = mpf.Target{Namespace: namespace, Procedure: procedure}
		}
	}
	if found := recorded.FindStringSubmatch(comment); found != nil {
		code, err := mpf.ParseHRESULT(found[1])
		n.Recorded, n.Code = err == nil, code
	}
}
