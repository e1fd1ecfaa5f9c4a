package api

import (
	"net/http"
	"slices"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/middleware"
)

// corsOrigins are the websites whose pages may read public answers; "*" means every one. Private routes never say
// so: the dashboard is on the gateway's own origin.
type corsOrigins []string

// cors lets pages of the allowed origins read the answers of public routes, failures included. No credentials: a
// visitor is named in the body.
func cors(origins corsOrigins) runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			if routeOf(r).kind == public {
				middleware.Open(w.Header())
				origins.allow(w, r)
				exposed := "Retry-After, X-Request-Id"
				if routeOf(r).keyed {
					exposed = "ETag, " + exposed
				}
				w.Header().Set("Access-Control-Expose-Headers", exposed)
			}
			next(w, r, params)
		}
	}
}

// allow reports whether the request's origin may read the answer. To those who may not, the answer stays as closed as
// the others.
func (o corsOrigins) allow(w http.ResponseWriter, r *http.Request) bool {
	if slices.Contains(o, "*") {
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		return true
	}
	w.Header().Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.Contains(o, origin) {
		return false
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	return true
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers a browser that asks before it sends application/json, or an API key, across origins.
func (o corsOrigins) preflight(w http.ResponseWriter, r *http.Request, asked route) {
	middleware.Open(w.Header())
	if o.allow(w, r) {
		methods, allowed := http.MethodPost, "Content-Type, X-Request-Id, Traceparent"
		if asked.keyed { // the stream of events is one of them
			methods = "GET, POST"
			allowed = "Authorization, If-None-Match, Last-Event-ID, Cache-Control, " + apiKeyHeader + ", " + allowed
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", allowed)
		h.Set("Access-Control-Max-Age", "86400")
	}
	w.WriteHeader(http.StatusNoContent)
}
