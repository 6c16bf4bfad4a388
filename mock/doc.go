// Package mock is a full emulator of the Microsoft Provisioning Framework: real
// state, real rules, real errors. It puts the rooms below it together:
//
//	store      the database: directory, resources, plans, audit, queue
//	engine     runs requests as transactions
//	namespace  the procedures
//	ldap       the directory's LDAP listener
//
// Open gives an Emulator. Its Engine is an mpf.Submitter for use in process;
// Handler is MPF's SOAP endpoint for use over the network.
package mock
