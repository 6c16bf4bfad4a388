package deployment

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"wsexchange/mpf"
)

// State is how far a requirement is: one of the six states of the original's
// deployment tool.
type State string

// The states, from good to bad.
const (
	Verified      State = "Verified"
	Unverified    State = "Unverified"        // cannot be seen from here
	InputNeeded   State = "User Input Needed" // somebody has to choose a name or a size
	NotInstalled  State = "Not Installed"
	VerifyFailed  State = "Verify Failed" // a part is missing
	InstallFailed State = "Install Failed"
)

// States are all of them, from good to bad.
func States() []State {
	return []State{Verified, Unverified, InputNeeded, NotInstalled, VerifyFailed, InstallFailed}
}

// Requirement is a node of the tree. A group has the worst state of those below
// it, and no reason.
type Requirement struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"` // why it has the state
	Next   string `json:"next,omitempty"`   // what to do about it; empty if nothing
	// Procedure is what brings it about, if a procedure does.
	Procedure *mpf.Target   `json:"procedure,omitempty"`
	Below     []Requirement `json:"requirements,omitempty"`
}

// group is a node over others.
func group(name string, below ...Requirement) Requirement {
	r := Requirement{Name: name, State: Verified, Below: below}
	for _, b := range below {
		if slices.Index(States(), b.State) > slices.Index(States(), r.State) {
			r.State = b.State
		}
	}
	return r
}

// Open counts the requirements that are not met: those of the tree's leaves that
// are neither Verified nor Unverified.
func (r Requirement) Open() int {
	if len(r.Below) == 0 {
		if r.State == Verified || r.State == Unverified {
			return 0
		}
		return 1
	}
	open := 0
	for _, b := range r.Below {
		open += b.Open()
	}
	return open
}

// Find returns the requirement of a name, nil if the tree has none.
func (r *Requirement) Find(name string) *Requirement {
	if r.Name == name {
		return r
	}
	for i := range r.Below {
		if found := r.Below[i].Find(name); found != nil {
			return found
		}
	}
	return nil
}

// Write prints a tree: a line for each requirement with its state, and under it
// the reason and the next step.
func Write(w io.Writer, r Requirement) error {
	var text strings.Builder
	write(&text, r, 0)
	_, err := io.WriteString(w, text.String())
	return err
}

// nameWidth is how wide names are printed, with what indents them.
const nameWidth = 58

func write(b *strings.Builder, r Requirement, depth int) {
	indent := strings.Repeat("  ", depth)
	fmt.Fprintf(b, "%-*s %s\n", nameWidth, indent+r.Name, r.State)
	if r.Reason != "" {
		fmt.Fprintf(b, "%s      %s\n", indent, r.Reason)
	}
	if r.Next != "" {
		fmt.Fprintf(b, "%s      next: %s\n", indent, r.Next)
	}
	for _, below := range r.Below {
		write(b, below, depth+1)
	}
}
