// Package engine runs requests of the Microsoft Provisioning Framework against
// the emulator's store.
//
// An Engine is an mpf.Submitter. It is given namespaces, which are rows: a
// Procedure says its name, who may call it, what arguments it takes, and the
// function that does the work. Everything a function does not say about itself
// the engine does for all: it looks the procedure up, tests the role, reads the
// arguments, gives each call a number and a savepoint, translates errors,
// keeps the audit and counts.
//
// One request is one transaction. What its steps write is committed together
// or not at all; effects outside the database are undone by the functions that
// Call.OnRollback was given, last first. Before the first step runs the whole
// request is looked through: what can be known to be wrong then is refused
// then.
//
// A step is an execute, a queue or a transform, and the same few things
// surround each: forEach and repeat say how often it runs, when says whether,
// before and after move data between documents. A document is a tree: data
// and procedureData of the procedure that runs, executeData of the step,
// context of the request. The files are named for these words.
//
// Where the documents of the original are silent, Policies holds the choice.
package engine
