package middleware

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"mab/gateway/address"
	"mab/gateway/exchange"
	"mab/gateway/problem"
)

// hostPattern is what a redirect may name: a host's name, an IPv4 address, or an IPv6 address in brackets, and a port.
var hostPattern = regexp.MustCompile(`^([A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

// RequireTLS redirects browsers that come by plain HTTP, where there is TLS to go to. The API is not redirected: what a
// program sent in the clear was sent, and it should learn so (ASVS 5, 4.1.2). Health answers as ever: probes ask it from
// within. Whoever names a port other than HTTP's own is sent to tlsPort, everybody else to HTTPS's own.
func RequireTLS(tlsPort string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := r.URL.Path
			if exchange.FromContext(r.Context()).Transport != address.Plain || path == "/health" || strings.HasPrefix(path, "/health/") {
				next.ServeHTTP(w, r)
				return
			}
			if strings.HasPrefix(path, "/api/") || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
				problem.Write(w, r, problem.New(http.StatusForbidden, problem.CodeTLSRequired, "this path takes HTTPS only"))
				return
			}
			if !hostPattern.MatchString(r.Host) {
				problem.Write(w, r, problem.New(http.StatusBadRequest, problem.CodeInvalidArgument, "the Host header is malformed"))
				return
			}
			target := url.URL{Scheme: "https", Host: tlsHost(r.Host, tlsPort), Path: path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
			h := w.Header()
			h.Set("Location", target.String())
			h.Set("Cache-Control", "no-store")
			h.Set("Content-Length", "0")
			w.WriteHeader(http.StatusPermanentRedirect)
		})
	}
}

func tlsHost(host, tlsPort string) string {
	name, port, err := net.SplitHostPort(host)
	if err != nil || port == "80" || tlsPort == "443" || tlsPort == "" {
		if err == nil {
			host = strings.TrimSuffix(host, ":"+port)
		}
		return host
	}
	return net.JoinHostPort(name, tlsPort)
}
