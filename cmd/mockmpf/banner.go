package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"wsexchange/internal/daemon"
	"wsexchange/mock/directory"
	"wsexchange/mock/ldap"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

// demoAccount is the account of the demo data that a gateway uses.
const demoAccount = "hsadmin"

// banner tells where everything is, and a request that works as it is pasted.
func (s *service) banner(ctx context.Context, w io.Writer) error {
	domain, login, err := s.demo(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%-24s %s\n", name+":", value) }
	b.WriteString("The provisioning engine and its directory:\n")
	line("Engine", s.url())
	e := s.emulator
	for _, listener := range []struct {
		name   string
		server *ldap.Server
	}{
		{"Directory", e.LDAP},
		{"Directory with TLS", e.LDAPSecure},
		{"Global catalog", e.Catalog},
		{"Global catalog with TLS", e.CatalogSecure},
	} {
		if listener.server != nil {
			line(listener.name, listener.server.Scheme()+daemon.Dialable(listener.server.Address()))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Controllers)) {
		line("Directory of "+name, e.Controllers[name].Scheme()+daemon.Dialable(e.Controllers[name].Address()))
	}
	line("Domain", domain.NetBIOS+", "+domain.DN.String())
	if domain.Hosting.IsZero() {
		line("Hosting", "none yet: run init")
	} else {
		line("Hosting", domain.Hosting.String())
	}
	if url := s.MetricsURL(); url != "" {
		line("Metrics", url)
	}
	if url := s.AdminURL(); url != "" {
		line("Admin", url)
	}
	if s.control != nil {
		line("Control", "http://"+daemon.Dialable(s.control.Listener.Addr().String())+"/_mock/")
	}
	if s.pages != nil {
		line("Pages", strings.TrimSuffix(s.url(), s.current.Load().cfg.Path)+"/")
	}
	if login != "" {
		line("Account", login)
		fmt.Fprintf(&b, "First request:\n%s\n", curl(login, s.url()))
	}
	b.WriteString("ready\n")
	_, err = io.WriteString(w, b.String())
	return err
}

func (s *service) url() string {
	scheme := "http"
	if s.endpoint.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + daemon.Dialable(s.endpoint.Listener.Addr().String()) + s.current.Load().cfg.Path
}

// demo gives the domain, and the login with its password if it is the public
// one of the demo data. Another seed's passwords, and changed ones, are not
// shown.
func (s *service) demo(ctx context.Context) (domain directory.Domain, login string, err error) {
	err = s.emulator.Store.View(ctx, func(tx *state.Tx) error {
		if domain, err = directory.In(tx).Domain(); err != nil || s.current.Load().cfg.Seed != "" {
			return err
		}
		for _, account := range seed.Demo().Accounts {
			if account.Name != demoAccount {
				continue
			}
			if o, err := directory.In(tx).BySAM(account.Name); err == nil && directory.In(tx).CheckPassword(o, string(account.Password)) == nil {
				login = domain.NetBIOS + `\` + account.Name + ":" + string(account.Password)
			}
		}
		return nil
	})
	return domain, login, err
}

// curl is a request for the plans.
func curl(login, url string) string {
	return fmt.Sprintf(`curl -sS -u '%s' -H 'Content-Type: text/xml; charset=utf-8' --data-binary @- %s <<'XML'
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
<soap:Header><provisioning xmlns="http://maps/specs/prov.xml"><namespace>Windows-based Hosting</namespace><procedure>QueryPlans</procedure></provisioning></soap:Header>
<soap:Body><request><data/></request></soap:Body></soap:Envelope>
XML`, login, url)
}
