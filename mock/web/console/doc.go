// Package console shows an emulator to those who test and operate it: the
// requests it was asked, live, and why they failed; the directory, organizations,
// resources and plans; queue and audit log; fault rules, snapshots and domain
// controllers.
//
// Administrators of the domain may look. Changes need the token of the control API
// or of the administrators' listener in addition. Lists come in pages, so that no
// page grows with the content.
package console
