package mpf

import (
	"context"
	"fmt"

	"wsexchange/internal/soap"
)

// Client submits requests through MPF's SOAP ISAPI door. It is stateless and
// safe for concurrent use, and sends nothing twice.
type Client struct {
	wire *wire
}

var _ Submitter = (*Client)(nil)

// NewClient makes a client. It connects to nothing yet.
func NewClient(c ClientConfig) (*Client, error) {
	w, err := newWire(c)
	if err != nil {
		return nil, err
	}
	return &Client{wire: w}, nil
}

// Submit sends a request and waits for its answer. Errors are ErrUnreachable
// only if nothing of the request was sent, ErrTimeout, ErrConnectionLost,
// ErrNotAuthenticated, ErrFault, ErrProtocol, or the end of ctx.
func (c *Client) Submit(ctx context.Context, req *Request) (*Response, error) {
	message := soap.AppendStart(make([]byte, 0, 1024), soap.V11, writeProvisioning(req.Target))
	message = soap.AppendEnd(appendXML(message, req.Element()))
	env, err := c.wire.post(ctx, "", message)
	if err != nil {
		return nil, err
	}
	resp, err := ParseResponse(env.Body)
	if err != nil {
		return nil, fmt.Errorf("engine %s: %w", c.wire.config.URL, err)
	}
	return resp, nil
}
