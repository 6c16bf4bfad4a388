package directory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
)

// recordText is the row of an object as the ledger has it.
type recordText struct {
	ID         int64               `json:"id"`
	Parent     int64               `json:"parent,omitempty"`
	Class      string              `json:"class"`
	Name       string              `json:"name"`
	DN         string              `json:"dn,omitempty"` // of a root
	GUID       string              `json:"guid"`
	SID        SID                 `json:"sid,omitempty"`
	Created    *time.Time          `json:"created,omitempty"`
	Changed    *time.Time          `json:"changed,omitempty"`
	USNCreated int64               `json:"usnCreated"`
	USNChanged int64               `json:"usnChanged"`
	Attributes map[string][]string `json:"attributes,omitempty"`
}

// MarshalJSON writes the row as the ledger has it.
func (r *record) MarshalJSON() ([]byte, error) {
	text := recordText{
		ID: r.id, Parent: r.parent, Class: classes[r.class].Name, Name: r.rdn, GUID: r.guid.String(), SID: r.sid.text(),
		Created: timeText(r.created), Changed: timeText(r.changed), USNCreated: r.usnCreated, USNChanged: r.usnChanged,
	}
	if r.root != nil {
		text.DN = r.root.String()
	}
	for number, value := range r.plain.all() {
		if text.Attributes == nil {
			text.Attributes = make(map[string][]string)
		}
		name := attributeTypes[number].Name
		text.Attributes[name] = append(text.Attributes[name], value)
	}
	return json.Marshal(text)
}

// UnmarshalJSON reads a row that MarshalJSON wrote. Classes and attributes
// that the schema does not have are refused.
func (r *record) UnmarshalJSON(data []byte) error {
	var text recordText
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	read, err := text.record()
	if err != nil {
		return fmt.Errorf("object %d: %w", text.ID, err)
	}
	*r = read
	return nil
}

func (t *recordText) record() (record, error) {
	r := record{
		id: t.ID, parent: t.Parent, rdn: t.Name, sid: t.SID.compact(),
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
	r.plain, err = readAttributes(t.Attributes)
	return r, err
}

func readAttributes(attributes map[string][]string) (plainValues, error) {
	list := make([]plainAttribute, 0, len(attributes))
	for name, values := range attributes {
		number, known := numberOf(name)
		if a := attributeTypes[number]; !known || a.Link() || a.Is(Computed) || a.Is(Naming) {
			return "", fmt.Errorf("attribute %q is not one that is stored", name)
		}
		if slices.ContainsFunc(list, func(other plainAttribute) bool { return other.number == number }) {
			return "", fmt.Errorf("attribute %q is there twice", name)
		}
		list = append(list, plainAttribute{number, values})
	}
	return encodeValues(list), nil
}

func timeText(at int64) *time.Time {
	if at == 0 {
		return nil
	}
	text := fromMicros(at)
	return &text
}

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

// MarshalJSON writes the row as the ledger has it.
func (l *link) MarshalJSON() ([]byte, error) {
	return json.Marshal(linkRow{
		From: l.from.object(), Attribute: attributeTypes[l.from.attribute()].Name, Seq: l.seq, To: l.to, Data: handleText(l.data),
	})
}

// UnmarshalJSON reads a row that MarshalJSON wrote.
func (l *link) UnmarshalJSON(data []byte) error {
	var text linkRow
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	number, known := numberOf(text.Attribute)
	if !known || !attributeTypes[number].Link() {
		return fmt.Errorf("link %d of object %d: attribute %q does not name objects", text.Seq, text.From, text.Attribute)
	}
	*l = link{from: end(text.From, number), seq: text.Seq, to: text.To, data: intern(strings.ToUpper(text.Data))}
	return nil
}
