package xmldoc

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// utf8Reader gives the document as UTF-8 text, or leaves single-byte encodings
// to the document's own declaration.
type utf8Reader struct {
	io.Reader
	utf16 bool
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// singleByte lists the encodings accepted beside UTF-8 and UTF-16, by label.
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

func isUTF16(label string) bool { return strings.HasPrefix(strings.ToLower(label), "utf-16") }

// decodeCharset looks at the first bytes and the charset of the transport.
func decodeCharset(r io.Reader, charset string) (utf8Reader, error) {
	buffered := bufio.NewReaderSize(r, 4096)
	head, err := buffered.Peek(4)
	if err != nil && err != io.EOF && len(head) == 0 {
		return utf8Reader{}, err
	}
	marked := bytes.HasPrefix(head, byteOrderMark)
	if marked {
		_, _ = buffered.Discard(len(byteOrderMark))
	}
	switch wide := wideEncoding(head, charset); {
	case wide != nil:
		return utf8Reader{Reader: wide.NewDecoder().Reader(buffered), utf16: true}, nil
	case marked || charset == "" || isUTF8(charset):
		return utf8Reader{Reader: buffered}, nil
	}
	if single := singleByte(charset); single != nil {
		return utf8Reader{Reader: single.NewDecoder().Reader(buffered)}, nil
	}
	return utf8Reader{}, &Error{Rule: RuleEncoding, Detail: "character set " + printable(charset) + " is not supported"}
}

func wideEncoding(head []byte, charset string) encoding.Encoding {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{'<', 0}):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0, '<'}):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case isUTF16(charset) && len(head) > 0:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
}

// declaredCharset answers the decoder, which asks when a document declares an
// encoding other than UTF-8. What the transport said has been applied already.
func declaredCharset(label, charset string, utf16 bool, input io.Reader) (io.Reader, error) {
	switch {
	case utf16, charset != "", isUTF8(label):
		return input, nil
	case isUTF16(label):
		return nil, &Error{Rule: RuleEncoding, Detail: "the document declares UTF-16 but is not UTF-16"}
	}
	if single := singleByte(label); single != nil {
		return single.NewDecoder().Reader(input), nil
	}
	return nil, &Error{Rule: RuleEncoding, Detail: "encoding " + printable(label) + " is not supported"}
}

// printable cuts a label from outside to what an error text can carry.
func printable(label string) string {
	if len(label) > 40 {
		label = label[:40]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, "\""+label+"\"")
}
