package api

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/exchange"
	"mab/gateway/problem"
)

type (
	routeKey struct{}
	probeKey struct{}
)

// routeOf returns the route that matched the request.
func routeOf(r *http.Request) route {
	matched, _ := r.Context().Value(routeKey{}).(route)
	return matched
}

// match is the first middleware of every route: it tells the others, the log and the metrics which route it is.
func match(table routeTable) runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			pattern, _ := runtime.HTTPPattern(r.Context())
			matched := table.find(r.Method, pattern.String())
			x := exchange.FromContext(r.Context())
			if matched.failure != nil { // in the route's own shape also where the method is wrong
				x.Failure = func(status int, code, detail string) any { return matched.failure(params, status, code, detail) }
			}
			if found, ok := r.Context().Value(probeKey{}).(*route); ok {
				*found = matched
				return
			}
			x.Route = matched.template
			for name, value := range params {
				if !utf8.ValidString(value) { // protobuf could not carry it
					problem.Write(w, r, badField(strings.TrimPrefix(name, "experiment."), "is not valid UTF-8"))
					return
				}
			}
			next(w, r.WithContext(context.WithValue(r.Context(), routeKey{}, matched)), params)
		}
	}
}

// probe finds the route that the request's path would have with another method, without calling it.
func probe(mux *runtime.ServeMux, r *http.Request, method string) (route, bool) {
	var found route
	request := r.Clone(context.WithValue(r.Context(), probeKey{}, &found))
	request.Method = method
	mux.ServeHTTP(discard{}, request)
	return found, found.template != ""
}

// probing reports whether the request only asks for its route.
func probing(r *http.Request) bool { return r.Context().Value(probeKey{}) != nil }

// discard is the answer to a probe.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
