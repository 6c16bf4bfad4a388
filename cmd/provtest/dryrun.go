package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// rehearse shows what a request would do.
func (s *session) rehearse(ctx context.Context, title field, req *mpf.Request) error {
	begun := s.now()
	r, err := s.engine.Rehearse(ctx, req)
	took := s.now().Sub(begun)
	if err != nil {
		return noAnswer(err)
	}
	s.requests++
	s.spent += took
	return s.answer(ctx, []field{title, {"Dry run", "nothing was written"}}, req, r.Response, took, rehearsed(r))
}

func rehearsed(r *engine.Rehearsal) string {
	var b strings.Builder
	b.WriteString("Steps:\n")
	for _, step := range r.Steps {
		fmt.Fprintf(&b, "%5d  %s%s  %s\n", step.Seq, strings.Repeat("  ", step.Depth), step.Target, step.Code)
	}
	b.WriteString("Objects:\n")
	for _, change := range r.Changes {
		writeChange(&b, change)
	}
	b.WriteString("Rollback:\n")
	if r.Response.Err != nil {
		b.WriteString("  takes place: the request fails.\n")
	}
	writeRollback(&b, r)
	return b.String()
}

func writeChange(b *strings.Builder, c state.ObjectChange) {
	fmt.Fprintf(b, "  %-7s  %s\n", c.Kind, c.Object)
	for _, a := range c.Attributes {
		for _, value := range a.Before {
			fmt.Fprintf(b, "           - %s: %s\n", a.Name, value)
		}
		for _, value := range a.After {
			fmt.Fprintf(b, "           + %s: %s\n", a.Name, value)
		}
	}
}

// reversals tell what a rollback does to what a request has done.
var reversals = []struct {
	kind state.ChangeKind
	text string
}{
	{state.Created, "removes what was created"}, {state.Changed, "restores what was changed"}, {state.Deleted, "brings back what was deleted"},
}

func writeRollback(b *strings.Builder, r *engine.Rehearsal) {
	before := b.Len()
	for _, source := range r.Undone {
		fmt.Fprintf(b, "  undoes outside of the database: %s\n", mpf.Target(source))
	}
	for _, row := range reversals {
		count := len(slices.DeleteFunc(slices.Clone(r.Changes), func(c state.ObjectChange) bool { return c.Kind != row.kind }))
		if count > 0 {
			fmt.Fprintf(b, "  %s: %d\n", row.text, count)
		}
	}
	for _, job := range r.Queued {
		text := "forgets the queued request"
		if job.Activated {
			text = "leaves the activated request, which runs all the same"
		}
		fmt.Fprintf(b, "  %s: %s\n", text, job.Target)
	}
	if b.Len() == before {
		b.WriteString("  has nothing to do.\n")
	}
}
