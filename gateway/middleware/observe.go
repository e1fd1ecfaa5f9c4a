package middleware

import (
	"log/slog"
	"net/http"
	"time"

	"mab/gateway/exchange"
)

// Meter counts requests. route is bounded: a pattern, never a path.
type Meter interface {
	Began()
	Ended(route, method string, status int, took time.Duration)
}

// Observe counts each request and logs it in one line. The line has no query string and no body: user ids and secrets
// never stand in an address.
func Observe(meter Meter, logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			meter.Began()
			recorded := &recorder{ResponseWriter: w}
			defer func() {
				took := time.Since(began)
				x := exchange.FromContext(r.Context())
				if recorded.status == 0 { // what the server makes of no answer
					recorded.status = http.StatusOK
				}
				meter.Ended(x.Route, r.Method, recorded.status, took)
				logRequest(logger, r, x, recorded, took)
			}()
			next.ServeHTTP(recorded, r)
		})
	}
}

// maxLoggedPath is how much of a path stands in the log, in bytes.
const maxLoggedPath = 512

func logRequest(logger *slog.Logger, r *http.Request, x *exchange.Exchange, recorded *recorder, took time.Duration) {
	level := slog.LevelInfo
	if recorded.status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	if !logger.Enabled(r.Context(), level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("request_id", x.RequestID),
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path[:min(len(r.URL.Path), maxLoggedPath)]),
		slog.Int("status", recorded.status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.Int64("bytes", recorded.bytes),
	}
	if x.Problem != "" {
		attributes = append(attributes, slog.String("code", x.Problem))
	}
	logger.LogAttrs(r.Context(), level, "request", attributes...)
}
