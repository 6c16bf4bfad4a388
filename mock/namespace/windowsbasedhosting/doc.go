// Package windowsbasedhosting has the namespace Windows-based Hosting, as far
// as callers of hosted Exchange use it: resellers and customers, and the plans
// that they may use.
//
// It keeps nothing itself: organizations are made by Managed Active Directory,
// plans and customers are those of Hosted Exchange's plan database. Web sites,
// databases and team sites do not exist in this emulator; where an answer
// speaks of them they are empty.
package windowsbasedhosting
