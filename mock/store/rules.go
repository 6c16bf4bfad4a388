package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"wsexchange/internal/ldappath"
)

// Limits of account names. F101.
const (
	maxUserSAM        = 20
	forbiddenInSAM    = `"/\[]:;|=,+*?<>`
	generatedSAMForm  = "$%06X-%012X" // 20 characters
	forbiddenInDomain = "@<>()[]\\,;:\""
)

// attributeRules are the checks beyond the syntax, by attribute. values are
// normal; none means that the attribute is being cleared.
var attributeRules = map[string]func(t *Tx, o *Object, values []string) error{
	KindSAM:        checkSAM,
	KindUPN:        checkUPN,
	proxyAddresses: checkAddresses,
	primaryGroupID: checkPrimaryGroup,
}

const primaryGroupID = "primaryGroupID"

// checkPrimaryGroup lets the primary group of an account be only one that it
// is a direct member of, since it makes the account a member. A new account
// has that of its class, a new computer also that of domain controllers. F130.
func checkPrimaryGroup(t *Tx, o *Object, values []string) error {
	refused := &ConstraintError{Attribute: primaryGroupID, Rule: RuleTarget, Detail: "a group that the account is a member of is needed"}
	if len(values) == 0 {
		return refused
	}
	switch {
	case !o.Is("user"):
		return refused
	case o.ID == 0:
		class, _ := LookupClass(o.Class)
		standard := class.Defaults.Get(primaryGroupID)
		if slices.Contains(standard, values[0]) || o.Is("computer") && values[0] == controllerGroup {
			return nil
		}
		return refused
	}
	held, err := t.Value(o, primaryGroupID)
	if err != nil || held == values[0] {
		return err
	}
	groups, err := t.MemberOf(o)
	if err != nil {
		return err
	}
	wanted := o.SID[:strings.LastIndexByte(string(o.SID), '-')+1] + SID(values[0])
	if slices.ContainsFunc(groups, func(g *Object) bool { return g.SID == wanted }) {
		return nil
	}
	return refused
}

func checkSAM(t *Tx, o *Object, values []string) error {
	if len(values) == 0 {
		if c, _ := LookupClass(o.Class); c.Account {
			return &ObjectError{DN: o.DN, Detail: "sAMAccountName is mandatory", Err: ErrClassViolation}
		}
		return nil
	}
	name := values[0]
	switch {
	case strings.ContainsAny(name, forbiddenInSAM) || strings.ContainsFunc(name, unicode.IsControl) || strings.HasSuffix(name, "."):
		return &ConstraintError{Attribute: KindSAM, Rule: RuleCharacters, Detail: "none of " + forbiddenInSAM + ", no final dot"}
	case strings.TrimSpace(name) != name:
		return &ConstraintError{Attribute: KindSAM, Rule: RuleCharacters, Detail: "no blanks at the ends"}
	case o.Is("user") && len([]rune(name)) > maxUserSAM:
		return &ConstraintError{
			Attribute: KindSAM, Rule: RuleTooLong,
			Detail: fmt.Sprintf("%d, limit %d", len([]rune(name)), maxUserSAM),
		}
	}
	holder, err := t.BySAM(name)
	return taken(o, holder, err, KindSAM, name)
}

func checkUPN(t *Tx, o *Object, values []string) error {
	if len(values) == 0 {
		return nil
	}
	holder, err := t.ByUPN(values[0])
	return taken(o, holder, err, KindUPN, values[0])
}

// taken turns the result of a lookup into the verdict whether o may have the
// name.
func taken(o, holder *Object, err error, kind, value string) error {
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case holder.ID == o.ID:
		return nil
	}
	return &ConflictError{Kind: kind, Value: value, Holder: holder}
}

// checkAddresses holds proxy addresses to TYPE:address with at most one primary
// (upper-case) address of each type, each address in use once. F103.
func checkAddresses(t *Tx, o *Object, values []string) error {
	primaries := make(map[string]bool)
	for _, address := range values {
		kind, rest, ok := strings.Cut(address, ":")
		if !ok || rest == "" || !addressType(kind) || strings.EqualFold(kind, "smtp") && !smtpAddress(rest) {
			return &SyntaxError{Attribute: proxyAddresses, Syntax: "proxy address TYPE:address", Value: address}
		}
		if kind == strings.ToUpper(kind) {
			if primaries[kind] {
				return &ConstraintError{Attribute: proxyAddresses, Rule: RulePrimary, Detail: kind}
			}
			primaries[kind] = true
		}
		holder, err := t.ByProxyAddress(address)
		if err := taken(o, holder, err, KindAddress, address); err != nil {
			return err
		}
	}
	return nil
}

func addressType(kind string) bool {
	for i, c := range kind {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return kind != ""
}

// smtpAddress tells whether a text can be an SMTP address: something before
// the last @ and a domain after it, no blanks.
func smtpAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsFunc(s, unicode.IsSpace) && !strings.ContainsAny(s[at+1:], forbiddenInDomain)
}

// replaceAddresses writes the addresses of an object that checkAddresses let
// pass.
func (t *Tx) replaceAddresses(o *Object, addresses []string) error {
	if _, err := t.exec("DELETE FROM proxy_address WHERE object_id = ?", o.ID); err != nil {
		return err
	}
	return t.insertAddresses(o, addresses)
}

func (t *Tx) insertAddresses(o *Object, addresses []string) error {
	for position, address := range addresses {
		if _, err := t.exec("INSERT INTO proxy_address (folded, object_id, position, address) VALUES (?, ?, ?, ?)",
			ldappath.Fold(address), o.ID, position, address); err != nil {
			return err
		}
	}
	return nil
}

// PrimaryAddress gives the primary SMTP address of a recipient without its
// prefix, "" if it has none.
func (t *Tx) PrimaryAddress(o *Object) (string, error) {
	addresses, err := t.Values(o, proxyAddresses)
	if err != nil {
		return "", err
	}
	for _, address := range addresses {
		if rest, ok := strings.CutPrefix(address, "SMTP:"); ok {
			return rest, nil
		}
	}
	return "", nil
}
