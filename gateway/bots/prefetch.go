package bots

import (
	"net/http"
	"strings"
)

// purposes are the headers by which browsers say what they fetch for: the standard's, and those of before it.
var purposes = []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"}

// Prefetches says whether a browser fetches for a page that nobody has opened: "prefetch", or "prefetch;prerender".
func Prefetches(header http.Header) bool {
	for _, name := range purposes {
		value := strings.ToLower(header.Get(name))
		first, _, _ := strings.Cut(value, ";")
		switch strings.TrimSpace(first) {
		case "prefetch", "prerender", "preview":
			return true
		}
	}
	return false
}
