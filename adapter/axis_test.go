package adapter

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// outputs is an engine that answers with the inputs and what the reply shapes
// need beside them.
func outputs() *engine {
	return &engine{answer: func(r *mpf.Request) (*mpf.Response, error) {
		response := echoData(r)
		xmldoc.Append(response.Data, xmldoc.TextElement("path", "LDAP://cn=new,DC=fabrikam,DC=com"))
		return response, nil
	}}
}

// exchange sends bytes over a connection of its own and reads until the server
// closes it.
func exchange(t *testing.T, h http.Handler, message []byte) []byte {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write(message)
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	return answer
}

// The recorded requests of the client, byte for byte, get answers that a client
// of HTTP/1.0 can read.
func TestAxis_RecordedRequestsAreAnswered(t *testing.T) {
	files, err := filepath.Glob("testdata/axis/*.http")
	require.NoError(t, err)
	require.Len(t, files, 50)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			message, err := os.ReadFile(file)
			require.NoError(t, err)
			e := outputs()
			raw := exchange(t, newHandler(t, testConfig(t, e)), message)
			assert.Equal(t, 1, e.calls)
			assert.Equal(t, mpf.Caller{Domain: "FABRIKAM", Username: "hsadmin", Password: e.caller.Password, Trusted: true}, e.caller)
			assert.Equal(t, testPassword, e.caller.Password.Reveal())

			assert.True(t, bytes.HasPrefix(raw, []byte("HTTP/1.0 200 OK\r\n")), "%.40s", raw)
			response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
			require.NoError(t, err)
			defer response.Body.Close()
			assert.Empty(t, response.TransferEncoding)
			assert.Equal(t, "text/xml; charset=utf-8", response.Header.Get("Content-Type"))
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, response.ContentLength, int64(len(body)))

			operation, _, _ := strings.Cut(strings.TrimSuffix(strings.SplitN(filepath.Base(file), ".", 2)[1], ".http"), "-")
			env, err := soap.ReadEnvelope(bytes.NewReader(body), "utf-8", xmldoc.Limits{})
			require.NoError(t, err)
			assert.Equal(t, operation+"Response", env.Body.Data)
			assert.Equal(t, namespace, env.Body.NamespaceURI)
			if result, ok := xmldoc.ChildText(env.Body, operation+"Result"); assert.True(t, ok) && e.request.Procedure != nil {
				assertAsClientReads(t, env.Body, result)
			}
		})
	}
}

// assertAsClientReads takes a success apart the way the panel does.
func assertAsClientReads(t *testing.T, body *xmldoc.Node, result string) {
	t.Helper()
	if strings.HasPrefix(result, "<") {
		root, err := xmldoc.ParseString(`<?xml version="1.0" encoding="utf-8" ?>`+result, xmldoc.Limits{})
		require.NoError(t, err)
		assert.Equal(t, "response", root.Data)
		assert.Nil(t, xmldoc.Child(root, "errorContext"))
		return
	}
	text, _ := xmldoc.ChildText(body, "errorReturn")
	assert.Empty(t, text)
	if node := xmldoc.Child(xmldoc.Child(body, "SubmitMpsRequestResult"), "response"); node != nil {
		assert.Empty(t, node.NamespaceURI)
		return
	}
	assert.NotEmpty(t, result)
	assert.NotEqual(t, "false", result)
}

func recorded(t testing.TB) string {
	t.Helper()
	message, err := os.ReadFile("testdata/axis/HostedExchange.EnableUser.http")
	require.NoError(t, err)
	return string(message)
}

func TestHTTP_KeepAliveAndClose(t *testing.T) {
	message := recorded(t)
	for name, c := range map[string]struct{ old, new, prefix string }{
		"HTTP/1.0 keep-alive asked": {" HTTP/1.0\r\n", " HTTP/1.0\r\nConnection: keep-alive\r\n", "HTTP/1.0 200"},
		"HTTP/1.1 close":            {" HTTP/1.0\r\n", " HTTP/1.1\r\nConnection: close\r\n", "HTTP/1.1 200"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(newHandler(t, testConfig(t, &engine{})))
			defer server.Close()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			reader := bufio.NewReader(conn)
			rounds := 1
			if strings.Contains(name, "keep-alive") {
				rounds = 3
			}
			for range rounds {
				_, err = io.WriteString(conn, strings.Replace(message, c.old, c.new, 1))
				require.NoError(t, err)
				response, err := http.ReadResponse(reader, nil)
				require.NoError(t, err)
				assert.Equal(t, 200, response.StatusCode)
				assert.Empty(t, response.TransferEncoding)
				assert.Positive(t, response.ContentLength)
				_, err = io.Copy(io.Discard, response.Body)
				require.NoError(t, err)
			}
		})
	}
}

func TestHTTP_ExpectContinue(t *testing.T) {
	message := strings.Replace(recorded(t), " HTTP/1.0\r\n", " HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n", 1)
	head, body, _ := strings.Cut(message, "\r\n\r\n")
	server := httptest.NewServer(newHandler(t, testConfig(t, &engine{})))
	defer server.Close()

	for name, authorized := range map[string]bool{"let in": true, "refused before the body is asked for": false} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			sent := head
			if !authorized {
				sent = strings.Replace(head, "Authorization: Basic", "X-None: Basic", 1)
			}
			_, err = io.WriteString(conn, sent+"\r\n\r\n")
			require.NoError(t, err)
			reader := bufio.NewReader(conn)
			line, err := reader.ReadString('\n')
			require.NoError(t, err)
			if !authorized {
				assert.Equal(t, "HTTP/1.1 401 Unauthorized\r\n", line)
				return
			}
			assert.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
			_, _ = reader.ReadString('\n')
			_, err = io.WriteString(conn, body)
			require.NoError(t, err)
			response, err := http.ReadResponse(reader, nil)
			require.NoError(t, err)
			defer response.Body.Close()
			assert.Equal(t, 200, response.StatusCode)
		})
	}
}

func TestHTTP_ChunkedRequest(t *testing.T) {
	head, body, _ := strings.Cut(recorded(t), "\r\n\r\n")
	head = strings.Replace(head, " HTTP/1.0\r\n", " HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n", 1)
	head = strings.Replace(head, "Content-Length: 512\r\n", "", 1)
	raw := exchange(t, newHandler(t, testConfig(t, &engine{})), []byte(head+"\r\n\r\n200\r\n"+body+"\r\n0\r\n\r\n"))
	assert.True(t, bytes.HasPrefix(raw, []byte("HTTP/1.1 200 OK\r\n")), "%.200s", raw)
	assert.NotContains(t, string(raw), "chunked")
}
