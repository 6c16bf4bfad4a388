package store

import (
	"cmp"
	"slices"
	"strings"
)

// ObjectChange is what became of one object, or of one row of the tables
// beside the directory, in a transaction.
type ObjectChange struct {
	Object     string            `json:"object"` // distinguished name, or table and key
	Kind       ChangeKind        `json:"kind"`
	Attributes []AttributeChange `json:"attributes,omitempty"`
}

// AttributeChange is an attribute that has other values than before.
type AttributeChange struct {
	Name   string   `json:"name"`
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
}

// ChangeKind says what became of an object.
type ChangeKind string

// The kinds of changes.
const (
	Created ChangeKind = "created"
	Changed ChangeKind = "changed"
	Deleted ChangeKind = "deleted"
)

// Changes gives what the transaction has changed so far, by object, if the
// store was opened with TrackChanges; else nothing. What was changed and
// changed back is not in it; passwords are shown as ***.
func (t *Tx) Changes() ([]ObjectChange, error) {
	rows, err := t.RowChanges()
	if err != nil {
		return nil, err
	}
	return t.collate(rows)
}

// collate puts row changes together by object.
func (t *Tx) collate(rows []RowChange) ([]ObjectChange, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	keys, err := t.primaryKeys()
	if err != nil {
		return nil, err
	}
	w := &changeWalk{tx: t, objects: make(map[string]*objectDelta), names: make(map[string]string), keys: keys}
	w.learnNames(rows)
	for _, row := range rows {
		if err := w.add(row); err != nil {
			return nil, err
		}
	}
	return w.result(), nil
}

// changeWalk puts row changes together.
type changeWalk struct {
	tx      *Tx
	objects map[string]*objectDelta
	names   map[string]string   // distinguished names by object id
	keys    map[string][]string // primary keys of tables
}

// objectDelta is a change of an object as far as it is known.
type objectDelta struct {
	name           string
	existed, stays bool
	known          bool // existed was seen
	attributes     map[string]*AttributeChange
}

// ownedTables are the tables whose rows are attributes of a directory object,
// with the attribute and the column of the value. An empty attribute stands
// for the row's own column of that name.
var ownedTables = map[string]struct{ attribute, value string }{
	"attribute_value":  {"", "value"},
	"link":             {"", "target_id"},
	"proxy_address":    {"proxyAddresses", "address"},
	"password":         {"password", ""},
	"password_history": {"", ""},
	"access_grant":     {"access", "access"},
	"mailbox_usage":    {"mailbox usage (kilobytes)", "kilobytes"},
}

// bookkeeping are columns that follow from others or count.
var bookkeeping = []string{
	"id", "dn_key", "name_key", "org_key", "server_key", "parent_id", "sam_key", "upn_key", "folded", "position", "guid", "sid",
	"when_created", "when_changed", "usn_created", "usn_changed", "object_id",
}

// primaryKeys gives the columns of the primary key of every table.
func (t *Tx) primaryKeys() (map[string][]string, error) {
	rows, err := collect(t, scanText, "SELECT m.name || '.' || c.name FROM main.sqlite_master m, pragma_table_info(m.name) c"+
		" WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.pk > 0 ORDER BY m.name, c.pk")
	keys := make(map[string][]string)
	for _, row := range rows {
		table, column, _ := strings.Cut(row, ".")
		keys[table] = append(keys[table], column)
	}
	return keys, err
}

// learnNames notes the names of objects whose rows changed, the newest last,
// since those of deleted ones cannot be asked for any more.
func (w *changeWalk) learnNames(rows []RowChange) {
	for _, row := range rows {
		for _, columns := range []map[string]string{row.Before, row.After} {
			if row.Table == "object" && columns != nil {
				w.names[columns["id"]] = columns["dn"]
			}
		}
	}
}

// name gives the distinguished name of an object by its id.
func (w *changeWalk) name(id string) (string, error) {
	if name, ok := w.names[id]; ok {
		return name, nil
	}
	found, err := collect(w.tx, scanText, "SELECT dn FROM object WHERE id = CAST(? AS INTEGER)", id)
	if err != nil {
		return "", err
	}
	w.names[id] = "object " + id
	if len(found) > 0 {
		w.names[id] = found[0]
	}
	return w.names[id], nil
}

