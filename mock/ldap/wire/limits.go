package wire

import "fmt"

// Limits bound what a message may be. A field that is 0 has its default.
type Limits struct {
	// Size is the largest message, in octets, header included. Default 64 KiB.
	Size int
	// Depth is how deep elements nest at most. Default 70: a filter of 64 levels
	// and what is around it.
	Depth int
	// Elements is how many elements a message has at most. Default 8192: a
	// filter of 1024 items and what is around it.
	Elements int
}

const (
	defaultSize     = 64 << 10
	defaultDepth    = 70
	defaultElements = 8192
)

func (l Limits) withDefaults() Limits {
	if l.Size <= 0 {
		l.Size = defaultSize
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	if l.Elements <= 0 {
		l.Elements = defaultElements
	}
	return l
}

// SyntaxError says why octets are not an LDAP message that is accepted. What
// follows them cannot be read either.
type SyntaxError struct{ Text string }

func (e *SyntaxError) Error() string { return e.Text }

func syntax(format string, arguments ...any) error {
	return &SyntaxError{fmt.Sprintf(format, arguments...)}
}

// header is the beginning of an element.
type header struct {
	tag    byte
	length int // of the content
	size   int // of the header itself; 0: more octets are needed
}

// maxLengthOctets is how many octets of a length are read. Libraries that
// reserve room for lengths use up to eight.
const maxLengthOctets = 8

// text is octets as they are read from a connection, or as they are decoded.
type text interface{ []byte | string }

// readHeader reads the header of an element. The size is 0 if octets end within
// the header.
func readHeader[T text](octets T) (header, error) {
	if len(octets) == 0 {
		return header{}, nil
	}
	h := header{tag: octets[0]}
	if h.tag&numberMask == numberMask {
		return h, syntax("tag numbers above 30 are not used in LDAP")
	}
	if len(octets) < 2 {
		return h, nil
	}
	const long = 0x80
	first := octets[1]
	if first < long {
		h.length, h.size = int(first), 2
		return h, nil
	}
	count := int(first - long)
	switch {
	case count == 0:
		return h, syntax("indefinite lengths are not used in LDAP")
	case count > maxLengthOctets:
		return h, syntax("a length of %d octets is too long", count)
	case len(octets) < 2+count:
		return h, nil
	}
	for i := range count {
		if h.length >= 1<<23 { // with eight bits more it is a number of 31 bits
			return h, syntax("a length is too large")
		}
		h.length = h.length<<8 | int(octets[2+i])
	}
	h.size = 2 + count
	return h, nil
}

// check walks the headers within a message and holds them to the limits.
func (l Limits) check(content []byte) error {
	left := l.Elements
	return l.walk(content, 1, &left)
}

func (l Limits) walk(content []byte, depth int, left *int) error {
	for len(content) > 0 {
		h, err := readHeader(content)
		if err != nil {
			return err
		}
		if h.size == 0 || h.length > len(content)-h.size {
			return syntax("an element is longer than what it is in")
		}
		if *left--; *left < 0 {
			return syntax("more than %d elements", l.Elements)
		}
		end := h.size + h.length
		if h.tag&constructed != 0 {
			if depth >= l.Depth {
				return syntax("elements nest more than %d deep", l.Depth)
			}
			if err := l.walk(content[h.size:end], depth+1, left); err != nil {
				return err
			}
		}
		content = content[end:]
	}
	return nil
}
