package middleware

import (
	"net/http"
	"strings"
)

// contentSecurityPolicy lets a page load only what this gateway serves, run no inline script or style, and be framed
// by nobody. Charts and the API documentation need images from data: addresses.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// SecurityHeaders keeps a browser from doing more with an answer than it should. Answers of the API are never pages:
// that no type is guessed is all they need.
func SecurityHeaders(production bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("X-Content-Type-Options", "nosniff")
			if !strings.HasPrefix(r.URL.Path, "/api/") {
				h.Set("Content-Security-Policy", contentSecurityPolicy)
				h.Set("X-Frame-Options", "DENY")
				h.Set("Referrer-Policy", "same-origin")
			}
			if production {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			next.ServeHTTP(w, r)
		})
	}
}
