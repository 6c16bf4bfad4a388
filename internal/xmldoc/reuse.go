package xmldoc

import (
	"encoding/xml"
	"sync"
)

// parsers are parsers that have read a document to its end and can read
// another. The decoder, its buffers and the source's make up most of what
// reading a short document allocates. encoding/xml cannot start a decoder anew,
// but one that has read a whole document and met neither an error nor the end
// of its input may as well go on with the next.
var parsers = sync.Pool{New: func() any {
	p := &parser{names: make([]xml.Name, 0, 8), bindings: make([]binding, 0, 8), marks: make([]int, 0, 8)}
	p.decoder = xml.NewDecoder(&p.source)
	p.decoder.CharsetReader = p.source.declared
	return p
}}

// largestReused is the largest document, in bytes, whose parser is kept. The
// buffers grow with documents; the next collection of garbage but one drops
// them, and until then they spare a hostile message's next part new ones.
const largestReused = 4 << 20

func newParser() *parser { return parsers.Get().(*parser) }

// release keeps the parser for the next document, and nothing of this one.
func (p *parser) release() {
	clear(p.names[:cap(p.names)])
	clear(p.bindings[:cap(p.bindings)])
	clear(p.joined[:cap(p.joined)])
	clear(p.source.buf)
	clear(p.source.tail[:cap(p.source.tail)])
	*p = parser{
		decoder: p.decoder, names: p.names[:0], bindings: p.bindings[:0], marks: p.marks[:0], joined: p.joined[:0],
		source: source{buf: p.source.buf, tail: p.source.tail[:0]},
	}
	parsers.Put(p)
}
