package mpf_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

var text = rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("ab \t\n\r<>&\"'ü€😀")), rapid.RuneFrom([]rune("xyz0"))))

func filled(t *rapid.T, label string) string {
	return rapid.StringMatching(`[a-zA-Z ü]{1,8}`).Draw(t, label)
}

func pick[T any](t *rapid.T, label string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, label)
}

func list[T any](t *rapid.T, label string, upTo int, make func(*rapid.T) T) []T {
	var all []T
	for range rapid.IntRange(0, upTo).Draw(t, label) {
		all = append(all, make(t))
	}
	return all
}

// element draws free XML under a name.
func element(name string) func(*rapid.T) *xmldoc.Node {
	return func(t *rapid.T) *xmldoc.Node {
		n := xmldoc.Element(name)
		if rapid.Bool().Draw(t, "text only") {
			xmldoc.SetText(n, text.Draw(t, "text"))
			return n
		}
		for range rapid.IntRange(0, 2).Draw(t, "children") {
			xmldoc.Append(n, xmldoc.SetAttr(xmldoc.TextElement(pick(t, "name", "a", "b"), text.Draw(t, "text")), "k", text.Draw(t, "value")))
		}
		return n
	}
}

func optional[T any](t *rapid.T, label string, make func(*rapid.T) T) (value T) {
	if rapid.Bool().Draw(t, label) {
		return make(t)
	}
	return value
}

func inherit(t *rapid.T) mpf.Inherit { return pick(t, "inherit", mpf.Inherited, mpf.On, mpf.Off) }

func target(t *rapid.T) mpf.Target {
	return mpf.Target{Namespace: filled(t, "namespace"), Procedure: filled(t, "procedure")}
}

func transfer(missing ...mpf.Missing) func(*rapid.T) mpf.Transfer {
	return func(t *rapid.T) mpf.Transfer {
		return mpf.Transfer{
			Source: filled(t, "source"), SourcePath: text.Draw(t, "sourcePath"), Destination: filled(t, "destination"),
			DestinationPath: text.Draw(t, "destinationPath"), Mode: pick(t, "mode", "", mpf.Insert, mpf.Merge, mpf.Replace, mpf.Move),
			IfNull: pick(t, "ifNull", missing...), AllowNullTransform: rapid.Bool().Draw(t, "null"),
		}
	}
}

func when(t *rapid.T) mpf.When {
	if rapid.Bool().Draw(t, "by source") {
		return mpf.When{Source: filled(t, "source"), SourcePath: text.Draw(t, "path")}
	}
	return mpf.When{Select: filled(t, "select"), Case: filled(t, "case")}
}

func call(t *rapid.T) *mpf.Call {
	every := []mpf.Missing{"", mpf.FailIfNull, mpf.SkipIfNull, mpf.IgnoreIfNull}
	c := &mpf.Call{
		Kind:        pick(t, "kind", mpf.Execute, mpf.Queue, mpf.Transform),
		ExecuteData: optional(t, "executeData", element("executeData")),
		ForEach: list(t, "forEach", 2, func(t *rapid.T) mpf.ForEach {
			return mpf.ForEach{Name: filled(t, "name"), Root: filled(t, "root"), Path: text.Draw(t, "path"), IfNull: pick(t, "ifNull", every...)}
		}),
		When: list(t, "when", 2, when),
		Repeat: list(t, "repeat", 1, func(t *rapid.T) mpf.Repeat {
			return mpf.Repeat{Source: filled(t, "source"), SourcePath: text.Draw(t, "path"), IfNull: pick(t, "ifNull", every...)}
		}),
		Before: list(t, "before", 2, transfer(every...)),
		After:  list(t, "after", 2, transfer("", mpf.FailIfNull, mpf.IgnoreIfNull)),
	}
	if c.Kind != mpf.Transform {
		c.Target, c.Impersonate, c.Sensitive, c.Trusted = target(t), inherit(t), inherit(t), inherit(t)
	}
	c.QueueActivated = c.Kind == mpf.Queue && rapid.Bool().Draw(t, "activated")
	return c
}

