package wire

import "errors"

// RequestError says why a request is malformed although its message is not:
// it can be answered, and the connection can go on.
type RequestError struct {
	ID        int32
	Operation Operation
	Text      string
}

func (e *RequestError) Error() string { return e.Operation.String() + " request: " + e.Text }

// controlsTag is [0], constructed.
const controlsTag = context | constructed

// Decode decodes a message that Reader.Next returned. It keeps nothing of the
// octets. The error is a *RequestError if the request can be answered, else a
// *SyntaxError.
func Decode(octets []byte) (*Message, error) {
	c := cursor[string]{rest: string(octets)} // everything decoded is a part of this string
	envelope, err := c.element(tagSequence, "LDAP message")
	if err != nil {
		return nil, err
	}
	if c.more() {
		return nil, syntax("octets after an LDAP message")
	}
	inside := cursor[string]{rest: envelope}
	id, operation, content, err := openEnvelope(inside)
	if err != nil {
		return nil, err
	}
	m := &Message{ID: id}
	if m.Request, err = decodeRequest(operation, content); err == nil {
		_ = skip(&inside, 2)
		m.Controls, err = decodeControls(inside)
	}
	var malformed *SyntaxError
	if errors.As(err, &malformed) {
		return nil, &RequestError{ID: id, Operation: operation, Text: malformed.Text}
	}
	if search, ok := m.Request.(*SearchRequest); ok {
		search.Controls = m.Controls
	}
	return m, nil
}

