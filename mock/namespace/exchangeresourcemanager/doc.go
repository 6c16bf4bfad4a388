// Package exchangeresourcemanager has the namespaces Exchange Resource Manager
// and Exchange Resource Manager Ex: the bookkeeping of how much of which store
// belongs to whom.
//
// There are two levels. A store is registered with a number of megabytes, of
// which organizations are allocated shares; of an organization's shares its
// mailboxes take kilobytes and its public folders megabytes. What is handed out
// never exceeds what there is, at either level: the database itself sees to
// that, and what it refuses becomes an error here (fault.go). Nothing is
// enforced in Exchange by any of this.
//
// Which store an organization gets when it names none is decided in
// placement.go. Ex has the stores of consumers, who belong to no organization,
// and front-end servers.
package exchangeresourcemanager
