// Package sample is the MPS Sample Web Client: a form for every public procedure,
// made from its row, whose request runs in the visitor's name. The request that
// was sent and the answer stand below the form.
//
// What is certain of the original are the address, the settings preferredDC,
// DefaultNamingContext and TopLevelDomains, the fields Current Reseller and
// Current Customer in the head, the tab General with the entries Create a Reseller
// Organization and Create a user, and the button Submit Request (F600).
package sample
