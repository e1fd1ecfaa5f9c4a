// Package exchange holds what the middlewares share about one HTTP request and its answer.
package exchange

import (
	"context"
	"net/netip"

	"mab/gateway/address"
	mabv1 "mab/gen/go/mab/v1"
)

// Exchange is filled in by the layers that learn the facts and read by those around them. It belongs to the
// goroutine of its request.
type Exchange struct {
	// RequestID is in the answer's X-Request-Id, in every problem and in the log.
	RequestID string
	// Route is the pattern that matched, such as "/api/experiments/{id}"; "" where none did. Bounded, so it may
	// label a metric.
	Route string
	// Problem is the code of the problem that was answered; "" where none was.
	Problem string
	// ClientAddress is who asks, past the trusted proxies; the zero Addr where nobody found out.
	ClientAddress netip.Addr
	// Transport is what the client's own connection is.
	Transport address.Transport
	// Origin is the website whose page asks, of public routes: "" where no browser says so, "null" where it says nothing
	// that could be allowed. Bounded, and fit for a protobuf string.
	Origin string
	// Bot is why the caller is taken for a machine, of calls that may expose somebody.
	Bot mabv1.StreamCall_BotSign
	// Failure, where given, is the body of a failure in the route's own protocol; elsewhere it is a problem.
	Failure func(status int, code, detail string) any
	// Body is the request's body as it came, for errors that point into it. Nil until it was read.
	Body []byte
}

type contextKey struct{}

// NewContext returns a context that bears e.
func NewContext(ctx context.Context, e *Exchange) context.Context {
	return context.WithValue(ctx, contextKey{}, e)
}

// FromContext returns the request's exchange; an empty one where there is none, so that callers need no check.
func FromContext(ctx context.Context) *Exchange {
	if e, ok := ctx.Value(contextKey{}).(*Exchange); ok {
		return e
	}
	return &Exchange{}
}