func steps(depth int) func(*rapid.T) []mpf.Step {
	return func(t *rapid.T) []mpf.Step {
		return list(t, "steps", 3, func(t *rapid.T) mpf.Step {
			switch kind := rapid.IntRange(0, 2).Draw(t, "step"); {
			case kind == 0 && depth > 0:
				return mpf.Step{Try: &mpf.Try{Body: steps(depth - 1)(t), Catch: steps(depth - 1)(t)}}
			case kind == 1:
				return mpf.Step{Select: &mpf.Select{
					Name: filled(t, "name"), Source: filled(t, "source"), SourcePath: text.Draw(t, "path"),
					DefaultCase: optional(t, "default", pointer), IfNullCase: optional(t, "null", pointer),
					Where: list(t, "where", 2, func(t *rapid.T) mpf.Where {
						return mpf.Where{Value: text.Draw(t, "value"), Case: text.Draw(t, "case")}
					}),
				}}
			}
			return mpf.Step{Call: call(t)}
		})
	}
}

func pointer(t *rapid.T) *string {
	s := text.Draw(t, "case")
	return &s
}

func procedure(t *rapid.T) *mpf.Procedure {
	return &mpf.Procedure{Data: optional(t, "procedureData", element("procedureData")), Steps: steps(2)(t)}
}

// request draws a trusted or a simple request.
func request(t *rapid.T) *mpf.Request {
	r := &mpf.Request{
		GlobalData: optional(t, "globalData", element("globalData")),
		Data:       list(t, "data", 2, element("data")),
		Context: mpf.Context{
			ClientTransactionID: text.Draw(t, "id"), LocaleID: text.Draw(t, "locale"),
			Queue: optional(t, "queue", func(t *rapid.T) *mpf.QueueContext {
				return &mpf.QueueContext{
					QueueID: text.Draw(t, "id"), RetryCount: rapid.IntRange(0, 65535).Draw(t, "count"), RetryInterval: rapid.IntRange(0, 65535).Draw(t, "interval"),
					RetryType: text.Draw(t, "type"), RetryStopOnFailure: mpf.HRESULT(rapid.Uint32().Draw(t, "stop")), OnFailure: pick(t, "failure", "", "continue", "queueToOperator"),
					Priority: rapid.IntRange(-32768, 32767).Draw(t, "priority"), RetainSuccessfulResponses: optional(t, "retain", func(t *rapid.T) *bool {
						keep := rapid.Bool().Draw(t, "keep")
						return &keep
					}), Parents: list(t, "parents", 2, func(t *rapid.T) string { return text.Draw(t, "parent") }),
				}
			}),
		},
	}
	if rapid.Bool().Draw(t, "simple") {
		r.Target = target(t)
		return r
	}
	r.Procedure = procedure(t)
	r.Context.Security = optional(t, "security", func(t *rapid.T) *mpf.SecurityContext {
		return &mpf.SecurityContext{
			Trustee: text.Draw(t, "trustee"), Impersonate: inherit(t), Sensitive: inherit(t), Trusted: inherit(t),
			Basic: optional(t, "basic", func(t *rapid.T) *mpf.Basic {
				return &mpf.Basic{Domain: text.Draw(t, "domain"), Username: text.Draw(t, "user"), Password: secret.New(text.Draw(t, "password"))}
			}),
		}
	})
	return r
}

func TestProperty_RequestsComeBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := request(t)
		written := xmldoc.String(want.Element())
		root, err := xmldoc.ParseString(written, xmldoc.Limits{})
		require.NoError(t, err, written)
		got, err := mpf.ParseRequest(root, want.Target)
		require.NoError(t, err, written)
		require.Equal(t, written, xmldoc.String(got.Element()))
		require.Equal(t, bare(want), bare(got), written)
	})
}

// bare gives a request without its trees and secrets, which cannot be compared
// field by field and are compared as text, and without slices that are empty.
func bare(r *mpf.Request) *mpf.Request {
	c := *r
	c.GlobalData, c.Data = nil, nil
	if c.Context.Security != nil {
		s := *c.Context.Security
		if s.Basic != nil {
			b := *s.Basic
			b.Domain += "\\" + b.Password.Reveal()
			b.Password = secret.String{}
			s.Basic = &b
		}
		c.Context.Security = &s
	}
	if c.Procedure != nil {
		c.Procedure = &mpf.Procedure{Steps: bareSteps(c.Procedure.Steps)}
	}
	return &c
}

