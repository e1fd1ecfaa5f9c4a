package api

import (
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/exchange"
	"mab/gateway/problem"
	"mab/gateway/ratelimit"
)

// limitRate refuses what one address asks too much, before anything of the body is read: of the public endpoints, of the
// session's, and of those for people and API keys, whose floods are bounded by it too. A batch is one call.
func limitRate(limits *ratelimit.Limits) runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			var class ratelimit.Class
			switch routeOf(r).kind {
			case public:
				class = ratelimit.Address
			case session:
				class = ratelimit.Session
			case private:
				class = ratelimit.Private
			}
			wait := limits.TakeAddress(r.Context(), class, exchange.FromContext(r.Context()).ClientAddress)
			if wait == 0 {
				next(w, r, params)
				return
			}
			p := problem.New(http.StatusTooManyRequests, problem.CodeRateLimited, "too many calls from this address; try again")
			p.RetryAfter = wait
			problem.Write(w, r, p)
		}
	}
}
