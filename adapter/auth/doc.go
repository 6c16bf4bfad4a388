// Package auth lets callers of the gateway in by Basic authentication.
//
// A [Gate] judges one request:
//
//	Authorization header ──► Pair (as sent, percent-decoded)
//	    ──► throttle: too many failures from this address?     429
//	    ──► cache: a pair found good a moment ago?             through
//	    ──► Authenticator: LDAP bind, users file, or function  through, 401, 503
//
// The back ends are [LDAP] (a bind at a domain controller, then membership in a
// group), [UsersFile] (bcrypt hashes), and [AuthenticatorFunc] (anything else,
// such as an emulator's own accounts). They say no with [ErrBadCredentials],
// always the same to the caller, and [ErrUnavailable] when they could not ask.
// Why they said no is a [Reason] from a closed list, for metrics and logs only.
//
// [Gate.Check] only judges; [Gate.Admit] also writes the refusal, or gives a
// request whose handler finds the caller with [FromContext].
package auth
