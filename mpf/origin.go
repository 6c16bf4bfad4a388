package mpf

import (
	"context"
	"net/http"
	"strings"
)

// OperationHeader is the HTTP header by which a client tells the engine's door
// which call of a web service a request is made for: "HostedExchange.EnableUser".
// It is for those who look into an engine of ours. Others take no notice, and
// nothing depends on it. (F160)
const OperationHeader = "X-WSExchange-Operation"

// Origin is the call of a web service that a request is made for. It travels in
// the context, beside the Caller; the id of the call is the request's
// ClientTransactionID.
type Origin struct {
	Service   string // "HostedExchange"
	Operation string // "EnableUser"
}

// String gives "HostedExchange.EnableUser", or "" for no origin.
func (o Origin) String() string {
	if o == (Origin{}) {
		return ""
	}
	return o.Service + "." + o.Operation
}

type originKey struct{}

// WithOrigin gives a context that carries the origin.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom gives the origin in a context, or a zero one.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// sendOrigin writes the header, if there is an origin.
func sendOrigin(ctx context.Context, h http.Header) {
	if text := OriginFrom(ctx).String(); text != "" {
		h.Set(OperationHeader, text)
	}
}

// receiveOrigin reads the header. What is no pair of plain names is passed
// over: it ends in logs and files.
func receiveOrigin(ctx context.Context, h http.Header) context.Context {
	service, operation, ok := strings.Cut(h.Get(OperationHeader), ".")
	if !ok || !isPlainName(service) || !isPlainName(operation) {
		return ctx
	}
	return WithOrigin(ctx, Origin{Service: service, Operation: operation})
}

// longestName is far above that of any operation, in bytes.
const longestName = 64

func isPlainName(s string) bool {
	return s != "" && len(s) <= longestName && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_'
	})
}
