package main

import (
	"net/http"
	"strings"

	"wsexchange/adapter/auth"
	"wsexchange/internal/secret"
	"wsexchange/mock/web"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
	"wsexchange/wsdl"
)

// openPages makes the pages of the embedded emulator, nil if there is none or
// they are switched off.
func (s *service) openPages(cfg *Config, b *backend) (*web.Handler, error) {
	if b.emulator == nil || !cfg.Emulator.Pages.Enabled {
		return nil, nil
	}
	addresses := []page.Link{{Text: "Web services", URL: "/" + strings.Trim(cfg.Prefix, "/") + "/"}}
	for _, service := range wsdl.Services() {
		addresses = append(addresses, page.Link{Text: service.Name, URL: strings.TrimSuffix(addresses[0].URL, "/") + "/" + service.Name + ".asmx"})
	}
	return web.New(web.Config{
		Settings: cfg.Emulator.Pages, Emulator: b.emulator, Admit: s.admit, Unlock: cfg.unlock(), Addresses: addresses,
		Secure: cfg.TLS.Certificate != "", Logger: s.logs.Logger(partPages),
	})
}

// unlock returns the tokens of the listeners that can change the emulator.
func (c *Config) unlock() []secret.String {
	if c.Admin.Listen == "" {
		return nil
	}
	return []secret.String{c.Admin.Token}
}

// admit checks the credentials of a page's visitor as the web services do, and
// holds him to the gateway's base.
func (s *service) admit(w http.ResponseWriter, r *http.Request) (mpf.Caller, bool) {
	current := s.current.Load()
	caller, gate := mpf.Caller{Trusted: true, Base: current.backend.base}, current.gate
	if gate == nil {
		return caller, true
	}
	admitted, ok := gate.Admit(w, r)
	if !ok {
		return mpf.Caller{}, false
	}
	if login, known := auth.FromContext(admitted.Context()); known {
		caller.Domain, caller.Username, caller.Password = login.Identity.Domain, login.Identity.Username, login.Credentials.Password
	}
	return caller, true
}
