// Package mail is what the emulator knows of mail in addition to the directory:
// the SMTP domains of organizations, the tree of public folders with its
// permissions, and how much mailboxes and folders hold.
//
// [In] returns all of it as a transaction sees it. Rows refer to objects of the
// directory by id, and [ObjectDeleted] removes those of an object that goes.
package mail