func bareSteps(steps []mpf.Step) []mpf.Step {
	var all []mpf.Step
	for _, s := range steps {
		if s.Call != nil {
			c := *s.Call
			c.ExecuteData = nil
			s.Call = &c
		}
		if s.Try != nil {
			s.Try = &mpf.Try{Body: bareSteps(s.Try.Body), Catch: bareSteps(s.Try.Catch)}
		}
		all = append(all, s)
	}
	return all
}

func response(t *rapid.T) *mpf.Response {
	r := &mpf.Response{Data: element("data")(t)}
	if rapid.Bool().Draw(t, "failed") {
		r.Err = &mpf.Error{
			Code: mpf.HRESULT(rapid.Uint32().Draw(t, "code")), Description: text.Draw(t, "description"), ExecuteSeqNo: rapid.IntRange(1, 9999).Draw(t, "seq"),
			Sources: list(t, "sources", 3, func(t *rapid.T) mpf.Source {
				return mpf.Source{Namespace: text.Draw(t, "namespace"), Procedure: text.Draw(t, "procedure")}
			}),
			Detail: optional(t, "detail", element("errorDescription")),
		}
		if rapid.Bool().Draw(t, "no data") {
			r.Data = nil
		}
	}
	return r
}

func equalResponses(t require.TestingT, want, got *mpf.Response) {
	require.Equal(t, xmldoc.String(want.Element()), xmldoc.String(got.Element()))
	require.True(t, xmldoc.Equal(want.Data, got.Data))
	require.Equal(t, want.Err == nil, got.Err == nil)
	if want.Err == nil {
		return
	}
	require.True(t, xmldoc.Equal(want.Err.Detail, got.Err.Detail))
	a, b := *want.Err, *got.Err
	a.Detail, b.Detail = nil, nil
	require.Equal(t, a, b)
}

func TestProperty_ResponsesComeBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := response(t)
		root, err := xmldoc.ParseString(xmldoc.String(want.Element()), xmldoc.Limits{})
		require.NoError(t, err)
		got, err := mpf.ParseResponse(root)
		require.NoError(t, err)
		equalResponses(t, want, got)
	})
}

// FuzzParseRequest holds that nothing panics, that what is read is written and
// read again the same, and that refusals are errors of the vocabulary.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(full), false)
	f.Add([]byte(`<request xmlns="http://maps/specs/prov.xml"><data><a/></data></request>`), true)
	f.Add([]byte(`<request><procedure><queue namespace="" procedure=""/></procedure></request>`), false)
	f.Add([]byte(`<request><procedure><try/><catch/><try><try/><catch/></try><catch/></procedure></request>`), false)
	f.Add([]byte(`<request><context><queueContext><parentQueue queueID="1"/></queueContext></context></request>`), true)
	f.Fuzz(func(t *testing.T, document []byte, simple bool) {
		root, err := xmldoc.ParseBytes(document, xmldoc.Limits{})
		if err != nil {
			return
		}
		of := mpf.Target{}
		if simple {
			of = echo
		}
		req, err := mpf.ParseRequest(root, of)
		if err != nil {
			refused := new(mpf.Error)
			require.ErrorAs(t, err, &refused)
			return
		}
		written := xmldoc.String(req.Element())
		again, err := mpf.ParseRequest(mustParse(t, written), of)
		require.NoError(t, err, written)
		require.Equal(t, written, xmldoc.String(again.Element()))
	})
}

// FuzzParseResponse is the same for answers.
func FuzzParseResponse(f *testing.F) {
	f.Add([]byte(failed))
	f.Add([]byte(`<response xmlns="http://maps/specs/prov.xml"><data/></response>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := xmldoc.ParseBytes(document, xmldoc.Limits{})
		if err != nil {
			return
		}
		resp, err := mpf.ParseResponse(root)
		if err != nil {
			require.ErrorIs(t, err, mpf.ErrProtocol)
			return
		}
		written := xmldoc.String(resp.Element())
		again, err := mpf.ParseResponse(mustParse(t, written))
		require.NoError(t, err, written)
		require.Equal(t, written, xmldoc.String(again.Element()))
	})
}
