package auth

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

const (
	// inChain is LDAP_MATCHING_RULE_IN_CHAIN: follows a link attribute to its
	// end. [F026]
	inChain = "1.2.840.113556.1.4.1941"
	// activeDirectory is the capability that says the server is one.
	activeDirectory = "1.2.840.113556.1.4.800"
	// maxGroups bounds a walk through memberOf.
	maxGroups = 1000
)

var accountAttributes = []string{"sAMAccountName", "userPrincipalName", "primaryGroupID", "objectSid", "memberOf"}

// directory is a bound connection and what the controller says of itself.
type directory struct {
	conn    *ldap.Conn
	base    *ldap.DN
	baseDN  string
	domain  *ldap.DN // defaultNamingContext
	isAD    bool
	netBIOS string // as configured, or as the directory's partitions say
	whoAmI  string // DOMAIN\login that the bind is for, empty if not told
}

// readDirectory asks for the naming context, and who the controller takes us
// for: two accounts may share a login in trusted domains, and only the
// controller knows which one the bind was for. [F028]
func readDirectory(conn *ldap.Conn, config LDAPConfig) (*directory, error) {
	d := &directory{conn: conn, baseDN: config.BaseDN, netBIOS: config.Domain}
	root, err := d.read("", "defaultNamingContext", "configurationNamingContext", "supportedCapabilities")
	if err != nil {
		return nil, fmt.Errorf("root of the directory: %w", err)
	}
	if root == nil {
		root = &ldap.Entry{}
	}
	d.isAD = slices.Contains(root.GetAttributeValues("supportedCapabilities"), activeDirectory)
	context := root.GetAttributeValue("defaultNamingContext")
	if d.baseDN == "" {
		d.baseDN = context
	}
	if d.baseDN == "" {
		return nil, errors.New("root of the directory: no defaultNamingContext, and no base DN is configured")
	}
	if d.base, err = ldap.ParseDN(d.baseDN); err != nil {
		return nil, fmt.Errorf("base DN %q: %w", d.baseDN, err)
	}
	d.domain = d.base
	if dn, err := ldap.ParseDN(context); err == nil && context != "" {
		d.domain = dn
	}
	if answer, err := conn.WhoAmI(nil); err == nil {
		d.whoAmI, _ = strings.CutPrefix(answer.AuthzID, "u:")
	}
	if d.netBIOS == "" {
		d.netBIOS = d.partitionName(root.GetAttributeValue("configurationNamingContext"), context)
	}
	return d, nil
}

// partitionName finds the NetBIOS name of the domain; empty if not told.
func (d *directory) partitionName(configuration, domain string) string {
	if configuration == "" {
		return ""
	}
	entries, err := d.search("CN=Partitions,"+configuration, ldap.ScopeSingleLevel,
		"(&(objectClass=crossRef)(nCName="+ldap.EscapeFilter(domain)+"))", "nETBIOSName")
	if err != nil || len(entries) != 1 {
		return ""
	}
	return entries[0].GetAttributeValue("nETBIOSName")
}

// dnsName is the domain of the naming context: dc=a,dc=b is a.b.
func (d *directory) dnsName() string {
	var labels []string
	for _, rdn := range d.domain.RDNs {
		if a := rdn.Attributes[0]; strings.EqualFold(a.Type, "DC") {
			labels = append(labels, a.Value)
		}
	}
	return strings.Join(labels, ".")
}

