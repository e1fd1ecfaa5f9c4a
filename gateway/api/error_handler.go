package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"mab/gateway/exchange"
	"mab/gateway/problem"
)

// statusClientClosedRequest is what nginx logs when a client leaves before the answer.
const statusClientClosedRequest = 499

// handleError answers what a matched route failed with: a request that could not be decoded, or a service's error.
func handleError(cookie sessionCookie, logger *slog.Logger) runtime.ErrorHandlerFunc {
	return func(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
		if probing(r) {
			return
		}
		x := exchange.FromContext(r.Context())
		var ofRouting *runtime.HTTPStatusError
		if errors.As(err, &ofRouting) {
			problem.Write(w, r, problem.New(http.StatusBadRequest, problem.CodeInvalidArgument, "the path is malformed"))
			return
		}
		if errors.Is(r.Context().Err(), context.Canceled) {
			w.WriteHeader(statusClientClosedRequest) // for the log; nobody reads it
			return
		}
		s := status.Convert(err)
		// A service says which fields are wrong; without details it is this process that could not decode.
		if s.Code() == codes.InvalidArgument && len(s.Details()) == 0 {
			problem.Write(w, r, badRequest(x.Body, s.Message()))
			return
		}
		p := problem.FromStatus(s)
		if p.Status == http.StatusInternalServerError {
			logger.ErrorContext(r.Context(), "a service failed", "request_id", x.RequestID, "route", x.Route, "error", s.String())
		}
		if p.Status == http.StatusUnauthorized && routeOf(r).refreshes {
			cookie.clear(w) // the token is of no use any more; a wrong password says nothing of it
		}
		problem.Write(w, r, p)
	}
}
