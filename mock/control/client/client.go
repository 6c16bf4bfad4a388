package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wsexchange/internal/secret"
	"wsexchange/mock/control"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
)

// Error is a refusal of the emulator.
type Error struct {
	Status int // of HTTP
	Text   string
}

func (e *Error) Error() string { return fmt.Sprintf("control API: %s (%d)", e.Text, e.Status) }

// Missing tells whether an error says that the thing asked for is not there.
func Missing(err error) bool { return hasStatus(err, http.StatusNotFound) }

// TimedOut tells whether an error says that no request came in time.
func TimedOut(err error) bool { return hasStatus(err, http.StatusGatewayTimeout) }

func hasStatus(err error, status int) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == status
}

// Client calls the control API of one emulator. Its methods may be called from
// any goroutine; they fail with *Error where the emulator refuses.
type Client struct {
	url   string
	token secret.String
	http  *http.Client
}

// New makes a client for the API at a URL such as "http://127.0.0.1:8091", or as
// the emulator's banner shows it, with "/_mock/". It connects to nothing yet.
func New(address, token string) *Client {
	address = strings.TrimSuffix(strings.TrimRight(address, "/"), "/_mock")
	return &Client{url: address + "/_mock", token: secret.New(token), http: &http.Client{}}
}

// stream is a body that is no JSON value.
type stream struct {
	io.Reader
	media string
}

