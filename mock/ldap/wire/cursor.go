package wire

import "math"

// cursor walks over the elements in the content of one.
type cursor[T text] struct {
	rest T
}

func (c *cursor[T]) more() bool { return len(c.rest) > 0 }

// peek returns the tag of the next element, 0 if there is none.
func (c *cursor[T]) peek() byte {
	if len(c.rest) == 0 {
		return 0
	}
	return c.rest[0]
}

// next takes the next element, whatever it is.
func (c *cursor[T]) next() (tag byte, content T, err error) {
	h, err := readHeader(c.rest)
	if err != nil {
		return 0, content, err
	}
	if h.size == 0 || h.length > len(c.rest)-h.size {
		return 0, content, syntax("an element is longer than what it is in")
	}
	end := h.size + h.length
	content, c.rest = c.rest[h.size:end], c.rest[end:]
	return h.tag, content, nil
}

// element takes the next element, which must have the tag. What is what it is
// called in the error.
func (c *cursor[T]) element(tag byte, what string) (content T, err error) {
	if !c.more() {
		return content, syntax("%s is missing", what)
	}
	if c.peek() != tag {
		return content, syntax("%s has the tag 0x%02x, not 0x%02x", what, c.peek(), tag)
	}
	_, content, err = c.next()
	return content, err
}

// optional takes the next element if it has the tag.
func (c *cursor[T]) optional(tag byte) (content T, found bool, err error) {
	if !c.more() || c.peek() != tag {
		return content, false, nil
	}
	_, content, err = c.next()
	return content, err == nil, err
}

// integer takes an INTEGER or ENUMERATED of 0 to 2^31-1.
func (c *cursor[T]) integer(tag byte, what string) (int32, error) {
	content, err := c.element(tag, what)
	if err != nil {
		return 0, err
	}
	return number(content, what)
}

func number[T text](content T, what string) (int32, error) {
	switch {
	case len(content) == 0 || len(content) > maxLengthOctets:
		return 0, syntax("%s of %d octets", what, len(content))
	case content[0]&0x80 != 0:
		return 0, syntax("%s is negative", what)
	}
	var n uint64
	for i := range len(content) {
		n = n<<8 | uint64(content[i])
	}
	if n > math.MaxInt32 {
		return 0, syntax("%s is larger than %d", what, math.MaxInt32)
	}
	return int32(n), nil
}

// boolean takes a BOOLEAN.
func (c *cursor[T]) boolean(what string) (bool, error) {
	content, err := c.element(tagBoolean, what)
	if err != nil {
		return false, err
	}
	return truth(content, what)
}

func truth[T text](content T, what string) (bool, error) {
	if len(content) != 1 {
		return false, syntax("%s of %d octets", what, len(content))
	}
	return content[0] != 0, nil
}

// count returns how many elements are left.
func (c cursor[T]) count() int {
	n := 0
	for c.more() {
		if _, _, err := c.next(); err != nil {
			return n
		}
		n++
	}
	return n
}

// texts takes octet strings to the end.
func texts(c cursor[string], what string) ([]string, error) {
	if !c.more() {
		return nil, nil
	}
	list := make([]string, 0, c.count())
	for c.more() {
		content, err := c.element(tagOctets, what)
		if err != nil {
			return nil, err
		}
		list = append(list, content)
	}
	return list, nil
}
