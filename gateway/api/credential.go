package api

import (
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/problem"
)

// requireCredential refuses calls of private routes that show nothing, before anything of the body is read. Whether what
// they show is good, the service knows.
func requireCredential() runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			if routeOf(r).kind == private && r.Header.Get("Authorization") == "" {
				problem.Write(w, r, problem.New(http.StatusUnauthorized, problem.CodeUnauthenticated,
					"sign in first: the access token is missing"))
				return
			}
			next(w, r, params)
		}
	}
}
