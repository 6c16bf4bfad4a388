package directory

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
)

// recordText is the row of an object as the ledger has it.
type recordText struct {
	ID         int64                 `json:"id"`
	Parent     int64                 `json:"parent,omitempty"`
	Class      string                `json:"class"`
	Name       string                `json:"name"`
	DN         string                `json:"dn,omitempty"` // of a root
	GUID       string                `json:"guid"`
	SID        SID                   `json:"sid,omitempty"`
	Created    *time.Time            `json:"created,omitempty"`
	Changed    *time.Time            `json:"changed,omitempty"`
	USNCreated int64                 `json:"usnCreated"`
	USNChanged int64                 `json:"usnChanged"`
	Attributes map[string][]string   `json:"attributes,omitempty"`
	Links      map[string][]nearLink `json:"links,omitempty"` // of attributes that have few
}

// nearLink is the value of a link in an object's row.
type nearLink struct {
	To   int64  `json:"to"`
	Data string `json:"data,omitempty"` // hexadecimal
}

// MarshalJSON writes the row as the ledger has it: as recordText, with
// attributes in the order of their numbers.
func (r *record) MarshalJSON() ([]byte, error) {
	w := rowWriter{make([]byte, 0, 512+2*len(r.plain))}
	w.number("id", r.id)
	if r.parent != 0 {
		w.number("parent", r.parent)
	}
	w.text("class", classes[r.class].Name)
	w.text("name", r.rdn)
	if r.root != nil {
		w.text("dn", r.root.String())
	}
	w.text("guid", r.guid.String())
	if sid := r.sid.text(); sid != "" {
		w.text("sid", string(sid))
	}
	w.time("created", r.created)
	w.time("changed", r.changed)
	w.number("usnCreated", r.usnCreated)
	w.number("usnChanged", r.usnChanged)
	w.attributes("attributes", r.plain, AttributeType.plain, w.value)
	w.attributes("links", r.plain, AttributeType.near, func(value string) {
		to, octets := cutLink(value)
		w.open('{')
		w.number("to", to)
		if octets != "" {
			w.text("data", hexData(octets))
		}
		w.json = append(w.json, '}')
	})
	return append(w.json, '}'), nil
}

// UnmarshalJSON reads a row that MarshalJSON wrote. Classes and attributes
// that the schema does not have are refused.
func (r *record) UnmarshalJSON(data []byte) error {
	reader := rowReader{rest: string(data)}
	text, values, ok := reader.record()
	if !ok {
		text = recordText{}
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		var err error
		if values, err = text.values(); err != nil {
			return fmt.Errorf("object %d: %w", text.ID, err)
		}
	}
	read, err := text.record(values)
	if err != nil {
		return fmt.Errorf("object %d: %w", text.ID, err)
	}
	*r = read
	return nil
}

func (t *recordText) record(values []plainAttribute) (record, error) {
	r := record{
		id: t.ID, parent: t.Parent, rdn: strings.Clone(t.Name), plain: encodeValues(values), sid: t.SID.compact(),
		created: timeMicros(t.Created), changed: timeMicros(t.Changed), usnCreated: t.USNCreated, usnChanged: t.USNChanged,
	}
	var known bool
	if r.class, known = classNumber(t.Class); !known {
		return r, fmt.Errorf("class %q is unknown", t.Class)
	}
	var err error
	if r.guid, err = ParseGUID(t.GUID); err != nil {
		return r, err
	}
	if t.DN != "" {
		dn, err := ldappath.ParseDN(t.DN)
		if err != nil {
			return r, err
		}
		r.root = &dn
	}
	if (t.Parent == 0) != (r.root != nil) {
		return r, fmt.Errorf("an object has either a parent or a name of its own (parent %d, dn %q)", t.Parent, t.DN)
	}
	return r, nil
}

