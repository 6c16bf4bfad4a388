package exchangeresourcemanager

import (
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// element is an element inside a tree argument, with the path by which errors
// name it.
type element struct {
	node *xmldoc.Node
	path string
}

func (e element) text(name string) string {
	text, _ := xmldoc.ChildText(e.node, name)
	return strings.TrimSpace(text)
}

func (e element) has(name string) bool { return e.text(name) != "" }

// need gives the text of a child that has to be there.
func (e element) need(name string) (string, error) {
	text, ok := xmldoc.ChildText(e.node, name)
	switch text = strings.TrimSpace(text); {
	case !ok:
		return "", mpf.ArgumentMissing.New(e.path + "/" + name)
	case text == "":
		return "", mpf.ArgumentEmpty.New(e.path + "/" + name)
	}
	return text, nil
}

// signed gives a child that is a number with or without a sign.
func (e element) signed(name string) (int64, error) {
	text, err := e.need(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, mpf.ArgumentInvalid.New(e.path+"/"+name, "'"+text+"' is not a number")
	}
	return n, nil
}

// amount gives a child that is a number of 0 or more.
func (e element) amount(name string) (int64, error) {
	n, err := e.signed(name)
	if err == nil && n < 0 {
		return 0, mpf.ArgumentInvalid.New(e.path+"/"+name, "'"+e.text(name)+"' is not a number of 0 or more")
	}
	return n, err
}

var booleans = map[string]bool{"1": true, "true": true, "0": false, "false": false}

// boolean gives a child that is 0, 1, false or true, or the default if there is
// none.
func (e element) boolean(name string, otherwise bool) (bool, error) {
	text := e.text(name)
	if text == "" {
		return otherwise, nil
	}
	v, ok := booleans[strings.ToLower(text)]
	if !ok {
		return false, mpf.ArgumentInvalid.New(e.path+"/"+name, "'"+text+"' is none of 1, 0, true, false")
	}
	return v, nil
}

// argument gives a tree argument, false if it is absent.
func argument(c *engine.Call, name string) (element, bool) {
	n := c.Node(name)
	return element{n, name}, n != nil
}

// pool is a row: how the stores of a kind are written in requests.
type pool struct {
	kind      resource.ResourceKind
	container string
	item      string
	nameField string
	named     bool // the name may be left out and is then made of the server's
}

var pools = []pool{
	{resource.PublicStore, "publicStores", "publicStore", "publicStoreName", true},
	{resource.MailStore, "mailStores", "mailStore", "mailStoreName", false},
	{resource.ConsumerStore, "consumerMailStores", "mailStore", "mailStoreName", false},
}

// storeArgument is a store that a request names.
type storeArgument struct {
	element
	pool
	server, name string
}

// identify reads server and name of a store. The name of a public store that
// was never renamed may be left out (F273).
func (p pool) identify(e element) (storeArgument, error) {
	a := storeArgument{element: e, pool: p}
	var err error
	if a.server, err = e.need("serverName"); err != nil {
		return a, err
	}
	if p.named && !e.has(p.nameField) {
		a.name = "Public Folder Store (" + a.server + ")"
		return a, nil
	}
	a.name, err = e.need(p.nameField)
	return a, err
}

// storeArguments reads all stores that a request names.
func storeArguments(c *engine.Call) ([]storeArgument, error) {
	var all []storeArgument
	for _, p := range pools {
		for container := range xmldoc.Children(c.Data, p.container) {
			for n := range xmldoc.Children(container, p.item) {
				a, err := p.identify(element{n, p.container + "/" + p.item})
				if err != nil {
					return nil, err
				}
				all = append(all, a)
			}
		}
	}
	return all, nil
}

// registered gives the resource that a request names.
func (a storeArgument) registered(tx *state.Tx) (*resource.Resource, error) {
	r, err := resource.In(tx).Resource(a.kind, a.server, a.name)
	if err != nil {
		return nil, unknownStore(err, a.server, a.name)
	}
	return r, nil
}
