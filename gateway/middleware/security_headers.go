package middleware

import (
	"net/http"
	"strings"

	"mab/gateway/address"
	"mab/gateway/exchange"
)

const (
	// pagePolicy lets a page load only what this gateway serves, run no inline script or style, and be framed by nobody.
	// Charts and the API documentation need images from data: addresses.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// dataPolicy is for what is no page: should a browser show it all the same, it does nothing.
	dataPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// noPermissions: no page here needs any of these, nor does what it might be made to frame.
	noPermissions = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), " +
		"geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), " +
		"publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
	// strictTransport is a year, in seconds; for hosts below this one as well (ASVS 5, 3.4.1).
	strictTransport = "max-age=31536000; includeSubDomains"
)

// forPages are the headers that mean something for what a browser shows.
var forPages = []string{"Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy"}

// Open makes an answer one for other sites' pages: no type is guessed, and nothing else is said, for it is small and
// there are many of it. Which sites may read it is for the caller to say.
func Open(h http.Header) {
	for _, name := range forPages {
		delete(h, name)
	}
}

// SecurityHeaders keeps a browser from doing more with an answer than it should. It is strict with every answer; public
// ones are opened where their route is known, and the script tag's files here. scripts is the path of their folder.
func SecurityHeaders(production bool, scripts string) func(http.Handler) http.Handler {
	// Values are shared by all answers: whoever adds to one copies it.
	strict := map[string][]string{
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
		"Referrer-Policy":              {"same-origin"},
		"Permissions-Policy":           {noPermissions},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
	}
	ofPages, ofData, transport := []string{pagePolicy}, []string{dataPolicy}, []string{strictTransport}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			for name, value := range strict {
				h[name] = value
			}
			h["Content-Security-Policy"] = ofPages
			if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/ofrep/") || strings.HasPrefix(r.URL.Path, "/health") {
				h["Content-Security-Policy"] = ofData
			}
			if strings.HasPrefix(r.URL.Path, scripts) {
				Open(h)
				h.Set("Cross-Origin-Resource-Policy", "cross-origin")
				h.Set("Access-Control-Allow-Origin", "*")
			}
			// Over plain HTTP anybody on the way could have written it, and browsers don't listen.
			if production && exchange.FromContext(r.Context()).Transport == address.TLS {
				h["Strict-Transport-Security"] = transport
			}
			next.ServeHTTP(w, r)
		})
	}
}
