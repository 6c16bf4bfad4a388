package page

import (
	"net/http"
	"net/url"
	"strconv"
)

func statusText(status int) string { return http.StatusText(status) }

// percent is a part of a whole between 0 and 100, as SVG reads it.
func percent(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return "0"
	}
	return strconv.FormatFloat(min(100, 100*float64(part)/float64(whole)), 'f', 2, 64)
}

// With is an address with parameters, in pairs of name and value. Empty values
// are left out.
func With(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// Shortened is a text of so many characters at most.
func Shortened(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
