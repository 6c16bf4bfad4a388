package config

import (
	"fmt"
	"slices"
)

// didYouMean adds the nearest known name to a message, if one is near. The
// nearest to a secret is the setting of the file with it.
func didYouMean(unknown string, known []string) string {
	if slices.Contains(known, unknown+"-file") {
		return fmt.Sprintf(", did you mean %s-file?", unknown)
	}
	best, distance := "", max(2, len(unknown)/3)+1
	for _, name := range known {
		if d := editDistance(unknown, name); d < distance {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s?", best)
}

// editDistance is Levenshtein's: insertions, deletions, replacements.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
