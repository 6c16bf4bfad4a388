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
	answer := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultOperationsError))
	defer func() { _ = w.Write(answer) }()
	// Whatever comes of it, the connection is not any more what it was.
	s.change(r.ConnectionID(), func(of *session) { of.account = store.GUID{} })
	message, err := r.GetSimpleBindMessage()
	switch {
	case err != nil, message.UserName == s.gate.key: // which stands for other methods
		answer.SetResultCode(gldap.ResultAuthMethodNotSupported)
	case message.UserName == "" && message.Password == "":
		answer.SetResultCode(gldap.ResultSuccess) // anonymous: the root DSE only
	case message.Password == "":
		answer.SetResultCode(gldap.ResultUnwillingToPerform)
		answer.SetDiagnosticMessage("a bind with a name needs a password") // F407
	default:
		s.logon(answer, r.ConnectionID(), message)
	}
}

func (s *Server) logon(answer *gldap.BindResponse, connection int, message *gldap.SimpleBindMessage) {
	account, err := s.cfg.Store.Logon(s.ctx, message.UserName, string(message.Password))
	if err == nil {
		s.change(connection, func(of *session) { of.account = account.GUID })
		answer.SetResultCode(gldap.ResultSuccess)
		return
	}
	for _, refusal := range refusals {
		if errors.Is(err, refusal.err) {
			data := refusal.data
			if refusal.err == store.ErrPasswordExpired && s.mustChange(account) {
				data = "773"
			}
			answer.SetResultCode(gldap.ResultInvalidCredentials)
			answer.SetDiagnosticMessage("80090308: LdapErr: DSID-0C090334, comment: AcceptSecurityContext error, data " + data + ", vece")
			return
		}
	}
	if s.ctx.Err() == nil {
		s.cfg.Logger.Error("LDAP bind", "error", err)
	}
}

// mustChange tells whether a password that has expired never became valid: it
// must be changed at the first logon.
func (s *Server) mustChange(account *store.Object) bool {
	var set string
	err := s.cfg.Store.View(s.ctx, func(tx *store.Tx) (err error) {
		set, err = tx.Value(account, "pwdLastSet")
		return err
	})
	return err == nil && (set == "" || set == "0")
}
