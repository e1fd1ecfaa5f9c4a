package api

import (
	"context"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
)

// deadline ends a request that the services do not answer in time.
func deadline(publicTimeout, privateTimeout time.Duration) runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			timeout := privateTimeout
			switch matched := routeOf(r); {
			case matched.endless:
				next(w, r, params)
				return
			case matched.kind == public:
				timeout = publicTimeout
			}
			ctx, cancel := context.WithTimeout(r.Context(), timeout)
			defer cancel()
			next(w, r.WithContext(ctx), params)
		}
	}
}
