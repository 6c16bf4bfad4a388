package activedirectory

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Kinds of accounts, by the numbers of SID_NAME_USE.
const (
	kindUser      = 1
	kindGroup     = 2
	kindDomain    = 3
	kindAlias     = 4
	kindWellKnown = 5
	kindComputer  = 9
)

// account is what a security identifier stands for.
type account struct {
	sid    directory.SID
	name   string
	domain string
	kind   int
}

// String returns the account as DOMAIN\name.
func (a account) String() string {
	if a.domain == "" {
		return a.name
	}
	return a.domain + `\` + a.name
}

// builtin is the domain of the groups that each domain controller has.
const builtin, builtinSID = "BUILTIN", "S-1-5-32-"

// wellKnownAccounts are those without an object in the directory.
var wellKnownAccounts = []account{
	{"S-1-1-0", "Everyone", "", kindWellKnown},
	{"S-1-3-0", "CREATOR OWNER", "", kindWellKnown},
	{"S-1-5-7", "ANONYMOUS LOGON", "NT AUTHORITY", kindWellKnown},
	{"S-1-5-9", "ENTERPRISE DOMAIN CONTROLLERS", "NT AUTHORITY", kindWellKnown},
	{"S-1-5-10", "SELF", "NT AUTHORITY", kindWellKnown},
	{"S-1-5-11", "Authenticated Users", "NT AUTHORITY", kindWellKnown},
	{"S-1-5-18", "SYSTEM", "NT AUTHORITY", kindWellKnown},
}

func lookupAccount(c *engine.Call) error {
	sid, err := directory.ParseSID(c.Text("sid"))
	if err != nil {
		return c.Invalid("sid", err.Error())
	}
	found, err := accountOf(c, sid)
	if err != nil {
		return err
	}
	if found == nil {
		return mpf.AccountUnmapped.New(c.Text("sid"))
	}
	c.Output(text("name", found.name), text("domain", found.domain), text("type", strconv.Itoa(found.kind)))
	return nil
}

// accountOf finds the account of a security identifier, nil if there is none
// that the caller may see.
func accountOf(c *engine.Call, sid directory.SID) (*account, error) {
	for i := range wellKnownAccounts {
		if wellKnownAccounts[i].sid == sid {
			return &wellKnownAccounts[i], nil
		}
	}
	domain, err := c.Directory().Domain()
	if err != nil {
		return nil, err
	}
	if sid == domain.SID {
		return &account{sid: sid, domain: domain.NetBIOS, kind: kindDomain}, nil
	}
	o, err := c.Directory().BySID(sid)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if sees, err := c.Sees(o.DN); !sees || err != nil || !c.InBase(o.DN) {
		return nil, err
	}
	name, err := c.Directory().Value(o, "sAMAccountName")
	if err != nil {
		return nil, err
	}
	found := &account{sid: sid, name: name, domain: domain.NetBIOS}
	if strings.HasPrefix(string(sid), builtinSID) {
		found.domain = builtin
	}
	found.kind, err = kindOf(c, o)
	return found, err
}

// kindOf returns what kind of account an object is. Groups that are local to the
// domain are aliases.
func kindOf(c *engine.Call, o *directory.Object) (int, error) {
	switch {
	case o.Is("computer"):
		return kindComputer, nil
	case !o.Is("group"):
		return kindUser, nil
	}
	kind, err := c.Directory().Value(o, "groupType")
	switch kind {
	case directory.GroupLocalSecurity, directory.GroupLocalDistribution, directory.GroupBuiltin:
		return kindAlias, err
	}
	return kindGroup, err
}

// accountNamed finds the account of a name: of a well-known one, or of one of
// the directory in any form that a logon takes, or by its path. It is nil if
// there is none.
func accountNamed(c *engine.Call, name string) (*account, error) {
	for i := range wellKnownAccounts {
		known := &wellKnownAccounts[i]
		if strings.EqualFold(name, known.name) || strings.EqualFold(name, known.String()) {
			return known, nil
		}
	}
	if domain, group, ok := strings.Cut(name, `\`); ok && strings.EqualFold(domain, builtin) {
		name = group
	}
	o, err := c.Directory().Resolve(name)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if o.SID == "" {
		return nil, nil
	}
	return accountOf(c, o.SID)
}
