package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/journal"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
)

var noFilter journal.Filter

// requestsView is a list of requests.
type requestsView struct {
	view
	filter  journal.Filter
	entries []journal.Entry // newest first
	slowest time.Duration
	events  string // address of what comes next
	older   string // address of the next page, or ""
	off     bool   // there is no journal
}

// filterOf reads the journal's words from the address.
func filterOf(v *page.Visit) journal.Filter {
	text := func(name string) string { return strings.TrimSpace(v.QueryParam(name)) }
	return journal.Filter{
		Tenant: text("tenant"), Operation: text("operation"), Namespace: text("namespace"), Procedure: text("procedure"),
		Object: text("object"), Code: text("code"), ID: text("id"), Caller: text("caller"),
	}
}

func (c *Console) requests(v *page.Visit) error {
	w := &requestsView{view: c.view(v, "Requests", ""), filter: filterOf(v), off: c.config.Emulator.Journal == nil}
	if w.off {
		return v.Show(http.StatusOK, requestsPage(w))
	}
	before, err := number(v, "before")
	if err != nil {
		return err
	}
	all := c.config.Emulator.Journal.List(w.filter)
	for i := len(all) - 1; i >= 0; i-- {
		if before > 0 && all[i].Seq >= before {
			continue
		}
		if len(w.entries) == listed {
			w.older = here(v, "before", strconv.FormatInt(w.entries[listed-1].Seq, 10))
			break
		}
		w.entries = append(w.entries, all[i])
		w.slowest = max(w.slowest, took(all[i]))
	}
	if before == 0 {
		w.events = strings.Replace(here(v, "after", strconv.FormatInt(c.config.Emulator.Journal.Last(), 10)), Path, Path+"/events", 1)
	}
	return v.Show(http.StatusOK, requestsPage(w))
}

func took(e journal.Entry) time.Duration { return time.Duration(e.Microseconds) * time.Microsecond }

// longestStream is how long one stream of events lasts; browsers ask again.
const longestStream = 10 * time.Minute

// quiet is how often a stream says something if nothing happens, so that a
// connection that is gone is noticed.
const quiet = 15 * time.Second

// events sends requests as they end, each as a row of the list, as Server-Sent
// Events.
func (c *Console) events(v *page.Visit) error {
	if err := c.testing(); err != nil {
		return err
	}
	filter := filterOf(v)
	var err error
	if filter.After, err = number(v, "after"); err != nil {
		return err
	}
	if last, err := strconv.ParseInt(v.Request().Header.Get("Last-Event-ID"), 10, 64); err == nil {
		filter.After = last
	}
	header := v.Response().Header()
	header.Set("Content-Type", "text/event-stream")
	v.Response().WriteHeader(http.StatusOK)
	v.Response().Flush()
	ctx, cancel := context.WithTimeout(v.Ctx(), longestStream)
	defer cancel()
	for ctx.Err() == nil {
		wait, done := context.WithTimeout(ctx, quiet)
		entry, err := c.config.Emulator.Journal.Wait(wait, filter)
		done()
		message := ": quiet\n\n"
		if err == nil {
			filter.After = entry.Seq
			if message, err = event(ctx, entry); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		if _, err := v.Response().Write([]byte(message)); err != nil {
			return nil // who is gone is told nothing
		}
		v.Response().Flush()
	}
	return nil
}

func event(ctx context.Context, e journal.Entry) (string, error) {
	var row bytes.Buffer
	if err := requestRow(e, time.Second).Render(ctx, &row); err != nil {
		return "", err
	}
	return fmt.Sprintf("id: %d\ndata: %s\n\n", e.Seq, strings.ReplaceAll(row.String(), "\n", " ")), nil
}

// requestView is one request.
type requestView struct {
	view
	journal.Entry
	why               journal.Explanation
	request, response string
	calls             []*call
	curl, goTest      string
	outcome           *page.Outcome
}

// call is a call with those that it made.
type call struct {
	journal.Call
	below []*call
}

func (c *Console) find(v *page.Visit) (*requestView, error) {
	if err := c.testing(); err != nil {
		return nil, err
	}
	seq, err := strconv.ParseInt(v.Param("seq"), 10, 64)
	if err != nil || seq < 1 {
		return nil, page.Refuse(http.StatusNotFound, "Requests have numbers from 1.")
	}
	found := c.config.Emulator.Journal.List(journal.Filter{After: seq - 1})
	if len(found) == 0 || found[0].Seq != seq {
		return nil, page.Refuse(http.StatusNotFound, "The journal has no such request, or has dropped it.")
	}
	e := found[0]
	w := &requestView{view: c.view(v, "Request "+v.Param("seq"), ""), Entry: e, why: e.Explain(), request: indented(e.Request), response: indented(e.Response)}
	w.head.Title = e.Namespace + "::" + e.Procedure
	w.calls = tree(e.Calls)
	w.curl, w.goTest = c.curl(v, e), goTest(e)
	return w, nil
}

// tree puts calls below those that made them, by their depths.
func tree(calls []journal.Call) []*call {
	root := &call{}
	path := []*call{root}
	for _, one := range calls {
		depth := min(one.Depth, len(path)-1)
		node := &call{Call: one}
		path[depth].below = append(path[depth].below, node)
		path = append(path[:depth+1], node)
	}
	return root.below
}

func indented(text string) string {
	root, err := xmldoc.ParseString(text, xmldoc.Limits{})
	if err != nil {
		return text
	}
	return xmldoc.Indented(root, 2)
}

func (c *Console) request(v *page.Visit) error {
	w, err := c.find(v)
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, requestPage(w))
}

