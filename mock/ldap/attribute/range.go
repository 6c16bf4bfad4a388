package attribute

import (
	"errors"
	"strconv"
	"strings"
)

// MaxValues is how many values of an attribute one entry of an answer has,
// Active Directory's MaxValRange (F414).
const MaxValues = 1500

// Range is a part of the values of an attribute.
type Range struct {
	First int
	Last  int // inclusive; ToEnd: all that are left
}

// ToEnd is the last value of a range that ends in an asterisk.
const ToEnd = -1

// ErrPastEnd is returned for a range that begins after the last value. Active
// Directory answers it with operationsError.
var ErrPastEnd = errors.New("the range begins after the last value")

const rangeOption = "range="

// parseRange reads what is after "range=", such as 0-1499 and 1500-*.
func parseRange(text string) (Range, bool) {
	low, high, found := strings.Cut(text, "-")
	first, ok := index(low)
	if !found || !ok {
		return Range{}, false
	}
	if high == "*" {
		return Range{first, ToEnd}, true
	}
	last, ok := index(high)
	return Range{first, last}, ok && first <= last
}

// maxDigits bounds indexes to what an int has on every machine.
const maxDigits = 9

func index(text string) (int, bool) {
	if text == "" || len(text) > maxDigits || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// Piece is what an answer has of an attribute: the values from First to before
// End, under the name.
type Piece struct {
	Name       string
	First, End int
}

// Cut returns which of an attribute's values, at least one, are answered. The
// requested range is nil if none was named: then all values are answered, or, if
// they are more than the limit, the first range.
func Cut(name string, values int, requested *Range, limit int) (Piece, error) {
	if requested == nil && values <= limit {
		return Piece{name, 0, values}, nil
	}
	r := Range{0, ToEnd}
	if requested != nil {
		r = *requested
	}
	if r.First >= values {
		return Piece{}, ErrPastEnd
	}
	end := min(values, r.First+limit)
	if r.Last != ToEnd {
		end = min(end, r.Last+1)
	}
	last := "*"
	if end < values {
		last = strconv.Itoa(end - 1)
	}
	return Piece{name + ";" + rangeOption + strconv.Itoa(r.First) + "-" + last, r.First, end}, nil
}
