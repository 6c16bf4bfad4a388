package tracing

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"wsexchange/internal/secret"
)

// Settings is the section of a program's configuration.
type Settings struct {
	Endpoint string        `setting:"endpoint" help:"URL that spans are sent to, by OTLP over HTTP; empty switches tracing off" example:"http://127.0.0.1:4318/v1/traces"`
	Headers  secret.String `setting:"headers" secret:"true" help:"headers sent along, name=value with commas between them, values percent-encoded"`
	Ratio    float64       `setting:"ratio" default:"1" help:"share of traces that is recorded, from 0 to 1; where the caller brings a trace, he has decided"`
	Service  string        `setting:"service" help:"service.name of the spans; empty is the name of the program"`
	Timeout  time.Duration `setting:"timeout" default:"10s" help:"longest time for sending one batch of spans, repetitions included"`
}

// Validate refuses what cannot be meant. It shows no header.
func (s Settings) Validate() error {
	var wrong []error
	if s.Endpoint != "" {
		u, err := url.Parse(s.Endpoint)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			wrong = append(wrong, errors.New("tracing.endpoint: it must be an http or https URL"))
		case u.User != nil:
			wrong = append(wrong, errors.New("tracing.endpoint: credentials belong in tracing.headers-file"))
		case u.Path == "":
			wrong = append(wrong, errors.New("tracing.endpoint: it has no path; collectors take spans at /v1/traces"))
		}
	}
	if s.Ratio < 0 || s.Ratio > 1 {
		wrong = append(wrong, fmt.Errorf("tracing.ratio: %v is not from 0 to 1", s.Ratio))
	}
	if s.Timeout <= 0 {
		wrong = append(wrong, errors.New("tracing.timeout must be more than 0"))
	}
	_, err := s.header()
	return errors.Join(append(wrong, err)...)
}

// ownHeaders are those that the client writes itself.
var ownHeaders = []string{"Content-Type", "Content-Encoding", "Content-Length", "Host", "Transfer-Encoding"}

// header takes the headers apart. Its errors tell no values.
func (s Settings) header() (http.Header, error) {
	header := http.Header{}
	for i, pair := range strings.Split(s.Headers.Reveal(), ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, fmt.Errorf("tracing.headers: number %d is no name=value", i+1)
		}
		for _, own := range ownHeaders {
			if strings.EqualFold(name, own) {
				return nil, fmt.Errorf("tracing.headers: %s is not to be set", own)
			}
		}
		header.Add(name, value)
	}
	return header, nil
}
