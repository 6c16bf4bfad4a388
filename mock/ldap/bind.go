package ldap

import (
	"errors"

	"github.com/jimlambrt/gldap"

	"wsexchange/mock/store"
)

// refusals maps account states to the data word that Active Directory puts into
// the diagnostic message of a refused bind (F400).
var refusals = []struct {
	err  error
	data string
}{
	{store.ErrNotFound, "525"},
	{store.ErrWrongPassword, "52e"},
	{store.ErrAccountDisabled, "533"},
	{store.ErrAccountExpired, "701"},
	{store.ErrPasswordExpired, "532"},
	{store.ErrAccountLocked, "775"},
}

func (s *Server) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	answer := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
	defer func() { _ = w.Write(answer) }()
	s.setAccount(r.ConnectionID(), nil) // a failed bind leaves the connection anonymous
	message, err := r.GetSimpleBindMessage()
	switch {
	case err != nil:
		answer.SetResultCode(gldap.ResultAuthMethodNotSupported)
		return
	case message.UserName == "" && message.Password == "":
		answer.SetResultCode(gldap.ResultSuccess) // anonymous: the root DSE only
		return
	case message.Password == "":
		answer.SetResultCode(gldap.ResultUnwillingToPerform)
		answer.SetDiagnosticMessage("a bind with a name needs a password")
		return
	}
	account, err := s.cfg.Store.Logon(s.ctx, message.UserName, string(message.Password))
	if err == nil {
		s.setAccount(r.ConnectionID(), account)
		answer.SetResultCode(gldap.ResultSuccess)
		return
	}
	for _, refusal := range refusals {
		if errors.Is(err, refusal.err) {
			answer.SetDiagnosticMessage("80090308: LdapErr: DSID-0C090000, comment: AcceptSecurityContext error, data " + refusal.data + ", v0ce0")
			return
		}
	}
	s.cfg.Logger.Error("LDAP bind", "error", err)
	answer.SetResultCode(gldap.ResultOperationsError)
}
