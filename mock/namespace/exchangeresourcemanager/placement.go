package exchangeresourcemanager

import (
	"cmp"
	"slices"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// algorithm says which store is tried first.
type algorithm string

// The algorithms (F274). tightPack keeps the number of stores small that are
// used at all, minStoreCount the number that an organization uses.
const (
	tightPack     algorithm = "tightPack"
	minStoreCount algorithm = "minStoreCount"
)

// readAlgorithm reads the attribute of a mailStore element.
func readAlgorithm(text string, otherwise algorithm) (algorithm, error) {
	if text == "" {
		return otherwise, nil
	}
	for _, a := range []algorithm{tightPack, minStoreCount} {
		if strings.EqualFold(text, string(a)) {
			return a, nil
		}
	}
	return "", mpf.ArgumentInvalid.New("mailStore/@algorithm", "'"+text+"' is not one of tightPack, minStoreCount")
}

// candidate is a store that an allocation may go to.
type candidate struct {
	resource *resource.Resource
	present  bool // the organization has a share of it already
}

// portion is a part of an allocation.
type portion struct {
	resource  *resource.Resource
	megabytes int64
}

// before compares two stores by how gladly an algorithm takes them.
func (a algorithm) before(x, y candidate) int {
	if a == minStoreCount {
		return cmp.Compare(y.resource.Free(), x.resource.Free())
	}
	if used := cmp.Compare(emptiness(x), emptiness(y)); used != 0 {
		return used
	}
	return cmp.Compare(x.resource.Free(), y.resource.Free())
}

func emptiness(c candidate) int {
	if c.resource.Allocated > 0 {
		return 0
	}
	return 1
}

// place spreads megabytes over candidates, which come in the order of
// registration: one of the organization's present stores if it has the room,
// else any one store, else the present ones filled up and then those with most
// room. It gives nil if all together have not enough (F274).
func place(candidates []candidate, megabytes int64, a algorithm) []portion {
	byTaste := slices.Clone(candidates)
	slices.SortStableFunc(byTaste, a.before)
	for _, presentOnly := range []bool{true, false} {
		for _, c := range byTaste {
			if (c.present || !presentOnly) && c.resource.Free() >= megabytes {
				return []portion{{c.resource, megabytes}}
			}
		}
	}
	return spread(candidates, megabytes)
}

func spread(candidates []candidate, megabytes int64) []portion {
	inOrder := slices.Clone(candidates)
	slices.SortStableFunc(inOrder, func(x, y candidate) int {
		if x.present != y.present {
			if x.present {
				return -1
			}
			return 1
		}
		return cmp.Compare(y.resource.Free(), x.resource.Free())
	})
	var portions []portion
	for _, c := range inOrder {
		if part := min(c.resource.Free(), megabytes); part > 0 {
			portions = append(portions, portion{c.resource, part})
			megabytes -= part
		}
		if megabytes == 0 {
			return portions
		}
	}
	return nil
}

// candidates lists the mail stores that may take a new allocation of an
// organization: provisionable, shared as asked, and if not shared then with
// nobody else's share (F272).
func candidates(tx *state.Tx, organization directory.GUID, shared bool) ([]candidate, error) {
	resources, err := resource.In(tx).Resources(resource.MailStore)
	if err != nil {
		return nil, err
	}
	shares, err := resource.In(tx).Allocations(organization, resource.MailStore)
	if err != nil {
		return nil, err
	}
	present := make(map[int64]bool, len(shares))
	for _, a := range shares {
		present[a.Resource.ID] = true
	}
	var all []candidate
	for _, r := range resources {
		if !r.Provisionable || r.Shared != shared {
			continue
		}
		if !shared {
			if held, err := resource.In(tx).HeldByOthers(r.ID, organization); err != nil {
				return nil, err
			} else if held {
				continue
			}
		}
		all = append(all, candidate{r, present[r.ID]})
	}
	return all, nil
}

// allocateAutomatically gives an organization megabytes on stores chosen here.
func allocateAutomatically(tx *state.Tx, organization directory.GUID, megabytes int64, shared bool, a algorithm) ([]portion, error) {
	open, err := candidates(tx, organization, shared)
	if err != nil {
		return nil, err
	}
	portions := place(open, megabytes, a)
	if portions == nil {
		free := int64(0)
		for _, c := range open {
			free += c.resource.Free()
		}
		return nil, mpf.NoRoom.New(number(megabytes), number(free))
	}
	for _, p := range portions {
		if err := grow(tx, organization, p); err != nil {
			return nil, err
		}
	}
	return portions, nil
}

// grow adds a portion to the organization's share of a store, or gives it one.
func grow(tx *state.Tx, organization directory.GUID, p portion) error {
	share, err := shareOf(tx, organization, p.resource)
	if err != nil {
		return err
	}
	if share == nil {
		_, err = resource.In(tx).Allocate(organization, p.resource.ID, p.megabytes)
	} else {
		_, err = resource.In(tx).Reallocate(share.ID, p.megabytes)
	}
	return fault(err)
}
