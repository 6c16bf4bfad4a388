package mpf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// serve starts the door over a Submitter.
func serve(t testing.TB, s mpf.SubmitterFunc, config mpf.HandlerConfig) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(mpf.NewHandler(s, config))
	t.Cleanup(server.Close)
	return server
}

func client(t testing.TB, config mpf.ClientConfig) *mpf.Client {
	t.Helper()
	c, err := mpf.NewClient(config)
	require.NoError(t, err)
	return c
}

// TestWire_IsTheSameAsInProcess sends requests of every kind through client
// and handler and holds that both sides see what they would see in process.
func TestWire_IsTheSameAsInProcess(t *testing.T) {
	var seen *mpf.Request
	var answer *mpf.Response
	server := serve(t, func(_ context.Context, req *mpf.Request) (*mpf.Response, error) {
		seen = req
		return answer, nil
	}, mpf.HandlerConfig{})
	c := client(t, mpf.ClientConfig{URL: server.URL + mpf.DoorPath})
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		want := request(t)
		answer = response(t)
		got, err := c.Submit(ctx, want)
		require.NoError(t, err)
		require.Equal(t, want.Target, seen.Target)
		require.Equal(t, xmldoc.String(want.Element()), xmldoc.String(seen.Element()))
		equalResponses(t, answer, got)
	})
}

func TestWire_Responses(t *testing.T) {
	for name, want := range map[string]*mpf.Response{
		"empty data": {Data: xmldoc.Element("data")},
		"non-ASCII":  {Data: xmldoc.Element("data", xmldoc.TextElement("ü", "€ 😀\r\n"))},
		"failure":    {Data: xmldoc.Element("data"), Err: mpf.ObjectNotFound.New("LDAP://OU=ü")},
		"nested failure": {Err: &mpf.Error{
			Code: mpf.NoSuchObject, Description: "Unable to open 'x'.", ExecuteSeqNo: 70, Detail: mustParse(t, `<errorDescription><a b="1"/></errorDescription>`),
			Sources: []mpf.Source{{Namespace: "A", Procedure: "a"}, {Namespace: "B", Procedure: "b"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(context.Context, *mpf.Request) (*mpf.Response, error) { return want, nil }, mpf.HandlerConfig{})
			got, err := client(t, mpf.ClientConfig{URL: server.URL}).Submit(t.Context(), mpf.Simple(echo, nil))
			require.NoError(t, err)
			if want.Err != nil && want.Err.ExecuteSeqNo == 0 {
				want.Err.ExecuteSeqNo = 1
			}
			equalResponses(t, want, got)
		})
	}
}

func TestClient_WritesTheMessageExactly(t *testing.T) {
	var got, agent, length, contentType string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, agent, length, contentType = string(body), r.UserAgent(), r.Header.Get("Content-Length"), r.Header.Get("Content-Type")
		assert.Equal(t, []string{`""`}, r.Header["Soapaction"])
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, enveloped("<response><data/></response>"))
	}))
	t.Cleanup(server.Close)
	c := client(t, mpf.ClientConfig{URL: server.URL, UserAgent: "wsexchange/1"})
	const start = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Header>` +
		`<provisioning xmlns="http://maps/specs/prov.xml" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" soap:mustUnderstand="1"`
	_, err := c.Submit(t.Context(), mpf.Simple(echo, xmldoc.Element("data")))
	require.NoError(t, err)
	assert.Equal(t, start+`><namespace>Test Namespace</namespace><procedure>Echo</procedure></provisioning></soap:Header>`+
		`<soap:Body><request><data/></request></soap:Body></soap:Envelope>`, got)
	assert.Equal(t, "wsexchange/1", agent)
	assert.Equal(t, fmt.Sprint(len(got)), length)
	assert.Equal(t, "text/xml; charset=utf-8", contentType)
	_, err = c.Submit(t.Context(), &mpf.Request{Procedure: &mpf.Procedure{}})
	require.NoError(t, err)
	assert.Equal(t, start+` trusted="1"/></soap:Header><soap:Body><request><procedure/></request></soap:Body></soap:Envelope>`, got)
}

