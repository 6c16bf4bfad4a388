package exchangeresourcemanager

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"wsexchange/mock/resource"
)

// stores makes candidates of the form capacity/allocated, with a star where the
// organization has a share.
func stores(text string) []candidate {
	var all []candidate
	for i, field := range strings.Fields(text) {
		r := &resource.Resource{ID: int64(i + 1)}
		_, present := strings.CutSuffix(field, "*")
		_, _ = fmt.Sscanf(field, "%d/%d", &r.Megabytes, &r.Allocated)
		all = append(all, candidate{r, present})
	}
	return all
}

func placed(portions []portion) string {
	var all []string
	for _, p := range portions {
		all = append(all, fmt.Sprintf("%d:%d", p.resource.ID, p.megabytes))
	}
	return strings.Join(all, " ")
}

func TestPlace(t *testing.T) {
	for _, row := range []struct {
		name, stores string
		megabytes    int64
		by           algorithm
		want         string
	}{
		{"none", "", 1, minStoreCount, ""},
		{"most room first", "100/50 100/10 100/30", 40, minStoreCount, "2:40"},
		{"least room first", "100/50 100/10 100/30", 40, tightPack, "1:40"},
		{"least room that fits", "100/90 100/10 100/30", 40, tightPack, "3:40"},
		{"used before empty", "50/0 100/1", 40, tightPack, "2:40"},
		{"registered first of two alike", "100/0 100/0", 40, minStoreCount, "1:40"},
		{"present before better", "100/50* 100/10", 40, minStoreCount, "1:40"},
		{"one other before two", "100/90* 100/10", 40, minStoreCount, "2:40"},
		{"present filled up first", "100/90* 100/50 100/40", 100, minStoreCount, "1:10 3:60 2:30"},
		{"just enough", "10/0 10/0", 20, tightPack, "1:10 2:10"},
		{"one too many", "10/0 10/0", 21, tightPack, ""},
		{"nothing at all", "10/10 10/0", 0, tightPack, "1:0"},
	} {
		assert.Equal(t, row.want, placed(place(stores(row.stores), row.megabytes, row.by)), row.name)
	}
}

// Whatever the stores, the portions add up to what was asked, none exceeds its
// store, and nothing is placed only if all together have not enough.
func TestPlace_AddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []candidate
		total := int64(0)
		for i := range rapid.IntRange(0, 6).Draw(t, "stores") {
			capacity := rapid.Int64Range(0, 50).Draw(t, "capacity")
			r := &resource.Resource{ID: int64(i), Megabytes: capacity, Allocated: rapid.Int64Range(0, capacity).Draw(t, "allocated")}
			total += r.Free()
			all = append(all, candidate{r, rapid.Bool().Draw(t, "present")})
		}
		want := rapid.Int64Range(1, 200).Draw(t, "megabytes")
		portions := place(all, want, rapid.SampledFrom([]algorithm{tightPack, minStoreCount}).Draw(t, "algorithm"))
		assert.Equal(t, want <= total, portions != nil)
		sum, seen := int64(0), make(map[int64]bool)
		for _, p := range portions {
			sum += p.megabytes
			assert.LessOrEqual(t, p.megabytes, p.resource.Free())
			assert.Positive(t, p.megabytes)
			assert.False(t, seen[p.resource.ID])
			seen[p.resource.ID] = true
		}
		if portions != nil {
			assert.Equal(t, want, sum)
		}
	})
}
