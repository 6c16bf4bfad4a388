package ldap

import (
	"errors"

	"github.com/jimlambrt/gldap"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// refusals maps account states to the data word that Active Directory puts into
// the diagnostic message of a refused bind (F400).
var refusals = []struct {
	err  error
	data string
}{
	{state.ErrNotFound, "525"},
	{directory.ErrWrongPassword, "52e"},
	{directory.ErrAccountDisabled, "533"},
	{directory.ErrAccountExpired, "701"},
	{directory.ErrPasswordExpired, "532"},
	{directory.ErrAccountLocked, "775"},
}

func (s *Server) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	answer := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultOperationsError))
	defer func() { _ = w.Write(answer) }()
	// Whatever comes of it, the connection is not any more what it was.
	s.change(r.ConnectionID(), func(of *session) { of.account = directory.GUID{} })
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
	account, err := s.cfg.Logon(s.ctx, message.UserName, string(message.Password))
	if err == nil {
		s.change(connection, func(of *session) { of.account = account.GUID })
		answer.SetResultCode(gldap.ResultSuccess)
		return
	}
	for _, refusal := range refusals {
		if errors.Is(err, refusal.err) {
			data := refusal.data
			if refusal.err == directory.ErrPasswordExpired && s.mustChange(account) {
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
func (s *Server) mustChange(account *directory.Object) bool {
	var set string
	err := s.cfg.Store.View(s.ctx, func(tx *state.Tx) (err error) {
		set, err = directory.In(tx).Value(account, "pwdLastSet")
		return err
	})
	return err == nil && (set == "" || set == "0")
}
