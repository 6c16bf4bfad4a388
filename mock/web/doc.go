// Package web serves the emulator's pages to people: the MPS Sample Web Client
// and the Resource Manager Web Client as the original had them, and a console
// for those who test and operate.
//
//	handler, err := web.New(web.Config{Emulator: e, Admit: …})
//
// Handler.Serves reports which requests are for pages, so that a program serves
// them beside its own addresses. What all pages share is in package page; each
// area is a package of its own.
package web

//go:generate go tool templ generate -path .
//go:generate sh -c "go tool gofumpt -w *_templ.go */*_templ.go"
