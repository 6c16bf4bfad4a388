package ldap

import (
	"context"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/directory"
	"wsexchange/mock/ldap/cldap"
	"wsexchange/mock/ldap/control"
	"wsexchange/mock/ldap/rootdse"
	"wsexchange/mock/ldap/wire"
	"wsexchange/mock/state"
)

// startTLS is the name of the extended operation.
const startTLS = "1.3.6.1.4.1.1466.20037"

// root answers with the root DSE, which is not an entry of the directory: it
// matches the filter for every entry and no other (F404). A search for netlogon
// is an LDAP ping, whatever its filter.
func (q *query) root(tx *state.Tx) error {
	if ping, err := cldap.ReadPing(q.request); err == nil {
		domain, err := q.handler.domain(tx)
		if err != nil || !domain.Knows(ping) {
			return err
		}
		e := q.writer.Begin("")
		e.BeginAttribute("netlogon")
		e.Octets(domain.Answer(ping, knownAccount(tx, ping.User)))
		e.EndAttribute()
		return q.writer.End()
	}
	if q.request.Filter.Choice != ldap.FilterPresent || !strings.EqualFold(q.request.Filter.Attribute, "objectClass") {
		return nil
	}
	content, err := q.handler.content(tx)
	if err != nil {
		return err
	}
	e := q.writer.Begin("")
	for _, a := range rootdse.Attributes(content) {
		// Nothing here is what entries have, so that all of it is asked for by "+" too.
		if !q.selection.Operational() && !q.selection.Includes(a.Name, false) {
			continue
		}
		if q.request.TypesOnly {
			a.Values = nil
		}
		e.Attribute(a.Name, a.Values...)
	}
	return q.writer.End()
}

// content is what the root DSE says.
func (h *handler) content(tx *state.Tx) (rootdse.Content, error) {
	d := directory.In(tx)
	domain, err := d.Domain()
	if err != nil {
		return rootdse.Content{}, err
	}
	usn, err := d.HighestUSN()
	if err != nil {
		return rootdse.Content{}, err
	}
	host, err := h.host(tx, domain)
	if err != nil {
		return rootdse.Content{}, err
	}
	c := rootdse.Content{
		Now: tx.Now(), Domain: domain.DN.String(), Configuration: domain.Configuration.String(), DomainName: domain.Name, Host: host,
		HighestUSN: usn, GlobalCatalog: true, Controls: control.Supported(), Extensions: []string{ldap.ControlTypeWhoAmI},
		Levels: rootdse.Levels{Domain: rootdse.Level2003, Forest: rootdse.Level2003, Controller: rootdse.Level2003},
	}
	label, _, _ := strings.Cut(host, ".")
	server := domain.Configuration.Child("CN", "Sites").Child("CN", cldap.DefaultSite).Child("CN", "Servers").Child("CN", strings.ToUpper(label))
	if exists, err := d.Exists(server); err != nil {
		return rootdse.Content{}, err
	} else if exists {
		c.Server = server.String()
	}
	if h.cfg.TLS != nil && !h.cfg.Implicit {
		c.Extensions = append(c.Extensions, startTLS)
	}
	return c, nil
}

// host returns the DNS name by which the controller calls itself.
func (h *handler) host(tx *state.Tx, domain directory.Domain) (string, error) {
	if h.cfg.Controller != "" {
		return h.cfg.Controller, nil
	}
	controllers, err := directory.In(tx).Controllers()
	if err != nil || len(controllers) == 0 {
		return domain.Name, err
	}
	return controllers[0], nil
}

// domain describes the domain for LDAP pings.
func (h *handler) domain(tx *state.Tx) (cldap.Domain, error) {
	d := directory.In(tx)
	domain, err := d.Domain()
	if err != nil {
		return cldap.Domain{}, err
	}
	o, err := d.Get(domain.DN)
	if err != nil {
		return cldap.Domain{}, err
	}
	host, err := h.host(tx, domain)
	return cldap.Domain{GUID: o.GUID, Forest: domain.Name, DNSName: domain.Name, NetBIOS: domain.NetBIOS, Host: host}, err
}

func knownAccount(tx *state.Tx, name string) bool {
	_, err := directory.In(tx).BySAM(name)
	return err == nil
}

// describe, known and pingedRoot answer LDAP pings over UDP.

func (h *handler) describe(ctx context.Context) (domain cldap.Domain, err error) {
	err = h.cfg.View(ctx, func(tx *state.Tx) error {
		domain, err = h.domain(tx)
		return err
	})
	return domain, err
}

func (h *handler) known(ctx context.Context, user string) (known bool) {
	_ = h.cfg.View(ctx, func(tx *state.Tx) error { // one that cannot be read is not known
		known = knownAccount(tx, user)
		return nil
	})
	return known
}

func (h *handler) pingedRoot(ctx context.Context, _ *wire.SearchRequest) (attributes []wire.Attribute, err error) {
	err = h.cfg.View(ctx, func(tx *state.Tx) error {
		content, err := h.content(tx)
		attributes = rootdse.Attributes(content)
		return err
	})
	return attributes, err
}
