// Package hostedexchange calls HostedExchange.asmx from Go:
//
//	service := hostedexchange.NewHostedExchangeSoap(&client.Client{URL: address, User: login, Password: password})
//	answer, err := service.EnableUser(ctx, &hostedexchange.EnableUser{LdapPath: new("LDAP://CN=joe,OU=acme,DC=fabrikam,DC=com")})
//
// Every answer is one XML document as a string. A failed procedure is not an
// error of the call: the document then has the element /response/errorContext.
//
// A SOAP fault is an error of the call, a *client.Fault.
//
// The code is generated from the contract in package wsdl. A nil string or XML
// argument is null and is not sent; a pointer to "" sends an empty element.
package hostedexchange
