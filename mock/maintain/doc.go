// Package maintain has the commands by which operators keep the database of an
// emulator: backup, restore, export, import and seed, described in docs/backup.md,
// and those that prepare an installation and rebuild its offline address lists,
// init and oab-update, described in docs/preparation.md. Every program with an
// emulator has the same ones:
//
//	maintain.Commands(configured)
//
// Backup and export work beside a program that has the database open; the
// others need it closed, and refuse to replace what is there.
package maintain
