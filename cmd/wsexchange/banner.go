package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"wsexchange/internal/daemon"
)

// banner tells what to type into the panel, and a call that works as it is
// pasted.
func (s *service) banner(w io.Writer) error {
	address, backend := s.url(), s.current.Load().backend
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%-27s %s\n", name+":", value) }
	fmt.Fprintf(&b, "For H-Sphere, E.Manager → MS Exchange:\n")
	line("URL", backend.demo.url(address))
	line("Primary Domain Controller", cmp.Or(strings.Join(backend.controllers, " or "), "the name of one"))
	line("LDAP", backend.panelBase)
	if backend.ldapURL != "" {
		line("Directory", backend.ldapURL)
	}
	if url := s.MetricsURL(); url != "" {
		line("Metrics", url)
	}
	if url := s.AdminURL(); url != "" {
		line("Admin", url)
	}
	if s.pages != nil {
		line("Pages", strings.TrimSuffix(address, "/"+strings.Trim(s.current.Load().cfg.Prefix, "/"))+"/")
	}
	line("WSDL", address+"/HostedExchange.asmx?WSDL")
	if backend.sample != "" {
		fmt.Fprintf(&b, "First call:\n%s\n", backend.demo.curl(address, backend))
	}
	b.WriteString("ready\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *service) url() string {
	scheme := "http"
	if s.web.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + daemon.Dialable(s.web.Listener.Addr().String()) + "/" + strings.Trim(s.current.Load().cfg.Prefix, "/")
}
