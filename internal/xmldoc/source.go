package xmldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// chunk is how much of a document is held at a time, in bytes.
const chunk = 4096

// source feeds the decoder byte by byte in UTF-8. It holds the limits that
// must hold before the decoder has buffered a whole token: on the size of the
// document, of a text, of a tag's names and values, and on the number of its
// attributes. Exact limits are the parser's; these bound memory.
type source struct {
	limits  Limits
	charset string
	wide    bool
	r       io.Reader
	buf     []byte
	// pos is the next byte of buf, end the end of what it holds; base is the
	// offset of buf[0] in the document.
	pos, end int
	base     int64
	total    int64
	// tail holds the last bytes of what came before, for character references
	// that lie across two reads.
	tail []byte
	err  error
	// told says that the decoder has been told of err.
	told  bool
	token tokenState
}

// tokenState follows a token that is longer than what the source holds.
type tokenState struct {
	// start is the offset of the token, seen the offset up to which it has
	// been looked at.
	start, seen int64
	kind        byte
	quote       byte
	run         int64
	attributes  int
	// reference counts the bytes of a reference so far, in text; returned says
	// that the last byte was a carriage return.
	reference int
	returned  bool
}

// Kinds of tokens, as far as their limits differ.
const (
	kindNew byte = iota
	kindText
	kindOpen
	kindTag
	kindOther
)

// open begins a document. What the source held before is forgotten.
func (s *source) open(r io.Reader, charset string, limits Limits) error {
	*s = source{limits: limits, charset: charset, r: r, buf: s.buf, tail: s.tail[:0]}
	if s.buf == nil {
		s.buf = make([]byte, chunk)
	}
	if s.read(); s.err != nil && s.err != io.EOF {
		return s.err
	}
	f, err := formOf(s.buf[:s.end], charset)
	if err != nil {
		return err
	}
	head := s.buf[f.mark:s.end]
	s.end = 0
	single := singleByte(charset)
	ended := s.err
	if ended != nil {
		r = nothing{}
	}
	switch s.err = nil; {
	case f.wide:
		s.wide = true
		s.r = &wideReader{r: io.MultiReader(bytes.NewReader(bytes.Clone(head)), r), little: f.little}
	case f.mark > 0 || charset == "" || isUTF8(charset):
		s.r, s.end, s.err = r, copy(s.buf, head), ended
		return s.arrived(0)
	case single != nil:
		s.r = single.NewDecoder().Reader(io.MultiReader(bytes.NewReader(bytes.Clone(head)), r))
	default:
		return &Error{Rule: RuleEncoding, Detail: "character set " + printable(charset) + " is not supported"}
	}
	return nil
}

// nothing is what comes after the end of a document.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// finished tells whether nothing but white space follows the offset, so that
// there is nothing left for the decoder, which has not been told of the end. It
// may say no too often.
func (s *source) finished(offset int64) bool {
	if s.err != io.EOF || s.told || s.base+int64(s.pos) != offset {
		return false
	}
	return len(bytes.TrimLeft(s.buf[s.pos:s.end], " \t\r\n")) == 0
}

// ReadByte gives the next byte of the document.
func (s *source) ReadByte() (byte, error) {
	if s.pos == s.end {
		err := s.watch()
		if err == nil {
			err = s.fill(s.end)
		}
		if err != nil {
			s.told = true
			return 0, err
		}
	}
	b := s.buf[s.pos]
	s.pos++
	return b, nil
}

// Read is there for the decoder's sake, which hands the source to
// declaredCharset as a reader; it reads byte by byte only.
func (s *source) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	c, err := s.ReadByte()
	if err != nil {
		return 0, err
	}
	b[0] = c
	return 1, nil
}

// fill drops what lies before keep and reads on.
func (s *source) fill(keep int) error {
	if s.err != nil {
		return s.err
	}
	s.tail = s.tail[:0]
	if keep == s.end {
		s.tail = append(s.tail, s.buf[max(0, s.end-longestReference):s.end]...)
	}
	held := copy(s.buf, s.buf[keep:s.end])
	s.base, s.pos, s.end = s.base+int64(keep), s.pos-keep, held
	if s.read() == 0 {
		return s.err
	}
	return s.arrived(held)
}

// read fills the buffer as far as the document goes, so that nothing depends on
// how it comes in. If it gives 0, it has set the error.
func (s *source) read() int {
	held, empty := s.end, 0
	for len(s.buf)-s.end >= utf8.UTFMax && s.err == nil {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if empty++; n > 0 {
			empty = 0
		}
		if err == nil && empty > 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			s.err = readError(err)
		}
	}
	return s.end - held
}

// arrived looks at the bytes from held on: their number and the character
// references among them.
func (s *source) arrived(held int) error {
	if s.total += int64(s.end - held); s.total > s.limits.Bytes {
		s.err = &Error{Rule: RuleBytes, Limit: s.limits.Bytes, Seen: s.total, Offset: s.limits.Bytes}
		return s.err
	}
	at, found := badReference(s.buf[:s.end])
	if bytes.IndexByte(s.tail, '&') >= 0 {
		across := append(s.tail, s.buf[held:min(s.end, held+longestReference)]...)
		if i, first := badReference(across); first {
			at, found = i-len(s.tail), true
		}
	}
	if !found {
		return nil
	}
	s.err = &Error{Rule: RuleSyntax, Offset: s.base + int64(at), Detail: malformedReference}
	return s.err
}