// netBIOSName is the domain's, as told, known, or typed by a caller whom the
// controller believed.
func (d *directory) netBIOSName(pair Credentials) string {
	if domain, _, ok := strings.Cut(d.whoAmI, `\`); ok {
		return domain
	}
	if d.netBIOS == "" && pair.Form == DownLevel && !strings.EqualFold(pair.Domain, d.dnsName()) {
		return pair.Domain
	}
	return d.netBIOS
}

// isOurs reports whether a domain, as typed or told, is the directory's own.
// Without a known NetBIOS name it is taken for the first label of the DNS name.
func (d *directory) isOurs(domain string) bool {
	dns := d.dnsName()
	netBIOS := d.netBIOS
	if netBIOS == "" {
		netBIOS, _, _ = strings.Cut(dns, ".")
	}
	return strings.EqualFold(domain, netBIOS) || strings.EqualFold(domain, dns)
}

// findAccount finds the entry that the bind was for.
func (d *directory) findAccount(pair Credentials) (*ldap.Entry, error) {
	if domain, login, ok := strings.Cut(d.whoAmI, `\`); ok {
		pair = Credentials{Form: DownLevel, Domain: domain, Username: login}
	}
	if pair.Form == UPN {
		account, err := d.findOne("userPrincipalName", pair.Login())
		if account != nil || err != nil {
			return account, err
		}
	}
	// The account of a trusted domain must not be taken for ours of that name.
	if pair.Form != Plain && !d.isOurs(pair.Domain) {
		return nil, Refused(ReasonNotInGroup)
	}
	account, err := d.findOne("sAMAccountName", pair.Username)
	if err == nil && account == nil {
		return nil, Refused(ReasonNotInGroup) // outside the base DN
	}
	return account, err
}

func (d *directory) findOne(attribute, value string) (*ldap.Entry, error) {
	filter := "(&(objectClass=user)(" + attribute + "=" + ldap.EscapeFilter(value) + "))"
	entries, err := d.search(d.baseDN, ldap.ScopeWholeSubtree, filter, accountAttributes...)
	switch {
	case err != nil:
		return nil, fmt.Errorf("account %s: %w", value, err)
	case len(entries) > 1:
		return nil, fmt.Errorf("account %s: %d entries have this %s", value, len(entries), attribute)
	case len(entries) == 0:
		return nil, nil
	default:
		return entries[0], nil
	}
}

// findGroup finds the group by DN or name.
func (d *directory) findGroup(group string) (*ldap.Entry, error) {
	attributes := []string{"objectSid", "primaryGroupToken"}
	if _, err := ldap.ParseDN(group); err == nil && strings.Contains(group, "=") {
		entry, err := d.read(group, attributes...)
		if err == nil && entry == nil {
			err = errors.New("no such group")
		}
		return entry, wrapGroup(group, err)
	}
	name := ldap.EscapeFilter(group)
	for _, attribute := range []string{"sAMAccountName", "cn"} {
		entries, err := d.search(d.domain.String(), ldap.ScopeWholeSubtree,
			"(&(objectClass=group)("+attribute+"="+name+"))", attributes...)
		switch {
		case err != nil:
			return nil, wrapGroup(group, err)
		case len(entries) > 1:
			return nil, wrapGroup(group, fmt.Errorf("%d groups have this name; use the DN", len(entries)))
		case len(entries) == 1:
			return entries[0], nil
		}
	}
	return nil, wrapGroup(group, errors.New("no such group"))
}

func wrapGroup(group string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("group %q: %w", group, err)
}

// isMember reports whether an account is in a group: directly, through other
// groups, or because it is its primary group, which memberOf leaves out. [F027]
func (d *directory) isMember(account *ldap.Entry, group string) (bool, error) {
	wanted, err := d.findGroup(group)
	if err != nil {
		return false, err
	}
	target, err := ldap.ParseDN(wanted.DN)
	if err != nil {
		return false, wrapGroup(group, err)
	}
	primary, err := d.primaryGroup(account)
	if err != nil {
		return false, err
	}
	id := account.GetAttributeValue("primaryGroupID")
	if id != "" && primary == nil && id == wanted.GetAttributeValue("primaryGroupToken") {
		return true, nil
	}
	for _, entry := range []*ldap.Entry{account, primary} {
		if entry == nil {
			continue
		}
		if dn, err := ldap.ParseDN(entry.DN); err == nil && dn.EqualFold(target) {
			return true, nil
		}
		if member, err := d.leadsTo(entry, wanted.DN, target); member || err != nil {
			return member, err
		}
	}
	return false, nil
}

// primaryGroup reads the primary group of an account: its SID is the account's
// with another last part. Nil if the directory does not tell.
func (d *directory) primaryGroup(account *ldap.Entry) (*ldap.Entry, error) {
	sid := account.GetRawAttributeValue("objectSid")
	id, err := strconv.ParseUint(account.GetAttributeValue("primaryGroupID"), 10, 32)
	if err != nil || len(sid) < 12 {
		return nil, nil
	}
	sid = binary.LittleEndian.AppendUint32(slices.Clone(sid[:len(sid)-4]), uint32(id))
	var filter strings.Builder
	for _, b := range sid {
		fmt.Fprintf(&filter, `\%02x`, b)
	}
	entries, err := d.search(d.domain.String(), ldap.ScopeWholeSubtree, "(objectSid="+filter.String()+")", "objectSid", "memberOf")
	if err != nil {
		return nil, fmt.Errorf("primary group of %s: %w", account.DN, err)
	}
	if len(entries) != 1 {
		return nil, nil
	}
	return entries[0], nil
}

// leadsTo reports whether memberOf leads from an entry to the target. The
// server follows the chain itself if it can; one that does not know the rule
// may refuse it or find nothing (RFC 4511, 4.5.1.7), so that only Active
// Directory is believed when it finds nothing.
func (d *directory) leadsTo(entry *ldap.Entry, targetDN string, target *ldap.DN) (bool, error) {
	found, err := d.search(entry.DN, ldap.ScopeBaseObject, "(memberOf:"+inChain+":="+ldap.EscapeFilter(targetDN)+")", "1.1")
	switch {
	case err != nil && ldap.IsErrorWithCode(err, ldap.ErrorNetwork):
		return false, err
	case err == nil && len(found) > 0:
		return true, nil
	case err == nil && d.isAD:
		return false, nil
	}
	return d.walk(entry, target)
}

// walk follows memberOf from group to group.
func (d *directory) walk(entry *ldap.Entry, target *ldap.DN) (bool, error) {
	queue, seen := entry.GetAttributeValues("memberOf"), map[string]bool{}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		dn, err := ldap.ParseDN(next)
		if err != nil || seen[strings.ToLower(dn.String())] {
			continue
		}
		if dn.EqualFold(target) {
			return true, nil
		}
		if len(seen) == maxGroups {
			return false, fmt.Errorf("%s is in more than %d groups", entry.DN, maxGroups)
		}
		seen[strings.ToLower(dn.String())] = true
		group, err := d.read(next, "memberOf")
		if err != nil {
			return false, fmt.Errorf("group %s: %w", next, err)
		}
		if group != nil {
			queue = append(queue, group.GetAttributeValues("memberOf")...)
		}
	}
	return false, nil
}

// read reads one entry; nil if it does not exist or lies with another server.
func (d *directory) read(dn string, attributes ...string) (*ldap.Entry, error) {
	entries, err := d.search(dn, ldap.ScopeBaseObject, "(objectClass=*)", attributes...)
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchObject, ldap.LDAPResultReferral) {
		return nil, nil
	}
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	return entries[0], nil
}

func (d *directory) search(base string, scope int, filter string, attributes ...string) ([]*ldap.Entry, error) {
	result, err := d.conn.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 2, 0, false, filter, attributes, nil))
	if err != nil && !ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		return nil, err
	}
	return result.Entries, nil
}
