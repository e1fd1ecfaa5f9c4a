package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/problem"
)

// apiKeyHeader is where OpenFeature's clients may show an API key too.
const apiKeyHeader = "X-API-Key"

// requireCredential refuses calls of private and keyed routes that show nothing, before anything of the body is read. Whether
// what they show is good, the service knows.
func requireCredential() runtime.Middleware {
	return func(next runtime.HandlerFunc) runtime.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
			var p *problem.Problem
			switch matched := routeOf(r); {
			case matched.keyed:
				p = takeKey(r)
			case matched.kind == private && r.Header.Get("Authorization") == "":
				p = problem.New(http.StatusUnauthorized, problem.CodeUnauthenticated, "sign in first: the access token is missing")
			}
			if p != nil {
				problem.Write(w, r, p)
				return
			}
			next(w, r, params)
		}
	}
}

// takeKey puts the API key where the services look for it.
func takeKey(r *http.Request) *problem.Problem {
	credential := r.Header.Get("Authorization")
	if key := r.Header.Get(apiKeyHeader); credential == "" && key != "" {
		credential = "Bearer " + key
	}
	switch {
	case credential == "":
		return problem.New(http.StatusUnauthorized, problem.CodeUnauthenticated,
			"show an API key with the scope ASSIGN: Authorization: Bearer mab_…, or X-API-Key: mab_…")
	case len(credential) > maxCredential:
		return problem.New(http.StatusRequestHeaderFieldsTooLarge, problem.CodeHeaderTooLarge,
			fmt.Sprintf("the %s header is longer than %d bytes", apiKeyHeader, maxCredential))
	case strings.ContainsFunc(credential, func(c rune) bool { return c < ' ' || c > '~' }): // gRPC could not carry it
		return problem.New(http.StatusUnauthorized, problem.CodeUnauthenticated, "the API key is none: it has characters that no key has")
	}
	r.Header.Set("Authorization", credential)
	return nil
}
