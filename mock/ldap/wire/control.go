package wire

// SortKey is one key of the sort control (RFC 2891).
type SortKey struct {
	Attribute string
	Rule      string // OID of a matching rule, "" for the attribute's own
	Reverse   bool
}

// DecodePaging decodes the value of the paged results control (RFC 2696).
func DecodePaging(value string) (size int32, cookie string, err error) {
	c := cursor[string]{rest: value}
	content, err := c.element(tagSequence, "paged results value")
	if err != nil {
		return 0, "", err
	}
	inside := cursor[string]{rest: content}
	if size, err = inside.integer(tagInteger, "page size"); err != nil {
		return 0, "", err
	}
	if cookie, err = inside.element(tagOctets, "cookie"); err != nil {
		return 0, "", err
	}
	if c.more() || inside.more() {
		return 0, "", syntax("octets after a paged results value")
	}
	return size, cookie, nil
}

// EncodePaging encodes the value of the paged results control. The size is an
// estimate of the result, 0 if it is not known.
func EncodePaging(size int32, cookie string) string {
	var e Encoder
	e.begin(tagSequence)
	e.number(tagInteger, size)
	e.text(tagOctets, cookie)
	e.end()
	return string(e.buffer)
}

// DecodeSort decodes the value of the sort control.
func DecodeSort(value string) ([]SortKey, error) {
	c := cursor[string]{rest: value}
	content, err := c.element(tagSequence, "sort value")
	if err != nil {
		return nil, err
	}
	list := cursor[string]{rest: content}
	if !list.more() || c.more() {
		return nil, syntax("a sort value without keys, or with more than them")
	}
	var keys []SortKey
	for list.more() {
		one, err := list.element(tagSequence, "sort key")
		if err != nil {
			return nil, err
		}
		key, err := readSortKey(cursor[string]{rest: one})
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func readSortKey(c cursor[string]) (key SortKey, err error) {
	const ruleTag, reverseTag = context, context | 1
	if key.Attribute, err = c.element(tagOctets, "attribute"); err != nil {
		return key, err
	}
	if key.Rule, _, err = c.optional(ruleTag); err != nil {
		return key, err
	}
	reverse, found, err := c.optional(reverseTag)
	if err != nil || !found {
		return key, err
	}
	key.Reverse, err = truth(reverse, "reverseOrder")
	return key, err
}

// EncodeSortResult encodes the value of the control that answers the sort
// control. The attribute is the one at fault, "" if none is.
func EncodeSortResult(code uint16, attribute string) string {
	var e Encoder
	e.begin(tagSequence)
	e.number(tagEnumerated, int32(code))
	if attribute != "" {
		e.text(context, attribute)
	}
	e.end()
	return string(e.buffer)
}
