package errorprovider

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Entry is what an error is translated to.
type Entry struct {
	Message string
	Code    mpf.HRESULT // 0 keeps the code of the error
}

// Translations gives entries by id: "context|0x80070057" for errors of
// procedures, a code of the caller's for user errors. Ids are read in any
// letter case.
type Translations map[string]Entry

// find gives the entry of an id.
func (t Translations) find(id string) (Entry, bool) {
	entry, ok := t[strings.ToLower(id)]
	return entry, ok
}

// ReadTranslations reads a map file of the original's form:
//
//	<Items><Item name="context|0x80070057"><message>…</message><errorCode>0x8…</errorCode></Item></Items>
func ReadTranslations(r io.Reader) (Translations, error) {
	root, err := xmldoc.Parse(r, "", xmldoc.Limits{})
	if err != nil {
		return nil, fmt.Errorf("translations: %w", err)
	}
	translations := make(Translations)
	for item := range xmldoc.Children(root, "Item") {
		name, _ := xmldoc.Attr(item, "name")
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
			return nil, errors.New("translations: an item has no name")
		}
		if _, twice := translations[name]; twice {
			return nil, fmt.Errorf("translations: the item %q is there twice", name)
		}
		var entry Entry
		entry.Message = strings.TrimSpace(part(item, "message"))
		if code := strings.TrimSpace(part(item, "errorCode")); code != "" {
			if entry.Code, err = mpf.ParseHRESULT(code); err != nil {
				return nil, fmt.Errorf("translations: item %q: %w", name, err)
			}
		}
		translations[name] = entry
	}
	return translations, nil
}

// part gives an attribute or a child of an item.
func part(item *xmldoc.Node, name string) string {
	if value, ok := xmldoc.Attr(item, name); ok {
		return value
	}
	value, _ := xmldoc.ChildText(item, name)
	return value
}
