package directory

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"wsexchange/mock/state"
)

// PasswordPolicy is the domain's rule for passwords and logons. The directory
// keeps it in the attributes of the domain's object, where the original has
// it.
type PasswordPolicy struct {
	MinimumLength    int           `yaml:"minimumLength"`    // characters
	Complexity       bool          `yaml:"complexity"`       // three of four kinds of characters, no part of the account's names
	History          int           `yaml:"history"`          // how many past passwords cannot come back
	HistoryOnReset   bool          `yaml:"historyOnReset"`   // holds SetPassword to the history too, which the original does not
	MaximumAge       time.Duration `yaml:"maximumAge"`       // after which a password expires; 0 = never
	LockoutThreshold int           `yaml:"lockoutThreshold"` // wrong passwords that lock an account; 0 = never
	LockoutDuration  time.Duration `yaml:"lockoutDuration"`  // after which it unlocks by itself; 0 = never
	LockoutWindow    time.Duration `yaml:"lockoutWindow"`    // after which wrong passwords are forgotten; 0 = never
}

// DefaultPasswordPolicy is what a new domain of the original has, but for ages
// and lockout, which are off. F106.
func DefaultPasswordPolicy() PasswordPolicy {
	return PasswordPolicy{MinimumLength: 7, Complexity: true, History: 24}
}

const (
	settingHistoryOnReset = "history on reset"
	maximumPassword       = 256 // characters
	complexKinds          = 3
	shortestNamePart      = 3
	intervalsPerMicro     = 10 // the directory counts intervals of 100 ns
)

// PasswordPolicy returns the policy of the domain.
func (d Directory) PasswordPolicy() (PasswordPolicy, error) {
	domain, err := d.Domain()
	if err != nil {
		return PasswordPolicy{}, err
	}
	root := d.lookup(domain.DN)
	if root == nil {
		return PasswordPolicy{}, &state.NotFoundError{Kind: "name", Value: domain.DN.String()}
	}
	number := func(attribute string) int64 { return root.integer(mustNumber(attribute)) }
	return PasswordPolicy{
		MinimumLength: int(number("minPwdLength")), Complexity: number("pwdProperties")&1 != 0,
		History: int(number("pwdHistoryLength")), HistoryOnReset: d.text(settingHistoryOnReset) == "TRUE",
		MaximumAge: fromInterval(number("maxPwdAge")), LockoutThreshold: int(number("lockoutThreshold")),
		LockoutDuration: fromInterval(number("lockoutDuration")), LockoutWindow: fromInterval(number("lockOutObservationWindow")),
	}, nil
}

// SetPasswordPolicy changes the policy of the domain. It holds for passwords
// set from then on.
func (d Directory) SetPasswordPolicy(p PasswordPolicy) error {
	domain, err := d.Domain()
	if err != nil {
		return err
	}
	root, err := d.Get(domain.DN)
	if err != nil {
		return err
	}
	properties, onReset := "0", "FALSE"
	if p.Complexity {
		properties = "1"
	}
	if p.HistoryOnReset {
		onReset = "TRUE"
	}
	if err := d.SetAll(root, Attributes{
		value("minPwdLength", strconv.Itoa(p.MinimumLength)), value("pwdProperties", properties),
		value("pwdHistoryLength", strconv.Itoa(p.History)), value("maxPwdAge", interval(p.MaximumAge)),
		value("lockoutThreshold", strconv.Itoa(p.LockoutThreshold)), value("lockoutDuration", interval(p.LockoutDuration)),
		value("lockOutObservationWindow", interval(p.LockoutWindow)),
	}); err != nil {
		return err
	}
	return d.SetSetting(settingHistoryOnReset, onReset)
}

// interval writes a duration as the directory does: negative, in 100 ns.
func interval(d time.Duration) string {
	return strconv.FormatInt(-d.Microseconds()*intervalsPerMicro, 10)
}

func fromInterval(n int64) time.Duration {
	return time.Duration(-n/intervalsPerMicro) * time.Microsecond
}

// check holds a new password to length and complexity.
func (p PasswordPolicy) check(password string, names ...string) error {
	length := utf8.RuneCountInString(password)
	switch {
	case length < p.MinimumLength:
		return &PasswordPolicyError{Rule: "length", Need: fmt.Sprintf("at least %d characters", p.MinimumLength)}
	case length > maximumPassword:
		return &PasswordPolicyError{Rule: "length", Need: fmt.Sprintf("at most %d characters", maximumPassword)}
	case !p.Complexity:
		return nil
	case kinds(password) < complexKinds:
		return &PasswordPolicyError{Rule: "complexity", Need: "three of: capital letters, small letters, digits, other characters"}
	case containsName(password, names):
		return &PasswordPolicyError{Rule: "complexity", Need: "no part of the account's names"}
	}
	return nil
}

// kinds counts the kinds of characters in a password.
func kinds(password string) int {
	seen := make(map[string]bool)
	for _, c := range password {
		switch {
		case unicode.IsUpper(c):
			seen["capital"] = true
		case unicode.IsLower(c):
			seen["small"] = true
		case unicode.IsDigit(c):
			seen["digit"] = true
		default:
			seen["other"] = true
		}
	}
	return len(seen)
}

// containsName reports whether the password contains the account name, names[0], as
// a whole or a part of the other names, each if it has three characters. F106.
func containsName(password string, names []string) bool {
	folded := strings.ToLower(password)
	for i, name := range names {
		parts := []string{name}
		if i > 0 {
			parts = strings.FieldsFunc(name, func(c rune) bool { return strings.ContainsRune(",.-_ #\t", c) })
		}
		for _, part := range parts {
			if utf8.RuneCountInString(part) >= shortestNamePart && strings.Contains(folded, strings.ToLower(part)) {
				return true
			}
		}
	}
	return false
}
