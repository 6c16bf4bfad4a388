package seed

import (
	"cmp"
	"fmt"
	"slices"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// rooms are the parts of a state that a generator writes.
type rooms struct {
	tx        *state.Tx
	directory directory.Directory
	mail      mail.Mail
	resources resource.Resources
	plans     plan.Plans
}

func enter(tx *state.Tx) rooms {
	return rooms{tx, directory.In(tx), mail.In(tx), resource.In(tx), plan.In(tx)}
}

// place is where a generator makes its objects: names that every batch needs.
type place struct {
	domain       directory.Domain
	reseller     ldappath.DN
	customers    ldappath.DN // the reseller's group of customers
	lists        ldappath.DN // Address Lists Container
	top          ldappath.DN // names the global address lists
	publicStore  ldappath.DN
	publicServer ldappath.DN
	books        int64 // resource of the server for offline address lists
	servers      []ldappath.DN
	stores       map[string]mailHome // by the name of the mail store's resource
	everyone     string              // the list of all recipients
	recipients   string              // beginning of legacyExchangeDN
	x400         string              // beginning of X.400 addresses
}

// mailHome is what a mailbox in a store points to.
type mailHome struct {
	store, transfer string // names of the store and of the server's MTA, if it has one
	server          string // legacyExchangeDN of the server
}

// sizes are what an inventory needs of the stores, in megabytes.
type sizes struct{ mail, largest, public int64 }

const (
	publicMegabytes  = 10 // of an organization
	kilobytesPerMega = 1024
)

// prepare reads the state and lets stores grow until the inventory fits in.
func (g *generator) prepare(tx *state.Tx) error {
	if !Seeded(tx) {
		return fmt.Errorf("%w: the state has no starting content", ErrInventory)
	}
	r := enter(tx)
	var err error
	if g.plans, err = r.mailboxPlans(); err != nil {
		return err
	}
	if g.place, err = r.place(); err != nil {
		return err
	}
	need := sizes{public: publicMegabytes * int64(g.inventory.Organizations)}
	first := 0
	for number := range g.inventory.Organizations {
		size := g.megabytes(first, g.usersOf(number))
		need.mail += size
		need.largest = max(need.largest, size)
		first += g.usersOf(number)
	}
	if err := r.makeRoom(need); err != nil {
		return err
	}
	g.place.books, err = r.makeShelves(int64(g.inventory.Organizations))
	return err
}

// makeShelves lets the server for offline address lists with most room grow until
// each organization can have one there, and returns it.
func (r rooms) makeShelves(lists int64) (int64, error) {
	servers, err := r.resources.Resources(resource.OABServer)
	if err != nil {
		return 0, err
	}
	if len(servers) == 0 {
		return 0, fmt.Errorf("%w: there is no server for offline address lists", ErrInventory)
	}
	best := servers[0]
	for _, server := range servers[1:] {
		if server.Free() > best.Free() {
			best = server
		}
	}
	if missing := lists - best.Free(); missing > 0 {
		_, err = r.resources.ResizeResource(best.ID, missing)
	}
	return best.ID, err
}

// planOf returns the plan of a user, counted from 0.
func (g *generator) planOf(user int) mailboxPlan { return g.plans[user%len(g.plans)] }

// megabytes is the share of an organization that its users fill.
func (g *generator) megabytes(firstUser, users int) int64 {
	kilobytes := int64(0)
	for user := firstUser; user < firstUser+users; user++ {
		kilobytes += g.planOf(user).kilobytes
	}
	return (kilobytes + kilobytesPerMega - 1) / kilobytesPerMega
}

// makeRoom lets the stores grow that an inventory goes to. As an organization
// has its share in one store, each store may have to leave one unfilled.
func (r rooms) makeRoom(need sizes) error {
	stores, err := r.shared(resource.MailStore)
	if err != nil {
		return err
	}
	if err := r.grow(stores, need.mail+need.largest*int64(len(stores)-1)); err != nil {
		return err
	}
	public, err := r.shared(resource.PublicStore)
	if err != nil {
		return err
	}
	return r.grow(public, need.public+publicMegabytes*int64(len(public)-1))
}

// grow adds what stores lack of a number of megabytes, the same to each.
func (r rooms) grow(stores []*resource.Resource, megabytes int64) error {
	free := int64(0)
	for _, store := range stores {
		free += store.Free()
	}
	count := int64(len(stores))
	if free >= megabytes {
		return nil
	}
	for _, store := range stores {
		if _, err := r.resources.ResizeResource(store.ID, (megabytes-free+count-1)/count); err != nil {
			return err
		}
	}
	return nil
}

// shared returns the stores of a kind that any organization may get a share
// of, at least one.
func (r rooms) shared(kind resource.ResourceKind) ([]*resource.Resource, error) {
	found, err := r.resources.Resources(kind)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(s *resource.Resource) bool { return !s.Shared || !s.Provisionable })
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: there is no %s store that organizations share", ErrInventory, kind)
	}
	return found, nil
}

// choose returns the store for a share of mail: as the resource manager does by
// default, one that is in use already rather than another, and the fullest that
// has room. For public folders it is the one with most room. F274.
func (r rooms) choose(kind resource.ResourceKind, megabytes int64) (*resource.Resource, error) {
	stores, err := r.shared(kind)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(stores, func(a, b *resource.Resource) int {
		if kind == resource.PublicStore {
			return cmp.Compare(b.Free(), a.Free())
		}
		return cmp.Or(cmp.Compare(min(b.Allocated, 1), min(a.Allocated, 1)), cmp.Compare(a.Free(), b.Free()))
	})
	for _, store := range stores {
		if store.Free() >= megabytes {
			return store, nil
		}
	}
	return nil, fmt.Errorf("%w: no %s store has %d megabytes left", ErrInventory, kind, megabytes)
}
