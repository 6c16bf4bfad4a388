// Package exchangeresourcemanager calls ExchangeResourceManager.asmx from Go:
//
//	service := exchangeresourcemanager.NewExchangeResourceManagerSoap(&client.Client{URL: address, User: login, Password: password})
//	answer, err := service.QueryAllStores(ctx, &exchangeresourcemanager.QueryAllStores{SendCredentials: true})
//
// Every answer is one XML document as a string. A failed procedure is not an
// error of the call: the document then has the element /response/errorContext.
//
// A SOAP fault is an error of the call, a *client.Fault.
//
// The code is generated from the contract in package wsdl. A nil string or XML
// argument is null and is not sent; a pointer to "" sends an empty element.
package exchangeresourcemanager
