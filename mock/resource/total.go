package resource

import (
	"errors"
	"fmt"
	"slices"

	"wsexchange/mock/state"
)

// overdraft tells that rows would hand out more, or less, than there is. The
// operations refuse before with errors of their own: it is never for callers.
func overdraft(what string, id, total, limit int64) error {
	return fmt.Errorf("%s %d: %w: total of %d outside of 0 to %d", what, id, ErrCapacity, total, limit)
}

// putAllocation writes a share in place of what it was; nil before is a new
// one, nil after removes it. It keeps what the resource has given away, and
// refuses more than the resource has.
func (r Resources) putAllocation(before, after *share) error {
	row := after
	if row == nil {
		row = before
	}
	if before != nil && after != nil && (before.Resource != after.Resource || before.Organization != after.Organization) {
		return fmt.Errorf("allocation %d keeps its resource and organization", row.ID)
	}
	if after != nil && (after.Used < 0 || after.Used > Kilobytes(after.Amount) || after.Consumers < 0) {
		return overdraft("allocation", row.ID, after.Used, Kilobytes(after.Amount))
	}
	if after == nil && before.Consumers > 0 {
		return fmt.Errorf("allocation %d: %w", row.ID, state.ErrInUse)
	}
	of, err := r.row(row.Resource)
	if err != nil {
		return err
	}
	changed := *of
	if before != nil {
		changed.Allocated -= before.Amount
	}
	if after != nil {
		changed.Allocated += after.Amount
	}
	if changed.Allocated < 0 || changed.Allocated > changed.Capacity {
		return overdraft("resource", of.ID, changed.Allocated, changed.Capacity)
	}
	if err := put(r.tx, shares, row.ID, after); err != nil {
		return fmt.Errorf("allocation %d: %w", row.ID, err)
	}
	if changed == *of {
		return nil
	}
	return resources.Put(r.tx, &changed)
}

// putConsumer writes a consumer in place of what it was; nil before is a new
// one, nil after removes it. It keeps what its share has in use, and refuses
// more than the share has.
func (r Resources) putConsumer(before, after *consumer) error {
	row := after
	if row == nil {
		row = before
	}
	if before != nil && after != nil && before.Share != after.Share {
		return fmt.Errorf("consumer %d keeps its allocation", row.ID)
	}
	if after != nil && after.Kilobytes < 0 {
		return overdraft("consumer", row.ID, after.Kilobytes, Kilobytes(MaxMegabytes))
	}
	was, err := r.shareRow(row.Share)
	if err != nil {
		return err
	}
	changed := *was
	if before != nil {
		changed.Used, changed.Consumers = changed.Used-before.Kilobytes, changed.Consumers-1
	}
	if after != nil {
		changed.Used, changed.Consumers = changed.Used+after.Kilobytes, changed.Consumers+1
	}
	if changed.Used < 0 || changed.Used > Kilobytes(changed.Amount) {
		return overdraft("allocation", was.ID, changed.Used, Kilobytes(changed.Amount))
	}
	if err := put(r.tx, consumers, row.ID, after); err != nil {
		return fmt.Errorf("consumer %d: %w", row.ID, err)
	}
	if changed == *was {
		return nil
	}
	return r.putAllocation(was, &changed)
}

// put writes a row, or removes that of the id.
func put[R any](tx *state.Tx, table *state.Table[int64, R], id int64, row *R) error {
	if row == nil {
		_, err := table.Delete(tx, id)
		return err
	}
	return table.Put(tx, row)
}

// CheckConservation adds everything up from scratch and tells what does not
// agree: consumers within their shares, shares within their resources, totals
// equal to sums (F271). It reads the whole resource manager; it is for tests and
// inspections.
func (r Resources) CheckConservation() error {
	sums := r.sums()
	var wrong []error
	say := func(format string, arguments ...any) {
		wrong = append(wrong, fmt.Errorf("resource manager: "+format, arguments...))
	}
	for a := range shares.All(r.tx) {
		if used := sums.shares[a.ID]; used.total != a.Used || used.count != a.Consumers {
			say("allocation %d says %d kilobytes of %d consumers, they have %d of %d", a.ID, a.Used, a.Consumers, used.total, used.count)
		} else if used.total > Kilobytes(a.Amount) {
			say("allocation %d has %d megabytes, its consumers %d kilobytes", a.ID, a.Amount, used.total)
		}
		if resources.Get(r.tx, a.Resource) == nil {
			say("share %d is of no resource", a.ID)
		}
	}
	for of := range resources.All(r.tx) {
		given := sums.resources[of.ID]
		if given.total != of.Allocated {
			say("resource %d says %d allocated, the shares have %d", of.ID, of.Allocated, given.total)
		}
		if given.total > of.Capacity {
			say("resource %d has %d, the shares %d", of.ID, of.Capacity, given.total)
		}
		if !of.Shared && given.count > 1 {
			say("unshared resource %d has %d holders", of.ID, given.count)
		}
	}
	slices.Sort(sums.lost)
	for _, id := range sums.lost {
		say("consumer %d draws on no share", id)
	}
	return errors.Join(wrong...)
}

// sum is the total of some rows, and how many they are.
type sum struct{ total, count int64 }

// sums are the totals of consumers by share and of shares by resource, and the
// consumers that have no share.
type sums struct {
	shares, resources map[int64]sum
	lost              []int64
}

func (r Resources) sums() sums {
	s := sums{shares: make(map[int64]sum), resources: make(map[int64]sum)}
	for c := range consumers.All(r.tx) {
		s.shares[c.Share] = sum{s.shares[c.Share].total + c.Kilobytes, s.shares[c.Share].count + 1}
		if shares.Get(r.tx, c.Share) == nil {
			s.lost = append(s.lost, c.ID)
		}
	}
	for a := range shares.All(r.tx) {
		s.resources[a.Resource] = sum{s.resources[a.Resource].total + a.Amount, s.resources[a.Resource].count + 1}
	}
	return s
}
