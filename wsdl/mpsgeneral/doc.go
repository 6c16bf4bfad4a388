// Package mpsgeneral calls MPSGeneral.asmx from Go:
//
//	service := mpsgeneral.NewMPSGeneralSoap(&client.Client{URL: address, User: login, Password: password})
//	answer, err := service.SubmitMpsRequest(ctx, &mpsgeneral.SubmitMpsRequest{
//		MpsNamespace: new("Hosted Exchange"),
//		Procedure:    new("GetPlans"),
//		DataXmlBlob:  &client.AnyType{InnerXML: "<data/>"},
//	})
//
// A failed procedure is not an error of the call: ErrorReturn is then present and
// not empty.
//
// A SOAP fault is an error of the call, a *client.Fault.
//
// The code is generated from the contract in package wsdl. A nil string or XML
// argument is null and is not sent; a pointer to "" sends an empty element.
package mpsgeneral
