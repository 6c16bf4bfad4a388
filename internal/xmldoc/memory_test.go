package xmldoc_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	return io.MultiReader(strings.NewReader(begin), &endlessUpTo{text: repeat, left: times}, strings.NewReader(end))
}

// endlessUpTo repeats a text a number of times.
type endlessUpTo struct {
	text string
	left int
	rest string
}

func (e *endlessUpTo) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if e.rest == "" {
			if e.left == 0 {
				break
			}
			e.left--
			e.rest = e.text
		}
		c := copy(b[n:], e.rest)
		e.rest = e.rest[c:]
		n += c
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestMemory_HostileDocuments measures, in a process of its own for each
// document, the highest heap while it is read, above the heap before.
func TestMemory_HostileDocuments(t *testing.T) {
	if name := os.Getenv("XMLDOC_HOSTILE"); name != "" {
		measure(t, hostile[name]())
		return
	}
	if testing.Short() {
		t.Skip("starts a process for each document")
	}
	for name := range hostile {
		t.Run(name, func(t *testing.T) {
			run := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestMemory_HostileDocuments$", "-test.v")
			run.Env = append(os.Environ(), "XMLDOC_HOSTILE="+name)
			out, err := run.CombinedOutput()
			require.NoError(t, err, "%s", out)
			_, rest, found := bytes.Cut(out, []byte("peak above idle: "))
			require.True(t, found, "%s", out)
			number, verdict, _ := strings.Cut(string(rest), " bytes, ")
			peak, err := strconv.Atoi(number)
			require.NoError(t, err)
			verdict, _, _ = strings.Cut(verdict, "\n")
			t.Logf("%.1f MiB above idle: %s", float64(peak)/(1<<20), verdict)
			assert.Less(t, peak, allowance)
		})
	}
}

// measure samples the heap, garbage that is not collected yet included, at
// every read of the parser.
func measure(t *testing.T, document io.Reader) {
	runtime.GC()
	sampler := &sampling{r: document, sample: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}}
	sampler.take()
	idle := sampler.peak
	root, err := xmldoc.Parse(sampler, "", xmldoc.Limits{})
	sampler.take()
	runtime.KeepAlive(root)
	verdict := "read"
	if err != nil {
		verdict = err.Error()
	}
	t.Logf("peak above idle: %d bytes, %s", sampler.peak-idle, verdict)
}

type sampling struct {
	r      io.Reader
	sample []metrics.Sample
	peak   uint64
}

func (s *sampling) take() {
	metrics.Read(s.sample)
	s.peak = max(s.peak, s.sample[0].Value.Uint64())
}

func (s *sampling) Read(b []byte) (int, error) {
	s.take()
	return s.r.Read(b)
}
