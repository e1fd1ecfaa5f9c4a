package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/exchange"
	"mab/gateway/problem"
)

var servedMethods = []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut}

// routingError answers what matched no route: preflights, wrong methods, unknown paths.
func routingError(origins corsOrigins) runtime.RoutingErrorHandlerFunc {
	return func(_ context.Context, mux *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, status int) {
		if probing(r) {
			return
		}
		switch status {
		case http.StatusMethodNotAllowed:
			wrongMethod(mux, origins, w, r)
		case http.StatusBadRequest:
			problem.Write(w, r, problem.New(status, problem.CodeInvalidArgument, "the path is malformed"))
		default:
			problem.Write(w, r, problem.New(http.StatusNotFound, problem.CodeNotFound, "there is nothing at this path"))
		}
	}
}

func wrongMethod(mux *runtime.ServeMux, origins corsOrigins, w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range servedMethods {
		found, ok := probe(mux, r, method)
		if !ok {
			continue
		}
		exchange.FromContext(r.Context()).Route = found.template
		allowed = append(allowed, method)
		if found.kind == public && isPreflight(r) {
			origins.preflight(w, r, found)
			return
		}
	}
	allowed = append(allowed, http.MethodOptions)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	problem.Write(w, r, problem.New(http.StatusMethodNotAllowed, problem.CodeMethodNotAllowed,
		"this path takes "+strings.Join(allowed, ", ")))
}
