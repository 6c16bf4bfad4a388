package xmldoc

import (
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// singleByte gives the encodings accepted beside UTF-8 and UTF-16, by label.
func singleByte(label string) encoding.Encoding {
	switch strings.ToLower(label) {
	case "iso-8859-1", "latin1":
		return charmap.ISO8859_1
	case "windows-1252", "cp1252":
		return charmap.Windows1252
	}
	return nil
}

func isUTF8(label string) bool {
	return strings.EqualFold(label, "utf-8") || strings.EqualFold(label, "utf8") || strings.EqualFold(label, "us-ascii")
}

func isUTF16(label string) bool {
	switch strings.ToLower(label) {
	case "utf-16", "utf-16le", "utf-16be":
		return true
	}
	return false
}

// form is what the first bytes of a document say about its encoding.
type form struct {
	// mark is the length of the byte order mark.
	mark int
	// wide marks UTF-16, with its byte order.
	wide, little bool
}

// formOf looks at the first bytes of a document. A byte order mark goes before
// what the transport says, as RFC 7303 has it; the guess from a first '<' only
// holds where the transport does not contradict it.
func formOf(head []byte, charset string) (form, error) {
	at := func(i int) int {
		if i < len(head) {
			return int(head[i])
		}
		return -1
	}
	a, b, c, d := at(0), at(1), at(2), at(3)
	guess := charset == "" || isUTF16(charset)
	switch {
	case a == 0xff && b == 0xfe && c == 0 && d == 0, a == 0 && b == 0 && c == 0xfe && d == 0xff:
		return form{}, &Error{Rule: RuleEncoding, Detail: "UTF-32 is not supported"}
	case a == 0xef && b == 0xbb && c == 0xbf:
		return form{mark: 3}, nil
	case a == 0xff && b == 0xfe:
		return form{mark: 2, wide: true, little: true}, nil
	case a == 0xfe && b == 0xff:
		return form{mark: 2, wide: true}, nil
	case guess && a == '<' && b == 0:
		return form{wide: true, little: true}, nil
	case guess && a == 0 && b == '<':
		return form{wide: true}, nil
	case isUTF16(charset) && len(head) > 0:
		return form{wide: true, little: strings.EqualFold(charset, "utf-16le")}, nil
	}
	return form{}, nil
}

// wideReader turns UTF-16 into UTF-8 and refuses what is not UTF-16.
type wideReader struct {
	r      io.Reader
	little bool
	in     [1024]byte
	held   int
	err    error
	// read counts the bytes of input that have been turned.
	read int64
}

func (w *wideReader) Read(b []byte) (int, error) {
	if len(b) < utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	for {
		// A unit of two bytes gives at most three, a pair of them four.
		space, got := min(len(w.in), len(b)/2), -1
		if w.err == nil && w.held < 4 {
			got, w.err = w.r.Read(w.in[w.held:max(space, 4)])
			w.held += got
		}
		n, used, bad := w.turn(b)
		w.held = copy(w.in[:], w.in[used:w.held])
		w.read += int64(used)
		switch {
		case bad || n == 0 && w.err == io.EOF && w.held > 0:
			return 0, &Error{Rule: RuleEncoding, Offset: w.read, Detail: "the document is not valid UTF-16"}
		case n > 0:
			return n, nil
		case w.err != nil || got == 0:
			return 0, w.err
		}
	}
}

// turn converts the whole characters held and tells whether one is broken.
func (w *wideReader) turn(b []byte) (n, used int, bad bool) {
	unit := func(i int) rune {
		if w.little {
			return rune(w.in[i]) | rune(w.in[i+1])<<8
		}
		return rune(w.in[i])<<8 | rune(w.in[i+1])
	}
	for used+2 <= w.held && n+utf8.UTFMax <= len(b) {
		r, width := unit(used), 2
		if utf16.IsSurrogate(r) {
			if used+4 > w.held {
				return n, used, false
			}
			if r = utf16.DecodeRune(r, unit(used+2)); r == utf8.RuneError {
				return n, used, true
			}
			width = 4
		}
		n += utf8.EncodeRune(b[n:], r)
		used += width
	}
	return n, used, false
}

// printable quotes a label or name from outside, cut to what an error text can
// carry.
func printable(label string) string {
	if len(label) > 64 {
		label = label[:64] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, "\""+label+"\"")
}
