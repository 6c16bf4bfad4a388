package drift

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wsexchange/internal/hsphere"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
)

// Logon reports whether a password is that of a userPrincipalName. An error is
// that it cannot be told.
type Logon func(ctx context.Context, principal string, password secret.String) (bool, error)

// userFields are the columns of he_bizuser that are attributes. Names of
// addresses are those that the panel sends.
var userFields = []struct {
	attribute string
	argument  bool // of CreateBusinessUser, else one of its properties
	of        func(*hsphere.User) string
}{
	{"displayName", true, func(u *hsphere.User) string { return u.DisplayName }},
	{"givenName", true, func(u *hsphere.User) string { return u.GivenName }},
	{"middleName", true, func(u *hsphere.User) string { return u.MiddleName }},
	{"sn", true, func(u *hsphere.User) string { return u.Surname }},
	{"initials", true, func(u *hsphere.User) string { return u.Initials }},
	{"description", true, func(u *hsphere.User) string { return u.Description }},
	{"physicalDeliveryOfficeName", false, func(u *hsphere.User) string { return u.Office }},
	{"telephoneNumber", false, func(u *hsphere.User) string { return u.Telephone }},
	{"street", false, func(u *hsphere.User) string { return u.Street }},
	{"postOfficeBox", false, func(u *hsphere.User) string { return u.PostOfficeBox }},
	{"l", false, func(u *hsphere.User) string { return u.City }},
	{"st", false, func(u *hsphere.User) string { return u.State }},
	{"c", false, func(u *hsphere.User) string { return u.Country }},
}

// accountDisabled is the bit of userAccountControl.
const accountDisabled = 2

func (c *comparison) compareUsers(ctx context.Context) error {
	done := map[string]bool{}
	for i := range c.panel.Users {
		u := &c.panel.Users[i]
		dn := c.byID[u.ID]
		if done[dn.Key()] {
			continue // a problem, which has been noted
		}
		done[dn.Key()] = true
		held := c.seen.users[dn.Key()]
		if held == nil {
			c.createUser(u, dn)
			continue
		}
		compared := userComparison{c, u, dn, held}
		compared.names()
		compared.state()
		compared.mailbox()
		compared.forward()
		compared.proxies()
		if err := compared.password(ctx); err != nil {
			return err
		}
	}
	return nil
}

// createUser notes a user who is missing, with the calls of the panel.
func (c *comparison) createUser(u *hsphere.User, dn ldappath.DN) {
	args := []*xmldoc.Node{path("container", c.dn), text("userPrincipalName", u.Principal())}
	args = append(args, text("isAdmin", strconv.FormatBool(u.Admin)))
	note := "without a plan"
	if u.Plan != "" {
		note = c.planned[u.Plan].name
		args = append(args, text("planName", note))
	}
	args = append(args, xmldoc.SetAttr(xmldoc.Element(newPassword), "do-not-log", "1"))
	args = append(args, given(property{"sAMAccountName", u.Account})...)
	var more []property
	for _, f := range userFields {
		value := f.of(u)
		switch {
		case value == "":
		case f.argument:
			args = append(args, text(f.attribute, value))
		default:
			more = append(more, property{f.attribute, value})
		}
	}
	create := c.call(hostedExchange, "CreateBusinessUser", args...)
	create.Needed, create.Password, create.Principal = true, u.Password, u.Principal()
	calls := []Call{create}
	more = append(more, c.forwardOf(u)...)
	if len(more) > 0 {
		calls = append(calls, c.modifyUser(dn, more...))
	}
	for _, a := range u.Addresses {
		if ldappath.Fold(a) != ldappath.Fold(u.Login+"@"+c.primary()) {
			calls = append(calls, c.addAddress(dn, a))
		}
	}
	if c.panel.Account.Suspended {
		calls = append(calls, c.switchUser(dn, false))
	}
	c.add(Finding{Kind: Ghost, Object: User, Path: dn.ADsPath(), Note: note, Calls: calls})
}

func (c *comparison) addAddress(dn ldappath.DN, address string) Call {
	return c.call(hostedExchange, "CreateSMTPProxyAddress", path("path", dn), xmldoc.SetAttr(text("proxyAddress", address), "setPrimary", "0"))
}

func (c *comparison) switchUser(dn ldappath.DN, on bool) Call {
	procedure := map[bool]string{true: "EnableUser", false: "DisableUser"}[on]
	return c.call(hostedExchange, procedure, path("path", dn))
}

// forwardOf are the attributes of a user's forward, none if there is none.
func (c *comparison) forwardOf(u *hsphere.User) []property {
	to, ok := c.forwardTo(u)
	if !ok || to.IsZero() {
		return nil
	}
	return []property{{"altRecipient", to.String()}, {"deliverAndRedirect", strings.ToUpper(strconv.FormatBool(u.Keep))}}
}

// forwardTo returns the contact that a user forwards to, and false if the panel
// does not know it itself.
func (c *comparison) forwardTo(u *hsphere.User) (ldappath.DN, bool) {
	if u.Forward == 0 {
		return ldappath.DN{}, true
	}
	for _, contact := range c.panel.Contacts {
		if contact.ID == u.Forward {
			return c.contactDN(contact), true
		}
	}
	return ldappath.DN{}, false
}

// userComparison compares a user who is on both sides.
type userComparison struct {
	*comparison
	user *hsphere.User
	dn   ldappath.DN
	held *object
}

