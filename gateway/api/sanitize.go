package api

import (
	"fmt"
	"net/http"

	"mab/gateway/problem"
)

// maxCredential is the longest Authorization header, in bytes. The services take 16 KiB of metadata in all.
const maxCredential = 8 << 10

// sanitize takes away what grpc-gateway would act upon but clients have no right to: a deadline of their own, hops that
// only a proxy of ours could name, a second identity. HEAD is answered as GET; the server leaves the body away. What has no end
// has no HEAD.
func sanitize(next http.Handler, endpoints []Endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Grpc-Timeout", "X-Forwarded-For", "X-Forwarded-Host", "Te"} {
			r.Header.Del(name)
		}
		if credential := r.Header.Get("Authorization"); credential != "" {
			if len(credential) > maxCredential {
				problem.Write(w, r, problem.New(http.StatusRequestHeaderFieldsTooLarge, problem.CodeHeaderTooLarge,
					fmt.Sprintf("the Authorization header is longer than %d bytes", maxCredential)))
				return
			}
			r.Header.Set("Authorization", credential)
		}
		if r.Method == http.MethodHead && !isEndless(endpoints, r.URL.Path) {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		next.ServeHTTP(w, r)
	})
}
