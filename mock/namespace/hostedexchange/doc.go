// Package hostedexchange is the namespace "Hosted Exchange": organizations,
// their users and mailboxes, distribution lists, public folders, SMTP domains,
// proxy addresses and address lists of hosted customers, and the mailbox plans
// that they may use.
//
// Each procedure is a row; rows.go and its neighbours hold them in the order
// in which a customer meets them. What the procedures do stands in files by
// concept: organization.go and its neighbours, user.go, mailbox.go, list.go,
// folder.go, domain.go, address.go, addresslist.go, properties.go,
// initialize.go. The plan database's procedures are in the files plans*.go.
//
// A procedure here does little itself. As in the original it is a list of
// calls to others: accounts and groups through "Managed Active Directory",
// room through "Exchange Resource Manager", mailboxes, folders, address lists
// and recipient policies through "Exchange Provider". What it adds are the
// rules of hosting: which plan an organization may use, which domain an
// address may be in, what has to be gone before an organization can be
// deleted. The directory below is written directly only for what none of the
// others does: an owner, the owning organization's marks on a mailbox.
package hostedexchange
