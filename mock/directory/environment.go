package directory

import "wsexchange/mock/state"

// PasswordsOf returns what an environment hashes with; one of the default cost
// where that is not settled.
func PasswordsOf(env state.Env) *Passwords {
	if p, ok := env.Values[passwordsKey{}].(*Passwords); ok {
		return p
	}
	return defaultPasswords
}