func (u *userComparison) differs(field, panel, directory string, calls ...Call) {
	u.add(Finding{Kind: Difference, Object: User, Path: u.dn.ADsPath(), Field: field, Panel: panel, Directory: directory, Calls: calls})
}

func (u *userComparison) names() {
	for _, f := range userFields {
		if want, have := f.of(u.user), u.held.first(f.attribute); want != have {
			u.differs(f.attribute, want, have, u.modifyUser(u.dn, property{f.attribute, want}))
		}
	}
	for _, logon := range []struct{ attribute, want string }{
		{"userPrincipalName", u.user.Principal()}, {"sAMAccountName", u.user.Account},
	} {
		have := u.held.first(logon.attribute)
		if logon.want != "" && ldappath.Fold(logon.want) != ldappath.Fold(have) {
			u.differs(logon.attribute, logon.want, have,
				u.call(managedDirectory, "ModifyUser", path("user", u.dn), text(logon.attribute, logon.want)))
		}
	}
}

// state compares whether the user is enabled, and an administrator.
func (u *userComparison) state() {
	control, _ := strconv.ParseInt(u.held.first("userAccountControl"), 10, 64)
	if want, have := !u.panel.Account.Suspended, control&accountDisabled == 0; want != have {
		u.differs("enabled", strconv.FormatBool(want), strconv.FormatBool(have), u.switchUser(u.dn, want))
	}
	admin := false
	for _, value := range u.held.attributes["memberof"] {
		group, err := ldappath.ParseDN(value)
		admin = admin || err == nil && group.Equal(u.seen.admins())
	}
	if admin != u.user.Admin {
		call := u.call(hostedExchange, "MakeUserAdmin", path("path", u.dn), text("isAdmin", map[bool]string{true: "1", false: "0"}[u.user.Admin]))
		u.differs("administrator", strconv.FormatBool(u.user.Admin), strconv.FormatBool(admin), call)
	}
}

func (u *userComparison) mailbox() {
	if u.user.Plan == "" {
		return
	}
	p := u.planned[u.user.Plan]
	if p.missing != "" {
		return
	}
	if other := p.fits(u.held); other != "" {
		u.differs("plan", p.name, other, u.call(hostedExchange, "ChangeUserMailboxPlan", path("path", u.dn), text("planName", p.name)))
	}
}

// forward compares the contact that mail goes to, and whether the mailbox keeps
// it, which means something only where there is one.
func (u *userComparison) forward() {
	want, ok := u.forwardTo(u.user)
	if !ok {
		u.problem("he_bizuser", u.user.ID, "it forwards to the contact %d, which is not one of the organization", u.user.Forward)
		return
	}
	have, err := ldappath.ParseDN(u.held.first("altRecipient"))
	if err != nil {
		have = ldappath.DN{}
	}
	if !want.Equal(have) {
		set := append(u.forwardOf(u.user), property{"altRecipient", ""})[:1]
		u.differs("altRecipient", want.String(), u.held.first("altRecipient"), u.modifyUser(u.dn, set...))
	}
	if keeps := strings.EqualFold(u.held.first("deliverAndRedirect"), "TRUE"); !want.IsZero() && keeps != u.user.Keep {
		value := strings.ToUpper(strconv.FormatBool(u.user.Keep))
		u.differs("deliverAndRedirect", value, u.held.first("deliverAndRedirect"), u.modifyUser(u.dn, property{"deliverAndRedirect", value}))
	}
}

// proxies compares the further addresses. Those of the panel may be the primary
// one; in the directory that one is not a further one, nor is the logon name.
func (u *userComparison) proxies() {
	held, known := map[string]bool{}, map[string]bool{ldappath.Fold(u.user.Principal()): true}
	for _, a := range smtp(u.held) {
		held[ldappath.Fold(a.text)] = true
	}
	for _, a := range u.user.Addresses {
		known[ldappath.Fold(a)] = true
		if !held[ldappath.Fold(a)] {
			u.differs("proxyAddresses", a, "", u.addAddress(u.dn, a))
		}
	}
	for _, a := range smtp(u.held) {
		if !a.primary && !known[ldappath.Fold(a.text)] {
			u.differs("proxyAddresses", "", a.text,
				u.removal(hostedExchange, "DeleteSMTPProxyAddress", path("path", u.dn), text("proxyAddress", a.text)))
		}
	}
}

// password asks whether the panel's password is the user's, if it is to be asked
// for. Those who are disabled cannot log on.
func (u *userComparison) password(ctx context.Context) error {
	if u.logon == nil || u.panel.Account.Suspended || u.user.Password.IsZero() {
		return nil
	}
	accepted, err := u.logon(ctx, u.user.Principal(), u.user.Password)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case err != nil:
		u.add(Finding{Kind: Unreadable, Object: User, Path: u.dn.ADsPath(), Field: "password", Note: fmt.Sprintf("it cannot be tried: %s", err)})
	case !accepted:
		set := u.call(hostedExchange, "SetUserPassword", path("path", u.dn), xmldoc.SetAttr(xmldoc.Element(newPassword), "do-not-log", "1"))
		set.Password, set.Principal = u.user.Password, u.user.Principal()
		f := Finding{Kind: Difference, Object: User, Path: u.dn.ADsPath(), Field: "password", Note: "the panel's is not accepted", Calls: []Call{set}}
		u.add(f)
	}
	return nil
}
