// Package middleware has what is around every request, whatever answers it. One middleware a file.
package middleware

import (
	"crypto/rand"
	"net/http"
	"regexp"

	"mab/gateway/exchange"
)

// requestIDPattern is what a client's own id may look like: safe in a log line and in a header.
var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// RequestID gives each request its exchange and an id: the client's where it sent a sane one, else a new one. It is the
// outermost middleware.
func RequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if id == "" || !requestIDPattern.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		ctx := exchange.NewContext(r.Context(), &exchange.Exchange{RequestID: id})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