func enveloped(body string) string {
	return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>` + body + `</e:Body></e:Envelope>`
}

func TestWire_ErrorsKeepTheirMeaning(t *testing.T) {
	const hidden = "secret detail 10.1.2.3"
	for name, row := range map[string]struct{ err, want error }{
		"unreachable": {fmt.Errorf("%s: %w", hidden, mpf.ErrUnreachable), mpf.ErrUnreachable},
		"timeout":     {fmt.Errorf("%s: %w", hidden, mpf.ErrTimeout), mpf.ErrTimeout},
		"deadline":    {fmt.Errorf("%s: %w", hidden, context.DeadlineExceeded), mpf.ErrTimeout},
		"lost":        {fmt.Errorf("%s: %w", hidden, mpf.ErrConnectionLost), mpf.ErrConnectionLost},
		"other":       {errors.New(hidden), mpf.ErrFault},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			server := serve(t, func(context.Context, *mpf.Request) (*mpf.Response, error) { return nil, row.err },
				mpf.HandlerConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			_, err := client(t, mpf.ClientConfig{URL: server.URL}).Submit(t.Context(), mpf.Simple(echo, nil))
			require.ErrorIs(t, err, row.want)
			assert.NotContains(t, err.Error(), hidden)
			assert.Contains(t, log.String(), hidden)
		})
	}
}

func TestWire_Authentication(t *testing.T) {
	var caller mpf.Caller
	var log bytes.Buffer
	server := serve(t, func(ctx context.Context, _ *mpf.Request) (*mpf.Response, error) {
		caller, _ = mpf.CallerFrom(ctx)
		return &mpf.Response{}, nil
	}, mpf.HandlerConfig{
		Realm:  "fabrikam",
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Authenticate: func(_ context.Context, domain, user string, given secret.String) (mpf.Caller, error) {
			switch {
			case user == "broken":
				return mpf.Caller{}, errors.New("directory is down")
			case given.Reveal() != password:
				return mpf.Caller{}, mpf.ErrNotAuthenticated
			}
			return mpf.Caller{Domain: domain, Username: user, Trusted: true}, nil
		},
	})
	good := mpf.Caller{Domain: "FABRIKAM", Username: "joe", Password: secret.New(password)}
	req := mpf.Simple(echo, nil)
	_, err := client(t, mpf.ClientConfig{URL: server.URL, Credentials: mpf.OfAccount, Account: good}).Submit(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, mpf.Caller{Domain: "FABRIKAM", Username: "joe"}, caller, "nobody is trusted by coming in here")

	passing := client(t, mpf.ClientConfig{URL: server.URL, Credentials: mpf.OfCaller})
	other := mpf.Caller{Username: "ann@fabrikam.com", Password: secret.New(password)}
	_, err = passing.Submit(mpf.WithCaller(t.Context(), other), req)
	require.NoError(t, err)
	assert.Equal(t, mpf.Caller{Domain: "fabrikam.com", Username: "ann"}, caller)

	_, err = passing.Submit(t.Context(), req)
	require.ErrorIs(t, err, mpf.ErrNotAuthenticated)
	require.ErrorContains(t, err, "no caller")
	wrong := good
	wrong.Password = secret.New("wrong-Phrase")
	_, err = passing.Submit(mpf.WithCaller(t.Context(), wrong), req)
	require.ErrorIs(t, err, mpf.ErrNotAuthenticated)
	assert.NotContains(t, err.Error(), "wrong-Phrase")
	_, err = client(t, mpf.ClientConfig{URL: server.URL}).Submit(t.Context(), req)
	require.ErrorIs(t, err, mpf.ErrNotAuthenticated)
	wrong.Username = "broken"
	_, err = passing.Submit(mpf.WithCaller(t.Context(), wrong), req)
	require.ErrorIs(t, err, mpf.ErrProtocol)
	require.ErrorContains(t, err, "503")
	assert.NotContains(t, log.String(), "Phrase")

	resp, err := http.Post(server.URL, "text/xml", strings.NewReader("x"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	assert.Equal(t, `Basic realm="fabrikam"`, resp.Header.Get("WWW-Authenticate"))
}

// broken starts a server that reads one byte of a request and resets the
// connection, or reads all of it, sends some bytes and closes the connection.
func broken(t *testing.T, readBody bool, answer string) (address string, requests *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	requests = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			requests.Add(1)
			if readBody {
				buffer := make([]byte, 1<<16)
				for text := ""; !strings.Contains(text, "</soap:Envelope>"); {
					n, err := conn.Read(buffer)
					text += string(buffer[:n])
					if err != nil {
						break
					}
				}
				_, _ = io.WriteString(conn, answer)
			} else {
				_, _ = conn.Read(make([]byte, 1))
				_ = conn.(*net.TCPConn).SetLinger(0)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String(), requests
}

func TestClient_Faults(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
	good := enveloped("<response><data/></response>")
	fault := enveloped(`<e:Fault><faultcode>e:Server</faultcode><faultstring>It broke.</faultstring></e:Fault>`)
	for name, row := range map[string]struct {
		readBody bool
		answer   string
		want     error
		text     string
	}{
		"reset before an answer":   {false, "", mpf.ErrConnectionLost, ""},
		"closed before an answer":  {true, "", mpf.ErrConnectionLost, "EOF"},
		"headers cut off":          {true, "HTTP/1.1 200 OK\r\nContent-Ty", mpf.ErrConnectionLost, "connection broken"},
		"answer cut off":           {true, head + "Content-Length: 5000\r\n\r\n" + good[:100], mpf.ErrConnectionLost, "EOF"},
		"chunk cut off":            {true, head + "Transfer-Encoding: chunked\r\n\r\n64\r\n" + good[:20], mpf.ErrConnectionLost, "EOF"},
		"answer without end":       {true, head + "\r\n" + good[:100], mpf.ErrProtocol, "is not closed"},
		"garbage for HTTP":         {true, "220 mail.example ESMTP\r\n", mpf.ErrConnectionLost, "malformed HTTP"},
		"garbage for XML":          {true, head + "\r\nhello", mpf.ErrProtocol, "text outside the root element"},
		"no envelope":              {true, head + "\r\n<response/>", mpf.ErrProtocol, "not a SOAP Envelope"},
		"document type":            {true, head + "\r\n<!DOCTYPE a>" + good, mpf.ErrProtocol, "document type declarations"},
		"a page":                   {true, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html/>", mpf.ErrProtocol, `content type "text/html"`},
		"no content type":          {true, "HTTP/1.1 200 OK\r\n\r\n" + good, mpf.ErrProtocol, `content type ""`},
		"redirect":                 {true, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", mpf.ErrProtocol, "302"},
		"redirect that keeps POST": {true, "HTTP/1.1 307 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", mpf.ErrProtocol, "307"},
		"not found":                {true, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", mpf.ErrProtocol, "404"},
		"refused":                  {true, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", mpf.ErrNotAuthenticated, "403"},
		"another document":         {true, head + "\r\n" + enveloped("<answer/>"), mpf.ErrProtocol, `root element is "answer"`},
		"a bad code":               {true, head + "\r\n" + enveloped(`<response><errorContext code="x"/></response>`), mpf.ErrProtocol, "32 bit"},
		"a fault":                  {true, "HTTP/1.1 500 X\r\nContent-Type: text/xml\r\n\r\n" + fault, mpf.ErrFault, "It broke."},
		"a fault with status 200":  {true, head + "\r\n" + fault, mpf.ErrFault, "It broke."},
		"more than the limit":      {true, head + "\r\n" + enveloped("<response><data>"+strings.Repeat("x", 2000)+"</data></response>"), mpf.ErrProtocol, `limit "bytes" is 1000`},
	} {
		t.Run(name, func(t *testing.T) {
			address, requests := broken(t, row.readBody, row.answer)
			c := client(t, mpf.ClientConfig{URL: address, Limits: xmldoc.Limits{Bytes: 1000}})
			resp, err := c.Submit(t.Context(), mpf.Simple(echo, nil))
			require.Nil(t, resp)
			require.ErrorIs(t, err, row.want)
			assert.ErrorContains(t, err, row.text)
			assert.ErrorContains(t, err, address)
			assert.False(t, errors.Is(err, mpf.ErrUnreachable))
			assert.EqualValues(t, 1, requests.Load(), "sent once")
		})
	}
}

func TestClient_Unreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	plain := serve(t, func(context.Context, *mpf.Request) (*mpf.Response, error) { panic("reached") }, mpf.HandlerConfig{})
	failing := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "mpf.example", IsNotFound: true}
	}}}
	for name, config := range map[string]mpf.ClientConfig{
		"nobody listens":      {URL: closed},
		"no TLS there":        {URL: strings.Replace(plain.URL, "http:", "https:", 1)},
		"name does not exist": {URL: "http://mpf.example/", HTTPClient: failing},
		"the dial takes too long": {URL: "http://mpf.example/", Timeout: 50 * time.Millisecond, HTTPClient: &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() },
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, config).Submit(t.Context(), mpf.Simple(echo, nil))
			require.ErrorIs(t, err, mpf.ErrUnreachable)
			assert.False(t, errors.Is(err, mpf.ErrTimeout))
		})
	}
	silent := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })}
	_, err = client(t, mpf.ClientConfig{URL: plain.URL, HTTPClient: silent}).Submit(t.Context(), mpf.Simple(echo, nil))
	require.ErrorIs(t, err, mpf.ErrConnectionLost, "a transport that does not tell may have sent it")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client(t, mpf.ClientConfig{URL: plain.URL}).Submit(ctx, mpf.Simple(echo, nil))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, mpf.ErrUnreachable, "nothing was sent")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestClient_DoesNotSendTwice closes a kept connection under the client: what
// has been written must not be written again on another one.
func TestClient_DoesNotSendTwice(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if requests.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, enveloped("<response><data/></response>"))
	}))
	t.Cleanup(server.Close)
	c := client(t, mpf.ClientConfig{URL: server.URL})
	_, err := c.Submit(t.Context(), mpf.Simple(echo, nil))
	require.NoError(t, err)
	_, err = c.Submit(t.Context(), mpf.Simple(echo, nil))
	require.ErrorIs(t, err, mpf.ErrConnectionLost)
	assert.EqualValues(t, 2, requests.Load())
}

func TestClient_TimeoutAndCancel(t *testing.T) {
	arrived := make(chan struct{}, 2)
	server := serve(t, func(ctx context.Context, _ *mpf.Request) (*mpf.Response, error) {
		arrived <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}, mpf.HandlerConfig{})
	_, err := client(t, mpf.ClientConfig{URL: server.URL, Timeout: 200 * time.Millisecond}).Submit(t.Context(), mpf.Simple(echo, nil))
	if !errors.Is(err, mpf.ErrUnreachable) { // a machine too slow to send it at all
		require.ErrorIs(t, err, mpf.ErrTimeout)
		require.ErrorContains(t, err, "no answer within 200ms")
		<-arrived
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err = client(t, mpf.ClientConfig{URL: server.URL}).Submit(ctx, mpf.Simple(echo, nil))
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, errors.Is(err, mpf.ErrUnreachable) || errors.Is(err, mpf.ErrTimeout))
}

func TestNewClient_Refuses(t *testing.T) {
	for name, row := range map[string]struct {
		config mpf.ClientConfig
		want   string
	}{
		"no address":    {mpf.ClientConfig{}, `engine address "" is not an http or https URL`},
		"other scheme":  {mpf.ClientConfig{URL: "ftp://x/"}, `engine address "ftp://x/" is not an http or https URL`},
		"no host":       {mpf.ClientConfig{URL: "http:///x"}, `engine address "http:///x" is not an http or https URL`},
		"unreadable":    {mpf.ClientConfig{URL: "http://a:" + password + "@%zz"}, `engine address "(unreadable)" is not an http or https URL`},
		"credentials":   {mpf.ClientConfig{URL: "http://a:" + password + "@x/"}, `engine address "http://a:xxxxx@x/": credentials belong in the account, not in the address`},
		"empty account": {mpf.ClientConfig{URL: "http://x/", Credentials: mpf.OfAccount}, `engine address "http://x/": the account has no name`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mpf.NewClient(row.config)
			require.EqualError(t, err, row.want)
			_, err = mpf.NewServiceClient(row.config)
			require.EqualError(t, err, row.want)
		})
	}
}
