package auth

import (
	"errors"
	"fmt"
	"slices"
)

// ErrBadCredentials is every refusal of a pair by a back end: wrong password,
// unknown user, not in the group. The text never says which.
var ErrBadCredentials = errors.New("bad credentials")

// ErrUnavailable is the answer of a back end that could not decide, because
// the directory cannot be reached or refuses to answer.
var ErrUnavailable = errors.New("authentication is not available")

// Outcome is the verdict on one request, from a closed list.
type Outcome string

// The outcomes.
const (
	OutcomeOK           Outcome = "ok"
	OutcomeUnauthorized Outcome = "unauthorized"
	OutcomeThrottled    Outcome = "throttled"
	OutcomeUnavailable  Outcome = "unavailable"
)

// Outcomes lists every outcome, for metrics that start at zero.
func Outcomes() []Outcome {
	return []Outcome{OutcomeOK, OutcomeUnauthorized, OutcomeThrottled, OutcomeUnavailable}
}

// Reason says why an outcome came about, from a closed list. It is for metrics
// and logs; the caller is never told.
type Reason string

// The reasons.
const (
	ReasonCached           Reason = "cached"             // good, and known to be
	ReasonChecked          Reason = "checked"            // good, the back end said so
	ReasonMissing          Reason = "missing"            // no Authorization header
	ReasonScheme           Reason = "unsupported_scheme" // a scheme other than Basic
	ReasonMalformed        Reason = "malformed"          // not base64 of user:password
	ReasonEmptyPassword    Reason = "empty_password"
	ReasonWrongPassword    Reason = "wrong_password"
	ReasonUnknownUser      Reason = "unknown_user"
	ReasonDisabled         Reason = "disabled"
	ReasonLocked           Reason = "locked"
	ReasonExpired          Reason = "expired" // account or password, or it must be changed first
	ReasonNotInGroup       Reason = "not_in_group"
	ReasonOther            Reason = "other" // refused, and the back end does not say why
	ReasonThrottledSource  Reason = "throttled_source"
	ReasonThrottledAccount Reason = "throttled_account"
	ReasonUnreachable      Reason = "unreachable"
	ReasonTimeout          Reason = "timeout"
	ReasonCancelled        Reason = "cancelled" // the caller went away before the verdict
)

// reasonsOf lists what can go with each outcome.
var reasonsOf = map[Outcome][]Reason{
	OutcomeOK: {ReasonCached, ReasonChecked},
	OutcomeUnauthorized: {
		ReasonMissing, ReasonScheme, ReasonMalformed, ReasonEmptyPassword, ReasonWrongPassword, ReasonUnknownUser,
		ReasonDisabled, ReasonLocked, ReasonExpired, ReasonNotInGroup, ReasonOther,
	},
	OutcomeThrottled:   {ReasonThrottledSource, ReasonThrottledAccount},
	OutcomeUnavailable: {ReasonUnreachable, ReasonTimeout, ReasonCancelled},
}

// Reasons lists the reasons that can go with an outcome.
func Reasons(outcome Outcome) []Reason { return slices.Clone(reasonsOf[outcome]) }

// refusal is an ErrBadCredentials that remembers why, without saying so.
type refusal struct{ reason Reason }

func (r refusal) Error() string { return ErrBadCredentials.Error() }

func (r refusal) Unwrap() error { return ErrBadCredentials }

// Refused makes the error of a back end that refuses a pair. It is
// [ErrBadCredentials] and prints as that; [ReasonOf] finds the reason.
func Refused(reason Reason) error { return refusal{reason: reason} }

// ReasonOf finds why a back end refused, [ReasonOther] if it did not say.
func ReasonOf(err error) Reason {
	var r refusal
	if errors.As(err, &r) && slices.Contains(reasonsOf[OutcomeUnauthorized], r.reason) {
		return r.reason
	}
	return ReasonOther
}

// unavailable wraps a cause as ErrUnavailable.
func unavailable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUnavailable, fmt.Errorf(format, args...))
}
