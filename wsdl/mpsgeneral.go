package wsdl

// mpsGeneral: one operation, which submits any MPF request.
var mpsGeneral = Service{Name: "MPSGeneral", Operations: []Operation{
	outcome("SubmitMpsRequest", XML, texts("mpsNamespace", "procedure"), fragments("dataXmlBlob"), flags("sendCredentials")),
}}
