package exchangeresourcemanager

import (
	"errors"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

func sameName(a, b string) bool { return ldappath.Fold(a) == ldappath.Fold(b) }

// What is to be done with a named store. Without it the share that the
// organization has is changed by the signed megabytes (F278).
const (
	opAllocate   = "allocate"
	opDeallocate = "deallocate"
)

// source is a store named in sourceMailStores.
type source struct {
	storeArgument
	op        string
	megabytes int64
	shared    string // what the request says of the stores, "" if nothing
}

func readSources(mail element, sources *xmldoc.Node) ([]source, error) {
	var all []source
	for n := range xmldoc.Children(sources, "sourceMailStore") {
		op, _ := xmldoc.Attr(n, "op")
		s := source{op: strings.ToLower(strings.TrimSpace(op)), shared: mail.text("shared")}
		if s.op != "" && s.op != opAllocate && s.op != opDeallocate {
			return nil, mpf.ArgumentInvalid.New("sourceMailStore/@op", "'"+op+"' is not one of allocate, deallocate")
		}
		var err error
		if s.storeArgument, err = pools[1].identify(element{n, "sourceMailStores/sourceMailStore"}); err != nil {
			return nil, err
		}
		if s.op != opDeallocate {
			if s.megabytes, err = s.signed("megabytes"); err != nil {
				return nil, err
			}
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, mpf.ArgumentMissing.New("sourceMailStores/sourceMailStore")
	}
	return all, nil
}

// allocate gives the organization a share of the named store.
func (s source) allocate(tx *state.Tx, o *directory.Object) error {
	if s.megabytes < 0 {
		return mpf.ArgumentInvalid.New(s.path+"/megabytes", "'"+s.text("megabytes")+"' is not a number of 0 or more")
	}
	r, err := s.registered(tx)
	if err != nil {
		return err
	}
	if err := s.available(tx, o, r); err != nil {
		return err
	}
	_, err = resource.In(tx).Allocate(o.GUID, r.ID, s.megabytes)
	if errors.Is(err, state.ErrConflict) {
		return mpf.AllocationExists.New(o.DN.ADsPath())
	}
	return fault(err)
}

// available refuses a store that may take no more for an organization.
func (s source) available(tx *state.Tx, o *directory.Object, r *resource.Resource) error {
	shared, err := element{s.node, s.path}.sharedAs(s.shared, r.Shared)
	if err != nil {
		return err
	}
	held := false
	if !r.Shared {
		if held, err = resource.In(tx).HeldByOthers(r.ID, o.GUID); err != nil {
			return err
		}
	}
	reason := ""
	switch {
	case !r.Provisionable:
		reason = "it takes no new allocations"
	case held:
		reason = "it belongs to another organization"
	case shared != r.Shared:
		reason = "it is " + map[bool]string{true: "shared", false: "not shared"}[r.Shared]
	default:
		return nil
	}
	return mpf.StoreUnavailable.New(r.Name, r.Server, reason)
}

func (e element) sharedAs(text string, otherwise bool) (bool, error) {
	if text == "" {
		return otherwise, nil
	}
	v, ok := booleans[strings.ToLower(text)]
	if !ok {
		return false, mpf.ArgumentInvalid.New("mailStore/shared", "'"+text+"' is none of 1, 0, true, false")
	}
	return v, nil
}

// apply does what the request says about the named store.
func (s source) apply(tx *state.Tx, o *directory.Object) error {
	if s.op == opAllocate {
		return s.allocate(tx, o)
	}
	r, err := s.registered(tx)
	if err != nil {
		return err
	}
	share, err := shareOf(tx, o.GUID, r)
	if err != nil {
		return err
	}
	if share == nil {
		return mpf.StoreNotAllocated.New(r.Name, r.Server, o.DN.ADsPath())
	}
	if s.op == opDeallocate {
		if err := resource.In(tx).Release(share.ID); errors.Is(err, state.ErrInUse) {
			return mpf.AllocationInUse.New(o.DN.ADsPath(), number(share.Consumers), "0")
		} else if err != nil {
			return err
		}
		return nil
	}
	if s.megabytes > 0 {
		if err := s.available(tx, o, r); err != nil {
			return err
		}
	}
	_, err = resource.In(tx).Reallocate(share.ID, s.megabytes)
	return fault(err)
}

// reallocateMail changes an organization's mail shares: as sourceMailStores
// says, else by the signed megabytes, upward on stores chosen by the
// algorithm, downward only where there is one share to shrink.
func reallocateMail(c *engine.Call) error {
	o, err := openOrganization(c)
	if err != nil {
		return err
	}
	mail, _ := argument(c, "mailStore")
	if sources := xmldoc.Child(mail.node, "sourceMailStores"); sources != nil {
		named, err := readSources(mail, sources)
		if err != nil {
			return err
		}
		for _, s := range named {
			if err := s.apply(c.Tx, o); err != nil {
				return err
			}
		}
		return nil
	}
	megabytes, err := mail.signed("megabytes")
	if err != nil {
		return err
	}
	shares, err := c.Resources().Allocations(o.GUID, resource.MailStore)
	if err != nil {
		return err
	}
	switch {
	case megabytes < 0:
		return shrinkMail(c.Tx, o, shares, megabytes)
	case megabytes == 0 && len(shares) > 0:
		return nil // or a share of nothing on another store would count as a second one
	}
	return growMail(c.Tx, o, mail, shares, megabytes)
}

func shrinkMail(tx *state.Tx, o *directory.Object, shares []*resource.Allocation, megabytes int64) error {
	switch len(shares) {
	case 0:
		return mpf.AllocationMissing.New(o.DN.ADsPath())
	case 1:
		_, err := resource.In(tx).Reallocate(shares[0].ID, megabytes)
		return fault(err)
	}
	return mpf.SourceStoresNeeded.New(number(int64(len(shares))))
}

// growMail gives more on shared or unshared stores as the request says, else
// as the organization has them.
func growMail(tx *state.Tx, o *directory.Object, mail element, shares []*resource.Allocation, megabytes int64) error {
	otherwise := true
	if len(shares) > 0 {
		otherwise = shares[0].Resource.Shared
	}
	shared, err := mail.boolean("shared", otherwise)
	if err != nil {
		return err
	}
	text, _ := xmldoc.Attr(mail.node, "algorithm")
	chosen, err := readAlgorithm(text, minStoreCount)
	if err != nil {
		return err
	}
	_, err = allocateAutomatically(tx, o.GUID, megabytes, shared, chosen)
	return err
}

// reallocatePublic changes the share of the organization's present public
// store; no other is tried.
func reallocatePublic(c *engine.Call) error {
	o, err := openOrganization(c)
	if err != nil {
		return err
	}
	public, _ := argument(c, "publicStore")
	megabytes, err := public.signed("megabytes")
	if err != nil {
		return err
	}
	share, err := publicShare(c.Tx, o)
	if err != nil {
		return err
	}
	if megabytes > 0 && !share.Resource.Provisionable {
		return mpf.StoreUnavailable.New(share.Resource.Name, share.Resource.Server, "it takes no new allocations")
	}
	_, err = c.Resources().Reallocate(share.ID, megabytes)
	return fault(err)
}

// publicShare gives the organization's share of its public store.
func publicShare(tx *state.Tx, o *directory.Object) (*resource.Allocation, error) {
	shares, err := resource.In(tx).Allocations(o.GUID, resource.PublicStore)
	if err != nil {
		return nil, err
	}
	if len(shares) == 0 {
		return nil, mpf.AllocationMissing.New(o.DN.ADsPath())
	}
	return shares[0], nil
}
