package middleware

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"

	"mab/gateway/exchange"
	"mab/gateway/problem"
)

// Recover turns a panic into a logged 500. One request's bug is not the others' outage.
func Recover(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(cause) // the server's own way to end a connection
				}
				logger.ErrorContext(r.Context(), "a request panicked", "request_id", exchange.FromContext(r.Context()).RequestID,
					"cause", cause, "stack", string(debug.Stack()))
				problem.Write(w, r, problem.New(http.StatusInternalServerError, problem.CodeInternal, "internal error"))
			}()
			next.ServeHTTP(w, r)
		})
	}
}
