package activedirectory

import (
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mpf"
)

// preferences are how a search is made.
type preferences struct {
	scope     directory.Scope
	limit     int
	namesOnly bool
}

// atMost lowers the limit of objects; 0 leaves it.
func (p *preferences) atMost(n int64) {
	if n > 0 && n < int64(p.limit) {
		p.limit = int(n)
	}
}

// searchPreferences are the constants of ADS_SEARCHPREF. Those without a function
// have no meaning in a directory that answers at once, from one place, and in
// one piece.
var searchPreferences = map[string]func(p *preferences, value int64) bool{
	"ASYNCHRONOUS": nil, "DEREF_ALIASES": nil, "TIME_LIMIT": nil, "TIMEOUT": nil, "PAGESIZE": nil,
	"PAGED_TIME_LIMIT": nil, "CHASE_REFERRALS": nil, "SORT_ON": nil, "CACHE_RESULTS": nil,
	"SIZE_LIMIT": func(p *preferences, value int64) bool {
		p.atMost(value)
		return value >= 0
	},
	"ATTRIBTYPES_ONLY": func(p *preferences, value int64) bool {
		p.namesOnly = value != 0
		return true
	},
	"SEARCH_SCOPE": func(p *preferences, value int64) bool {
		p.scope = directory.Scope(value)
		return value >= int64(directory.ScopeBase) && value <= int64(directory.ScopeSubtree)
	},
}

// preferenceValues are the constants that values of preferences may be.
var preferenceValues = map[string]int64{
	"ADS_SCOPE_BASE": 0, "ADS_SCOPE_ONELEVEL": 1, "ADS_SCOPE_SUBTREE": 2,
	"ADS_DEREF_NEVER": 0, "ADS_DEREF_SEARCHING": 1, "ADS_DEREF_FINDING": 2, "ADS_DEREF_ALWAYS": 3,
	"TRUE": 1, "FALSE": 0,
}

const preferencePrefix = "ADS_SEARCHPREF_"

// read applies the preference elements.
func (p *preferences) read(list *xmldoc.Node) error {
	for n := range xmldoc.Elements(list) {
		if n.Data != "preference" {
			return mpf.SearchPreference.New(n.Data)
		}
		if err := p.readOne(n); err != nil {
			return err
		}
	}
	return nil
}

func (p *preferences) readOne(n *xmldoc.Node) error {
	texts := make(map[string]string)
	for child := range xmldoc.Elements(n) {
		if texts[child.Data] == "" {
			texts[child.Data] = strings.TrimSpace(xmldoc.Text(child))
		}
	}
	for _, name := range []string{"searchPref", "type", "value"} {
		if texts[name] == "" {
			return mpf.SearchPreference.New(name)
		}
	}
	apply, known := searchPreferences[strings.TrimPrefix(strings.ToUpper(texts["searchPref"]), preferencePrefix)]
	if !known {
		return mpf.SearchPreference.New("searchPref")
	}
	if !strings.HasPrefix(strings.ToUpper(texts["type"]), "ADSTYPE_") {
		return mpf.SearchPreference.New("type")
	}
	if apply == nil {
		return nil
	}
	value, ok := preferenceValues[strings.ToUpper(texts["value"])]
	if !ok {
		var err error
		if value, err = strconv.ParseInt(texts["value"], 10, 32); err != nil {
			return mpf.SearchPreference.New("value")
		}
	}
	if !apply(p, value) {
		return mpf.SearchPreference.New("value")
	}
	return nil
}
