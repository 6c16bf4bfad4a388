package resources

import (
	"net/http"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
)

// form is what was filled in.
type form struct{ server, name, megabytes, shared string }

// actions are what the forms of a tab ask for, by the field action.
var actions = map[string]func(*view) (mpf.Target, []*xmldoc.Node, error){
	"add": func(w *view) (mpf.Target, []*xmldoc.Node, error) {
		item := w.item()
		if w.kind.unit != "" {
			xmldoc.Append(item, xmldoc.TextElement("megabytes", w.form.megabytes))
		}
		if w.kind.shared {
			xmldoc.Append(item, xmldoc.TextElement("shared", w.form.shared))
		}
		return mpf.Target{Namespace: w.kind.namespace, Procedure: "AddExchangeResources"}, []*xmldoc.Node{xmldoc.Element(w.kind.container, item)}, nil
	},
	"modify": func(w *view) (mpf.Target, []*xmldoc.Node, error) {
		if w.kind.resize.IsZero() {
			return mpf.Target{}, nil, page.Refuse(http.StatusBadRequest, "These resources have no size to change.")
		}
		item := xmldoc.Append(w.item(), xmldoc.TextElement("megabytes", w.form.megabytes))
		return w.kind.resize, []*xmldoc.Node{xmldoc.Element(w.kind.container, item)}, nil
	},
	"provisionable": func(w *view) (mpf.Target, []*xmldoc.Node, error) {
		if !w.kind.provisionable {
			return mpf.Target{}, nil, page.Refuse(http.StatusBadRequest, "These resources cannot be closed to new allocations.")
		}
		server := xmldoc.SetAttr(xmldoc.TextElement("serverName", w.form.server), "provisionable", w.FormValue("provisionable"))
		return w.kind.resize, []*xmldoc.Node{xmldoc.Element("provisionable", server)}, nil
	},
	"remove": func(w *view) (mpf.Target, []*xmldoc.Node, error) {
		return mpf.Target{Namespace: w.kind.namespace, Procedure: "RemoveExchangeResources"}, []*xmldoc.Node{xmldoc.Element(w.kind.container, w.item())}, nil
	},
}

// item names the resource of the form.
func (w *view) item() *xmldoc.Node {
	item := xmldoc.Element(w.kind.item, xmldoc.TextElement("serverName", w.form.server))
	if w.kind.nameField != "" && w.form.name != "" {
		xmldoc.Append(item, xmldoc.TextElement(w.kind.nameField, w.form.name))
	}
	return item
}

func (c *Client) change(v *page.Visit) error {
	text := func(name string) string { return strings.TrimSpace(v.FormValue(name)) }
	w := &view{Visit: v, controller: text("dc"), form: form{text("serverName"), text("storeName"), text("megabytes"), text("shared")}}
	if err := w.choose(text("tab")); err != nil {
		return err
	}
	make, ok := actions[text("action")]
	if !ok || w.kind.namespace == "" {
		return page.Refuse(http.StatusBadRequest, "There is no such action for these resources.")
	}
	target, arguments, err := make(w)
	if err != nil {
		return err
	}
	data := xmldoc.Element("data", arguments...)
	xmldoc.Append(data, xmldoc.TextElement("preferredDomainController", w.controller))
	if w.outcome, err = v.Run(c.config.Submitter, mpf.Simple(target, data), nil); err != nil {
		return err
	}
	if w.outcome.Failed == nil || text("action") != "add" {
		w.form = form{}
	}
	return c.tab(w, w.kind.slug)
}
