// Package page is the frame of the emulator's pages: who asks, the layout,
// forms, and the parts that several pages have.
//
// A page is a Handler. Frame.Handle puts it behind what all of them need: Basic
// authentication, an account with the rights that the page asks for, a token in
// every form, headers that keep foreign scripts out, one answer with its length.
// Templates are of a-h/templ; *_templ.go is generated from them:
//
//	go generate ./mock/web/...
//
// Every page works without script. script.js adds what is live, times in the
// reader's zone, and buttons that copy.
package page
