// Package resource is the resource manager: what organizations get shares of,
// the shares, and the mailboxes and public folders that draw on them.
//
// There are two levels, and none ever hands out more than it has (F271). The
// totals are kept where rows are written, in one function for each level:
// putConsumer keeps what a share has in use, putAllocation what a resource has
// given away, and both refuse an overdraft whoever asks.
// [Resources.CheckConservation] adds everything up from scratch.
//
// [In] returns the resource manager as a transaction sees it.
package resource
