// Package deployment is what the deployment guide of the original asks of an
// installation: the tree of requirements with the state of each, and the
// initialisers in the guide's order.
//
// [Tree] reads the tree from a state, [Write] prints it; [Initialize] runs the
// initialisers through whatever takes MPF requests. Both name things as the
// guide and its tool do, so that one can be read beside the other.
package deployment
