package middleware

import "net/http"

// Leave ends a connection with its next answer, while leaving says so: its client then asks another replica, and is not cut
// off in the middle of a request when this one ends; or others wait for its place.
func Leave(leaving func() bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if leaving() {
				w.Header().Set("Connection", "close")
			}
			next.ServeHTTP(w, r)
		})
	}
}
