package journal

import (
	"fmt"
	"regexp"
	"strings"

	"wsexchange/mock/fault"
	"wsexchange/mpf"
)

// Explanation says why a request failed.
type Explanation struct {
	Failed    bool   `json:"failed"`
	Operation string `json:"operation,omitempty"` // of the web service that a gateway made the request for
	ID        string `json:"id,omitempty"`        // the caller's id of that call, clientTransactionId
	Step      int    `json:"step,omitempty"`      // the call that failed, from 1
	Procedure string `json:"procedure,omitempty"` // the innermost that the error came from
	Through   string `json:"through,omitempty"`   // the way from it to the request
	Code      string `json:"code"`
	CodeName  string `json:"codeName,omitempty"`
	Cause     string `json:"cause,omitempty"` // id of the rule that was broken
	Rule      string `json:"rule,omitempty"`  // that rule in words, with %1, %2 for what differs
	// Object is what stood in the way, as far as the error names it.
	Object      string `json:"object,omitempty"`
	About       string `json:"about,omitempty"` // the first path that the request names
	Description string `json:"description,omitempty"`
	Hidden      string `json:"hidden,omitempty"` // the error behind an internal one
	Text        string `json:"text"`             // all of it, to be read
}

// Explain says why a request failed, or that it did not.
func (e Entry) Explain() Explanation {
	x := Explanation{Failed: e.Failed(), Code: e.Code, Operation: e.Operation, ID: e.ClientID}
	if !x.Failed {
		x.Text = fmt.Sprintf("%s::%s succeeded: %d calls, %d objects changed.\n", e.Namespace, e.Procedure, len(e.Calls), len(e.Changes)) + x.soapCall()
		return x
	}
	x.Step, x.Cause, x.Description, x.Hidden = e.Error.Step, e.Error.Cause, e.Error.Description, e.Error.Hidden
	if code, err := mpf.ParseHRESULT(e.Code); err == nil {
		x.CodeName = code.Name()
	}
	x.Procedure = e.Namespace + "::" + e.Procedure
	if len(e.Error.Through) > 0 {
		x.Procedure, x.Through = e.Error.Through[0], strings.Join(e.Error.Through, " < ")
	}
	for _, cause := range mpf.Causes() {
		if cause.ID == x.Cause {
			x.Rule = cause.Text
		}
	}
	if id, ok := strings.CutPrefix(x.Cause, fault.CausePrefix); ok {
		x.Rule = "the fault rule '" + id + "' made the call fail"
	}
	x.Object = objectIn(x.Rule, x.Description)
	x.About = strings.TrimRight(path.FindString(e.Request), " .,;:)")
	x.Text = x.words()
	return x
}

func (x Explanation) soapCall() string {
	if x.Operation == "" {
		return ""
	}
	return fmt.Sprintf("SOAP call: %s, request %s\n", x.Operation, x.ID)
}

func (x Explanation) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Call %d, %s, failed with %s (%s).\n%s", x.Step, x.Procedure, x.Code, x.CodeName, x.soapCall())
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	line("Error", x.Description)
	line("Rule", strings.TrimSpace(x.Cause+" "+x.Rule))
	line("Object", x.Object)
	if x.About != x.Object {
		line("Request about", x.About)
	}
	line("Way", x.Through)
	line("Behind it", x.Hidden)
	return b.String()
}

var (
	placeholder = regexp.MustCompile(`%[1-9]`)
	path        = regexp.MustCompile(`(?i)LDAP://[^'"\[\]<&]+`)
)

// objectIn finds what a description names: the first path in it, else what
// stands for the first placeholder of the rule.
func objectIn(rule, description string) string {
	if found := path.FindString(description); found != "" {
		return strings.TrimRight(strings.TrimSpace(found), ".,;:)")
	}
	if !placeholder.MatchString(rule) {
		return ""
	}
	pattern := placeholder.ReplaceAllString(regexp.QuoteMeta(rule), "(.*?)")
	matcher, err := regexp.Compile("^" + pattern + ` \[E-[A-Z0-9-]+\]$`)
	if err != nil {
		return ""
	}
	if found := matcher.FindStringSubmatch(description); len(found) > 1 {
		return found[1]
	}
	return ""
}
