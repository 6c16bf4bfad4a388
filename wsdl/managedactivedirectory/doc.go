// Package managedactivedirectory calls ManagedActiveDirectory.asmx from Go:
//
//	service := managedactivedirectory.NewManagedActiveDirectorySoap(&client.Client{URL: address, User: login, Password: password})
//	answer, err := service.CreateContact(ctx, &managedactivedirectory.CreateContact{
//		Container:   new("LDAP://OU=acme,DC=fabrikam,DC=com"),
//		Name:        new("friend"),
//		PropertyXml: &client.AnyType{InnerXML: `<properties><property name="cn">friend</property></properties>`},
//	})
//
// A failed procedure is not an error of the call: the result is then false or
// empty, and ErrorReturn says why.
//
// A SOAP fault is an error of the call, a *client.Fault.
//
// The code is generated from the contract in package wsdl. A nil string or XML
// argument is null and is not sent; a pointer to "" sends an empty element.
package managedactivedirectory
