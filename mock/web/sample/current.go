package sample

import (
	"net/http"
	"net/url"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/web/page"
)

// The fields of the head, which are kept while the visitor moves.
const (
	resellerField = "currentReseller"
	customerField = "currentCustomer"
)

// longestKept is how long a field of the head may be, in bytes.
const longestKept = 1024

func kept(v *page.Visit) (reseller, customer string) {
	read := func(name string) string {
		cookie, err := v.Cookie(name)
		if err != nil {
			return ""
		}
		text, err := url.QueryUnescape(cookie.Value)
		if err != nil || len(text) > longestKept {
			return ""
		}
		return text
	}
	return read(resellerField), read(customerField)
}

func keep(v *page.Visit, reseller, customer string) {
	for name, value := range map[string]string{resellerField: reseller, customerField: customer} {
		if len(value) <= longestKept {
			v.SetCookie(&http.Cookie{Name: name, Value: url.QueryEscape(value), Path: Path, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		}
	}
}

// place returns the path of the organizational unit that the fields of the head
// mean (F601): the customer below the reseller, the reseller, or the unit of all
// organizations. Both may be names or LDAP paths.
func place(hosting ldappath.DN, reseller, customer string) string {
	dn := hosting
	for _, name := range []string{reseller, customer} {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if path, err := ldappath.ParseLoose(name); err == nil && strings.Contains(name, "=") {
			dn = path.DN
			continue
		}
		dn = dn.Child("OU", name)
	}
	return dn.ADsPath()
}
