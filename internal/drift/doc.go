// Package drift compares what the control panel remembers (internal/hsphere)
// with the directory and the resource manager, and writes the requests that
// would make them agree.
//
// [Compare] asks an engine, any mpf.Submitter, by the procedures that are open to
// everyone who administers organizations: it works against the emulator as well
// as against an MPF over SOAP. It walks through the panel once, several
// organizations at a time, and holds no more than those in memory.
//
// What differs is a [Finding]: a ghost is in the panel and not in the directory,
// an orphan the other way round, a difference in both with other values. Each has
// the calls that make the directory follow the panel, the same that the panel
// itself would make. Nothing is sent here; see [WriteRepairs], and the package
// revive.
//
// Rows of the panel that contradict each other are problems: they are reported,
// and are no drift. F904 to F908.
package drift
