package engine_test

import (
	"context"
	"errors"
	"flag"
	"strconv"
	"testing"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

var update = flag.Bool("update", false, "write the responses of the cases in testdata as they are now")

func argument(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind}
}

func required(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind, Required: true}
}

// space is the namespace of this package's tests.
func space() engine.Namespace {
	return engine.Namespace{Name: "Test", Procedures: []engine.Procedure{
		{Name: "Echo", Access: engine.Public, Run: func(*engine.Call) error { return nil }},
		{Name: "Secretive_", Access: engine.Private, Run: func(*engine.Call) error { return nil }},
		{Name: "Number", Access: engine.Public, Run: number},
		{Name: "Fail", Access: engine.Public, Run: fail, Arguments: []engine.Argument{argument("hr", engine.Text), argument("desc", engine.Text)}},
		{Name: "Current", Access: engine.Public, Run: current},
		{Name: "Panic", Type: engine.Write, Access: engine.Public, Run: func(*engine.Call) error { panic("boom") }},
		{Name: "Break", Type: engine.Write, Access: engine.Public, Run: func(*engine.Call) error { return errors.New("disk on fire") }},
		{
			Name: "Make", Type: engine.Write, Access: engine.Public, Run: makeUnit,
			Arguments: []engine.Argument{required("name", engine.Text), argument("fail", engine.Flag)},
		},
		{Name: "Tree", Type: engine.Write, Access: engine.Public, Run: tree, Arguments: []engine.Argument{
			required("name", engine.Text), argument("levels", engine.Number), argument("fail", engine.Flag),
		}},
		{Name: "Swallow", Type: engine.Write, Access: engine.Public, Run: swallow},
		{Name: "Deep", Access: engine.Public, Run: deep},
		{Name: "Later", Type: engine.Write, Access: engine.Public, Run: later, Arguments: []engine.Argument{
			required("name", engine.Text), argument("activated", engine.Boolean), argument("fail", engine.Flag),
		}},
		{Name: "WhoAmI", Access: engine.Public, Run: whoAmI},
		{Name: "Login", Type: engine.Write, Access: engine.Public, Run: whoAmI, Arguments: []engine.Argument{
			argument("newPassword", engine.Secret), argument("pin", engine.Secret), argument("fail", engine.Flag),
		}},
		{Name: "Users", Access: engine.Public, Role: engine.UserCreator, Subject: "path", Run: whoAmI, Arguments: pathArgument()},
		{Name: "Organizations", Access: engine.Public, Role: engine.OrgCreator, Subject: "path", Run: whoAmI, Arguments: pathArgument()},
		{Name: "Domain", Access: engine.Public, Role: engine.DomainAdmin, Run: whoAmI},
		{Name: "OfflineBooks", Access: engine.Public, Role: engine.OABUpdater, Run: whoAmI},
		{Name: "Typed", Access: engine.Public, Run: whoAmI, Arguments: typedArguments()},
		{Name: "ReadThenWrite", Access: engine.Public, Run: func(c *engine.Call) error {
			_, err := c.Execute("Test", "Make", xmldoc.TextElement("name", "x"))
			return err
		}},
	}}
}

func pathArgument() []engine.Argument { return []engine.Argument{argument("path", engine.Path)} }

func typedArguments() []engine.Argument {
	return []engine.Argument{
		{Name: "text", Type: engine.Text, Required: true, Max: 5},
		argument("path", engine.Path), argument("either", engine.PathOrUPN),
		argument("number", engine.Number), argument("signed", engine.Signed), argument("boolean", engine.Boolean),
		argument("flag", engine.Flag), argument("tree", engine.Tree), argument("controller", engine.Controller),
		argument("time", engine.DateTime), argument("guid", engine.GUID), argument("secret", engine.Secret),
		argument("ignored", engine.Ignored),
		{Name: "choice", Type: engine.Text, OneOf: []string{"Red", "Blue"}},
	}
}

// number outputs how many outputs there are already.
func number(c *engine.Call) error {
	count := 0
	for range xmldoc.Elements(c.Data) {
		count++
	}
	c.OutputText("number", strconv.Itoa(count))
	return nil
}

func fail(c *engine.Call) error {
	code, err := mpf.ParseHRESULT(c.Text("hr"))
	if err != nil {
		return mpf.ArgumentInvalid.New("hr", "not a code")
	}
	return &mpf.Error{Code: code, Description: c.Text("desc")}
}

// current outputs the error that is being handled.
func current(c *engine.Call) error {
	if e := c.ErrorContext(); e != nil {
		c.OutputText("handling", e.Code.String()+" "+e.Description)
	} else {
		c.OutputText("handling", "nothing")
	}
	return nil
}

func makeUnit(c *engine.Call) error {
	domain, err := directory.In(c.Tx).Domain()
	if err != nil {
		return err
	}
	o, err := directory.In(c.Tx).Create(domain.Hosting.Child("OU", c.Text("name")), "organizationalUnit", nil)
	if err != nil {
		return err
	}
	c.OutputText("path", o.DN.ADsPath())
	if c.Has("fail") {
		return mpf.PlanUnknown.New("after " + c.Text("name"))
	}
	return nil
}

