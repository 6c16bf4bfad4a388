package store

import (
	"cmp"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Picture is what a transaction saw at one time, in words: facts about
// directory objects and rows of the other tables, with names in place of ids.
// The logs, the queue and the numbers given out are not in it.
type Picture struct {
	subjects map[string]*subject // "object/<id>" or "table/<name>"
}

// subject is something that facts are about.
type subject struct {
	name, class, order string
	facts              map[string]int
}

// Difference tells how one subject of two pictures differs.
type Difference struct {
	// Subject is the ADsPath of a directory object, its present one, or the
	// name of a table.
	Subject string
	// Class is the class of a directory object, empty for a table.
	Class string
	// Created and Deleted tell of a directory object as a whole.
	Created, Deleted bool
	// Removed and Added are the facts that differ, sorted. A password is a
	// digest of its hash.
	Removed, Added []string
}

// unfactual are the columns that are no facts: what is made from others, and
// times and numbers that tell one run from the next.
var unfactual = map[string]bool{
	"id": true, "position": true, "folded": true, "seq": true, "at": true, "created": true, "changed": true, "when_created": true,
	"when_changed": true, "usn_created": true, "usn_changed": true,
}

// Picture takes a picture. It reads everything.
func (t *Tx) Picture() (*Picture, error) {
	p := &Picture{subjects: make(map[string]*subject)}
	n, err := t.names(p)
	if err != nil {
		return nil, err
	}
	tables, err := collect(t, scanText, tablesQuery)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		if slices.Contains(untracked, table) {
			continue
		}
		if err := t.pictureTable(p, n, table); err != nil {
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
	}
	return p, nil
}

// naming gives names in place of ids and GUIDs.
type naming struct {
	objects map[string]string // by id
	guids   map[string]string
	others  map[string]string // by "table/id"
}

// names finds the names and makes the subjects of the directory.
func (t *Tx) names(p *Picture) (*naming, error) {
	n := &naming{objects: make(map[string]string), guids: make(map[string]string), others: make(map[string]string)}
	err := t.eachRow("object", func(row map[string]string) {
		n.objects[row["id"]], n.guids[row["guid"]] = row["dn"], row["dn"]
		p.subjects["object/"+row["id"]] = &subject{
			name: "LDAP://" + row["dn"], class: row["class"], order: "0" + row["dn_key"], facts: make(map[string]int),
		}
	})
	if err != nil {
		return nil, err
	}
	for _, table := range []string{"resource", "public_folder", "customer", "plan"} {
		err := t.eachRow(table, func(row map[string]string) { n.others[table+"/"+row["id"]] = cmp.Or(row["path"], row["name"]) })
		if err != nil {
			return nil, err
		}
	}
	return n, nil
}

// pictureTable adds the facts of a table.
func (t *Tx) pictureTable(p *Picture, n *naming, table string) error {
	references, err := collect(t, func(row scanner) (reference, error) {
		var r reference
		return r, row.Scan(&r.table, &r.column)
	}, "SELECT \"table\", \"from\" FROM pragma_foreign_key_list('"+table+"')")
	if err != nil {
		return err
	}
	return t.eachRow(table, func(row map[string]string) {
		about := p.subjects["object/"+cmp.Or(row["object_id"], map[bool]string{true: row["id"]}[table == "object"])]
		if about == nil {
			about = p.table(table)
		}
		for _, r := range references {
			if name := n.name(r.table, row[r.column]); name != "" {
				row[r.column] = name
			}
		}
		about.facts[n.fact(table, row)]++
	})
}

func (p *Picture) table(name string) *subject {
	key := "table/" + name
	if p.subjects[key] == nil {
		p.subjects[key] = &subject{name: name, order: "1" + name, facts: make(map[string]int)}
	}
	return p.subjects[key]
}

// reference is a column that holds ids of a table.
type reference struct{ table, column string }

func (n *naming) name(table, id string) string {
	if table == "object" {
		return n.objects[id]
	}
	return n.others[table+"/"+id]
}

// fact puts a row into words.
func (n *naming) fact(table string, row map[string]string) string {
	switch table {
	case "object":
		return "distinguishedName: " + row["dn"]
	case "attribute_value":
		return row["attribute"] + ": " + row["value"]
	case "link":
		if row["data"] != "" {
			return row["attribute"] + ": B:" + strconv.Itoa(len(row["data"])) + ":" + row["data"] + ":" + row["target_id"]
		}
		return row["attribute"] + ": " + row["target_id"]
	case "proxy_address":
		return "proxyAddresses: " + row["address"]
	case "password", "password_history":
		return fmt.Sprintf("%s: #%x", table, sha256.Sum256([]byte(row["hash"])))
	case "access_grant":
		return "access: " + row["trustee_id"] + ": " + row["access"]
	}
	var words []string
	for column, value := range row {
		if unfactual[column] || strings.HasSuffix(column, "_key") || column == "object_id" || value == "" {
			continue
		}
		words = append(words, column+"="+cmp.Or(n.guids[value], value))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// eachRow reads a table; NULL is the empty text.
func (t *Tx) eachRow(table string, use func(map[string]string)) error {
	columns, err := collect(t, scanText, "SELECT name FROM pragma_table_info('"+table+"') ORDER BY name")
	if err != nil {
		return err
	}
	rows, err := collect(t, func(row scanner) (map[string]string, error) {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := row.Scan(into...); err != nil {
			return nil, err
		}
		named := make(map[string]string, len(columns))
		for i, column := range columns {
			named[column] = values[i].String
		}
		return named, nil
	}, "SELECT "+strings.Join(columns, ", ")+" FROM "+table)
	if err != nil {
		return err
	}
	for _, row := range rows {
		use(row)
	}
	return nil
}

// Differences tells what is different in a later picture: directory objects
// from the root down, then tables by name.
func (p *Picture) Differences(later *Picture) []Difference {
	type ordered struct {
		Difference
		order string
	}
	var found []ordered
	for key, now := range later.subjects {
		d := Difference{Subject: now.name, Class: now.class}
		was := p.subjects[key]
		d.Created = was == nil && now.class != ""
		d.Removed, d.Added = compare(was, now)
		if len(d.Removed)+len(d.Added) > 0 {
			found = append(found, ordered{d, now.order})
		}
	}
	for key, was := range p.subjects {
		if later.subjects[key] == nil {
			removed, _ := compare(was, nil)
			found = append(found, ordered{Difference{Subject: was.name, Class: was.class, Deleted: was.class != "", Removed: removed}, was.order})
		}
	}
	slices.SortFunc(found, func(a, b ordered) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Subject, b.Subject))
	})
	all := make([]Difference, 0, len(found))
	for _, d := range found {
		all = append(all, d.Difference)
	}
	return all
}

// compare gives the facts that only one of two subjects has; nil has none.
func compare(was, now *subject) (removed, added []string) {
	count := make(map[string]int)
	if was != nil {
		for fact, times := range was.facts {
			count[fact] -= times
		}
	}
	if now != nil {
		for fact, times := range now.facts {
			count[fact] += times
		}
	}
	for fact, times := range count {
		for ; times < 0; times++ {
			removed = append(removed, fact)
		}
		for ; times > 0; times-- {
			added = append(added, fact)
		}
	}
	slices.Sort(removed)
	slices.Sort(added)
	return removed, added
}
