package directory

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unique"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// The tables of the directory. Rows of other rooms refer to objects by id.
var (
	objects = state.Declare(state.Spec[int64, record]{
		Name: "object", Key: func(r *record) int64 { return r.id }, Compare: cmp.Compare[int64],
		KeyText:  func(id int64) string { return strconv.FormatInt(id, 10) },
		Describe: describe[record], Replicated: true, Parts: recordParts, Take: takeParts,
	})
	links = state.Declare(state.Spec[linkKey, link]{
		Name: "link", Key: func(l *link) linkKey { return linkKey{l.from, l.seq} }, Compare: compareLinks,
		KeyText:  linkKey.text,
		ParseKey: parseLinkKey,
		Describe: describe[link], Replicated: true,
	})
	grants = state.Declare(state.Spec[grantKey, grant]{
		Name: "grant", Key: func(g *grant) grantKey { return grantKey(*g) }, Compare: compareGrants,
		KeyText:  grantKey.text,
		ParseKey: parseGrantKey,
		Describe: describe[grant], Replicated: true,
	})
	aces = state.Declare(state.Spec[aceKey, aceRow]{
		Name: "ace", Key: (*aceRow).key, Compare: compareACEs, KeyText: aceKey.text,
		Describe: describe[aceRow], Replicated: true,
	})
	passwords = state.Declare(state.Spec[int64, password]{
		Name: "password", Key: func(p *password) int64 { return p.Object }, Compare: cmp.Compare[int64],
		KeyText:  func(id int64) string { return strconv.FormatInt(id, 10) },
		Describe: describe[password], Secret: true,
	})
	credentials = state.Declare(state.Spec[int64, credential]{
		Name: "credential", Key: func(c *credential) int64 { return c.ID }, Compare: cmp.Compare[int64],
		KeyText: func(id int64) string { return strconv.FormatInt(id, 10) },
	})
	procedureAccounts = state.Declare(state.Spec[executeAsKey, executeAs]{
		Name: "execute as", Key: (*executeAs).key, Compare: compareExecuteAs, KeyText: executeAsKey.text,
	})
	settings = state.Declare(state.Spec[string, setting]{
		Name: "setting", Key: func(s *setting) string { return s.Name }, Compare: cmp.Compare[string],
	})
)

// The indexes. Folded texts are as ldappath.Fold returns them.
var (
	byParent = state.Unique(objects, KindName, compareChildren, func(r *record, add func(childKey)) {
		add(r.place())
	}).SameIf(func(a, b *record) bool {
		return a.parent == b.parent && a.root == b.root && a.class == b.class && a.rdn == b.rdn
	})
	byName = state.Ordered(objects, "rdn", strings.Compare, func(r *record, add func(string)) { add(ldappath.Fold(r.rdn)) }).
		SameIf(func(a, b *record) bool { return a.rdn == b.rdn })
	byGUID = state.Unique(objects, "objectGUID", compareGUIDs, func(r *record, add func(GUID)) { add(r.guid) }).
		SameIf(func(a, b *record) bool { return a.guid == b.guid })
	bySID = state.Unique(objects, "objectSid", compareSIDs, func(r *record, add func(compactSID)) {
		if r.sid.form != noSID {
			add(r.sid)
		}
	}).SameIf(func(a, b *record) bool { return a.sid == b.sid })
	bySAM     = foldedIndex(KindSAM, attributeSAM)
	byUPN     = foldedIndex(KindUPN, attributeUPN)
	byAddress = foldedIndex(KindAddress, attributeAddresses)
	byValue   = state.Ordered(objects, "value", compareValues, func(r *record, add func(valueKey)) {
		for number, value := range r.plain.all() {
			if inValueIndex[number] {
				add(keyOfValue(number, ldappath.Fold(value)))
			}
		}
	}).SameIf(sameValues(func(number uint16) bool { return inValueIndex[number] }))
	// byClass finds objects of the classes of which there are few.
	byClass = state.Ordered(objects, "class", cmp.Compare[uint16], func(r *record, add func(uint16)) {
		if !commonClass(r.class) {
			add(r.class)
		}
	}).SameIf(func(a, b *record) bool { return a.class == b.class })
	// byPrimaryGroup finds accounts whose primary group is another than the
	// standard one of their class, by the group's SID.
	byPrimaryGroup = state.Ordered(objects, "primary group", compareSIDs, func(r *record, add func(compactSID)) {
		if sid, standard := r.primaryGroup(); sid.form != noSID && !standard {
			add(sid)
		}
	}).SameIf(func(a, b *record) bool { return a.sid == b.sid && a.class == b.class && samePrimaryGroup(a, b) })
	// byReference finds objects by the targets of the links in their rows.
	byReference = state.Ordered(objects, "reference", cmp.Compare[linkEnd], func(r *record, add func(linkEnd)) {
		for number, value := range r.plain.all() {
			if attributeTypes[number].near() {
				to, _ := cutLink(value)
				add(end(to, number))
			}
		}
	}).SameIf(sameValues(func(number uint16) bool { return attributeTypes[number].near() }))
	byTarget = state.Unique(links, "target", compareBackLinks, func(l *link, add func(backLinkKey)) {
		add(backLinkKey{end(l.to, l.from.attribute()), l.from.object(), l.data})
	})
	byTrustee = state.Ordered(grants, "trustee", cmp.Compare[int64], func(g *grant, add func(int64)) { add(g.Trustee) })
)

