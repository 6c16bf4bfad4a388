// Package exchangeprovider is the namespace "Exchange Provider": mailboxes,
// mail-enabled contacts and groups, address lists, recipient policies, public
// folders and virtual directories of Exchange 2003.
//
// There is no Exchange behind it. What the original tells Exchange through
// CDOEXM, ADSI and WebDAV stands here in the directory, in the attributes and
// configuration objects that Exchange itself keeps there, and in the store's
// tree of public folders.
//
// Files by concept: place.go finds servers, stores and containers of the
// Exchange configuration; recipient.go gives objects their mail attributes and
// stamp.go their address lists; mailbox.go, settings.go, contact.go,
// addresslist.go, policy.go, folder.go and virtualdirectory.go hold the
// procedures. The rows are in rows.go.
package exchangeprovider
