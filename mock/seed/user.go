package seed

import (
	"fmt"

	"wsexchange/mock/directory"
	"wsexchange/mock/resource"
)

// longestSAM is the longest sAMAccountName of a user. F101.
const longestSAM = 20

// user makes a user of an organization, counted from 1 over all of them.
func (m maker) user(o organization, number int, admin bool) error {
	user, err := m.makeAccount(o, number)
	if err != nil {
		return err
	}
	groups := []*directory.Object{o.users}
	if admin {
		groups = append(groups, o.admins)
	}
	for _, group := range groups {
		if err := m.directory.AddMember(group, user); err != nil {
			return err
		}
	}
	if err := m.setPassword(user); err != nil {
		return err
	}
	if err := m.record(user, "BusinessUser", o.object.GUID); err != nil {
		return err
	}
	p := m.generator.planOf(number - 1)
	if _, err := m.resources.AddConsumer(resource.Consumer{
		AllocationID: o.share, Kind: resource.MailboxConsumer, GUID: user.GUID, Kilobytes: p.kilobytes,
	}); err != nil {
		return err
	}
	if err := m.plans.AssignPlan(user.GUID, p.name); err != nil {
		return err
	}
	return m.plans.LogEvent(user.GUID, "PlanChange")
}

// makeAccount makes the account with its mailbox (F242, F345).
func (m maker) makeAccount(o organization, number int) (*directory.Object, error) {
	place, p := &m.generator.place, m.generator.planOf(number-1)
	digits := fmt.Sprintf("%06d", number)
	alias := "user" + digits
	address, x400 := alias+"@"+o.domain, place.x400+alias+";"
	sam := alias + "_" + o.domain
	guid := directory.GUID(m.tx.NewGUID())
	attributes := append(directory.Attributes{
		value(directory.KindSAM, sam[:min(len(sam), longestSAM)]), value(directory.KindUPN, address),
		value("displayName", "User "+digits), value("givenName", "User"), value("sn", digits),
		{Name: "proxyAddresses", Values: []string{"SMTP:" + address, "X400:" + x400}},
		value("mail", address), value("mailNickname", alias), value("legacyExchangeDN", place.recipients+alias),
		value("textEncodedORAddress", x400), value("msExchMailboxGuid", guid.Octets()), value("msExchUserAccountControl", "0"),
		value("homeMDB", o.home.store), value("msExchHomeServerName", o.home.server),
		{Name: "showInAddressBook", Values: []string{o.list, o.global, place.everyone}},
		value("msExchUseOAB", o.book), value("msExchQueryBaseDN", o.object.DN.String()),
	}, p.attributes...)
	if o.home.transfer != "" {
		attributes = append(attributes, value("homeMTA", o.home.transfer))
	}
	user, err := m.directory.Create(o.object.DN.Child("CN", address), "user", attributes)
	if err != nil {
		return nil, err
	}
	return user, m.directory.SetWellKnown(user, directory.WellKnownOwningOrganization, o.object)
}

// setPassword gives a user the password of the inventory, which enables the
// account (F343).
func (m maker) setPassword(user *directory.Object) error {
	password := string(m.generator.inventory.Password)
	if password == "" {
		return nil
	}
	if err := m.directory.SetPassword(user, password); err != nil {
		return err
	}
	return m.directory.SetEnabled(user, true)
}
