package problem

import (
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// httpStatus is what each reason of the services is in HTTP. gRPC's code alone would not tell a stale etag from a
// state that forbids, or a full journal from a rate limit.
var httpStatus = map[string]int{
	CodeInvalidArgument:      http.StatusBadRequest,
	CodeUnauthenticated:      http.StatusUnauthorized,
	CodePermissionDenied:     http.StatusForbidden,
	"ORIGIN_NOT_ALLOWED":     http.StatusForbidden,
	"EXPERIMENT_NOT_RUNNING": http.StatusConflict,
	"ALREADY_EXISTS":         http.StatusConflict,
	"ETAG_MISMATCH":          http.StatusConflict,
	"FAILED_PRECONDITION":    http.StatusConflict,
	CodeRateLimited:          http.StatusTooManyRequests,
	"JOURNAL_FULL":           http.StatusServiceUnavailable,
	CodeOverloaded:           http.StatusServiceUnavailable,
	CodeUnavailable:          http.StatusServiceUnavailable,
}

// FromStatus turns a service's error into the problem that a client sees. Text that was not meant for clients stays
// behind: what bears no reason is answered by its code alone.
func FromStatus(s *status.Status) *Problem {
	var reason string
	var retry *errdetails.RetryInfo
	var fields []Field
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.RetryInfo:
			retry = d
		case *errdetails.BadRequest:
			fields = toFields(d)
		}
	}
	if reason == "" {
		return withoutReason(s.Code())
	}
	p := New(statusOfReason(reason), reason, s.Message(), fields...)
	if p.Status == http.StatusBadRequest && len(fields) > 0 {
		p.Detail = invalidFields(len(fields))
	}
	if p.Status == http.StatusInternalServerError {
		p.Code, p.Detail = CodeInternal, "internal error"
	}
	if d := retry.GetRetryDelay().AsDuration(); d > 0 {
		p.RetryAfter = d
	}
	return p
}

// InvalidFields is a 400 that names what is wrong.
func InvalidFields(fields ...Field) *Problem {
	return New(http.StatusBadRequest, CodeInvalidArgument, invalidFields(len(fields)), fields...)
}

func invalidFields(n int) string {
	if n == 1 {
		return "1 field is invalid"
	}
	return fmt.Sprintf("%d fields are invalid", n)
}

func statusOfReason(reason string) int {
	if code, ok := httpStatus[reason]; ok {
		return code
	}
	if strings.HasSuffix(reason, "_NOT_FOUND") {
		return http.StatusNotFound
	}
	return http.StatusInternalServerError
}

// withoutReason is for errors that no service wrote: the connection's, the deadline's, a bug's.
func withoutReason(code codes.Code) *Problem {
	switch code {
	case codes.Unavailable:
		return New(http.StatusServiceUnavailable, CodeUnavailable, "the service is not reachable; try again")
	case codes.DeadlineExceeded, codes.Canceled:
		return New(http.StatusServiceUnavailable, CodeUnavailable, "the service did not answer in time; try again")
	case codes.ResourceExhausted: // gRPC's limit of a message; the services' own refusals have a reason
		return New(http.StatusRequestEntityTooLarge, CodeContentTooLarge, "the request is larger than the services take")
	default:
		return New(http.StatusInternalServerError, CodeInternal, "internal error")
	}
}

// toFields names the fields as the client wrote them: a request's body may be one field of the RPC's message.
func toFields(bad *errdetails.BadRequest) []Field {
	fields := make([]Field, 0, len(bad.GetFieldViolations()))
	for _, v := range bad.GetFieldViolations() {
		fields = append(fields, Field{
			Name:        strings.TrimPrefix(v.GetField(), "experiment."),
			Description: v.GetDescription(),
		})
	}
	return fields
}
