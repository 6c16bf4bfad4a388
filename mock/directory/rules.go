package directory

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
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
var attributeRules = byNumber(map[string]func(d Directory, o *Object, values []string) error{
	KindSAM:        checkSAM,
	KindUPN:        checkUPN,
	proxyAddresses: checkAddresses,
	primaryGroupID: checkPrimaryGroup,
	description:    checkDescription,
})

// controllersRID is the relative id of the group of domain controllers.
const controllersRID = "516"

const primaryGroupID = "primaryGroupID"

const description = "description"

// checkDescription lets accounts have one description at most, though the schema
// has several: the account manager keeps one. F132.
func checkDescription(_ Directory, o *Object, values []string) error {
	if class, _ := LookupClass(o.Class); class.Account && len(values) > 1 {
		return &state.ConstraintError{Attribute: description, Rule: state.RuleSingle, Detail: "an account has one"}
	}
	return nil
}

// checkPrimaryGroup lets the primary group of an account be only one that it
// is a direct member of, since it makes the account a member. A new account
// has that of its class, a new computer also that of domain controllers. F130.
func checkPrimaryGroup(d Directory, o *Object, values []string) error {
	refused := &state.ConstraintError{Attribute: primaryGroupID, Rule: state.RuleTarget, Detail: "a group that the account is a member of is needed"}
	if len(values) == 0 {
		return refused
	}
	switch {
	case !o.Is("user"):
		return refused
	case o.ID == 0:
		class, _ := LookupClass(o.Class)
		standard := class.Defaults.Get(primaryGroupID)
		if slices.Contains(standard, values[0]) || o.Is("computer") && values[0] == controllersRID {
			return nil
		}
		return refused
	}
	row := objects.Get(d.tx, o.ID)
	if row != nil && row.first(attributePrimaryGroup) == values[0] {
		return nil
	}
	wanted := (o.SID[:strings.LastIndexByte(string(o.SID), '-')+1] + SID(values[0])).compact()
	for group := range d.linkingRows(o.ID, attributeMember) {
		if group.sid == wanted {
			return nil
		}
	}
	return refused
}

func checkSAM(d Directory, o *Object, values []string) error {
	if len(values) == 0 {
		if c, _ := LookupClass(o.Class); c.Account {
			return &ObjectError{DN: o.DN, Detail: "sAMAccountName is mandatory", Err: ErrClassViolation}
		}
		return nil
	}
	name := values[0]
	switch {
	case strings.ContainsAny(name, forbiddenInSAM) || strings.ContainsFunc(name, unicode.IsControl) || strings.HasSuffix(name, "."):
		return &state.ConstraintError{Attribute: KindSAM, Rule: state.RuleCharacters, Detail: "none of " + forbiddenInSAM + ", no final dot"}
	case strings.TrimSpace(name) != name:
		return &state.ConstraintError{Attribute: KindSAM, Rule: state.RuleCharacters, Detail: "no blanks at the ends"}
	case o.Is("user") && len([]rune(name)) > maxUserSAM:
		return &state.ConstraintError{
			Attribute: KindSAM, Rule: state.RuleTooLong,
			Detail: fmt.Sprintf("%d, limit %d", len([]rune(name)), maxUserSAM),
		}
	}
	return d.taken(o, bySAM.Find(d.tx, ldappath.Fold(name)), KindSAM, name)
}

func checkUPN(d Directory, o *Object, values []string) error {
	if len(values) == 0 {
		return nil
	}
	upn := values[0]
	if at := strings.LastIndexByte(upn, '@'); at >= 0 && at < len(upn)-1 && !domainName(upn[at+1:]) {
		return &state.ConstraintError{Attribute: KindUPN, Rule: state.RuleCharacters, Detail: "a domain after the @, without a dot at its end"}
	}
	if err := d.taken(o, d.implicitHolder(upn), KindUPN, upn); err != nil {
		return err
	}
	return d.taken(o, byUPN.Find(d.tx, ldappath.Fold(upn)), KindUPN, upn)
}

// implicitHolder returns the account that has a userPrincipalName without its having
// been given: account@domain is a name of each (F129). It is nil if there is none.
func (d Directory) implicitHolder(upn string) *record {
	at, root := strings.LastIndexByte(upn, '@'), settings.Get(d.tx, settingDomain)
	if at <= 0 || root == nil || !strings.EqualFold(upn[at+1:], root.dn.Domain()) {
		return nil
	}
	return bySAM.Find(d.tx, ldappath.Fold(upn[:at]))
}

// taken reports that another object than o has a name. holder is nil if it is
// free.
func (d Directory) taken(o *Object, holder *record, kind, value string) error {
	if holder == nil || holder.id == o.ID {
		return nil
	}
	return &state.ConflictError{Kind: kind, Value: value, Holder: d.dn(holder)}
}

// checkAddresses holds proxy addresses to TYPE:address with at most one primary
// (upper-case) address of each type, each address in use once. F103.
func checkAddresses(d Directory, o *Object, values []string) error {
	primaries := make(map[string]bool)
	for _, address := range values {
		kind, rest, ok := strings.Cut(address, ":")
		if !ok || rest == "" || !addressType(kind) || strings.EqualFold(kind, "smtp") && !smtpAddress(rest) {
			return &state.SyntaxError{Attribute: proxyAddresses, Syntax: "proxy address TYPE:address", Value: address}
		}
		if kind == strings.ToUpper(kind) {
			if primaries[kind] {
				return &state.ConstraintError{Attribute: proxyAddresses, Rule: state.RulePrimary, Detail: kind}
			}
			primaries[kind] = true
		}
		if err := d.taken(o, d.addressRow(address), KindAddress, address); err != nil {
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

// smtpAddress reports whether a text can be an SMTP address: something before
// the last @ and a domain after it, no blanks.
func smtpAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsFunc(s, unicode.IsSpace) && domainName(s[at+1:])
}

// domainName reports whether a text can be a domain after an @. The root's dot
// at its end, and empty labels, would be other forms of the same name (F133).
func domainName(s string) bool {
	return !strings.ContainsAny(s, forbiddenInDomain) && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// PrimaryAddress returns the primary SMTP address of a recipient without its
// prefix, "" if it has none.
func (d Directory) PrimaryAddress(o *Object) (string, error) {
	addresses, err := d.Values(o, proxyAddresses)
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
