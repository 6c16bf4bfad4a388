package main

import (
	"slices"
	"strings"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
)

// fill puts secrets in the place of those that were taken out when a request
// was recorded. Without one for each the request is refused: it would set
// passwords to the text that marks the place.
func (o *options) fill(name string, root *xmldoc.Node) error {
	var missing []string
	take := func(what string, put func(string)) {
		value, ok := o.secrets[strings.ToLower(what)]
		if !ok {
			value, ok = o.secrets[""]
		}
		switch {
		case ok:
			put(value.Reveal())
		case !slices.Contains(missing, what):
			missing = append(missing, what)
		}
	}
	fillBelow(root, take)
	if missing == nil {
		return nil
	}
	return usage("request %s: %s was taken out when the request was recorded: give --secret-file %s=FILE, or --secret-file FILE for all",
		name, strings.Join(missing, ", "), missing[0])
}

func fillBelow(n *xmldoc.Node, take func(string, func(string))) {
	for i, a := range n.Attr {
		if a.Value == secret.Redacted {
			take(a.Name.Local, func(value string) { n.Attr[i].Value = value })
		}
	}
	below := slices.Collect(xmldoc.Elements(n))
	for _, c := range below {
		fillBelow(c, take)
	}
	if len(below) == 0 && xmldoc.Text(n) == secret.Redacted {
		what := n.Data
		if property, ok := xmldoc.Attr(n, "name"); ok {
			what = property
		}
		take(what, func(value string) { xmldoc.SetText(n, value) })
	}
}

// readSecrets reads the files of the option secret-file, NAME=FILE or FILE.
func (o *options) readSecrets() error {
	o.secrets = make(map[string]secret.String, len(o.secretFiles))
	for _, given := range o.secretFiles {
		name, path, named := strings.Cut(given, "=")
		if !named {
			name, path = "", given
		}
		value, err := firstLine(path)
		if err != nil {
			return usage("secret: %w", err)
		}
		if _, twice := o.secrets[strings.ToLower(name)]; twice {
			return usage("secret-file: %q is given twice", name)
		}
		o.secrets[strings.ToLower(name)] = value
	}
	return nil
}
