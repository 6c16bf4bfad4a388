package directory

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// knownRefusals are the refusals that random operations may meet.
var knownRefusals = []error{
	state.ErrNotFound, state.ErrConflict, state.ErrNotLeaf, state.ErrConstraint, state.ErrSyntax, ErrNaming, ErrAlreadyMember, ErrNotMember,
	ErrValueExists, ErrNoSuchValue, ErrClassViolation,
}

// playground runs random operations below one unit.
type playground struct {
	d    Directory
	root ldappath.DN
}

// objects gives what lies in the playground.
func (p playground) objects(t *rapid.T) []*Object {
	root, err := p.d.Get(p.root)
	require.NoError(t, err)
	all := []*Object{root}
	for o, err := range p.d.Descendants(root) {
		require.NoError(t, err)
		all = append(all, o)
	}
	return all
}

var (
	someNames     = rapid.SampledFrom([]string{"a", "A", "b", "a, b", "c+d", "#e", "ü", "Ü", `f\g`, "h/i", "a,b", "j "})
	someAddresses = rapid.SampledFrom([]string{"SMTP:a@x.example", "smtp:A@x.example", "smtp:b@x.example", "SMTP:c@x.example", "bad", "X400:c=us;"})
	someClasses   = rapid.SampledFrom([]string{"organizationalUnit", "user", "group", "contact", "container"})
)

// step does one random operation and holds its error to the known ones.
func (p playground) step(t *rapid.T) {
	objects := p.objects(t)
	o := rapid.SampledFrom(objects).Draw(t, "object")
	other := rapid.SampledFrom(objects).Draw(t, "other")
	name := someNames.Draw(t, "name")
	class := someClasses.Draw(t, "class")
	naming, _ := LookupClass(class)
	addresses := rapid.SliceOfNDistinct(someAddresses, 0, 3, rapid.ID[string]).Draw(t, "addresses")
	operation := rapid.SampledFrom([]string{
		"create", "create", "create", "delete", "tree", "rename", "move", "addresses", "add", "remove",
		"account", "login", "manager", "well-known", "group",
	}).Draw(t, "operation")
	inside := o.DN.Len() > p.root.Len()
	run := map[string]func() error{
		"create": func() error {
			_, err := p.d.Create(o.DN.Child(naming.RDN, name), class, Attributes{values("proxyAddresses", addresses...)})
			return err
		},
		"delete":     func() error { return when(inside, func() error { return p.d.Delete(o) }) },
		"tree":       func() error { return when(inside, func() error { return p.d.DeleteTree(o) }) },
		"rename":     func() error { return when(inside, func() error { _, err := p.d.Rename(o, name); return err }) },
		"move":       func() error { return when(inside, func() error { _, err := p.d.Move(o, other); return err }) },
		"addresses":  func() error { return p.d.Set(o, proxyAddresses, addresses...) },
		"add":        func() error { return p.d.AddMember(o, other) },
		"remove":     func() error { return p.d.RemoveMember(o, other) },
		"account":    func() error { return p.d.Set(o, KindSAM, name) },
		"login":      func() error { return p.d.Set(o, KindUPN, name+"@x.example") },
		"manager":    func() error { return p.d.Set(o, "altRecipient", other.DN.String()) },
		"well-known": func() error { return p.d.SetWellKnown(o, WellKnownAddressList, other) },
		"group":      func() error { return p.d.Add(o, "showInAddressBook", other.DN.String()) },
	}[operation]
	if err := run(); err != nil {
		known := false
		for _, one := range knownRefusals {
			known = known || errors.Is(err, one)
		}
		require.True(t, known, "%s of %s: %v", operation, o.DN, err)
	}
}

func when(condition bool, run func() error) error {
	if !condition {
		return nil
	}
	return run()
}

// check holds the playground to what must always be true.
func (p playground) check(t *rapid.T) {
	keys, addresses, accounts, logins := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	once := func(seen map[string]bool, name string) {
		require.False(t, seen[ldappath.Fold(name)], "%q is there twice", name)
		seen[ldappath.Fold(name)] = true
	}
	for _, o := range p.objects(t) {
		once(keys, o.DN.Key())
		if o.DN.Len() > p.root.Len() {
			parent, err := p.d.Parent(o)
			require.NoError(t, err)
			require.True(t, o.DN.Parent().Equal(parent.DN), "%s lies under %s", o.DN, parent.DN)
			require.Equal(t, parent.DN.String(), o.DN.Parent().String(), "the parent's own spelling")
		}
		found, err := p.d.Get(o.DN)
		require.NoError(t, err)
		require.Equal(t, o.ID, found.ID)
		held, err := p.d.Values(o, proxyAddresses)
		require.NoError(t, err)
		primaries := 0
		for _, address := range held {
			once(addresses, address)
			if strings.HasPrefix(address, "SMTP:") {
				primaries++
			}
			holder, err := p.d.ByProxyAddress(address)
			require.NoError(t, err)
			require.Equal(t, o.ID, holder.ID)
		}
		require.LessOrEqual(t, primaries, 1)
		for attribute, seen := range map[string]map[string]bool{KindSAM: accounts, KindUPN: logins} {
			if value, err := p.d.Value(o, attribute); err == nil && value != "" {
				once(seen, value)
			}
		}
		p.checkLinks(t, o)
	}
}

