package engine

import (
	"context"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
)

// pathSteps bounds the work of all XPath expressions of a request: an expression can
// take the square of its document, or more. The library has no limit; it moves
// through documents by a navigator, which counts here and ends the evaluation by
// a panic.
type pathSteps struct {
	ctx  context.Context
	left int
}

// tooManySteps is the panic of an evaluation beyond its bound, and brokenOff that
// of one whose request is stopped.
type (
	tooManySteps struct{}
	brokenOff    struct{}
)

// checkEvery is how many steps are taken between two looks at the context.
const checkEvery = 4096

func (s *pathSteps) take(n int) {
	before := s.left / checkEvery
	if s.left -= n; s.left < 0 {
		panic(tooManySteps{})
	}
	if s.left/checkEvery != before && s.ctx.Err() != nil {
		panic(brokenOff{})
	}
}

// navigator is xmlquery's, counted.
type navigator struct {
	*xmlquery.NodeNavigator
	steps *pathSteps
}

func (s *pathSteps) from(n *xmlquery.Node) xpath.NodeNavigator {
	return &navigator{NodeNavigator: xmlquery.CreateXPathNavigator(n), steps: s}
}

// textPerStep is how many bytes of text are worth one step.
const textPerStep = 64

// Value counts by its length: that of an element is all of the text below it.
func (n *navigator) Value() string {
	value := n.NodeNavigator.Value()
	n.steps.take(1 + len(value)/textPerStep)
	return value
}

// Copy and the moves count one step each.

func (n *navigator) Copy() xpath.NodeNavigator {
	n.steps.take(1)
	return &navigator{NodeNavigator: n.NodeNavigator.Copy().(*xmlquery.NodeNavigator), steps: n.steps}
}

func (n *navigator) MoveTo(other xpath.NodeNavigator) bool {
	n.steps.take(1)
	to, ok := other.(*navigator)
	return ok && n.NodeNavigator.MoveTo(to.NodeNavigator)
}

func (n *navigator) MoveToParent() bool {
	n.steps.take(1)
	return n.NodeNavigator.MoveToParent()
}

func (n *navigator) MoveToChild() bool {
	n.steps.take(1)
	return n.NodeNavigator.MoveToChild()
}

func (n *navigator) MoveToFirst() bool {
	n.steps.take(1)
	return n.NodeNavigator.MoveToFirst()
}

func (n *navigator) MoveToNext() bool {
	n.steps.take(1)
	return n.NodeNavigator.MoveToNext()
}

func (n *navigator) MoveToPrevious() bool {
	n.steps.take(1)
	return n.NodeNavigator.MoveToPrevious()
}

func (n *navigator) MoveToNextAttribute() bool {
	n.steps.take(1)
	return n.NodeNavigator.MoveToNextAttribute()
}
