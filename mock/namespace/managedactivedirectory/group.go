package managedactivedirectory

import (
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
)

// groupTypes are the words for groupType. The security ones are documented,
// the distribution ones follow them (F234). The first is the default.
var groupTypes = []struct{ name, value string }{
	{"GLOBAL SECURITY", directory.GroupGlobalSecurity},
	{"LOCAL SECURITY", directory.GroupLocalSecurity},
	{"UNIVERSAL SECURITY", directory.GroupUniversalSecurity},
	{"GLOBAL DISTRIBUTION", directory.GroupGlobalDistribution},
	{"LOCAL DISTRIBUTION", directory.GroupLocalDistribution},
	{"UNIVERSAL DISTRIBUTION", directory.GroupUniversalDistribution},
}

func groupTypeArgument() engine.Argument {
	names := make([]string, 0, len(groupTypes))
	for _, t := range groupTypes {
		names = append(names, t.name)
	}
	return engine.Argument{Name: "groupType", Type: engine.Text, OneOf: names}
}

// groupType gives the value for the caller's words.
func groupType(c *engine.Call) string {
	for _, t := range groupTypes {
		if strings.EqualFold(t.name, c.Text("groupType")) {
			return t.value
		}
	}
	return groupTypes[0].value
}

func createGroup(c *engine.Call) error {
	container, err := c.Open("container")
	if err != nil {
		return err
	}
	given := properties(c, property("groupType", groupType(c)))
	if text := c.Text("description"); text != "" {
		xmldoc.Append(given, property("description", text))
	}
	answer, err := chain(c, Name, "CreateSamObject_", path("container", container), xmldoc.TextElement("class", "group"),
		xmldoc.TextElement("name", c.Text("name")), given)
	if err != nil {
		return err
	}
	group, err := made(c, answer)
	if err != nil {
		return err
	}
	node, err := described(c, "group", group)
	if err != nil {
		return err
	}
	c.Output(node)
	return nil
}

// modifyGroup sets the type even where none is given: its default is
// documented (F235).
func modifyGroup(c *engine.Call) error {
	group, err := c.Open("group", "group")
	if err != nil {
		return err
	}
	given := []*xmldoc.Node{property("groupType", groupType(c))}
	if c.Has("description") {
		given = append(given, property("description", c.Text("description")))
	}
	return modify(c, group, properties(c, given...))
}

// groupAdd is the procedure of the provider that makes members.
const groupAdd = "Group Add"

// membership returns the function of GroupAdd and GroupRemove.
func membership(procedure, argument string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		group, err := c.Open("group", "group")
		if err != nil {
			return err
		}
		member, err := c.Open(argument)
		if err != nil {
			return err
		}
		if procedure == groupAdd {
			if err := c.TestMember(group, member); err != nil {
				return err
			}
		}
		_, err = direct(c, procedure, path("group", group), path("path", member))
		return err
	}
}