// checkLinks holds links and back-links to each other.
func (p playground) checkLinks(t *rapid.T, o *Object) {
	for _, pair := range [][2]string{{"member", "memberOf"}, {"altRecipient", "altRecipientBL"}} {
		for _, ends := range [][2]string{pair, {pair[1], pair[0]}} {
			named, err := p.d.Values(o, ends[0])
			require.NoError(t, err)
			for _, name := range named {
				dn, err := ldappath.ParseDN(name)
				require.NoError(t, err)
				other, err := p.d.Get(dn)
				require.NoError(t, err, "%s of %s", ends[0], o.DN)
				back, err := p.d.Values(other, ends[1])
				require.NoError(t, err)
				require.Contains(t, back, o.DN.String())
			}
		}
	}
}

func TestDirectory_UnderRandomOperations(t *testing.T) {
	c := newContent(t)
	root := testReseller.Child("OU", "Playground")
	require.NoError(t, c.update(func(tx *state.Tx) error {
		mustCreate(t, In(tx), root, "organizationalUnit")
		return nil
	}))
	before := dump(t, c.begin().tx)
	rapid.Check(t, func(r *rapid.T) {
		p := playground{d: c.begin(), root: root}
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			p.step(r)
		}
		p.check(r)
		p.checkChanges(r)
	})
	sameDump(t, before, dump(t, c.begin().tx))
}

// checkChanges holds the changes of the transaction, written and read again,
// to what they are to make of its beginning.
func (p playground) checkChanges(t *rapid.T) {
	replayed := p.d.tx.Began().Begin(state.Env{})
	for _, gone := range []bool{true, false} {
		for _, c := range p.d.tx.Changes() {
			value, err := c.Encoded()
			require.NoError(t, err)
			if gone { // names may have moved from one row to another
				err = state.Change{Table: c.Table, Key: c.Key}.Apply(replayed)
			} else if value != nil {
				_, err = replayed.Load(c.Table.Name(), value)
			}
			require.NoError(t, err)
		}
	}
	sameDump(t, dump(t, p.d.tx), dump(t, replayed))
}

func TestSavepoint_LeavesNoTraceOfRandomOperations(t *testing.T) {
	c := newContent(t)
	root := testReseller.Child("OU", "Playground")
	require.NoError(t, c.update(func(tx *state.Tx) error {
		d := In(tx)
		mustCreate(t, d, root, "organizationalUnit")
		for i := range 3 {
			mustCreate(t, d, root.Child("CN", fmt.Sprint(i)), "group", value("proxyAddresses", fmt.Sprintf("SMTP:%d@x.example", i)))
		}
		return nil
	}))
	before, undo := dump(t, c.begin().tx), errors.New("undo")
	rapid.Check(t, func(r *rapid.T) {
		p := playground{d: c.begin(), root: root}
		assert.ErrorIs(r, p.d.tx.Savepoint(func() error {
			for range rapid.IntRange(1, 8).Draw(r, "steps") {
				p.step(r)
			}
			return undo
		}), undo)
		sameDump(r, before, dump(r, p.d.tx))
	})
}

func TestNames_SurviveTheDirectory(t *testing.T) {
	c := newContent(t)
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.String().Draw(r, "name")
		d := c.begin()
		o, err := d.Create(testReseller.Child("OU", name), "organizationalUnit", nil)
		if err != nil {
			return // refused is fine, changed is not
		}
		child, err := d.Create(o.DN.Child("CN", "child"), "contact", nil)
		require.NoError(r, err)
		found, err := d.Get(o.DN)
		require.NoError(r, err)
		assert.Equal(r, name, found.DN.RDN().Value)
		below, err := d.Children(found, "")
		require.NoError(r, err)
		require.Len(r, below, 1)
		assert.Equal(r, child.DN.String(), below[0].DN.String())
	})
}
