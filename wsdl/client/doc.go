// Package client makes the SOAP 1.1 call that the generated clients beside it
// share: it writes the envelope, posts it with Basic authentication, and reads
// the answer or the fault.
//
//	soap := &client.Client{URL: "https://mps.example/MPSWS/HostedExchange.asmx", User: `FABRIKAM\admin`, Password: secret}
//	service := hostedexchange.NewHostedExchangeSoap(soap)
//	answer, err := service.DisableUser(ctx, &hostedexchange.DisableUser{LdapPath: new("LDAP://CN=joe,OU=acme,DC=fabrikam,DC=com")})
//
// Strings of a request are pointers: nil leaves the element out, which the
// services read as null (F005), and a pointer to "" sends an empty element. Booleans
// are plain and always sent. XML parameters and results are AnyType.
//
// The generator's own SOAP package is not used: it turns every answer with
// status 500 into an HTTP error, and that is the status that SOAP 1.1 requires
// for a fault (F007); it also reads answers of any size.
package client
