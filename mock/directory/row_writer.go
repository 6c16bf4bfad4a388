package directory

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// rowWriter writes the rows that are written most as JSON, without the
// reflection of encoding/json. The brackets that it opens are closed by its
// caller.
type rowWriter struct{ json []byte }

// comma separates what comes from what is there already.
func (w *rowWriter) comma() {
	switch n := len(w.json); {
	case n == 0:
		w.json = append(w.json, '{')
	case w.json[n-1] != '{' && w.json[n-1] != '[':
		w.json = append(w.json, ',')
	}
}

func (w *rowWriter) open(bracket byte) {
	w.comma()
	w.json = append(w.json, bracket)
}

func (w *rowWriter) name(name string) {
	w.value(name)
	w.json = append(w.json, ':')
}

func (w *rowWriter) number(name string, n int64) {
	w.name(name)
	w.json = strconv.AppendInt(w.json, n, 10)
}

func (w *rowWriter) text(name, text string) {
	w.name(name)
	w.json = appendText(w.json, text)
}

// time writes a time in microseconds since 1970, 0 not at all.
func (w *rowWriter) time(name string, at int64) {
	if at == 0 {
		return
	}
	w.name(name)
	w.json = append(fromMicros(at).AppendFormat(append(w.json, '"'), time.RFC3339Nano), '"')
}

// value writes a text in a list.
func (w *rowWriter) value(text string) {
	w.comma()
	w.json = appendText(w.json, text)
}

// attributes writes an object of the values of the attributes that fit, each
// by write; nothing if there are none.
func (w *rowWriter) attributes(name string, values plainValues, fits func(AttributeType) bool, write func(string)) {
	before := -1
	for number, value := range values.all() {
		a := &attributeTypes[number]
		if !fits(*a) {
			continue
		}
		if int(number) != before {
			if before < 0 {
				w.name(name)
				w.json = append(w.json, '{')
			} else {
				w.json = append(w.json, ']')
			}
			w.name(a.Name)
			w.json = append(w.json, '[')
			before = int(number)
		}
		write(value)
	}
	if before >= 0 {
		w.json = append(w.json, ']', '}')
	}
}

// appendText appends a text as JSON.
func appendText(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(text) // of a string
			return append(to, quoted...)
		}
	}
	return append(append(append(to, '"'), text...), '"')
}
