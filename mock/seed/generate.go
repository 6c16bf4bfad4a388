package seed

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// Inventory is a number of organizations and users to be made, for tests of
// size and speed. They are made below the first reseller of the hosting OU:
// org0001 with the domain org0001.example and so on, each with address lists,
// all mailbox plans and its part of the users, who are named
// user000001@org0001.example and so on. The plans go round among them; the
// first user of an organization is its administrator. Everything is as
// CreateBusinessOrganization and CreateBusinessUser leave it (F320 to F349).
type Inventory struct {
	Organizations int
	Users         int // of all organizations together
	// Password is what all users can log on with. It is hashed for each of them
	// at the lowest cost, which takes longer than all the rest. Without one the
	// users are disabled (F343).
	Password Password
	// Batch is how many users are made in one transaction at most; 0 = 1000.
	Batch int
}

// Progress is what is there of an inventory so far.
type Progress struct {
	Organizations, Users int
}

// defaultBatch keeps what a transaction holds at some ten megabytes.
const defaultBatch = 1000

// ErrInventory is that an inventory does not fit the state: nothing was made.
var ErrInventory = errors.New("the inventory cannot be made")

// Generate fills a state that has its starting content. update runs a function
// in a transaction that lasts if the function returns nil, such as the ledger's
// Update; progress is called after each, and may be nil. Stores that have not
// enough room grow. What was made before an error, such as the end of ctx,
// stays; names that are taken are a *state.ConflictError.
func (i Inventory) Generate(ctx context.Context, update func(context.Context, func(*state.Tx) error) error, progress func(Progress)) error {
	if i.Organizations < 1 || i.Users < 0 || i.Batch < 0 {
		return fmt.Errorf("%w: at least one organization and no negative number of users are needed", ErrInventory)
	}
	if i.Batch == 0 {
		i.Batch = defaultBatch
	}
	g := &generator{inventory: i}
	if err := update(ctx, g.prepare); err != nil {
		return err
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	for g.done.Organizations < i.Organizations || g.done.Users < i.Users {
		hashes, err := g.hashes(ctx)
		if err != nil {
			return err
		}
		var done generated
		err = update(ctx, func(tx *state.Tx) (err error) {
			directory.UsePrepared(tx, hashes)
			done, err = g.batch(tx)
			return err
		})
		if err != nil {
			return err
		}
		g.generated = done
		progress(g.done)
	}
	return nil
}

// generator makes an inventory, batch by batch.
type generator struct {
	inventory Inventory
	place     place
	plans     []mailboxPlan
	generated
}

// generated is how far a generator is: the state of its last batch.
type generated struct {
	done Progress
	last organization // the one that gets users
	left int          // how many it still gets
}

// hashes hashes the password for as many users as the next batch can have.
func (g *generator) hashes(ctx context.Context) (*directory.Prepared, error) {
	var texts []string
	if password := string(g.inventory.Password); password != "" {
		texts = slices.Repeat([]string{password}, min(g.inventory.Batch, g.inventory.Users-g.done.Users))
	}
	return directory.NewPasswords(directory.LowestCost).Prepare(ctx, texts...)
}

// batch makes organizations and users until the batch is full, and returns how
// far it came. It may be called again if its transaction fails.
func (g *generator) batch(tx *state.Tx) (generated, error) {
	m := maker{rooms: enter(tx), generator: g}
	at := g.generated
	for cost := 0; cost < g.inventory.Batch; cost++ {
		switch {
		case at.left > 0:
			if err := m.user(at.last, at.done.Users+1, g.first(at)); err != nil {
				return at, fmt.Errorf("user %d: %w", at.done.Users+1, err)
			}
			at.done.Users++
			at.left--
		case at.done.Organizations < g.inventory.Organizations:
			var err error
			if at.last, err = m.organization(at.done); err != nil {
				return at, fmt.Errorf("organization %d: %w", at.done.Organizations+1, err)
			}
			at.left = g.usersOf(at.done.Organizations)
			at.done.Organizations++
			cost += costOfOrganization
		default:
			return at, nil
		}
	}
	return at, nil
}

// costOfOrganization is what an organization weighs in a batch, in users.
const costOfOrganization = 4

// first reports whether the next user is the first of its organization.
func (g *generator) first(at generated) bool { return at.left == g.usersOf(at.done.Organizations-1) }

// usersOf is how many users an organization gets, counted from 0: the first
// ones get what does not divide evenly.
func (g *generator) usersOf(number int) int {
	users := g.inventory.Users / g.inventory.Organizations
	if number < g.inventory.Users%g.inventory.Organizations {
		users++
	}
	return users
}
