package resources

import (
	"errors"
	"strconv"

	"wsexchange/mock/directory"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// listed is how many organizations a page lists.
const listed = 100

// holders are organizations with a share of a resource.
type holders struct {
	of   *resource.Resource
	rows []holder
	next string // address of the next page, or ""
}

type holder struct {
	name, dn                         string
	megabytes, usedMegabytes, people int64
}

// holdersOf lists the organizations with a share of the resource that the
// address names.
func holdersOf(tx *state.Tx, w *view) (*holders, error) {
	r, err := resource.In(tx).Resource(w.kind.of, w.QueryParam("server"), w.QueryParam("store"))
	if err != nil {
		return nil, err
	}
	shares, err := resource.In(tx).AllocationsOf(r.ID)
	if err != nil {
		return nil, err
	}
	from, _ := strconv.Atoi(w.QueryParam("from"))
	from = min(max(from, 0), len(shares))
	h := &holders{of: r}
	if len(shares) > from+listed {
		h.next = w.url(w.kind, "server", r.Server, "store", r.Name, "from", strconv.Itoa(from+listed))
	}
	for _, share := range shares[from:min(len(shares), from+listed)] {
		one := holder{megabytes: share.Megabytes, usedMegabytes: resource.MegabytesIn(share.UsedKilobytes), people: share.Consumers, name: "(pool of consumers)"}
		o, err := directory.In(tx).ByGUID(share.Organization)
		switch {
		case err == nil:
			one.name, one.dn = o.DN.RDN().Value, o.DN.String()
		case !errors.Is(err, state.ErrNotFound):
			return nil, err
		case share.Organization != directory.GUID{}:
			one.name = "(gone from the directory) " + share.Organization.String()
		}
		h.rows = append(h.rows, one)
	}
	return h, nil
}