func skip[T text](c *cursor[T], n int) error {
	for range n {
		if _, _, err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// openEnvelope reads the message id and the operation.
func openEnvelope[T text](c cursor[T]) (id int32, operation Operation, content T, err error) {
	id, err = c.integer(tagInteger, "message id")
	if err != nil {
		return 0, 0, content, err
	}
	if id == 0 {
		return 0, 0, content, syntax("message id 0 is reserved")
	}
	if !c.more() {
		return 0, 0, content, syntax("a message without an operation")
	}
	tag, content, err := c.next()
	if err != nil {
		return 0, 0, content, err
	}
	operation = Operation(tag & numberMask)
	if tag&classMask != application || !operation.IsRequest() {
		return 0, 0, content, syntax("0x%02x is not a request", tag)
	}
	return id, operation, content, nil
}

// decodeRequest decodes the content of a request by its row.
func decodeRequest(operation Operation, content string) (Request, error) {
	c := cursor[string]{rest: content}
	switch operation {
	case OpBindRequest:
		return decodeBind(c)
	case OpUnbindRequest:
		return &UnbindRequest{}, nil
	case OpSearchRequest:
		return decodeSearch(c)
	case OpModifyRequest:
		return decodeModify(c)
	case OpAddRequest:
		return decodeAdd(c)
	case OpDeleteRequest:
		return &DeleteRequest{Name: content}, nil
	case OpModifyDNRequest:
		return decodeModifyDN(c)
	case OpCompareRequest:
		return decodeCompare(c)
	case OpAbandonRequest:
		id, err := number(content, "message id")
		return &AbandonRequest{ID: id}, err
	case OpExtendedRequest:
		return decodeExtended(c)
	}
	return nil, syntax("operation %d is not a request", operation)
}

func decodeBind(c cursor[string]) (Request, error) {
	r := &BindRequest{}
	var err error
	if r.Version, err = c.integer(tagInteger, "version"); err != nil {
		return nil, err
	}
	if r.Name, err = c.element(tagOctets, "name"); err != nil {
		return nil, err
	}
	if !c.more() {
		return nil, syntax("authentication is missing")
	}
	tag, content, err := c.next()
	if err != nil {
		return nil, err
	}
	if tag&classMask != context {
		return nil, syntax("authentication has the tag 0x%02x", tag)
	}
	r.Method = BindMethod(tag & numberMask)
	switch r.Method {
	case BindSimple:
		r.Password = content
	case BindSASL:
		return r, r.readSASL(cursor[string]{rest: content})
	default:
		r.Credentials = content
	}
	return r, nil
}

func (r *BindRequest) readSASL(c cursor[string]) (err error) {
	if r.Mechanism, err = c.element(tagOctets, "mechanism"); err != nil {
		return err
	}
	r.Credentials, _, err = c.optional(tagOctets)
	return err
}

func decodeSearch(c cursor[string]) (Request, error) {
	r := &SearchRequest{}
	if err := r.readParameters(&c); err != nil {
		return nil, err
	}
	if err := readFilter(&r.Filter, &c, 1); err != nil {
		return nil, err
	}
	list, err := c.element(tagSequence, "attributes")
	if err != nil {
		return nil, err
	}
	r.Attributes, err = texts(cursor[string]{rest: list}, "attribute")
	return r, err
}

// maxScope is the last scope of RFC 4511, the whole subtree.
const (
	maxScope = 2
	maxDeref = 3
)

func (r *SearchRequest) readParameters(c *cursor[string]) (err error) {
	if r.Base, err = c.element(tagOctets, "base"); err != nil {
		return err
	}
	scope, err := c.integer(tagEnumerated, "scope")
	if err != nil {
		return err
	}
	deref, err := c.integer(tagEnumerated, "derefAliases")
	if err != nil {
		return err
	}
	if scope > maxScope || deref > maxDeref {
		return syntax("scope %d with derefAliases %d", scope, deref)
	}
	r.Scope, r.Deref = Scope(scope), uint8(deref)
	if r.SizeLimit, err = c.integer(tagInteger, "size limit"); err != nil {
		return err
	}
	if r.TimeLimit, err = c.integer(tagInteger, "time limit"); err != nil {
		return err
	}
	r.TypesOnly, err = c.boolean("typesOnly")
	return err
}

func decodeCompare(c cursor[string]) (Request, error) {
	r := &CompareRequest{}
	var err error
	if r.Name, err = c.element(tagOctets, "entry"); err != nil {
		return nil, err
	}
	assertion, err := c.element(tagSequence, "assertion")
	if err != nil {
		return nil, err
	}
	r.Attribute, r.Value, err = readAssertion(assertion)
	return r, err
}

// readAssertion reads an attribute and a value.
func readAssertion(content string) (attribute, value string, err error) {
	c := cursor[string]{rest: content}
	if attribute, err = c.element(tagOctets, "attribute"); err != nil {
		return "", "", err
	}
	value, err = c.element(tagOctets, "value")
	return attribute, value, err
}

func decodeExtended(c cursor[string]) (Request, error) {
	r := &ExtendedRequest{}
	var err error
	if r.Name, err = c.element(context, "name"); err != nil {
		return nil, err
	}
	r.Value, r.HasValue, err = c.optional(context | 1)
	return r, err
}

// decodeControls reads the controls after an operation, if there are any.
func decodeControls(c cursor[string]) ([]Control, error) {
	content, found, err := c.optional(controlsTag)
	if err != nil || !found {
		return nil, err
	}
	list := cursor[string]{rest: content}
	controls := make([]Control, 0, list.count())
	for list.more() {
		one, err := list.element(tagSequence, "control")
		if err != nil {
			return nil, err
		}
		control, err := readControl(cursor[string]{rest: one})
		if err != nil {
			return nil, err
		}
		controls = append(controls, control)
	}
	return controls, nil
}

func readControl(c cursor[string]) (control Control, err error) {
	if control.OID, err = c.element(tagOctets, "control type"); err != nil {
		return control, err
	}
	critical, found, err := c.optional(tagBoolean)
	if err != nil {
		return control, err
	}
	if found {
		if control.Critical, err = truth(critical, "criticality"); err != nil {
			return control, err
		}
	}
	control.Value, control.HasValue, err = c.optional(tagOctets)
	return control, err
}
