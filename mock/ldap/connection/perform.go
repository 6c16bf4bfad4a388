package connection

import (
	"slices"
	"strconv"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/ldap/wire"
)

// Extended operations that are known here.
const (
	startTLS = "1.3.6.1.4.1.1466.20037"
	whoAmI   = ldap.ControlTypeWhoAmI
)

// Texts of refusals (F411).
const (
	readOnly         = "this directory is read over LDAP and changed by provisioning requests (MPF) only"
	noPassword       = "a bind with a name needs a password" // F407
	unknownExtension = "0000203D: LdapErr: DSID-0C090C7D, comment: Unknown extended request OID, data 0, vece"
	otherMethods     = "00002027: LdapErr: DSID-0C0905FB, comment: Invalid Authentication method, data 0, vece"
)

// perform answers a request.
func (o *operation) perform(m *wire.Message, w *SearchWriter) wire.Response {
	if oid := o.refusedControl(m.Controls); oid != "" {
		return result(ldap.LDAPResultUnavailableCriticalExtension, "control "+oid+" is not supported")
	}
	c := o.client
	switch request := m.Request.(type) {
	case *wire.BindRequest:
		return wire.Response{Result: o.bind(request)}
	case *wire.SearchRequest:
		return wire.Response{Result: c.cfg.Handler.Search(o.ctx, &c.session, request, w), Controls: w.controls}
	case *wire.CompareRequest:
		return wire.Response{Result: c.cfg.Handler.Compare(o.ctx, &c.session, request)}
	case *wire.ExtendedRequest:
		return o.extended(request)
	}
	return result(ldap.LDAPResultUnwillingToPerform, readOnly)
}

func result(code uint16, text string) wire.Response {
	return wire.Response{Result: wire.Result{Code: code, Text: text}}
}

// refusedControl returns the OID of a critical control that is not known for
// the operation, "" if there is none.
func (o *operation) refusedControl(controls []wire.Control) string {
	for _, control := range controls {
		known := o.kind == wire.OpSearchRequest && slices.Contains(o.client.cfg.Controls, control.OID)
		if control.Critical && !known {
			return control.OID
		}
	}
	return ""
}

// Versions of LDAP. Active Directory takes binds of version 2.
const oldestVersion, latestVersion = 2, 3

// bind changes who the client is. Whatever comes of it, the client is not any
// more who it was.
func (o *operation) bind(r *wire.BindRequest) wire.Result {
	session := &o.client.session
	session.become(nil)
	switch {
	case r.Version < oldestVersion || r.Version > latestVersion:
		return wire.Result{Code: ldap.LDAPResultProtocolError, Text: "LDAP version " + strconv.Itoa(int(r.Version)) + " is not supported"}
	case r.Method != wire.BindSimple:
		return wire.Result{Code: ldap.LDAPResultAuthMethodNotSupported, Text: otherMethods}
	case r.Password == "" && r.Name == "":
		return wire.Result{}
	case r.Password == "":
		return wire.Result{Code: ldap.LDAPResultUnwillingToPerform, Text: noPassword}
	}
	identity, result := o.client.cfg.Handler.Bind(o.ctx, session, r)
	if result.Code == ldap.LDAPResultSuccess {
		session.become(identity)
	}
	return result
}

func (o *operation) extended(r *wire.ExtendedRequest) wire.Response {
	if r.Name != whoAmI {
		return result(ldap.LDAPResultProtocolError, unknownExtension)
	}
	if identity := o.client.session.Identity(); identity != nil {
		return wire.Response{Value: identity.AuthzID(), HasValue: true}
	}
	return wire.Response{HasValue: true}
}

// startTLS answers a request for TLS and begins it. It is called by the
// goroutine that reads, so that nothing is read before.
func (c *client) startTLS(id int32) error {
	config := c.cfg.tls()
	refuse := func(code uint16, text string) error {
		return c.answerTLS(id, wire.Result{Code: code, Text: text})
	}
	switch {
	case config == nil:
		return refuse(ldap.LDAPResultUnavailable, "TLS is not configured")
	case c.session.Encrypted():
		return refuse(ldap.LDAPResultOperationsError, "the connection is encrypted already")
	case c.underWay():
		return refuse(ldap.LDAPResultOperationsError, "other operations are under way")
	case c.reader.Buffered() > 0: // it would be taken for what came under TLS
		return &wire.SyntaxError{Text: "requests after StartTLS and before its answer"}
	}
	if err := c.answerTLS(id, wire.Result{}); err != nil {
		return err
	}
	return c.handshake(config)
}

func (c *client) answerTLS(id int32, r wire.Result) error {
	var e wire.Encoder
	e.Response(id, wire.Response{Operation: wire.OpExtendedResponse, Result: r, Name: startTLS})
	return c.write(e.Bytes(), nil)
}
