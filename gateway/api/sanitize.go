package api

import "net/http"

// sanitize takes away what grpc-gateway would act upon but clients have no right to: a deadline of their own, and
// hops that only a proxy of ours could name. HEAD is answered as GET; the server leaves the body away.
func sanitize(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Grpc-Timeout", "X-Forwarded-For", "X-Forwarded-Host", "Te"} {
			r.Header.Del(name)
		}
		if r.Method == http.MethodHead {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		next.ServeHTTP(w, r)
	})
}
