// Package revive builds in a directory what the control panel remembers: it
// submits the calls of all that internal/drift finds missing or different. They
// are those that the panel itself makes, in its order: organizations, domains,
// folders, contacts, users, lists, members.
//
// What is there already is compared and left as it is if it agrees, so that a run
// which was interrupted, by a signal, a crash or an engine that went away, is
// repeated with the same command. Nothing is deleted or taken from anybody.
package revive
