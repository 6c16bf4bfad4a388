package main

import (
	"fmt"
	"net/url"
	"strings"
)

// login is an account to show in the banner.
type login struct {
	domain, username, password string
}

// url puts the login into an address as it is typed into H-Sphere. Without a
// login that may be shown, a placeholder says what goes where.
func (l login) url(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	if l.username == "" {
		return scheme + "://DOMAIN%5Clogin:password@" + rest
	}
	return scheme + "://" + url.PathEscape(l.domain+`\`+l.username) + ":" + url.PathEscape(l.password) + "@" + rest
}

// curl is a call of GetProperties for the host name of an Exchange server.
func (l login) curl(address string, b *backend) string {
	return fmt.Sprintf(`curl -sS -u '%s\%s:%s' -H 'Content-Type: text/xml; charset=utf-8' \
  -H 'SOAPAction: "http://provisioning.microsoft.com/webservices/GetProperties"' --data-binary @- %s/HostedExchange.asmx <<'XML'
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<GetProperties xmlns="http://provisioning.microsoft.com/webservices">
<ldapPath>LDAP://%s</ldapPath>
<preferredDomainController>%s</preferredDomainController>
<propertyListXmlString>&lt;propertyList&gt;&lt;property name="dNSHostName"/&gt;&lt;/propertyList&gt;</propertyListXmlString>
</GetProperties></soap:Body></soap:Envelope>
XML`, l.domain, l.username, l.password, address, b.sample, b.controllers[0])
}
