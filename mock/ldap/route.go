package ldap

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/jimlambrt/gldap"
)

// routes says what answers which operation. Changes are refused under the
// operation's own response, since clients look no further. Operations that the
// library does not know (rename, compare, abandon, binds by SASL) end the
// connection, which no client takes for success.
func (s *Server) routes() (*gldap.Mux, error) {
	mux, err := gldap.NewMux()
	if err != nil {
		return nil, err
	}
	return mux, errors.Join(
		mux.Bind(s.counted(s.bind)),
		mux.Search(s.counted(s.search)),
		mux.ExtendedOperation(s.counted(s.startTLS), gldap.ExtendedOperationStartTLS),
		mux.Add(s.counted(refuse(gldap.ApplicationAddResponse, readOnly))),
		mux.Modify(s.counted(refuse(gldap.ApplicationModifyResponse, readOnly))),
		mux.Delete(s.counted(refuse(gldap.ApplicationDelResponse, readOnly))),
		mux.DefaultRoute(s.counted(refuse(gldap.ApplicationExtendedResponse, "this extended operation is not supported"))),
	)
}

const readOnly = "this directory is read over LDAP and changed by provisioning requests only"

// counted runs a handler, unless the server is closed. The library runs
// handlers in goroutines of their own, where a panic would end the program.
func (s *Server) counted(handler gldap.HandlerFunc) gldap.HandlerFunc {
	return func(w *gldap.ResponseWriter, r *gldap.Request) {
		if !s.begin() {
			return // the library ends the connection after this request
		}
		defer s.running.Done()
		defer func() {
			if p := recover(); p != nil {
				s.cfg.Logger.Error("LDAP request", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		handler(w, r)
	}
}

func refuse(application int, why string) gldap.HandlerFunc {
	return func(w *gldap.ResponseWriter, r *gldap.Request) {
		_ = w.Write(r.NewResponse(gldap.WithApplicationCode(application),
			gldap.WithResponseCode(gldap.ResultUnwillingToPerform), gldap.WithDiagnosticMessage(why), gldap.WithMatchedDN("")))
	}
}

// startTLS is served by the library before it reads on, so that nothing else
// is under way on the connection.
func (s *Server) startTLS(w *gldap.ResponseWriter, r *gldap.Request) {
	answer := r.NewExtendedResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	switch {
	case s.cfg.TLS == nil:
		answer.SetResultCode(gldap.ResultUnavailable)
		answer.SetDiagnosticMessage("TLS is not configured")
	case s.cfg.Implicit || s.session(r.ConnectionID()).tls:
		answer.SetResultCode(gldap.ResultOperationsError)
		answer.SetDiagnosticMessage("the connection is encrypted already")
	default:
		if w.Write(answer) != nil {
			return
		}
		if err := r.StartTLS(s.cfg.TLS); err != nil {
			s.cfg.Logger.Debug("LDAP StartTLS", "error", err)
		}
		s.change(r.ConnectionID(), func(of *session) { of.tls = true })
		return
	}
	_ = w.Write(answer)
}