// tree makes a unit, and calls itself for the next level.
func tree(c *engine.Call) error {
	levels := c.Number("levels")
	name := c.Text("name") + strconv.FormatInt(levels, 10)
	args := []*xmldoc.Node{xmldoc.TextElement("name", name)}
	if levels == 0 && c.Has("fail") {
		args = append(args, xmldoc.Element("fail"))
	}
	made, err := c.Execute("Test", "Make", args...)
	if err != nil {
		return err
	}
	c.OutputText("made", xmldoc.Text(xmldoc.Child(made, "path")))
	if levels == 0 {
		return nil
	}
	args = []*xmldoc.Node{xmldoc.TextElement("name", c.Text("name")), xmldoc.TextElement("levels", strconv.FormatInt(levels-1, 10))}
	if c.Has("fail") {
		args = append(args, xmldoc.Element("fail"))
	}
	below, err := c.Execute("Test", "Tree", args...)
	if err != nil {
		return err
	}
	for n := range xmldoc.Children(below, "made") {
		c.Output(xmldoc.Clone(n))
	}
	return nil
}

// swallow goes on after a call that failed.
func swallow(c *engine.Call) error {
	if _, err := c.Execute("Test", "Make", xmldoc.TextElement("name", "lost"), xmldoc.Element("fail")); err == nil {
		return errors.New("no error")
	}
	_, err := c.Execute("Test", "Make", xmldoc.TextElement("name", "kept"))
	return err
}

func deep(c *engine.Call) error {
	_, err := c.Execute("Test", "Deep")
	return err
}

func later(c *engine.Call) error {
	data := xmldoc.Element("executeData", xmldoc.TextElement("name", c.Text("name")))
	id, err := c.Queue(mpf.Target{Namespace: "Test", Procedure: "Make"}, data, nil, c.Boolean("activated"))
	if err != nil {
		return err
	}
	c.OutputText("id", id)
	if c.Has("fail") {
		return mpf.PlanUnknown.New("later")
	}
	return nil
}

func whoAmI(c *engine.Call) error {
	c.OutputText("identity", c.Identity().String())
	if c.Has("fail") {
		return mpf.PlanUnknown.New("x")
	}
	return nil
}

// remembering gives a namespace whose procedure Touch registers what undoes
// it, and the list of what was undone.
func remembering() (engine.Namespace, *[]string) {
	var undone []string
	touch := func(c *engine.Call) error {
		what := c.Text("what")
		c.OnRollback(func(ctx context.Context) error {
			undone = append(undone, what)
			if what == "stuck" {
				return errors.New("cannot undo")
			}
			return ctx.Err()
		})
		if c.Has("fail") {
			return mpf.PlanUnknown.New(what)
		}
		return nil
	}
	return engine.Namespace{Name: "Outside", Procedures: []engine.Procedure{{
		Name: "Touch", Type: engine.Write, Access: engine.Public, Run: touch,
		Arguments: []engine.Argument{required("what", engine.Text), argument("fail", engine.Flag)},
	}}}, &undone
}

// lenient is a universe whose procedures take any element.
func lenient(t testing.TB, namespaces ...engine.Namespace) *enginetest.Universe {
	return enginetest.Open(t, engine.Config{
		Namespaces: append([]engine.Namespace{space()}, namespaces...), Policies: engine.Policies{IgnoreUnknownArguments: true},
		Audit: engine.AuditAll,
	})
}

const units = ",OU=Hosting,DC=fabrikam,DC=com"

// organization makes an organization with its administrators' group, as the
// hosting namespaces do.
func organization(tx *state.Tx, rdn, parent string) error {
	dn, err := ldappath.ParseDN(rdn + "," + parent)
	if err != nil {
		return err
	}
	unit, err := directory.In(tx).Create(dn, "organizationalUnit", nil)
	if err != nil {
		return err
	}
	name := dn.RDN().Value
	admins, err := directory.In(tx).Create(dn.Child("CN", "Admins@"+name), "group", directory.Attributes{{Name: "sAMAccountName", Values: []string{"A@" + name}}})
	if err != nil {
		return err
	}
	if err := directory.In(tx).SetWellKnown(unit, directory.WellKnownUserCreators, admins); err != nil {
		return err
	}
	return directory.In(tx).SetWellKnown(unit, directory.WellKnownThisOrganizationRoot, unit)
}

// nest makes a group within another.
func nest(u *enginetest.Universe, name, within string) {
	u.Update(func(tx *state.Tx) error {
		parent, err := ldappath.ParseDN(reseller)
		if err != nil {
			return err
		}
		inner, err := directory.In(tx).Create(parent.Child("CN", name), "group", directory.Attributes{{Name: "sAMAccountName", Values: []string{name}}})
		if err != nil {
			return err
		}
		outer, err := directory.In(tx).BySAM(within)
		if err != nil {
			return err
		}
		return directory.In(tx).AddMember(outer, inner)
	})
}
