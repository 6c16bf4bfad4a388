package seed

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What the YAML library says of a value that does not fit.
var (
	wrongLine  = regexp.MustCompile(`^line (\d+): `)
	wrongField = regexp.MustCompile(`(field (\S+) (?:not found|already set) in) type \S+$`)
	wrongValue = regexp.MustCompile("cannot unmarshal (\\S+)(?: `(.*)`)? into ")
)

// mostErrors is how many errors of one text are reported.
const mostErrors = 50

// named adds the keys to errors that the YAML library gives by line alone.
func named(err error, text []byte) error {
	var wrong *yaml.TypeError
	var document yaml.Node
	if !errors.As(err, &wrong) || yaml.Unmarshal(text, &document) != nil {
		return err
	}
	found := new(yaml.TypeError)
	for i, message := range wrong.Errors {
		if i == mostErrors {
			found.Errors = append(found.Errors, strconv.Itoa(len(wrong.Errors)-i)+" more")
			break
		}
		found.Errors = append(found.Errors, withKey(message, &document))
	}
	return found
}

// withKey adds the key to one message.
func withKey(message string, document *yaml.Node) string {
	at := wrongLine.FindStringSubmatch(message)
	if at == nil {
		return message
	}
	line, _ := strconv.Atoi(at[1]) // digits
	if field := wrongField.FindStringSubmatch(message); field != nil {
		key := keyAt(document, "", func(_, key *yaml.Node) bool {
			return key != nil && key.Line == line && key.Value == field[2]
		})
		above := key[:max(strings.LastIndexByte(key, '.'), 0)]
		if above == "" {
			above = "the document"
		}
		return wrongField.ReplaceAllString(message, "$1 ") + above
	}
	value := wrongValue.FindStringSubmatch(message)
	if value == nil {
		return message
	}
	begin := strings.TrimSuffix(value[2], "...") // long values are cut
	key := keyAt(document, "", func(n, _ *yaml.Node) bool {
		return n.Line == line && n.ShortTag() == value[1] && strings.HasPrefix(n.Value, begin)
	})
	if key == "" {
		return message
	}
	return message + " (" + key + ")"
}

// keyAt returns the path of the last node that is the one, which of nested ones
// is the innermost: keys with dots between, and numbers of list entries in
// brackets, from 0. It is empty if none is.
func keyAt(n *yaml.Node, path string, is func(n, key *yaml.Node) bool) string {
	found := ""
	look := func(value, key *yaml.Node, below string) {
		if is(value, key) {
			found = below
		}
		if inner := keyAt(value, below, is); inner != "" {
			found = inner
		}
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return keyAt(n.Content[0], path, is)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			look(n.Content[i+1], n.Content[i], strings.TrimPrefix(path+"."+n.Content[i].Value, "."))
		}
	case yaml.SequenceNode:
		for i, value := range n.Content {
			look(value, nil, path+"["+strconv.Itoa(i)+"]")
		}
	}
	return found
}
