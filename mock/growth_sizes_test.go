package mock_test

import (
	"os"
	"strconv"
	"strings"
)

// growthSizes gives the sizes in GROWTH_SIZES, by default 1000 mailboxes.
func growthSizes() []int {
	sizes := []int{1000}
	if text := os.Getenv("GROWTH_SIZES"); text != "" {
		sizes = nil
		for field := range strings.SplitSeq(text, ",") {
			if n, err := strconv.Atoi(field); err == nil {
				sizes = append(sizes, n)
			}
		}
	}
	return sizes
}
