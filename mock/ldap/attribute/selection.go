package attribute

import "strings"

// Selection is which attributes a client asked for: named ones; all but the
// operational ones by "*" or by naming none; the operational ones by "+"; none
// by "1.1".
type Selection struct {
	all         bool
	operational bool
	named       map[string]*Range // by folded name; nil: no range was named
}

// None is the name by which a client asks for no attributes (RFC 4511 section
// 4.5.1.8).
const None = "1.1"

// Select reads the attributes of a search request.
func Select(names []string) Selection {
	s := Selection{all: len(names) == 0}
	for _, name := range names {
		switch name {
		case "*":
			s.all = true
		case "+":
			s.operational = true
		case None:
		default:
			s.add(name)
		}
	}
	return s
}

// add adds a name with its options. Options other than a range, such as
// ;binary, mean the same attribute. An attribute with a malformed range is
// passed over, as one that does not exist is.
func (s *Selection) add(description string) {
	name, options, _ := strings.Cut(strings.ToLower(description), ";")
	var requested *Range
	for option := range strings.SplitSeq(options, ";") {
		if text, found := strings.CutPrefix(option, rangeOption); found {
			r, ok := parseRange(text)
			if !ok {
				return
			}
			requested = &r
		}
	}
	if s.named == nil {
		s.named = make(map[string]*Range)
	}
	s.named[name] = requested
}

// All reports whether all attributes that are not operational are requested.
func (s Selection) All() bool { return s.all }

// Operational reports whether all operational attributes are requested.
func (s Selection) Operational() bool { return s.operational }

// Names returns the attributes that were named, in lower case, in no order.
func (s Selection) Names() []string {
	names := make([]string, 0, len(s.named))
	for name := range s.named {
		names = append(names, name)
	}
	return names
}

// Includes reports whether an attribute is requested.
func (s Selection) Includes(name string, operational bool) bool {
	if s.all && !operational || s.operational && operational {
		return true
	}
	if len(s.named) == 0 {
		return false
	}
	_, named := s.named[strings.ToLower(name)]
	return named
}

// Range returns the range that was named for an attribute, nil if none was.
func (s Selection) Range(name string) *Range {
	if len(s.named) == 0 {
		return nil
	}
	return s.named[strings.ToLower(name)]
}
