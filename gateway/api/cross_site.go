package api

import (
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/problem"
)

// refuseCrossSite keeps other websites' pages from using the refresh token's cookie: a session route takes only
// requests of the gateway's own origin (by Sec-Fetch-Site, or where a browser does not send it, by Origin) and of
// programs that are no browser.
func refuseCrossSite() runtime.Middleware {
	protection := http.NewCrossOriginProtection()
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			if routeOf(r).kind == session && protection.Check(r) != nil {
				problem.Write(w, r, problem.New(http.StatusForbidden, problem.CodePermissionDenied,
					"this path can be called only from its own site"))
				return
			}
			next(w, r, params)
		}
	}
}
