// Package seed makes the starting content of an emulator.
//
// A [Seed] describes a small hosting installation: the domain with its
// controllers, groups and accounts, the hosting OU with resellers, an Exchange
// organization with servers and stores, what the resource manager may give of
// them, and plans. It is read from YAML by [Load]; [Default] is the built-in
// one, which suits the settings page of H-Sphere. [Write] makes the objects of
// it in one transaction, [Root] makes a state of it without any ledger.
//
// [Generate] goes on from there: it fills a state with organizations, users
// and mailboxes as the procedures of Hosted Exchange leave them, for tests of
// size and speed.
//
// [Schema] is the one place where the tables of all rooms come together.
package seed
