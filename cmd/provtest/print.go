package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// field is a line of the output.
type field struct{ name, value string }

// print writes a block of lines, with an empty line between blocks. Extra text
// stands below them as it is.
func (s *session) print(fields []field, extra ...string) error {
	var b strings.Builder
	if s.printed {
		b.WriteString("\n")
	}
	s.printed = true
	for _, f := range fields {
		fmt.Fprintf(&b, "%-13s%s\n", f.name+":", f.value)
	}
	for _, text := range extra {
		b.WriteString(text)
	}
	_, err := io.WriteString(s.out, b.String())
	return err
}

// answer shows an answer as the options say and makes the status of it. (F421)
func (s *session) answer(ctx context.Context, fields []field, req *mpf.Request, answer *mpf.Response, took time.Duration, extra ...string) error {
	code := mpf.OK
	if answer.Err != nil {
		code = answer.Err.Code
	}
	fields = append(fields, field{"HRESULT", code.String()}, field{"Time", milliseconds(took)})
	fails := answer.Err != nil
	if s.options.recorded {
		fields = append(fields, field{"Recorded", s.note.Code.String()})
		fails = code != s.note.Code
	}
	if answer.Err != nil && (s.options.describe || s.options.explain) {
		fields = append(fields, field{"Description", answer.Err.Description})
	}
	if answer.Err != nil && s.options.explain {
		fields = append(fields, s.explain(ctx, req, answer.Err)...)
	}
	if s.options.formatted {
		extra = append(extra, s.format(answer))
	}
	if err := s.print(fields, extra...); err != nil {
		return err
	}
	if fails {
		return &exit{status: statusFailed}
	}
	return nil
}

// format writes the answer with a line for each element. Passwords that an
// engine sends back are taken out.
func (s *session) format(answer *mpf.Response) string {
	return xmldoc.Indented(mpf.Redact(answer.Element()), s.options.indent)
}

// milliseconds writes a time as the output has it.
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 3, 64) + " ms"
}

// total tells the times of all requests together.
func (s *session) total() []field {
	return []field{
		{"Requests", strconv.Itoa(s.requests)}, {"All", milliseconds(s.spent)}, {"Each", milliseconds(s.spent / time.Duration(s.requests))},
	}
}
