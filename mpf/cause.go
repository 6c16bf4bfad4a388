package mpf

import (
	"strconv"
	"strings"
)

// Cause is one way in which a request can fail by our own rules: a stable id
// for people and programs, the code and the text. The id stands at the end of
// every description.
type Cause struct {
	// ID is stable across versions, "E-PLAN-NOT-AVAILABLE".
	ID   string
	Code HRESULT
	// Text is the pattern of the description, with %1, %2.
	Text string
}

// New makes the error, with the placeholders of the text filled in order.
func (c *Cause) New(args ...string) *Error {
	return &Error{Code: c.Code, Description: Expand(c.Text, args...) + " [" + c.ID + "]", Cause: c.ID}
}

// Is tells whether e was made from this row.
func (c *Cause) Is(e *Error) bool { return e != nil && e.Cause == c.ID }

// Expand fills the placeholders %1, %2 … of a text.
func Expand(text string, args ...string) string {
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		pairs = append(pairs, "%"+strconv.Itoa(i+1), a)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Causes lists every row, in the order of declaration.
func Causes() []*Cause { return append([]*Cause(nil), causes...) }

var causes []*Cause

// cause makes a row. It is called for the variables of this package only,
// before the program starts.
func cause(id string, code HRESULT, text string) *Cause {
	c := &Cause{ID: id, Code: code, Text: text}
	causes = append(causes, c)
	return c
}

// causeIn finds the id at the end of a description.
func causeIn(description string) string {
	if open := strings.LastIndex(description, " [E-"); open >= 0 && strings.HasSuffix(description, "]") {
		return description[open+2 : len(description)-1]
	}
	return ""
}