// Tables returns the tables of the directory: object, link, grant, ace and
// tombstone, of which each domain controller has its own, password, which is
// secret, credential, execute as, and setting.
func Tables() []state.Declaration {
	return []state.Declaration{objects, links, grants, aces, tombstones, passwords, credentials, procedureAccounts, settings}
}

// childKey is where an object is: the id of its parent with the kind of its
// RDN, and the value of its RDN as in DN.Key. That of a root is 0 and its whole
// DN.Key. Children of one parent are in the order of their DN.Key.
type childKey struct {
	at  uint64
	key string
}

const kindBits = 2

// rdnKinds are the naming attributes, in the order of DN.Key.
var rdnKinds = []string{"CN", "DC", "OU"}

// rdnKind returns the number of a naming attribute, and false if no class is
// named by it.
func rdnKind(attribute string) (uint64, bool) {
	for i, kind := range rdnKinds {
		if strings.EqualFold(kind, attribute) {
			return uint64(i), true
		}
	}
	return 0, false
}

// child is the key of what has an RDN of a kind under a parent; value is as in
// DN.Key.
func child(parent int64, kind uint64, value string) childKey {
	return childKey{uint64(parent)<<kindBits | kind, value}
}

func (k childKey) parent() int64 { return int64(k.at >> kindBits) }

// compareChildren compares values as if they were followed by the comma that
// they have in DN.Key.
func compareChildren(a, b childKey) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	n := min(len(a.key), len(b.key))
	c := strings.Compare(a.key[:n], b.key[:n])
	switch {
	case c != 0 || len(a.key) == len(b.key):
		return c
	case len(a.key) > n:
		return cmp.Or(cmp.Compare(a.key[n], ','), 1)
	}
	return cmp.Or(cmp.Compare(',', b.key[n]), -1)
}

// valueKey is a folded value of an indexed attribute: the two octets of the
// attribute's number, and the value.
type valueKey string

func compareValues(a, b valueKey) int { return strings.Compare(string(a), string(b)) }

// keyOfValue makes the key of a folded value. It is a string of its own: an
// index that kept a piece of a row would keep all of it.
func keyOfValue(attribute uint16, folded string) valueKey {
	var buffer [128]byte
	return valueKey(append(append(buffer[:0], byte(attribute>>8), byte(attribute)), folded...))
}

func compareGUIDs(a, b GUID) int { return bytes.Compare(a[:], b[:]) }

// foldedIndex makes the index of the folded values of one attribute.
func foldedIndex(name string, number uint16) *state.Index[int64, record, string] {
	return state.Unique(objects, name, strings.Compare, func(r *record, add func(string)) {
		count, rest := r.plain.find(number)
		for range count {
			var value string
			value, rest = rest.text()
			add(foldOwn(value))
		}
	}).SameIf(sameValues(func(other uint16) bool { return other == number }))
}