// again submits a request, as it was or as the visitor changed it, in the
// visitor's name.
func (c *Console) again(v *page.Visit) error {
	w, err := c.find(v)
	if err != nil {
		return err
	}
	w.request = v.FormValue("request")
	root, err := xmldoc.ParseString(w.request, xmldoc.Limits{})
	if err != nil {
		w.fault = "The request cannot be read: " + err.Error()
		return v.Show(http.StatusBadRequest, requestPage(w))
	}
	target := mpf.Target{}
	if !w.Trusted {
		target = mpf.Target{Namespace: w.Namespace, Procedure: w.Procedure}
	}
	req, err := mpf.ParseRequest(root, target)
	if err != nil {
		w.fault = "The request is not valid: " + err.Error()
		return v.Show(http.StatusBadRequest, requestPage(w))
	}
	if w.outcome, err = v.Run(c.config.Emulator.Submitter(), req, nil); err != nil {
		return err
	}
	return v.Show(http.StatusOK, requestPage(w))
}

// curl is the request for a shell, as the engine's endpoint takes it, or "" if
// there is none at this address. The password is asked for.
func (c *Console) curl(v *page.Visit, e journal.Entry) string {
	if c.config.Endpoint == "" {
		return ""
	}
	header := ""
	if !e.Trusted {
		header = "<provisioning xmlns=\"" + mpf.SchemaNamespace + "\">" + xmldoc.String(xmldoc.TextElement("namespace", e.Namespace)) +
			xmldoc.String(xmldoc.TextElement("procedure", e.Procedure)) + "</provisioning>"
	} else {
		header = "<provisioning xmlns=\"" + mpf.SchemaNamespace + "\"/>"
	}
	return "curl -sS -u " + quoted(v.Account()) + " -H 'Content-Type: text/xml; charset=utf-8' --data-binary @- " +
		quoted(v.Scheme()+"://"+v.Request().Host+c.config.Endpoint) + " <<'XML'\n" +
		`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` + header + "</soap:Header><soap:Body>\n" +
		e.Request + "\n</soap:Body></soap:Envelope>\nXML\n"
}

// quoted writes a text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// goTest is the request as a test in Go.
func goTest(e journal.Entry) string {
	target := "mpf.Target{}"
	if !e.Trusted {
		target = fmt.Sprintf("mpf.Target{Namespace: %q, Procedure: %q}", e.Namespace, e.Procedure)
	}
	return fmt.Sprintf(`func TestRecorded(t *testing.T) {
	e := mocktest.Start(t)
	root, err := xmldoc.ParseString(%s, xmldoc.Limits{})
	require.NoError(t, err)
	req, err := mpf.ParseRequest(root, %s)
	require.NoError(t, err)
	resp, err := e.Submit(mpf.WithCaller(t.Context(), mpf.Caller{Trusted: true}), req)
	require.NoError(t, err)
	code := mpf.OK
	if resp.Err != nil {
		code = resp.Err.Code
	}
	assert.Equal(t, %q, code.String())
}
`, goString(e.Request), target, e.Code)
}

func goString(text string) string {
	if strings.Contains(text, "`") {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}
