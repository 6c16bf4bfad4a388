package seed

import (
	"bytes"
	_ "embed" // for the built-in seed
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed virgin.yaml
var virginSeed []byte

// Virgin returns the seed of an installation that nothing was set up in: the
// domain fabrikam.com, its controller and an administrator without a password.
// It panics if the built-in text is invalid, which a test rules out.
func Virgin() Seed {
	seed, err := Load(bytes.NewReader(virginSeed))
	if err != nil {
		panic(err)
	}
	return seed
}

// VirginYAML returns the text of [Virgin] for a domain of one's own. Empty
// values leave those of Virgin; the controllers of another domain are dc1 of it
// by default.
func VirginYAML(domain string, controllers []string, administrator Password) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(virginSeed, &document); err != nil {
		return nil, err
	}
	top := valueOf(document.Content[0], "domain")
	if domain != "" {
		label, _, _ := strings.Cut(domain, ".")
		valueOf(top, "name").SetString(domain)
		valueOf(top, "netBIOS").SetString(strings.ToUpper(label[:min(len(label), longestNetBIOS)]))
		if len(controllers) == 0 {
			controllers = []string{"dc1." + domain}
		}
	}
	if len(controllers) > 0 {
		list := valueOf(top, "controllers")
		list.Content = nil
		for _, host := range controllers {
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: host})
		}
	}
	if administrator != "" {
		password := valueOf(valueOf(document.Content[0], "accounts").Content[0], "password")
		password.SetString(string(administrator))
		password.Style, password.LineComment = yaml.DoubleQuotedStyle, ""
	}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(&document), encoder.Close()); err != nil {
		return nil, err
	}
	if _, err := Load(bytes.NewReader(text.Bytes())); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// valueOf returns the value of a key that a mapping has.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	panic(fmt.Sprintf("the built-in seed has no %s", key))
}
