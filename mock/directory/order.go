package directory

import (
	"iter"
	"slices"
	"strings"
)

// ofClasses returns the objects of classes, in no order, and false if it would
// have to read them all.
func (d Directory) ofClasses(wanted []uint16) (iter.Seq[*record], bool) {
	if slices.ContainsFunc(wanted, commonClass) {
		return nil, false
	}
	return func(yield func(*record) bool) {
		for _, class := range wanted {
			for r := range byClass.Is(d.tx, class) {
				if !yield(r) {
					return
				}
			}
		}
	}, true
}

// shortest returns the number of the sequence that ends first when all are read
// in turns of growing length, and its rows. spend is asked for rows that are
// read; nil is not asked. When it refuses, its error is returned.
func shortest(all []iter.Seq[*record], spend func(int) error) (number int, rows []*record, err error) {
	for limit := 8; ; limit *= 4 {
		for i, one := range all {
			rows = rows[:0]
			for r := range one {
				if rows = append(rows, r); len(rows) > limit {
					break
				}
			}
			if len(rows) <= limit {
				return i, rows, nil
			}
			if spend == nil {
				continue
			}
			if err := spend(len(rows)); err != nil {
				return 0, nil, err
			}
		}
	}
}

// sorted makes the objects of rows, each once, in the order of their keys.
func (d Directory) sorted(rows iter.Seq[*record]) []*Object {
	keyed := d.keyed(rows)
	found := make([]*Object, len(keyed))
	for i, k := range keyed {
		found[i] = k.object
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// sortedRows returns rows, each once, in the order of their keys.
func (d Directory) sortedRows(rows iter.Seq[*record]) []*record {
	keyed := d.keyed(rows)
	found := make([]*record, len(keyed))
	for i, k := range keyed {
		found[i] = k.row
	}
	return found
}

// keyedRow is a row with its object and the key of its name.
type keyedRow struct {
	key    string
	object *Object
	row    *record
}

func (d Directory) keyed(rows iter.Seq[*record]) []keyedRow {
	var all []keyedRow
	for r := range rows {
		all = append(all, keyedRow{row: r, object: d.object(r)})
	}
	if len(all) < 2 {
		return all
	}
	for i := range all {
		all[i].key = all[i].object.DN.Key()
	}
	slices.SortFunc(all, func(a, b keyedRow) int { return strings.Compare(a.key, b.key) })
	return slices.CompactFunc(all, func(a, b keyedRow) bool { return a.row.id == b.row.id })
}
