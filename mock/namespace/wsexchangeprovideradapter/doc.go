// Package wsexchangeprovideradapter is the namespace "WS Exchange Provider
// Adapter", which a control panel installs beside those of the original to
// reach what no web service of the original offers: mail-enabling contacts and
// groups, and how full a mailbox or public folder is.
//
// Nobody sends mail to the emulator, so fullness is a figure that stays the
// same for a mailbox and lies below its size, unless an administrator has set
// one.
package wsexchangeprovideradapter
