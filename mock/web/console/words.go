package console

import (
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/resource"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
)

// longestText is how much of a document a page shows, in characters: with two of
// them, in several forms, a page stays below 200 KB.
const longestText = 20_000

// first is the address of the first page of a list, or "" if it is open.
func first(v *page.Visit, name string) string {
	if v.QueryParam(name) == "" {
		return ""
	}
	return here(v, name, "")
}

// codeName is a code with its name.
func codeName(code uint32) string { return codeText(mpf.HRESULT(code).String()) }

// codeText is a code as the journal writes it, with its name.
func codeText(text string) string {
	code, err := mpf.ParseHRESULT(text)
	if err != nil {
		return text
	}
	if row, ok := code.Lookup(); ok {
		return text + " " + row.Name
	}
	return text
}

func failureCode(e journal.Entry) string {
	if !e.Failed() {
		return ""
	}
	return e.Code
}

// organizationName is the name in the path of an organization.
func organizationName(path string) string {
	parsed, err := ldappath.ParseLoose(path)
	if path == "" || err != nil {
		return path
	}
	return parsed.DN.RDN().Value
}

// isPath reports whether a text is the name of an object.
func isPath(text string) bool {
	path, err := ldappath.ParseLoose(text)
	return err == nil && !path.DN.IsZero() && strings.Contains(text, "=")
}

// joined is a list of values, shortened.
func joined(values []string) string { return page.Shortened(strings.Join(values, ", "), longestValue) }

func stages() []string {
	var all []string
	for _, stage := range engine.Stages() {
		all = append(all, string(stage))
	}
	return all
}

// failures are the codes with which a call can fail.
func failures() []Fact {
	var all []Fact
	for _, code := range mpf.Codes() {
		if code.Code.Failed() {
			all = append(all, Fact{Name: code.Name, Value: code.Code.String()})
		}
	}
	return all
}

// matches says which requests a rule is about.
func matches(r fault.Rule) string {
	var parts []string
	for _, part := range []Fact{
		{"namespace", r.Namespace}, {"procedure", r.Procedure}, {"operation", r.Operation}, {"organization", r.Tenant}, {"caller", r.Caller},
	} {
		if part.Value != "" {
			parts = append(parts, part.Name+" "+part.Value)
		}
	}
	if r.Step > 0 {
		parts = append(parts, "step "+strconv.Itoa(r.Step))
	}
	if len(parts) == 0 {
		return "everything"
	}
	return strings.Join(parts, ", ")
}

func delayText(r fault.Rule) string {
	if r.Delay == nil {
		return ""
	}
	text, _ := r.Delay.Fixed.MarshalJSON()
	return strings.Trim(string(text), `"`)
}

func quotaLabel(u mailboxRow) string {
	if u.quota == 0 {
		return strconv.FormatInt(u.used, 10) + " KB used"
	}
	return strconv.FormatInt(u.used, 10) + " of " + strconv.FormatInt(u.quota, 10) + " KB used"
}

func shareLabel(a *resource.Allocation) string {
	return a.Resource.Name + ": " + strconv.FormatInt(resource.MegabytesIn(a.UsedKilobytes), 10) + " of " + strconv.FormatInt(a.Megabytes, 10) + " MB used"
}