// sameValues returns a function that reports whether two rows have the same
// values of the wanted attributes.
func sameValues(wanted func(number uint16) bool) func(a, b *record) bool {
	return func(a, b *record) bool {
		was, is := a.plain, b.plain
		for was != is {
			var one, other plainValues
			one, was = was.next(wanted)
			other, is = is.next(wanted)
			if one != other {
				return false
			}
		}
		return true
	}
}

var samePrimaryGroup = sameValues(func(number uint16) bool { return number == attributePrimaryGroup })

// foldOwn folds a text. The result never shares memory with it: an index that
// kept a piece of a row would keep all of it.
func foldOwn(text string) string {
	folded := ldappath.Fold(text)
	if folded == text { // it was folded already and may be the same memory
		return strings.Clone(folded)
	}
	return folded
}

// linkEnd is an object together with a link attribute.
type linkEnd uint64

const attributeBits = 16

func end(object int64, attribute uint16) linkEnd {
	return linkEnd(uint64(object)<<attributeBits | uint64(attribute))
}

func (e linkEnd) object() int64     { return int64(e >> attributeBits) }
func (e linkEnd) attribute() uint16 { return uint16(e) }

// link is one value of an attribute that names objects. Values are in the
// order of seq.
type link struct {
	from linkEnd
	seq  int64
	to   int64
	data unique.Handle[string] // 32 upper-case hex digits for a DN with binary, else ""
}

// linkKey is the key of a link.
type linkKey struct {
	from linkEnd
	seq  int64
}

func compareLinks(a, b linkKey) int {
	if a.from != b.from {
		return cmp.Compare(a.from, b.from)
	}
	return cmp.Compare(a.seq, b.seq)
}

func (k linkKey) text() string {
	return fmt.Sprintf("%d/%s/%d", k.from.object(), attributeTypes[k.from.attribute()].Name, k.seq)
}

// parseLinkKey reads what linkKey.text wrote.
func parseLinkKey(text string) (linkKey, error) {
	object, rest, _ := strings.Cut(text, "/")
	attribute, seq, _ := strings.Cut(rest, "/")
	number, known := numberOf(attribute)
	if !known {
		return linkKey{}, fmt.Errorf("%q is not the key of a link", text)
	}
	id, err := strconv.ParseInt(object, 10, 64)
	if err != nil {
		return linkKey{}, err
	}
	k := linkKey{from: end(id, number)}
	k.seq, err = strconv.ParseInt(seq, 10, 64)
	return k, err
}

// backLinkKey is a link as its target sees it.
type backLinkKey struct {
	to   linkEnd
	from int64
	data unique.Handle[string]
}

func compareBackLinks(a, b backLinkKey) int {
	switch {
	case a.to != b.to:
		return cmp.Compare(a.to, b.to)
	case a.from != b.from:
		return cmp.Compare(a.from, b.from)
	case a.data == b.data:
		return 0
	}
	return strings.Compare(handleText(a.data), handleText(b.data))
}

// handleText is the text of a handle, which may be the zero value.
func handleText(h unique.Handle[string]) string {
	if h == (unique.Handle[string]{}) {
		return ""
	}
	return h.Value()
}

// intern returns the handle of a text that many rows have. That of no text is
// the zero value.
func intern(text string) unique.Handle[string] {
	if text == "" {
		return unique.Handle[string]{}
	}
	return unique.Make(strings.Clone(text))
}

// grant is a right of a trustee on an object.
type grant struct {
	Object  int64  `json:"object"`
	Trustee int64  `json:"trustee"`
	Access  string `json:"access"`
}

// grantKey is the key of a grant: all of it.
type grantKey grant

func compareGrants(a, b grantKey) int {
	return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Trustee, b.Trustee), strings.Compare(a.Access, b.Access))
}

func (k grantKey) text() string { return fmt.Sprintf("%d/%d/%s", k.Object, k.Trustee, k.Access) }

// parseGrantKey reads what grantKey.text wrote.
func parseGrantKey(text string) (k grantKey, err error) {
	object, rest, _ := strings.Cut(text, "/")
	trustee, access, _ := strings.Cut(rest, "/")
	if k.Object, err = strconv.ParseInt(object, 10, 64); err == nil {
		k.Trustee, err = strconv.ParseInt(trustee, 10, 64)
	}
	k.Access = access
	return k, err
}
