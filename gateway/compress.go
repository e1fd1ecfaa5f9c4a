package main

import (
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// compressFrom is the size in bytes below which an answer is sent as it is.
const compressFrom = 1400 // what one packet takes

// compressed compresses the answers to what signed-in people and services read: a timeline is a quarter of its size then. What the
// public endpoints answer is small, and what has a token in it (/api/auth) is left alone: the length of a compressed answer tells
// of secrets that stand beside what somebody else chose (BREACH).
func compressed(api http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(compressFrom), gzhttp.ContentTypes([]string{"application/json"}))
	if err != nil {
		return nil, err
	}
	wrapped := wrap(api)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/api/auth/") {
			wrapped.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}), nil
}
