package auth

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/go-ldap/ldap/v3"
)

// refusingCodes are the result codes of a bind that judge the pair; with any
// other the controller cannot tell.
var refusingCodes = map[uint16]Reason{
	ldap.LDAPResultInvalidCredentials:          ReasonWrongPassword,
	ldap.LDAPResultNoSuchObject:                ReasonUnknownUser,
	ldap.LDAPResultInvalidDNSyntax:             ReasonUnknownUser, // a server that takes DNs only
	ldap.LDAPResultInappropriateAuthentication: ReasonOther,
	ldap.LDAPResultInsufficientAccessRights:    ReasonOther,
	ldap.LDAPResultUnwillingToPerform:          ReasonOther,
}

// adReasons are the "data" codes, Win32 errors in hexadecimal, that Active
// Directory adds to invalidCredentials. [F025]
var adReasons = map[string]Reason{
	"525": ReasonUnknownUser,
	"52e": ReasonWrongPassword,
	"530": ReasonOther, // logon hours
	"531": ReasonOther, // workstation
	"532": ReasonExpired,
	"533": ReasonDisabled,
	"701": ReasonExpired,
	"773": ReasonExpired, // must be changed first
	"775": ReasonLocked,
}

var adData = regexp.MustCompile(`\bdata ([0-9a-f]+)\b`)

// bindError tells a refused pair from a controller that cannot judge it.
func bindError(err error) error {
	var result *ldap.Error
	if !errors.As(err, &result) {
		return err
	}
	reason, ok := refusingCodes[result.ResultCode]
	if !ok {
		return fmt.Errorf("bind: %w", err)
	}
	if found := adData.FindStringSubmatch(err.Error()); found != nil {
		if r, ok := adReasons[found[1]]; ok {
			reason = r
		}
	}
	return Refused(reason)
}
