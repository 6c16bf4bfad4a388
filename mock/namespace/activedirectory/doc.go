// Package activedirectory is the namespaces "Active Directory Provider" and
// "Preferred DC Active Directory Provider": single operations on objects of
// the directory, which the managed namespaces are made of.
//
// The second namespace has the procedures of the first. Its procedures take a
// preferredDomainController beside the path and pass the rest on, so that an
// error has passed through both (F223).
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
