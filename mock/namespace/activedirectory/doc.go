// Package activedirectory is the namespaces "Active Directory Provider" and
// "Preferred DC Active Directory Provider": single operations on objects of
// the directory, which the managed namespaces are made of.
//
// The second namespace has the procedures of the first that work on an object.
// Its procedures choose a domain controller, write it into the path and call
// those of the first, so that an error has passed through both (F223).
//
// What writes, and what reads audit lists, asks for a domain administrator; the
// readers show what the caller may see.
//
// Properties travel as
//
//	<properties>
//	  <property name="l">Seattle</property>
//	  <property name="otherTelephone" mode="append"><value>1</value><value>2</value></property>
//	</properties>
//
// Modes are those of IADs::PutEx: update (the default, also spelled replace),
// clear, append, delete. A property without a value clears the attribute.
package activedirectory
