package wire

// The requests that write. They are decoded to the end, so that a malformed one
// is called that.

func decodeModify(c cursor[string]) (Request, error) {
	r := &ModifyRequest{}
	var err error
	if r.Name, err = c.element(tagOctets, "object"); err != nil {
		return nil, err
	}
	content, err := c.element(tagSequence, "changes")
	if err != nil {
		return nil, err
	}
	for list := (cursor[string]{rest: content}); list.more(); {
		one, err := list.element(tagSequence, "change")
		if err != nil {
			return nil, err
		}
		change, err := readChange(cursor[string]{rest: one})
		if err != nil {
			return nil, err
		}
		r.Changes = append(r.Changes, change)
	}
	return r, nil
}

func readChange(c cursor[string]) (change Change, err error) {
	operation, err := c.integer(tagEnumerated, "operation")
	if err != nil {
		return change, err
	}
	const increment = 3 // RFC 4525
	if operation > increment {
		return change, syntax("change %d", operation)
	}
	change.Operation = uint8(operation)
	change.Attribute, err = readAttribute(&c)
	return change, err
}

func readAttribute(c *cursor[string]) (a Attribute, err error) {
	content, err := c.element(tagSequence, "attribute")
	if err != nil {
		return a, err
	}
	inside := cursor[string]{rest: content}
	if a.Name, err = inside.element(tagOctets, "attribute type"); err != nil {
		return a, err
	}
	values, err := inside.element(tagSet, "values")
	if err != nil {
		return a, err
	}
	a.Values, err = texts(cursor[string]{rest: values}, "value")
	return a, err
}

func decodeAdd(c cursor[string]) (Request, error) {
	r := &AddRequest{}
	var err error
	if r.Name, err = c.element(tagOctets, "entry"); err != nil {
		return nil, err
	}
	content, err := c.element(tagSequence, "attributes")
	if err != nil {
		return nil, err
	}
	for list := (cursor[string]{rest: content}); list.more(); {
		a, err := readAttribute(&list)
		if err != nil {
			return nil, err
		}
		r.Attributes = append(r.Attributes, a)
	}
	return r, nil
}

func decodeModifyDN(c cursor[string]) (Request, error) {
	r := &ModifyDNRequest{}
	var err error
	if r.Name, err = c.element(tagOctets, "entry"); err != nil {
		return nil, err
	}
	if r.NewRDN, err = c.element(tagOctets, "newrdn"); err != nil {
		return nil, err
	}
	if r.DeleteOld, err = c.boolean("deleteoldrdn"); err != nil {
		return nil, err
	}
	r.Superior, r.HasSuperior, err = c.optional(context)
	return r, err
}
