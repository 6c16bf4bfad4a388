package xmldoc_test

import (
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wsexchange/internal/heaptest"
	"wsexchange/internal/xmldoc"
)

// allowance is what reading one hostile document may take above idle, in bytes
// of heap.
const allowance = 16 << 20

const bodySize = 4 << 20

// hostile documents of 4 MiB, each made to press on one limit or to stay just
// below all of them.
var hostile = map[string]func() io.Reader{
	"one text":          func() io.Reader { return framed("<a>", "x", "</a>") },
	"text of escapes":   func() io.Reader { return framed("<a>", "&#x10FFFF;", "</a>") },
	"texts at limit":    func() io.Reader { return framed("<a>", "<b>"+strings.Repeat("x", 1<<20-20)+"</b>", "</a>") },
	"elements":          func() io.Reader { return framed("<a>", "<b/>", "</a>") },
	"elements at limit": func() io.Reader { return framed("<a>", "<b>"+strings.Repeat("x", 417)+"</b>", "</a>") },
	"attributes":        func() io.Reader { return framed("<a", ` b="1"`, "/>") },
	"attributes at limit": func() io.Reader {
		return framed("<a>", "<b c='"+strings.Repeat("x", 190)+"' d='"+strings.Repeat("x", 190)+"'/>", "</a>")
	},
	"values at limit": func() io.Reader { return framed("<a>", "<b c='"+strings.Repeat("x", 4<<10)+"'/>", "</a>") },
	"nesting":         func() io.Reader { return framed("", "<a>", "") },
	"name":            func() io.Reader { return framed("<a", "x", "/>") },
	"attribute name":  func() io.Reader { return framed("<a ", "x", "='1'/>") },
	"attribute value": func() io.Reader { return framed("<a b='", "x", "'/>") },
	"comment":         func() io.Reader { return framed("<a><!--", "x", "--></a>") },
	"comments":        func() io.Reader { return framed("<a>", "<!---->", "</a>") },
	"text in pieces":  func() io.Reader { return framed("<a>", "xxxx<!---->", "</a>") },
	"CDATA":           func() io.Reader { return framed("<a><![CDATA[", "<", "]]></a>") },
	"document type":   func() io.Reader { return framed("<!DOCTYPE a [", "<!ENTITY b 'c'>", "]><a/>") },
	"declaration":     func() io.Reader { return framed("<?xml version='1.0'", " ", "?><a/>") },
	"white space":     func() io.Reader { return framed("<a>", " ", "</a>") },
	"blanks in a tag": func() io.Reader { return framed("<a", " ", "/>") },
	"UTF-16 text": func() io.Reader {
		return strings.NewReader("\xff\xfe" + wide("<a>"+strings.Repeat("€", 1_400_000)+"</a>", true))
	},
	"windows-1252 text":  func() io.Reader { return framed("<?xml version='1.0' encoding='windows-1252'?><a>", "\x80", "</a>") },
	"text outside":       func() io.Reader { return framed("<a/>", "x", "") },
	"declared prefixes":  func() io.Reader { return framed("<a>", "<b"+manyPrefixes()+"/>", "</a>") },
	"unknown entity":     func() io.Reader { return framed("<a>&", "a", ";</a>") },
	"number without end": func() io.Reader { return framed("<a>&#", "0", ";</a>") },
}

func manyPrefixes() string {
	var b strings.Builder
	for i := range 60 {
		b.WriteString(" xmlns:p" + strconv.Itoa(i) + "='u" + strconv.Itoa(i) + "'")
	}
	return b.String()
}

// framed gives a document of bodySize without holding it.
func framed(begin, repeat, end string) io.Reader {
	times := (bodySize - len(begin) - len(end)) / len(repeat)
	return io.MultiReader(strings.NewReader(begin), heaptest.Repeat(repeat, times), strings.NewReader(end))
}

// TestMemory_HostileDocuments measures the highest heap while each document is
// read, above the heap before.
func TestMemory_HostileDocuments(t *testing.T) {
	heaptest.Each(t, slices.Sorted(maps.Keys(hostile)), allowance, func(_ *testing.T, name string) (uint64, string) {
		document := hostile[name]()
		reader := sampling{document, heaptest.Start()}
		root, err := xmldoc.Parse(reader, "", xmldoc.Limits{})
		reader.peak.Take()
		runtime.KeepAlive(root)
		if err != nil {
			return reader.peak.AboveIdle(), err.Error()
		}
		return reader.peak.AboveIdle(), "read"
	})
}

// sampling looks at the heap at every read of the parser.
type sampling struct {
	r    io.Reader
	peak *heaptest.Peak
}

func (s sampling) Read(b []byte) (int, error) {
	s.peak.Take()
	return s.r.Read(b)
}
