// Package managedexchange is the namespace "Managed Exchange": mailboxes,
// mail-enabled groups and public folders for those who may create users in an
// organization.
//
// Its procedures test the caller, take room from the organization's share
// through "Exchange Resource Manager", and leave the rest to "Exchange
// Provider".
package managedexchange
