package problem

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"mab/gateway/exchange"
)

func statusWith(t *testing.T, code codes.Code, message string, details ...protoadapt.MessageV1) *status.Status {
	t.Helper()
	s, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFromStatusFollowsTheReason(t *testing.T) {
	for _, test := range []struct {
		code   codes.Code
		reason string
		want   int
	}{
		{codes.InvalidArgument, "INVALID_ARGUMENT", 400},
		{codes.Unauthenticated, "UNAUTHENTICATED", 401},
		{codes.PermissionDenied, "PERMISSION_DENIED", 403},
		{codes.NotFound, "EXPERIMENT_NOT_FOUND", 404},
		{codes.NotFound, "ASSIGNMENT_NOT_FOUND", 404},
		{codes.NotFound, "VARIANT_NOT_FOUND", 404},
		{codes.FailedPrecondition, "EXPERIMENT_NOT_RUNNING", 409},
		{codes.PermissionDenied, "ORIGIN_NOT_ALLOWED", 403},
		{codes.FailedPrecondition, "FAILED_PRECONDITION", 409},
		{codes.AlreadyExists, "ALREADY_EXISTS", 409},
		{codes.Aborted, "ETAG_MISMATCH", 409},
		{codes.ResourceExhausted, "RATE_LIMITED", 429},
		{codes.Unavailable, "JOURNAL_FULL", 503},
		{codes.Unavailable, "OVERLOADED", 503},
		{codes.Unavailable, "UNAVAILABLE", 503},
	} {
		p := FromStatus(statusWith(t, test.code, "why", &errdetails.ErrorInfo{Reason: test.reason, Domain: "mab"}))
		if p.Status != test.want || p.Code != test.reason || p.Detail != "why" {
			t.Errorf("%s: got %d %s %q", test.reason, p.Status, p.Code, p.Detail)
		}
		if (p.Status == 503 || p.Status == 429) != (p.RetryAfter >= time.Second) {
			t.Errorf("%s: retry after %s", test.reason, p.RetryAfter)
		}
	}
}

func TestFromStatusNeverShowsInternalText(t *testing.T) {
	for _, s := range []*status.Status{
		status.New(codes.Internal, "secret"),
		status.New(codes.Unknown, "secret"),
		status.New(codes.ResourceExhausted, "secret"),
		status.New(codes.Unavailable, "secret"),
		status.New(codes.DeadlineExceeded, "secret"),
		statusWith(t, codes.Internal, "secret", &errdetails.ErrorInfo{Reason: "INTERNAL"}),
		statusWith(t, codes.Internal, "secret", &errdetails.ErrorInfo{Reason: "NEVER_HEARD_OF"}),
	} {
		p := FromStatus(s)
		if p.Detail == "secret" || (p.Status < 500 && s.Code() != codes.ResourceExhausted) {
			t.Errorf("%v: got %d %q", s, p.Status, p.Detail)
		}
	}
}

// gRPC itself says so of a message that is larger than a service takes.
func TestAMessageThatIsTooLargeIsTheClientsFault(t *testing.T) {
	p := FromStatus(status.New(codes.ResourceExhausted, "Received message larger than max (5700000 vs. 4194304)"))
	if p.Status != 413 || p.Code != CodeContentTooLarge || p.RetryAfter != 0 {
		t.Errorf("got %+v", p)
	}
}

func TestFromStatusNamesFieldsAsTheClientWroteThem(t *testing.T) {
	p := FromStatus(statusWith(t, codes.InvalidArgument, "2 fields are invalid",
		&errdetails.ErrorInfo{Reason: "INVALID_ARGUMENT"},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "experiment.variants[1].key", Description: "is used twice"},
			{Field: "user_id", Description: "must be 1 to 256 bytes"},
		}}))
	if len(p.Errors) != 2 || p.Errors[0].Name != "variants[1].key" || p.Errors[1].Name != "user_id" {
		t.Errorf("got %v", p.Errors)
	}
}

func TestWriteRoundsRetryAfterUpAndBearsTheRequestID(t *testing.T) {
	p := FromStatus(statusWith(t, codes.Unavailable, "full",
		&errdetails.ErrorInfo{Reason: "JOURNAL_FULL"}, &errdetails.RetryInfo{RetryDelay: durationpb.New(2100 * time.Millisecond)}))
	x := &exchange.Exchange{RequestID: "id-1"}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	Write(w, r.WithContext(exchange.NewContext(r.Context(), x)), p)

	if w.Code != 503 || w.Header().Get("Retry-After") != "3" || w.Header().Get("Content-Type") != ContentType {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	if body["request_id"] != "id-1" || body["code"] != "JOURNAL_FULL" || body["errors"] != nil || x.Problem != "JOURNAL_FULL" {
		t.Errorf("got %v", body)
	}
}