// do sends a body, as JSON unless it is a stream, and reads the answer, as JSON
// unless into is a writer.
func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	var sent io.Reader
	media := "application/json"
	switch b := body.(type) {
	case nil:
	case stream:
		sent, media = b, b.media
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return fmt.Errorf("control API: %s: %w", path, err)
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, sent)
	if err != nil {
		return fmt.Errorf("control API: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	request.Header.Set("Content-Type", media)
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("control API: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	return take(response, into)
}

func take(response *http.Response, into any) error {
	if response.StatusCode >= http.StatusBadRequest {
		var refused control.Failure
		if err := json.NewDecoder(response.Body).Decode(&refused); err != nil {
			refused.Error = response.Status
		}
		return &Error{Status: response.StatusCode, Text: refused.Error}
	}
	if w, ok := into.(io.Writer); ok {
		_, err := io.Copy(w, response.Body)
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("control API: answer: %w", err)
	}
	return nil
}

// query writes a struct as the parameters of a URL.
func query(of any) string {
	text, err := json.Marshal(of)
	var fields map[string]any
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		err = decoder.Decode(&fields)
	}
	if err != nil || len(fields) == 0 {
		return ""
	}
	values := make(url.Values)
	for name, value := range fields {
		values.Set(name, fmt.Sprint(value))
	}
	return "?" + values.Encode()
}

// Reset brings content, journal and fault rules back to the start.
func (c *Client) Reset(ctx context.Context) error { return c.do(ctx, "POST", "/reset", nil, nil) }

// Snapshots lists the names of the snapshots.
func (c *Client) Snapshots(ctx context.Context) ([]string, error) {
	var list control.Snapshots
	err := c.do(ctx, "GET", "/snapshots", nil, &list)
	return list.Names, err
}

// TakeSnapshot takes a snapshot, in place of the one of that name.
func (c *Client) TakeSnapshot(ctx context.Context, name string) error {
	return c.do(ctx, "PUT", "/snapshots/"+url.PathEscape(name), nil, nil)
}

// DropSnapshot forgets a snapshot.
func (c *Client) DropSnapshot(ctx context.Context, name string) error {
	return c.do(ctx, "DELETE", "/snapshots/"+url.PathEscape(name), nil, nil)
}

// RestoreSnapshot brings the content back to a snapshot.
func (c *Client) RestoreSnapshot(ctx context.Context, name string) error {
	return c.do(ctx, "POST", "/snapshots/"+url.PathEscape(name)+"/restore", nil, nil)
}

// Difference tells what differs between two snapshots; an empty name is the
// present.
func (c *Client) Difference(ctx context.Context, before, after string) (d control.Difference, err error) {
	err = c.do(ctx, "GET", "/difference"+query(control.Between{Before: before, After: after}), nil, &d)
	return d, err
}

// Seed replaces everything by a seed in YAML.
func (c *Client) Seed(ctx context.Context, yaml io.Reader) error {
	return c.do(ctx, "POST", "/seed", stream{yaml, "application/yaml"}, nil)
}

// State writes the state as lines of JSON, hashes of passwords and what is
// queued among them. One that was cut off is refused by SetState.
func (c *Client) State(ctx context.Context, w io.Writer) error {
	return c.do(ctx, "GET", "/state", nil, w)
}

// SetState replaces the state by what State wrote, control.LargestState bytes
// at most; after an error nothing is changed. Journal, snapshots and fault
// rules stay.
func (c *Client) SetState(ctx context.Context, lines io.Reader) error {
	return c.do(ctx, "PUT", "/state", stream{lines, control.StateMedia}, nil)
}

// SetMailboxUsage sets what the mailbox of a user holds, named by path,
// distinguished name or login.
func (c *Client) SetMailboxUsage(ctx context.Context, user string, kilobytes int64) error {
	return c.do(ctx, "PUT", "/mailbox-usage", control.Usage{Path: user, Kilobytes: kilobytes}, nil)
}

// PasswordPolicy gives the domain's password policy.
func (c *Client) PasswordPolicy(ctx context.Context) (p control.Policy, err error) {
	err = c.do(ctx, "GET", "/password-policy", nil, &p)
	return p, err
}

// SetPasswordPolicy sets the domain's password policy.
func (c *Client) SetPasswordPolicy(ctx context.Context, p control.Policy) error {
	return c.do(ctx, "PUT", "/password-policy", p, nil)
}

// Replication tells how late domain controllers see each other's writes.
func (c *Client) Replication(ctx context.Context) (r control.Replication, err error) {
	err = c.do(ctx, "GET", "/replication", nil, &r)
	return r, err
}

// SetReplication sets how late they do.
func (c *Client) SetReplication(ctx context.Context, r control.Replication) error {
	return c.do(ctx, "PUT", "/replication", r, nil)
}

// Replicate makes every domain controller see everything.
func (c *Client) Replicate(ctx context.Context) error {
	return c.do(ctx, "POST", "/replication/now", nil, nil)
}

// Stores lists the registered stores and servers.
func (c *Client) Stores(ctx context.Context) ([]control.Store, error) {
	var list control.Stores
	err := c.do(ctx, "GET", "/stores", nil, &list)
	return list.Stores, err
}

// ResizeStore sets the capacity of a registered store.
func (c *Client) ResizeStore(ctx context.Context, s control.Store) error {
	return c.do(ctx, "PUT", "/stores", s, nil)
}

// Objects searches the directory.
func (c *Client) Objects(ctx context.Context, s control.Search) (found control.Objects, err error) {
	err = c.do(ctx, "GET", "/objects"+query(s), nil, &found)
	return found, err
}

// Journal gives requests of the journal, and the number of the newest of all.
func (c *Client) Journal(ctx context.Context, f journal.Filter) ([]journal.Entry, int64, error) {
	var list control.Entries
	err := c.do(ctx, "GET", "/journal"+query(f), nil, &list)
	return list.Entries, list.Last, err
}

// ClearJournal empties the journal.
func (c *Client) ClearJournal(ctx context.Context) error {
	return c.do(ctx, "DELETE", "/journal", nil, nil)
}

// Entry gives a request by its transactionId or clientTransactionId.
func (c *Client) Entry(ctx context.Context, id string) (e journal.Entry, err error) {
	err = c.do(ctx, "GET", "/journal/"+url.PathEscape(id), nil, &e)
	return e, err
}

// Explain tells why a request failed.
func (c *Client) Explain(ctx context.Context, id string) (x journal.Explanation, err error) {
	err = c.do(ctx, "GET", "/journal/"+url.PathEscape(id)+"/explanation", nil, &x)
	return x, err
}

// Export writes requests of the journal as a zip archive of request files.
func (c *Client) Export(ctx context.Context, w io.Writer, f journal.Filter) error {
	return c.do(ctx, "GET", "/journal.zip"+query(f), nil, w)
}

// Wait gives the first request that matches, and waits for it so long. See
// TimedOut.
func (c *Client) Wait(ctx context.Context, f journal.Filter, timeout time.Duration) (e journal.Entry, err error) {
	err = c.do(ctx, "POST", "/wait", control.Wait{Filter: f, Timeout: fault.Duration(timeout)}, &e)
	return e, err
}

// Faults lists the fault rules and how often each hit.
func (c *Client) Faults(ctx context.Context) ([]fault.Status, error) {
	var list control.Faults
	err := c.do(ctx, "GET", "/faults", nil, &list)
	return list.Rules, err
}

// AddFault puts a fault rule in force and gives it with its id.
func (c *Client) AddFault(ctx context.Context, rule fault.Rule) (added fault.Rule, err error) {
	err = c.do(ctx, "POST", "/faults", rule, &added)
	return added, err
}

// RemoveFault takes out a fault rule.
func (c *Client) RemoveFault(ctx context.Context, id string) error {
	return c.do(ctx, "DELETE", "/faults/"+url.PathEscape(id), nil, nil)
}

// ClearFaults takes out all fault rules.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.do(ctx, "DELETE", "/faults", nil, nil)
}

// OpenAPI writes the description of the API.
func (c *Client) OpenAPI(ctx context.Context, w io.Writer) error {
	return c.do(ctx, "GET", "/openapi.yaml", nil, w)
}
