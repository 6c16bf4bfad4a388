// Package replica is what each domain controller sees.
//
// The root of the state is what all controllers will see in the end. While a
// controller has not been told of everything, it has content of its own for the
// tables that controllers replicate: its view, with the changes that wait for
// it. A view is a row of a table like any other, so that it is taken back,
// kept and reset with the rest of the state; it is in memory alone.
//
// A step of a request works on the view of its controller. What it changes
// goes into the root at once, and to the other controllers when it is due. Of
// two writes of one attribute the later one stays everywhere. A name that is
// taken in the root is refused, whatever the controller knew of it.
package replica
