package api

import (
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/bots"
	"mab/gateway/exchange"
	"mab/gateway/ratelimit"
	mabv1 "mab/gen/go/mab/v1"
)

const (
	// originBytesMax is more than any website's origin has.
	originBytesMax = 512
	// opaqueOrigin is what a browser calls an origin that it does not tell. No list has it.
	opaqueOrigin = "null"
)

// BotOptions say which calls are taken for machines'.
type BotOptions struct {
	// Mark: whether any is.
	Mark bool
	// Limits have what an address may ask before it is taken for a machine.
	Limits *ratelimit.Limits
	// Marked, where given, learns of each call that was.
	Marked func(mabv1.StreamCall_BotSign)
}

// noteCaller tells the assignment service whose page asks, and whether a machine does, of public routes. The service alone
// knows which websites an experiment allows, and which visitors it knows.
func noteCaller(options BotOptions) runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			matched := routeOf(r)
			if matched.kind == public {
				exchange.FromContext(r.Context()).Origin = originOf(r)
			}
			if matched.exposes && options.Mark {
				options.mark(r, matched.keyed)
			}
			next(w, r, params)
		}
	}
}

// mark says why the call is taken for a machine's, if it is. A key that no page shows may be a server's, which asks for its
// visitors: then its rate says nothing. The service knows, so what it is told is no machine yet.
func (o BotOptions) mark(r *http.Request, keyed bool) {
	x := exchange.FromContext(r.Context())
	class := ratelimit.Bot
	if keyed && x.Origin == "" {
		class = ratelimit.KeyedBot
	}
	over := o.Limits.Exceeds(class, x.ClientAddress) // counts, whatever else the call is
	switch {
	case bots.DeclaredBy(r.UserAgent()):
		x.Bot = mabv1.StreamCall_USER_AGENT
	case bots.Prefetches(r.Header):
		x.Bot = mabv1.StreamCall_PREFETCH
	case over:
		x.Bot = mabv1.StreamCall_RATE
	default:
		return
	}
	if o.Marked != nil && (class == ratelimit.Bot || x.Bot != mabv1.StreamCall_RATE) {
		o.Marked(x.Bot)
	}
}

// originOf is the request's Origin header; "" where it has none, as of programs. What no browser sends is an origin that
// nobody allows.
func originOf(r *http.Request) string {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		return ""
	}
	origin := values[0]
	if len(values) > 1 || origin == "" || len(origin) > originBytesMax ||
		strings.ContainsFunc(origin, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return opaqueOrigin
	}
	return origin
}
