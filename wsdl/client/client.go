package client

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
)

// MaxResponse is the size in bytes above which an answer is refused.
const MaxResponse = 32 << 20

const (
	envelopeSpace = "http://schemas.xmlsoap.org/soap/envelope/"
	envelopeStart = `<?xml version="1.0" encoding="utf-8"?>` +
		`<soap:Envelope xmlns:soap="` + envelopeSpace + `"><soap:Body>`
	envelopeEnd = `</soap:Body></soap:Envelope>`
)

// Client calls one web service. It may be used by several goroutines at once.
type Client struct {
	URL      string       // address of the service's .asmx page, without user information
	User     string       // DOMAIN\login or login@domain; when empty no credentials are sent
	Password string       `json:"-"` // sent with Basic authentication; use https
	HTTP     *http.Client // nil for http.DefaultClient, which has no time limit of its own
}

// LogValue keeps the password out of logs.
func (c Client) LogValue() slog.Value {
	return slog.GroupValue(slog.String("url", c.URL), slog.String("user", c.User))
}

// String keeps the password out of printed text.
func (c Client) String() string { return "soap client of " + c.URL }

// GoString is String, for the %#v verb.
func (c Client) GoString() string { return c.String() }

// Call sends request as the body of a SOAP 1.1 envelope and decodes the body of
// the answer into response, a pointer. action is the SOAPAction without quotes.
// A SOAP fault is a *Fault, any other answer than 200 a *StatusError; ctx limits
// the call's time.
func (c *Client) Call(ctx context.Context, action string, request, response any) error {
	body, err := envelope(request)
	if err != nil {
		return fmt.Errorf("call %s: %w", action, err)
	}
	status, answer, err := c.post(ctx, action, body)
	if err != nil {
		return fmt.Errorf("call %s: %w", action, err)
	}
	if err := decode(status, answer, response); err != nil {
		return fmt.Errorf("call %s: %w", action, err)
	}
	return nil
}

func envelope(request any) ([]byte, error) {
	payload, err := xml.Marshal(request)
	if err != nil {
		return nil, err
	}
	// encoding/xml puts this character in place of what XML cannot carry; a
	// name or a password must not change on its way.
	if bytes.ContainsRune(payload, '\uFFFD') {
		return nil, errors.New("a text has a character that XML cannot carry, or U+FFFD")
	}
	return slices.Concat([]byte(envelopeStart), payload, []byte(envelopeEnd)), nil
}

func (c *Client) post(ctx context.Context, action string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `"`+action+`"`)
	if c.User != "" {
		req.SetBasicAuth(c.User, c.Password)
	}
	httpClient := c.HTTP
	if httpClient == nil {
		httpClient = http.DefaultClient
	}
	res, err := httpClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, MaxResponse+1))
	if err != nil {
		return 0, nil, err
	}
	if len(answer) > MaxResponse {
		return 0, nil, fmt.Errorf("answer is larger than %d bytes", MaxResponse)
	}
	return res.StatusCode, answer, nil
}
