package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/internal/ldappath"
)

// knownRefusals are the refusals that random operations may meet.
var knownRefusals = []error{
	ErrNotFound, ErrConflict, ErrNotLeaf, ErrConstraint, ErrSyntax, ErrNaming, ErrAlreadyMember, ErrNotMember,
	ErrValueExists, ErrNoSuchValue, ErrClassViolation,
}

// playground runs random operations below one unit.
type playground struct {
	tx   *Tx
	root ldappath.DN
}

// objects gives what lies in the playground.
func (p playground) objects(t *rapid.T) []*Object {
	root, err := p.tx.Get(p.root)
	require.NoError(t, err)
	all := []*Object{root}
	for o, err := range p.tx.Descendants(root) {
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
		"account", "login", "manager", "well-known", "group", "domain",
	}).Draw(t, "operation")
	inside := o.DN.Len() > p.root.Len()
	run := map[string]func() error{
		"create": func() error {
			_, err := p.tx.Create(o.DN.Child(naming.RDN, name), class, Attributes{values("proxyAddresses", addresses...)})
			return err
		},
		"delete":     func() error { return when(inside, func() error { return p.tx.Delete(o) }) },
		"tree":       func() error { return when(inside, func() error { return p.tx.DeleteTree(o) }) },
		"rename":     func() error { return when(inside, func() error { _, err := p.tx.Rename(o, name); return err }) },
		"move":       func() error { return when(inside, func() error { _, err := p.tx.Move(o, other); return err }) },
		"addresses":  func() error { return p.tx.Set(o, proxyAddresses, addresses...) },
		"add":        func() error { return p.tx.AddMember(o, other) },
		"remove":     func() error { return p.tx.RemoveMember(o, other) },
		"account":    func() error { return p.tx.Set(o, KindSAM, name) },
		"login":      func() error { return p.tx.Set(o, KindUPN, name+"@x.example") },
		"manager":    func() error { return p.tx.Set(o, "altRecipient", other.DN.String()) },
		"well-known": func() error { return p.tx.SetWellKnown(o, WellKnownAddressList, other) },
		"group":      func() error { return p.tx.Add(o, "showInAddressBook", other.DN.String()) },
		"domain":     func() error { return p.tx.CreateDomain(o, "a.example", PrimaryDomain) },
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
			parent, err := p.tx.Parent(o)
			require.NoError(t, err)
			require.True(t, o.DN.Parent().Equal(parent.DN), "%s lies under %s", o.DN, parent.DN)
			require.Equal(t, parent.DN.String(), o.DN.Parent().String(), "the parent's own spelling")
		}
		found, err := p.tx.Get(o.DN)
		require.NoError(t, err)
		require.Equal(t, o.ID, found.ID)
		held, err := p.tx.Values(o, proxyAddresses)
		require.NoError(t, err)
		primaries := 0
		for _, address := range held {
			once(addresses, address)
			if strings.HasPrefix(address, "SMTP:") {
				primaries++
			}
			holder, err := p.tx.ByProxyAddress(address)
			require.NoError(t, err)
			require.Equal(t, o.ID, holder.ID)
		}
		require.LessOrEqual(t, primaries, 1)
		for attribute, seen := range map[string]map[string]bool{KindSAM: accounts, KindUPN: logins} {
			if value, err := p.tx.Value(o, attribute); err == nil && value != "" {
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
			named, err := p.tx.Values(o, ends[0])
			require.NoError(t, err)
			for _, name := range named {
				dn, err := ldappath.ParseDN(name)
				require.NoError(t, err)
				other, err := p.tx.Get(dn)
				require.NoError(t, err, "%s of %s", ends[0], o.DN)
				back, err := p.tx.Values(other, ends[1])
				require.NoError(t, err)
				require.Contains(t, back, o.DN.String())
			}
		}
	}
}

func TestDirectory_UnderRandomOperations(t *testing.T) {
	s := openDirectory(t, Config{})
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		mustCreate(t, tx, testReseller.Child("OU", "Playground"), "organizationalUnit")
		return nil
	}))
	before := mustDump(t, s)
	rapid.Check(t, func(r *rapid.T) {
		tx, err := s.Begin(t.Context(), true)
		require.NoError(r, err)
		defer func() { assert.NoError(r, tx.Rollback()) }()
		p := playground{tx: tx, root: testReseller.Child("OU", "Playground")}
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			p.step(r)
		}
		p.check(r)
	})
	sameDump(t, before, mustDump(t, s))
}

func TestSavepoint_LeavesNoTraceOfRandomOperations(t *testing.T) {
	s := openDirectory(t, Config{})
	root := testReseller.Child("OU", "Playground")
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		mustCreate(t, tx, root, "organizationalUnit")
		for i := range 3 {
			mustCreate(t, tx, root.Child("CN", fmt.Sprint(i)), "group", value("proxyAddresses", fmt.Sprintf("SMTP:%d@x.example", i)))
		}
		return nil
	}))
	before, undo := mustDump(t, s), errors.New("undo")
	rapid.Check(t, func(r *rapid.T) {
		require.NoError(r, s.Update(t.Context(), func(tx *Tx) error {
			p := playground{tx: tx, root: root}
			assert.ErrorIs(r, tx.Savepoint(func() error {
				for range rapid.IntRange(1, 8).Draw(r, "steps") {
					p.step(r)
				}
				return undo
			}), undo)
			return nil
		}))
		sameDump(r, before, mustDump(t, s))
	})
}

func TestNames_SurviveTheStore(t *testing.T) {
	s := openDirectory(t, Config{})
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.String().Draw(r, "name")
		tx, err := s.Begin(t.Context(), true)
		require.NoError(r, err)
		defer func() { assert.NoError(r, tx.Rollback()) }()
		o, err := tx.Create(testReseller.Child("OU", name), "organizationalUnit", nil)
		if err != nil {
			return // refused is fine, changed is not
		}
		child, err := tx.Create(o.DN.Child("CN", "child"), "contact", nil)
		require.NoError(r, err)
		found, err := tx.Get(o.DN)
		require.NoError(r, err)
		assert.Equal(r, name, found.DN.RDN().Value)
		below, err := tx.Children(found, "")
		require.NoError(r, err)
		require.Len(r, below, 1)
		assert.Equal(r, child.DN.String(), below[0].DN.String())
	})
}
