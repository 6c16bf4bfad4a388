package tracingtest

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span that came, with its ids as hexadecimal text.
type Span struct {
	Service, Name             string
	TraceID, SpanID, ParentID string
	TraceState                string
	Kind                      tracepb.Span_SpanKind
	Failed                    bool
	Status                    string // description
	// Attributes holds texts, and other values as text.
	Attributes map[string]string
}

// Answer is what the collector says to one batch.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Collector is a running collector.
type Collector struct {
	// URL takes spans.
	URL string

	mu      sync.Mutex
	answers []Answer
	headers []http.Header
	raw     []byte
	spans   []Span
}

// Start runs a collector until the test ends.
func Start(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(t, w, r) }))
	t.Cleanup(server.Close)
	c.URL = server.URL + "/v1/traces"
	return c
}

// Say makes the collector give these answers to the next batches, one each.
// Without one it takes everything. Spans count as come if the status is 200.
func (c *Collector) Say(answers ...Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = append(c.answers, answers...)
}

func (c *Collector) serve(t testing.TB, w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	assert.Equal(t, "/v1/traces", r.URL.Path)
	assert.Equal(t, http.MethodPost, r.Method)
	assert.Equal(t, "application/x-protobuf", r.Header.Get("Content-Type"))
	assert.Equal(t, "gzip", r.Header.Get("Content-Encoding"))
	c.headers = append(c.headers, r.Header.Clone())
	answer := Answer{Status: http.StatusOK}
	if len(c.answers) > 0 {
		answer, c.answers = c.answers[0], c.answers[1:]
	}
	packed, err := gzip.NewReader(r.Body)
	if assert.NoError(t, err) {
		message, err := io.ReadAll(packed)
		assert.NoError(t, err)
		c.raw = append(c.raw, message...)
		if answer.Status == http.StatusOK {
			c.take(t, message)
		}
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body)
}

func (c *Collector) take(t testing.TB, message []byte) {
	var data tracepb.TracesData
	assert.NoError(t, proto.Unmarshal(message, &data))
	for _, from := range data.ResourceSpans {
		service := texts(from.Resource.Attributes)["service.name"]
		for _, scope := range from.ScopeSpans {
			for _, s := range scope.Spans {
				c.spans = append(c.spans, Span{
					Service: service, Name: s.Name, TraceID: hex.EncodeToString(s.TraceId), SpanID: hex.EncodeToString(s.SpanId),
					ParentID: hex.EncodeToString(s.ParentSpanId), TraceState: s.TraceState, Kind: s.Kind,
					Failed: s.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR, Status: s.Status.GetMessage(), Attributes: texts(s.Attributes),
				})
			}
		}
	}
}

func texts(attributes []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range attributes {
		switch v := a.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			all[a.Key] = fmt.Sprint(v.IntValue)
		case *commonpb.AnyValue_BoolValue:
			all[a.Key] = fmt.Sprint(v.BoolValue)
		default:
			all[a.Key] = a.Value.String()
		}
	}
	return all
}

// Spans are those that have come, in the order in which they began to be sent.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Raw is all that has come, taken or not, unpacked.
func (c *Collector) Raw() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.raw)
}

// Headers are the headers of every batch.
func (c *Collector) Headers() []http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.headers)
}

// Span finds the one span of a name, and fails the test if there is not one.
func (c *Collector) Span(t testing.TB, service, name string) Span {
	t.Helper()
	var found []Span
	var names []string
	for _, s := range c.Spans() {
		names = append(names, s.Service+": "+s.Name)
		if s.Service == service && s.Name == name {
			found = append(found, s)
		}
	}
	require.Len(t, found, 1, "%s: %s among %q", service, name, names)
	return found[0]
}
