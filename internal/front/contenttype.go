package front

import (
	"errors"
	"strings"
)

// Errors of ContentType.
var (
	errMediaType = errors.New("there is no media type")
	errParameter = errors.New("a parameter has no name")
	errTwice     = errors.New("a parameter is given twice with different values")
)

// ContentType returns the media type of a Content-Type header, in lower case,
// and its parameters by their names in lower case. It accepts what ASMX accepts:
// values in double quotes, in single quotes or in none, and blanks around them.
// (F058) A parameter without a value is passed over.
func ContentType(value string) (media string, parameters map[string]string, err error) {
	media, rest := cut(value)
	media = strings.ToLower(strings.TrimSpace(media))
	if main, sub, ok := strings.Cut(media, "/"); !ok || main == "" || sub == "" || strings.ContainsAny(media, " \t\"',") {
		return "", nil, errMediaType
	}
	for rest != "" {
		var parameter string
		parameter, rest = cut(rest)
		name, text, hasValue := strings.Cut(parameter, "=")
		name, text = strings.ToLower(strings.TrimSpace(name)), unquote(strings.TrimSpace(text))
		switch known, twice := parameters[name]; {
		case !hasValue:
			continue
		case name == "":
			return "", nil, errParameter
		case twice && known != text:
			return "", nil, errTwice
		}
		if parameters == nil {
			parameters = make(map[string]string, 2)
		}
		parameters[name] = text
	}
	return media, parameters, nil
}

// cut returns what is before and after the first semicolon outside of quotes.
func cut(s string) (before, after string) {
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == ';':
			return s[:i], s[i+1:]
		case c == '"', c == '\'':
			if strings.IndexByte(s[i+1:], c) >= 0 { // else it is a character like any other
				quote = c
			}
		}
	}
	return s, ""
}

// unquote removes the quotes around a value, and what escapes characters within
// double quotes.
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s
	}
	quote, s := s[0], s[1:len(s)-1]
	if quote == '"' && strings.IndexByte(s, '\\') >= 0 {
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			if s[i] == '\\' && i+1 < len(s) {
				i++
			}
			b.WriteByte(s[i])
		}
		s = b.String()
	}
	return strings.TrimSpace(s)
}
