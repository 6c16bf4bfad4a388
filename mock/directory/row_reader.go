package directory

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// rowReader reads rows as rowWriter writes them: fields in their order, texts
// without escapes. All else makes it bad, and encoding/json has to read the row
// or to say what is wrong with it. Loading a file is mostly this.
type rowReader struct {
	rest string
	bad  bool
}

// skip reads a text of JSON that has to come next.
func (r *rowReader) skip(text string) {
	if !r.has(text) {
		r.bad = true
	}
}

// has reads a text of JSON if it comes next, and reports whether it did.
func (r *rowReader) has(text string) bool {
	if len(r.rest) < len(text) || r.rest[:len(text)] != text {
		return false
	}
	r.rest = r.rest[len(text):]
	return true
}

func (r *rowReader) number() int64 {
	end := 0
	for end < len(r.rest) && (r.rest[end] >= '0' && r.rest[end] <= '9' || end == 0 && r.rest[0] == '-') {
		end++
	}
	text := r.rest[:end]
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != text {
		r.bad = true
	}
	r.rest = r.rest[end:]
	return n
}

// text reads a text. It shares the memory of the row.
func (r *rowReader) text() string {
	r.skip(`"`)
	for i := 0; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			text := r.rest[:i]
			r.rest = r.rest[i+1:]
			return text
		case c < ' ' || c == '\\' || c >= utf8.RuneSelf:
			r.bad = true
			return ""
		}
	}
	r.bad = true
	return ""
}

func (r *rowReader) time() *time.Time {
	text := r.text()
	at, err := time.Parse(time.RFC3339Nano, text)
	var buffer [64]byte
	r.bad = r.bad || err != nil || string(at.AppendFormat(buffer[:0], time.RFC3339Nano)) != text
	return &at
}

// list reads what stands between brackets, calling each for every element.
func (r *rowReader) list(open, shut string, each func()) {
	r.skip(open)
	for first := true; !r.bad && !r.has(shut); first = false {
		if !first {
			r.skip(",")
		}
		each()
	}
}

// attributes reads an object of lists, and returns it as values of a row. read
// reads one value. Attributes have to be in the order of their numbers.
func (r *rowReader) attributes(fits func(AttributeType) bool, read func() string) []plainAttribute {
	var all []plainAttribute
	last := -1
	r.list("{", "}", func() {
		number, known := numberOf(r.text())
		r.skip(":")
		if !known || int(number) <= last || !fits(attributeTypes[number]) {
			r.bad = true
			return
		}
		last = int(number)
		var values []string
		r.list("[", "]", func() { values = append(values, read()) })
		all = append(all, plainAttribute{number, values})
	})
	return all
}

// record reads the row of an object, and reports whether it could.
func (r *rowReader) record() (recordText, []plainAttribute, bool) {
	var t recordText
	r.skip(`{"id":`)
	t.ID = r.number()
	if r.has(`,"parent":`) {
		t.Parent = r.number()
	}
	r.skip(`,"class":`)
	t.Class = r.text()
	r.skip(`,"name":`)
	t.Name = r.text()
	if r.has(`,"dn":`) {
		t.DN = r.text()
	}
	r.skip(`,"guid":`)
	t.GUID = r.text()
	if r.has(`,"sid":`) {
		t.SID = SID(r.text())
	}
	if r.has(`,"created":`) {
		t.Created = r.time()
	}
	if r.has(`,"changed":`) {
		t.Changed = r.time()
	}
	r.skip(`,"usnCreated":`)
	t.USNCreated = r.number()
	r.skip(`,"usnChanged":`)
	t.USNChanged = r.number()
	var values []plainAttribute
	if r.has(`,"attributes":`) {
		values = r.attributes(AttributeType.plain, r.text)
	}
	if r.has(`,"links":`) {
		values = append(values, r.attributes(AttributeType.near, r.link)...)
	}
	r.skip("}")
	return t, values, !r.bad && r.rest == ""
}

// link reads a link of a row as the row keeps it.
func (r *rowReader) link() string {
	r.skip(`{"to":`)
	to, data := r.number(), ""
	if r.has(`,"data":`) {
		data = r.text()
	}
	r.skip("}")
	encoded := encodeLink(to, data)
	if _, octets := cutLink(encoded); hexData(octets) != data {
		r.bad = true
	}
	return encoded
}
