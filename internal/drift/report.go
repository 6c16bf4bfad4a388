package drift

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"wsexchange/internal/hsphere"
)

// Report writes results as they come.
type Report interface {
	// Result writes what there is to tell about an organization, if anything.
	Result(r *Result) error
	// End writes the sums, after the last result.
	End(s *Summary) error
}

// NewText returns a report for people: a line for each finding and each problem,
// with control characters of values escaped.
func NewText(w io.Writer) Report { return &textReport{bufio.NewWriter(w)} }

type textReport struct{ w *bufio.Writer }

func (t *textReport) Result(r *Result) error {
	for i := range r.Findings {
		_, _ = t.w.WriteString(printable(r.Findings[i].String()) + "\n")
	}
	for _, p := range r.Problems {
		_, _ = fmt.Fprintf(t.w, "%s\n", printable(p.String()))
	}
	return t.w.Flush()
}

func (t *textReport) End(s *Summary) error {
	_, _ = fmt.Fprintf(t.w, "%d organizations, %d users of the panel compared in %s: ", s.Organizations, s.Users, s.Duration.Round(time.Millisecond))
	if s.Total() == 0 {
		_, _ = t.w.WriteString("the directory agrees")
	}
	var parts []string
	for _, kind := range Kinds {
		total := 0
		for _, n := range s.Findings[kind] {
			total += n
		}
		if total > 0 {
			parts = append(parts, count(total, string(kind)))
		}
	}
	_, _ = t.w.WriteString(strings.Join(parts, ", "))
	if s.Problems > 0 {
		_, _ = t.w.WriteString("; " + count(s.Problems, "problem") + " in the panel's own rows")
	}
	_, _ = t.w.WriteString("\n")
	return t.w.Flush()
}

func count(n int, what string) string {
	switch {
	case n == 1 || what == string(Unreadable):
		return fmt.Sprintf("%d %s", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// String tells of a finding in one line.
func (f *Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s  %-14s  %s", f.Kind, f.Object, f.Path)
	if f.Name != "" {
		b.WriteString("  " + f.Name)
	}
	if f.Field != "" {
		b.WriteString("  " + f.Field)
		if f.Panel != "" || f.Directory != "" {
			fmt.Fprintf(&b, ": the panel has %q, the directory %q", f.Panel, f.Directory)
		}
	}
	if f.Note != "" {
		b.WriteString("  (" + f.Note + ")")
	}
	return b.String()
}

// String tells of a problem in one line.
func (p Problem) String() string {
	return fmt.Sprintf("%-10s  %-14s  %s %d: %s", "problem", p.Organization, p.Table, p.ID, p.Text)
}

// printable escapes what would disturb a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// NewJSON returns a report for programs: one document with the panel, the
// organizations that there is something to tell about, and the sums.
func NewJSON(w io.Writer, panel hsphere.Opened) Report {
	return &jsonReport{w: bufio.NewWriter(w), panel: panel}
}

type jsonReport struct {
	w     *bufio.Writer
	panel hsphere.Opened
	begun bool
}

// jsonResult is an organization in the document.
type jsonResult struct {
	Organization string    `json:"organization"`
	Path         string    `json:"path,omitempty"`
	Users        int       `json:"users"`
	Findings     []Finding `json:"findings"`
	Problems     []Problem `json:"problems"`
}

// jsonSummary are the sums.
type jsonSummary struct {
	Organizations int                     `json:"organizations"`
	Users         int                     `json:"users"`
	Total         int                     `json:"total"`
	Findings      map[Kind]map[Object]int `json:"findings"`
	Problems      int                     `json:"problems"`
	Seconds       float64                 `json:"seconds"`
}

func (j *jsonReport) begin() error {
	if j.begun {
		_, err := j.w.WriteString(",\n")
		return err
	}
	j.begun = true
	panel, err := json.Marshal(map[string]any{"source": j.panel.Source, "at": j.panel.At.UTC()})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "{\"panel\": %s,\n\"organizations\": [\n", panel)
	return err
}

func (j *jsonReport) Result(r *Result) error {
	if len(r.Findings) == 0 && len(r.Problems) == 0 {
		return nil
	}
	if err := j.begin(); err != nil {
		return err
	}
	one := jsonResult{Organization: r.Organization, Users: r.Users, Findings: r.Findings, Problems: r.Problems}
	if !r.Path.IsZero() {
		one.Path = r.Path.ADsPath()
	}
	if one.Findings == nil {
		one.Findings = []Finding{}
	}
	if one.Problems == nil {
		one.Problems = []Problem{}
	}
	text, err := json.Marshal(one)
	if err == nil {
		_, err = j.w.Write(text)
	}
	return err
}

func (j *jsonReport) End(s *Summary) error {
	if !j.begun {
		if err := j.begin(); err != nil {
			return err
		}
	}
	sums, err := json.Marshal(jsonSummary{s.Organizations, s.Users, s.Total(), s.Findings, s.Problems, s.Duration.Seconds()})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(j.w, "\n],\n\"summary\": %s}\n", sums)
	return j.w.Flush()
}
