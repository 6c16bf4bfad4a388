package ldap

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/jimlambrt/gldap"
)

// routes says what answers which operation. Changes are refused under the
// operation's own response, since clients look no further. What the library
// does not know the gate answers.
func (s *Server) routes() (*gldap.Mux, error) {
	mux, err := gldap.NewMux()
	if err != nil {
		return nil, err
	}
	return mux, errors.Join(
		mux.ExtendedOperation(s.meet, gldap.ExtendedOperationName(s.gate.key)),
		mux.Bind(s.counted(s.bind)),
		mux.Search(s.counted(s.search)),
		mux.Add(s.counted(refuse(gldap.ApplicationAddResponse, readOnly))),
		mux.Modify(s.counted(refuse(gldap.ApplicationModifyResponse, readOnly))),
		mux.Delete(s.counted(refuse(gldap.ApplicationDelResponse, readOnly))),
		mux.DefaultRoute(s.counted(refuse(gldap.ApplicationExtendedResponse, "this extended operation is not supported"))),
	)
}

// meet lets the gate in.
func (s *Server) meet(w *gldap.ResponseWriter, r *gldap.Request) {
	s.change(r.ConnectionID(), func(of *session) { of.known = true })
	_ = w.Write(r.NewExtendedResponse(gldap.WithResponseCode(gldap.ResultSuccess)))
}

const readOnly = "this directory is read over LDAP and changed by provisioning requests only"

// counted runs a handler for the gate, unless the server is closed. The library runs
// handlers in goroutines of their own, where a panic would end the program.
func (s *Server) counted(handler gldap.HandlerFunc) gldap.HandlerFunc {
	return func(w *gldap.ResponseWriter, r *gldap.Request) {
		if !s.session(r.ConnectionID()).known || !s.begin() {
			return // who does not come from the gate, or too late, gets no answer
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
