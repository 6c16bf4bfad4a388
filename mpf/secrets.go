package mpf

import (
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
)

// Secrets are the secrets that a caller put into a request, by the names of
// their elements or attributes.
type Secrets map[string][]secret.String

// SecretsOf collects what Redact takes out of a data tree.
func SecretsOf(n *xmldoc.Node) Secrets {
	s := Secrets{}
	s.collect(n, false)
	return s
}

func (s Secrets) collect(n *xmldoc.Node, within bool) {
	if n == nil {
		return
	}
	if within = within || isSecret(n); within {
		s.add(n.Data, xmldoc.Text(n))
	}
	for _, a := range n.Attr {
		if isSecretName(a.Name.Local) {
			s.add(a.Name.Local, a.Value)
		}
	}
	for c := range xmldoc.Elements(n) {
		s.collect(c, within)
	}
}

func (s Secrets) add(name, value string) {
	if value != "" {
		s[name] = append(s[name], secret.New(value))
	}
}

// Empty takes the secrets out of an answer to the request: elements and
// attributes that have one of them as their content, and either the name that it
// had in the request or one that says that they are secret. A secret that the
// engine made, such as a generated password, stays.
func (s Secrets) Empty(n *xmldoc.Node) {
	if n == nil || len(s) == 0 {
		return
	}
	if s.holds(n.Data, isSecret(n), xmldoc.Text(n)) {
		xmldoc.SetText(n, "")
	}
	for i, a := range n.Attr {
		if s.holds(a.Name.Local, isSecretName(a.Name.Local), a.Value) {
			n.Attr[i].Value = ""
		}
	}
	for c := range xmldoc.Elements(n) {
		s.Empty(c)
	}
}

func (s Secrets) holds(name string, anyName bool, value string) bool {
	for known, values := range s {
		if known != name && !anyName {
			continue
		}
		for _, v := range values {
			if value != "" && v.Equal(secret.New(value)) {
				return true
			}
		}
	}
	return false
}
