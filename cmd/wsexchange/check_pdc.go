package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/go-ldap/ldap/v3"
	"github.com/spf13/cobra"

	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

const flagPDC = "pdc"

// checkCommand has check, with the value of one of H-Sphere's settings as a
// flag.
func checkCommand(p *daemon.Program[Config]) *cobra.Command {
	c := &cobra.Command{Use: "check", Short: "Tell line by line whether everything that serve needs is there, with cause and cure"}
	pdc := c.Flags().String(flagPDC, "", `also tell which domain controller a value of H-Sphere's setting Primary Domain Controller means: name, IP address, \\name`)
	return p.Configured(c, func(c *cobra.Command, cfg *Config) error { return check(c, cfg, pdc) })
}

// cureOfPDC is what to type in H-Sphere's setting.
const cureOfPDC = "type the full DNS name of a domain controller as Primary Domain Controller"

// pdc tells which domain controller a value of H-Sphere's setting Primary Domain
// Controller means: to the embedded engine, else by asking whatever answers
// there.
func (r *report) pdc(ctx context.Context, b *backend, value string) {
	value = strings.TrimSpace(value)
	subject := fmt.Sprintf("primary domain controller %q", value)
	if value == "" {
		r.fail(subject, errors.New("it is empty"), cureOfPDC)
		return
	}
	find := askController
	if b.emulator != nil {
		find = embeddedController
	}
	meant, err := find(ctx, b, value)
	if err != nil {
		r.fail(subject, err, cureOfPDC)
		return
	}
	r.ok(subject, formOfPDC(value)+" and means "+meant)
}

// formOfPDC says how a controller is written.
func formOfPDC(value string) string {
	name, unc := strings.CutPrefix(value, `\\`)
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	switch {
	case unc && err == nil:
		return "is the UNC name of an IP address"
	case unc:
		return "is a UNC name"
	case err == nil:
		return "is an IP address"
	case strings.Contains(strings.TrimSuffix(name, "."), "."):
		return "is a DNS name"
	}
	return "is a host name"
}

// embeddedController asks the embedded engine, with the names that there are if
// the value means none.
func embeddedController(ctx context.Context, b *backend, value string) (string, error) {
	found, err := b.emulator.Engine.ControllerNamed(ctx, value)
	if err != nil || found != "" {
		return found, err
	}
	var known []string
	err = b.emulator.Store.View(ctx, func(tx *state.Tx) error {
		known, err = directory.In(tx).Controllers()
		return err
	})
	if err == nil {
		err = fmt.Errorf("the domain has no such controller, only %s", strings.Join(known, ", "))
	}
	return "", err
}

// askController reads who a domain controller says that it is, over plain LDAP:
// no account is needed for that.
func askController(ctx context.Context, b *backend, value string) (string, error) {
	host := strings.TrimPrefix(value, `\\`)
	if address, err := netip.ParseAddr(host); err == nil && address.Is6() {
		host = "[" + host + "]"
	}
	conn, err := dial(ctx, &Config{}, host, auth.SecurityPlain)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	answer, err := conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 5, false,
		"(objectClass=*)", []string{"dnsHostName", "defaultNamingContext"}, nil))
	if err != nil {
		return "", err
	}
	if len(answer.Entries) == 0 || answer.Entries[0].GetAttributeValue("dnsHostName") == "" {
		return "", errors.New("what answers there is not a domain controller")
	}
	name, context := answer.Entries[0].GetAttributeValue("dnsHostName"), answer.Entries[0].GetAttributeValue("defaultNamingContext")
	if dn, err := ldappath.ParseDN(context); err != nil || !b.domain.IsZero() && !dn.Equal(b.domain) {
		return "", fmt.Errorf("%s is a domain controller of %s, not of %s", name, context, b.domain)
	}
	return strings.ToLower(name), nil
}
