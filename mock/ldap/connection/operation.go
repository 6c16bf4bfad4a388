package connection

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/ldap/wire"
)

// operation is a request that is being answered.
type operation struct {
	client  *client
	id      int32
	kind    wire.Operation
	message *wire.Message
	err     error // why there is no message
	ctx     context.Context
	cancel  context.CancelFunc
	began   time.Time

	abandoned bool // guarded by client.mu: it is not answered
	answered  bool // guarded by client.mu: its answer is being written, or was
}

// admit begins the operation of a request, or has it wait. It waits itself
// while too much does.
func (c *client) admit(octets []byte, id int32, kind wire.Operation) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 && c.mayBegin(kind) {
		c.launch(octets, id, kind)
		return nil
	}
	for c.octets > 0 && c.octets+len(octets) > c.cfg.MaxWaiting && c.ctx.Err() == nil && !c.draining {
		c.changed.Wait()
	}
	c.waiting = append(c.waiting, slices.Clone(octets))
	c.octets += len(octets)
	c.beginWaiting()
	return nil
}

// mayBegin reports whether an operation may begin while others run. A bind
// runs alone.
func (c *client) mayBegin(kind wire.Operation) bool {
	switch {
	case c.draining || c.ended:
		return false
	case len(c.running) == 0:
		return true
	case kind == wire.OpBindRequest || c.running[0].kind == wire.OpBindRequest:
		return false
	}
	return len(c.running) < c.cfg.MaxOperations
}

// beginWaiting begins what waits and may begin, in its order.
func (c *client) beginWaiting() {
	for len(c.waiting) > 0 {
		octets := c.waiting[0]
		id, kind, _ := wire.Peek(octets) // it was read before without an error
		if !c.mayBegin(kind) {
			return
		}
		c.waiting[0] = nil
		c.waiting = c.waiting[1:]
		c.octets -= len(octets)
		c.launch(octets, id, kind)
	}
	c.waiting = nil
}

// launch begins an operation. Octets are not kept.
func (c *client) launch(octets []byte, id int32, kind wire.Operation) {
	o := &operation{client: c, id: id, kind: kind}
	if c.cfg.Observe != nil {
		o.began = time.Now()
	}
	o.ctx, o.cancel = context.WithCancel(c.ctx)
	c.running = append(c.running, o)
	o.message, o.err = wire.Decode(octets)
	if c.spare {
		c.spare = false
		c.next <- o
		return
	}
	c.work.Go(func() { c.perform(o) })
}

// perform answers operations: the first one, and as long as no other goroutine
// is spare, those that come later. One that is kept has a stack that is large
// enough, which a new one would have to grow for each operation.
func (c *client) perform(o *operation) {
	for {
		o.run()
		if !c.finish(o) {
			return
		}
		if o = <-c.next; o == nil {
			return
		}
	}
}

// finish ends an operation and begins what waited for it. It reports whether
// the goroutine of the operation is kept.
func (c *client) finish(o *operation) (kept bool) {
	o.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = slices.DeleteFunc(c.running, func(other *operation) bool { return other == o })
	if kept = !c.spare && !c.ended; kept {
		c.spare = true
	}
	c.beginWaiting()
	c.changed.Broadcast()
	return kept
}

// abandon ends the operation that an abandon request names, whether it runs or
// waits. A bind cannot be abandoned (RFC 4511 section 4.11).
func (c *client) abandon(octets []byte) {
	message, err := wire.Decode(octets)
	if err != nil {
		return // an abandon request has no answer
	}
	id := message.Request.(*wire.AbandonRequest).ID
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.running {
		if o.id == id && o.kind != wire.OpBindRequest {
			o.abandoned = true
			o.cancel()
		}
	}
	c.waiting = slices.DeleteFunc(c.waiting, func(octets []byte) bool {
		waiting, kind, _ := wire.Peek(octets)
		found := waiting == id && kind != wire.OpBindRequest
		if found {
			c.octets -= len(octets)
		}
		return found
	})
}

// run answers a request. A handler that panics ends its operation, not the
// program.
func (o *operation) run() {
	w := newSearchWriter(o)
	defer w.release()
	defer func() {
		if p := recover(); p != nil {
			o.client.cfg.Logger.Error("LDAP request", "operation", o.kind.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			w.answer(wire.Response{Result: wire.Result{Code: ldap.LDAPResultOther, Text: "internal error"}})
		}
	}()
	var malformed *wire.RequestError
	if errors.As(o.err, &malformed) {
		if o.kind == wire.OpBindRequest {
			o.client.session.become(nil)
		}
		w.answer(wire.Response{Result: wire.Result{Code: ldap.LDAPResultProtocolError, Text: o.err.Error()}})
		return
	}
	w.answer(o.perform(o.message, w))
}

// isAbandoned reports whether the operation must not be answered any more.
func (o *operation) isAbandoned() bool {
	o.client.mu.Lock()
	defer o.client.mu.Unlock()
	return o.abandoned
}
