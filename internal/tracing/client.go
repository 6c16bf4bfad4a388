package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// client posts spans to a collector.
type client struct {
	endpoint string
	header   http.Header
	http     *http.Client
	pause    time.Duration // before the first repetition; each next one doubles it
	hurried  chan struct{} // closed when nothing is to be repeated any more
	once     sync.Once
}

var _ otlptrace.Client = (*client)(nil)

const (
	// mostAttempts is how often one batch is sent.
	mostAttempts = 5
	firstPause   = time.Second
	// longestPause bounds what a collector can ask for.
	longestPause = 30 * time.Second
	// longestAnswer is what is read of an answer, in bytes.
	longestAnswer = 64 << 10
)

func newClient(endpoint string, header http.Header) *client {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConns: 1, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
	}
	return &client{
		endpoint: endpoint, header: header, pause: firstPause, hurried: make(chan struct{}),
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // headers are for the endpoint only
		}},
	}
}

// Start does nothing: connections are made when they are needed.
func (c *client) Start(context.Context) error { return nil }

// Stop lets the connections go.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// hurry ends pauses, and repetitions with them.
func (c *client) hurry() { c.once.Do(func() { close(c.hurried) }) }

// busy is an answer after which the same may be sent again, after a pause that
// the collector wishes for, or 0.
type busy struct {
	err   error
	after time.Duration
}

func (b *busy) Error() string { return b.err.Error() }

func (b *busy) Unwrap() error { return b.err }

// rejected says that the collector did not take some of the spans.
type rejected struct {
	spans int64
	why   string
}

func (r *rejected) Error() string {
	return fmt.Sprintf("the collector rejected %d spans: %.200q", r.spans, r.why)
}

// UploadTraces sends spans. Only what the collector was too busy for, or what
// did not reach it, is sent again. TracesData has the form of the request that
// a collector takes, which is declared beside gRPC's parts.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	message, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	var body bytes.Buffer
	packed := gzip.NewWriter(&body)
	if _, err := packed.Write(message); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	pause := c.pause
	for attempt := 1; ; attempt++ {
		err := c.post(ctx, body.Bytes())
		var again *busy
		if err == nil || !errors.As(err, &again) || attempt == mostAttempts {
			return err
		}
		if !c.wait(ctx, max(pause/2+rand.N(pause/2+1), again.after)) {
			return err
		}
		pause *= 2
	}
}

// wait tells whether the time has passed with nothing in between.
func (c *client) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.hurried:
	case <-ctx.Done():
	}
	return false
}

func (c *client) post(ctx context.Context, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header = c.header.Clone()
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "gzip")
	response, err := c.http.Do(r)
	if err != nil {
		var transport *url.Error
		if errors.As(err, &transport) {
			err = transport.Err // without the address
		}
		return &busy{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	switch status := response.StatusCode; {
	case mayRepeat[status]:
		return &busy{err: fmt.Errorf("HTTP status %d", status), after: retryAfter(response.Header)}
	case status < 200 || status > 299:
		return fmt.Errorf("HTTP status %d", status)
	case err != nil:
		return nil // taken: that the answer broke off does not matter
	}
	return partialSuccess(answer)
}

// mayRepeat are the statuses that OTLP/HTTP calls retryable.
var mayRepeat = map[int]bool{
	http.StatusTooManyRequests: true, http.StatusBadGateway: true,
	http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true,
}

func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, longestPause)
}

// partialSuccess reads an ExportTraceServiceResponse, whose field 1 holds the
// number of spans that were rejected (1) and why (2). An answer that cannot be
// read rejects nothing.
func partialSuccess(answer []byte) error {
	var no rejected
	eachField(answer, func(outer protowire.Number, _ uint64, partial []byte) {
		eachField(partial, func(inner protowire.Number, number uint64, text []byte) {
			switch {
			case outer != 1:
			case inner == 1:
				no.spans = int64(number)
			case inner == 2:
				no.why = string(text)
			}
		})
	})
	if no.spans <= 0 {
		return nil
	}
	return &no
}

// eachField visits the fields of a message that are varints or have a length,
// up to the first thing that is no field.
func eachField(message []byte, visit func(number protowire.Number, varint uint64, content []byte)) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return
		}
		message = message[n:]
		size := protowire.ConsumeFieldValue(number, kind, message)
		if size < 0 {
			return
		}
		switch kind {
		case protowire.VarintType:
			varint, _ := protowire.ConsumeVarint(message)
			visit(number, varint, nil)
		case protowire.BytesType:
			content, _ := protowire.ConsumeBytes(message)
			visit(number, 0, content)
		}
		message = message[size:]
	}
}
