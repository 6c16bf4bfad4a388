package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Bytes is a size. Its text is a whole number with a unit: B, kB, MB, GB, TB
// (powers of 1000), KiB, MiB, GiB, TiB (powers of 1024), or none for bytes.
type Bytes int64

// units are ordered from large to small, as String looks for the first that
// divides.
var units = []struct {
	name string
	size Bytes
}{
	{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
}

var errBytes = errors.New("not a size (such as 4096, 512KiB or 4MiB)")

// UnmarshalText reads a size. Letter case and a blank before the unit do not
// count. Sizes are not negative.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	digits := strings.TrimRight(s, "BKMGTibkmgt ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || digits == "" || digits[0] == '+' {
		return errBytes
	}
	name := strings.TrimSpace(s[len(digits):])
	if name == "" {
		*b = Bytes(n)
		return nil
	}
	for _, unit := range units {
		if strings.EqualFold(unit.name, name) {
			if n > math.MaxInt64/int64(unit.size) {
				return errBytes
			}
			*b = Bytes(n) * unit.size
			return nil
		}
	}
	return errBytes
}

// MarshalText writes the size as String does.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// String is the size in the largest unit that keeps it whole.
func (b Bytes) String() string {
	for _, unit := range units {
		if b != 0 && b%unit.size == 0 {
			return strconv.FormatInt(int64(b/unit.size), 10) + unit.name
		}
	}
	return "0B"
}
