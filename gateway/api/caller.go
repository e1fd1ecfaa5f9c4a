package api

import (
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/exchange"
)

const (
	// originBytesMax is more than any website's origin has.
	originBytesMax = 512
	// opaqueOrigin is what a browser calls an origin that it does not tell. No list has it.
	opaqueOrigin = "null"
)

// noteCaller tells the assignment service whose page asks, of public routes. The service alone knows which websites an
// experiment allows.
func noteCaller() runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			if routeOf(r).kind == public {
				exchange.FromContext(r.Context()).Origin = originOf(r)
			}
			next(w, r, params)
		}
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