func (w *changeWalk) add(row RowChange) error {
	if owned, ok := ownedTables[row.Table]; ok {
		if owned == (struct{ attribute, value string }{}) {
			return nil
		}
		return w.addOwned(row, owned.attribute, owned.value)
	}
	either := row.After
	if either == nil {
		either = row.Before
	}
	var key []string
	for _, column := range w.keys[row.Table] {
		key = append(key, either[column])
	}
	id := row.Table + " " + strings.Join(key, " ")
	name := id
	if row.Table == "object" {
		id, name = "object "+either["id"], w.names[either["id"]]
	} else if label := cmp.Or(either["path"], either["name"]); label != "" {
		name = row.Table + " " + label
	}
	d := w.object(id, name)
	if !d.known {
		d.known, d.existed = true, row.Before != nil
	}
	d.stays = row.After != nil
	for column, value := range row.Before {
		if row.After[column] != value {
			d.attribute(column).take(value)
		}
	}
	for column, value := range row.After {
		if row.Before[column] != value {
			d.attribute(column).give(value)
		}
	}
	return nil
}

// addOwned adds a row that is a value of an attribute.
func (w *changeWalk) addOwned(row RowChange, attribute, column string) error {
	for i, columns := range []map[string]string{row.Before, row.After} {
		if columns == nil {
			continue
		}
		name, err := w.name(columns["object_id"])
		if err != nil {
			return err
		}
		value := columns[column]
		switch column {
		case "":
			value = "***"
		case "target_id":
			if value, err = w.name(value); err != nil {
				return err
			}
		}
		a := w.object("object "+columns["object_id"], name).attribute(cmp.Or(attribute, columns["attribute"]))
		switch {
		case column == "" && i == 0:
			a.Before = append(a.Before, value) // a password that is another one looks the same
		case column == "":
			a.After = append(a.After, value)
		case i == 0:
			a.take(value)
		default:
			a.give(value)
		}
	}
	return nil
}

func (w *changeWalk) object(id, name string) *objectDelta {
	d := w.objects[id]
	if d == nil {
		d = &objectDelta{name: name, existed: true, stays: true, attributes: make(map[string]*AttributeChange)}
		w.objects[id] = d
	}
	return d
}

func (d *objectDelta) attribute(name string) *AttributeChange {
	a := d.attributes[name]
	if a == nil {
		a = &AttributeChange{Name: name}
		d.attributes[name] = a
	}
	return a
}

// take notes a value that went; give one that came. One that does both was
// there all the time, or never.
func (a *AttributeChange) take(value string) { a.Before, a.After = moved(a.Before, a.After, value) }

func (a *AttributeChange) give(value string) { a.After, a.Before = moved(a.After, a.Before, value) }

func moved(to, from []string, value string) (newTo, newFrom []string) {
	if i := slices.Index(from, value); i >= 0 {
		return to, slices.Delete(from, i, i+1)
	}
	return append(to, value), from
}

func (w *changeWalk) result() []ObjectChange {
	var all []ObjectChange
	for _, d := range w.objects {
		c := ObjectChange{Object: d.name, Kind: Changed}
		switch {
		case !d.existed && !d.stays:
			continue
		case !d.existed:
			c.Kind = Created
		case !d.stays:
			c.Kind = Deleted
		}
		for _, a := range d.attributes {
			if slices.Contains(bookkeeping, a.Name) || len(a.Before)+len(a.After) == 0 {
				continue
			}
			c.Attributes = append(c.Attributes, *a)
		}
		if c.Kind == Changed && len(c.Attributes) == 0 {
			continue
		}
		slices.SortFunc(c.Attributes, func(a, b AttributeChange) int { return strings.Compare(a.Name, b.Name) })
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b ObjectChange) int { return strings.Compare(a.Object, b.Object) })
	return all
}
