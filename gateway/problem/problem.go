// Package problem answers failures as application/problem+json (RFC 9457), in the one shape that clients know.
package problem

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"mab/gateway/exchange"
)

// ContentType of every problem.
const ContentType = "application/problem+json"

// Codes that the gateway answers itself. The services' reasons come through as they are.
const (
	CodeInvalidArgument      = "INVALID_ARGUMENT"
	CodeUnauthenticated      = "UNAUTHENTICATED"
	CodePermissionDenied     = "PERMISSION_DENIED"
	CodeNotFound             = "NOT_FOUND"
	CodeMethodNotAllowed     = "METHOD_NOT_ALLOWED"
	CodeRequestTimeout       = "REQUEST_TIMEOUT"
	CodeContentTooLarge      = "CONTENT_TOO_LARGE"
	CodeUnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
	CodeHeaderTooLarge       = "HEADER_TOO_LARGE"
	CodeOverloaded           = "OVERLOADED"
	CodeRateLimited          = "RATE_LIMITED"
	CodeTLSRequired          = "TLS_REQUIRED"
	CodeUnavailable          = "UNAVAILABLE"
	CodeInternal             = "INTERNAL"
)

// Field is what is wrong with one field of a request.
type Field struct {
	// Name is the path as the client wrote it: "variants[1].key".
	Name string `json:"field"`
	// Description completes the sentence that the name begins: "must be 1 to 256 bytes".
	Description string `json:"description"`
}

// Problem is one failure.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Code   string  `json:"code"`
	Detail string  `json:"detail"`
	Errors []Field `json:"errors,omitempty"`
	// RequestID is filled in by Write.
	RequestID string `json:"request_id"`

	// RetryAfter is sent as Retry-After, in whole seconds and at least one, where it is above zero.
	RetryAfter time.Duration `json:"-"`
}

// New returns a problem of that HTTP status. A 503 or 429 always has a hint when to try again.
func New(status int, code, detail string, fields ...Field) *Problem {
	p := &Problem{
		Type:   "about:blank",
		Title:  http.StatusText(status),
		Status: status,
		Code:   code,
		Detail: detail,
		Errors: fields,
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		p.RetryAfter = time.Second
	}
	return p
}

// Write answers the request with the problem, or with what its route's own protocol makes of it.
func Write(w http.ResponseWriter, r *http.Request, p *Problem) {
	x := exchange.FromContext(r.Context())
	x.Problem = p.Code
	p.RequestID = x.RequestID

	contentType, content := ContentType, any(p)
	if x.Failure != nil {
		contentType, content = "application/json", x.Failure(p.Status, p.Code, p.Detail)
	}
	body, err := json.Marshal(content)
	if err != nil { // strings and integers always marshal
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the client may be gone; there is nobody left to tell
}
