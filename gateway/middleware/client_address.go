package middleware

import (
	"net/http"

	"mab/gateway/address"
	"mab/gateway/exchange"
)

// ClientAddress notes who asks, for the limits and the services. The log does not get it: who signs in from where is in
// the audit log, and where visitors come from is nobody's business.
func ClientAddress(trust address.Trust) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x := exchange.FromContext(r.Context())
			x.ClientAddress, x.Transport = trust.Client(r), trust.Transport(r)
			next.ServeHTTP(w, r)
		})
	}
}