// values returns the values of the row.
func (t *recordText) values() ([]plainAttribute, error) {
	list := make([]plainAttribute, 0, len(t.Attributes)+len(t.Links))
	take := func(name string, fits func(AttributeType) bool, values []string) error {
		number, known := numberOf(name)
		if !known || !fits(attributeTypes[number]) {
			return fmt.Errorf("attribute %q is not one that is stored here", name)
		}
		if slices.ContainsFunc(list, func(other plainAttribute) bool { return other.number == number }) {
			return fmt.Errorf("attribute %q is there twice", name)
		}
		list = append(list, plainAttribute{number, values})
		return nil
	}
	for name, values := range t.Attributes {
		if err := take(name, AttributeType.plain, values); err != nil {
			return nil, err
		}
	}
	for name, held := range t.Links {
		values := make([]string, len(held))
		for i, l := range held {
			if _, err := hex.DecodeString(l.Data); err != nil {
				return nil, fmt.Errorf("link %s: %w", name, err)
			}
			values[i] = encodeLink(l.To, l.Data)
		}
		if err := take(name, AttributeType.near, values); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// plain reports whether the values are stored as texts.
func (a AttributeType) plain() bool { return !a.Link() && !a.Is(Computed) && !a.Is(Naming) }

func timeMicros(at *time.Time) int64 {
	if at == nil {
		return 0
	}
	return at.UnixMicro()
}

// The parts of an object's row that are not attributes.
const (
	partWhole = "" // identity: what makes another object of it
	partName  = "name"
)

// recordParts names what differs between two rows of one object: attributes,
// and its name or place. What follows from every change is not named.
func recordParts(before, after *record) []string {
	if before.class != after.class || before.guid != after.guid || before.sid != after.sid || before.usnCreated != after.usnCreated {
		return []string{partWhole}
	}
	var parts []string
	if before.parent != after.parent || before.rdn != after.rdn {
		parts = append(parts, partName)
	}
	for number := range attributeTypes {
		wasCount, was := before.plain.find(uint16(number))
		count, is := after.plain.find(uint16(number))
		if wasCount != count || was[:len(was)-len(was.skip(count))] != is[:len(is)-len(is.skip(count))] {
			parts = append(parts, attributeTypes[number].Name)
		}
	}
	if len(parts) == 0 && (before.changed != after.changed || before.usnChanged != after.usnChanged) {
		parts = append(parts, partChanged)
	}
	return parts
}

// partChanged stands for the time and number of a change that is in other
// tables, such as a new member.
const partChanged = "whenChanged"

// takeParts returns the present row with the named parts of another. The later
// time and number of a change stay.
func takeParts(present, from *record, parts []string) *record {
	taken := *present
	for _, part := range parts {
		switch part {
		case partName:
			taken.parent, taken.rdn, taken.root = from.parent, from.rdn, from.root
		case partChanged:
		default:
			number, known := numberOf(part)
			if known {
				taken.plain = taken.plain.with(number, from.values(number))
			}
		}
	}
	taken.changed, taken.usnChanged = max(present.changed, from.changed), max(present.usnChanged, from.usnChanged)
	return &taken
}

// linkRow is the row of a link as the ledger has it.
type linkRow struct {
	From      int64  `json:"from"`
	Attribute string `json:"attribute"`
	Seq       int64  `json:"seq"`
	To        int64  `json:"to"`
	Data      string `json:"data,omitempty"`
}

// MarshalJSON writes the row as the ledger has it: as linkRow.
func (l *link) MarshalJSON() ([]byte, error) {
	w := rowWriter{make([]byte, 0, 128)}
	w.number("from", l.from.object())
	w.text("attribute", attributeTypes[l.from.attribute()].Name)
	w.number("seq", l.seq)
	w.number("to", l.to)
	if data := handleText(l.data); data != "" {
		w.text("data", data)
	}
	return append(w.json, '}'), nil
}

// UnmarshalJSON reads a row that MarshalJSON wrote.
func (l *link) UnmarshalJSON(data []byte) error {
	var text linkRow
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	number, known := numberOf(text.Attribute)
	if !known || !attributeTypes[number].Link() || attributeTypes[number].near() {
		return fmt.Errorf("link %d of object %d: attribute %q does not have links of its own", text.Seq, text.From, text.Attribute)
	}
	*l = link{from: end(text.From, number), seq: text.Seq, to: text.To, data: intern(strings.ToUpper(text.Data))}
	return nil
}
