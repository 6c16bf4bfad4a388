package main

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// adsPath finds the paths in a description.
var adsPath = regexp.MustCompile(`LDAP://[^'"]+`)

// explain tells step, procedures, rule and objects of a failure.
func (s *session) explain(ctx context.Context, req *mpf.Request, e *mpf.Error) []field {
	fields := []field{{"Step", "call " + strconv.Itoa(max(e.ExecuteSeqNo, 1)) + outermost(req, e)}}
	for i, source := range e.Sources {
		name := "In"
		if i > 0 {
			name = "Called by"
		}
		fields = append(fields, field{name, mpf.Target(source).String()})
	}
	for _, row := range mpf.Causes() {
		if row.Is(e) {
			fields = append(fields, field{"Rule", row.ID + ": " + row.Text})
		}
	}
	seen := make(map[string]bool)
	for _, path := range adsPath.FindAllString(e.Description, -1) {
		if !seen[path] {
			seen[path] = true
			fields = append(fields, field{"Object", path + s.state(ctx, path)})
		}
	}
	return fields
}

// outermost tells which steps of the request call the procedure that the error
// came out of.
func outermost(req *mpf.Request, e *mpf.Error) string {
	if req == nil || req.Procedure == nil || len(e.Sources) == 0 {
		return ""
	}
	var numbers []string
	for i, step := range req.Procedure.Steps {
		if step.Call != nil && step.Call.Target == mpf.Target(e.Sources[len(e.Sources)-1]) {
			numbers = append(numbers, strconv.Itoa(i+1))
		}
	}
	if len(numbers) == 0 {
		return ""
	}
	return ", in step " + strings.Join(numbers, " or ") + " of the request"
}

// state tells what is at a path, if the directory is in the program.
func (s *session) state(ctx context.Context, path string) string {
	if s.store == nil {
		return ""
	}
	parsed, err := ldappath.Parse(path)
	if err != nil {
		return ""
	}
	found := ""
	_ = s.store.View(ctx, func(tx *state.Tx) error { // without it the state is not told
		o, err := directory.In(tx).Get(parsed.DN)
		switch {
		case errors.Is(err, state.ErrNotFound):
			found = " (is not there)"
		case err == nil:
			found = " (" + o.Class + ")"
		}
		return nil
	})
	return found
}