// transcode changes the encoding of everything that has not been read yet.
func (s *source) transcode(label string) error {
	single := singleByte(label)
	if single == nil {
		return &Error{Rule: RuleEncoding, Offset: s.base + int64(s.pos), Detail: "encoding " + printable(label) + " is not supported"}
	}
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	rest := bytes.Clone(s.buf[s.pos:s.end])
	s.total -= int64(len(rest))
	s.end = s.pos
	s.err = nil
	s.r = single.NewDecoder().Reader(io.MultiReader(bytes.NewReader(rest), s.r))
	return nil
}

// declared answers the decoder, which asks when a document declares an
// encoding other than UTF-8. What a byte order mark or the transport said has
// been applied already.
func (s *source) declared(label string, _ io.Reader) (io.Reader, error) {
	switch {
	case s.wide, s.charset != "", isUTF8(label):
		return s, nil
	case isUTF16(label):
		return nil, &Error{Rule: RuleEncoding, Offset: s.base + int64(s.pos), Detail: "the document declares UTF-16 but is not UTF-16"}
	}
	return s, s.transcode(label)
}

// next tells the source where a token begins, and gives its first bytes: six,
// or fewer at the end of the document.
func (s *source) next(offset int64) []byte {
	s.token = tokenState{start: offset, seen: offset}
	from := int(offset - s.base)
	if s.end-from < 6 && s.err == nil && from >= 0 {
		_ = s.fill(from)
		from = 0
	}
	if from < 0 {
		return nil
	}
	return s.buf[from:min(s.end, from+6)]
}

// watch looks at what the current token has had of the bytes held, before they
// are dropped.
func (s *source) watch() error {
	t := &s.token
	for _, c := range s.buf[t.seen-s.base : s.end] {
		t.see(c)
		if rule, limit, seen := t.exceeds(&s.limits); rule != "" {
			s.err = &Error{Rule: rule, Limit: limit, Seen: seen, Offset: s.base + int64(s.end)}
			return s.err
		}
	}
	t.seen = s.base + int64(s.end)
	return nil
}

func (t *tokenState) see(c byte) {
	switch {
	case t.kind == kindNew && c == '<':
		t.kind = kindOpen
	case t.kind == kindNew, t.kind == kindText:
		t.kind = kindText
		t.text(c)
	case t.kind == kindOpen && (c == '!' || c == '?'):
		t.kind = kindOther
	case t.kind == kindOpen:
		t.kind, t.run = kindTag, 1
	case t.kind != kindTag:
		t.run++
	case t.quote != 0 && c == t.quote:
		t.quote, t.run = 0, 0
		t.attributes++
	case t.quote != 0:
		t.run++
	case c == '"' || c == '\'':
		t.quote, t.run = c, 0
	case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '=':
		t.run = 0
	default:
		t.run++
	}
}

// text counts what a byte adds to the text that the decoder makes of it, or
// less: a reference counts as one byte, a line end as well.
func (t *tokenState) text(c byte) {
	returned := t.returned
	t.returned = c == '\r'
	switch {
	case t.reference > 0 && c == ';':
		t.reference = 0
	case t.reference > 0 && t.reference < longestReference:
		t.reference++
	case c == '\n' && returned:
	case c == '&':
		t.reference = 1
		t.run++
	default:
		t.run++
	}
}

// exceeds tells which limit the token has passed for sure.
func (t *tokenState) exceeds(l *Limits) (rule string, limit, seen int64) {
	switch {
	case t.kind == kindText && t.run > l.Text, t.kind == kindOther && t.run > l.Text+12:
		return RuleText, l.Text, t.run
	case t.kind != kindTag:
		return "", 0, 0
	case t.attributes > l.Attributes:
		return RuleAttributes, int64(l.Attributes), int64(t.attributes)
	case t.quote != 0 && t.run > 8*int64(l.Value):
		return RuleValue, int64(l.Value), t.run
	case t.quote == 0 && t.run > int64(l.Name)+2:
		return RuleName, int64(l.Name), t.run
	}
	return "", 0, 0
}

// longestReference is the longest character reference read, in bytes: "&#"
// with an x and ten digits. Leading zeros beyond have no honest use.
const longestReference = 13

const malformedReference = "a character or entity reference is malformed"

// badReference finds a reference to half of a surrogate pair, which the decoder
// would turn into U+FFFD without a word, or one that is too long. It does not
// know CDATA sections, so it refuses such references there as well.
func badReference(b []byte) (at int, found bool) {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], '&')
		if i < 0 {
			return 0, false
		}
		at = from + i
		if surrogate(b[at+1 : min(len(b), at+longestReference+1)]) {
			return at, true
		}
		from = at + 1
	}
}

func surrogate(b []byte) bool {
	if len(b) == 0 || b[0] != '#' {
		return false
	}
	b, base := b[1:], 10
	if len(b) > 0 && b[0] == 'x' {
		b, base = b[1:], 16
	}
	n := 0
	for n < len(b) && (b[n] >= '0' && b[n] <= '9' || base == 16 && (b[n]|0x20 >= 'a' && b[n]|0x20 <= 'f')) {
		n++
	}
	if n > 10 {
		return true
	}
	if n == len(b) || b[n] != ';' {
		return false
	}
	v, err := strconv.ParseUint(string(b[:n]), base, 64)
	return err == nil && v >= 0xd800 && v < 0xe000
}

var errRead = errors.New("reading XML")

// readError keeps refusals and the end of the document apart from what went
// wrong below.
func readError(err error) error {
	if err == io.EOF {
		return err
	}
	var refused *Error
	if errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("%w: %w", errRead, err)
}

// validComment tells whether a comment, which the decoder does not look into,
// holds characters only.
func validComment(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return utf8.Valid(b)
}
