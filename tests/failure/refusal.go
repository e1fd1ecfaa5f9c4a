package failure

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// verdict on the error of a call.
type verdict int

const (
	// dishonest: an answer that nobody should get, such as a 500, or none at all in a long time.
	dishonest verdict = iota
	// refusal: try again; perhaps recorded, perhaps not.
	refusal
	// unassigned: the visitor has no assignment.
	unassigned
)

// retriable are the reasons that a call may be refused with while the system is disturbed.
var retriable = []string{"UNAVAILABLE", "JOURNAL_FULL", "OVERLOADED"}

const reasonUnassigned = "ASSIGNMENT_NOT_FOUND"

// judge says what kind of error it is.
func judge(err error) verdict {
	var problem *problemError
	if errors.As(err, &problem) {
		return judgeProblem(problem)
	}
	if s, ok := status.FromError(err); ok {
		return judgeStatus(s)
	}
	// The clients' deadlines are far beyond what any call may take.
	if errors.Is(err, context.DeadlineExceeded) {
		return dishonest
	}
	return refusal // a connection that was refused or broke
}

func judgeProblem(problem *problemError) verdict {
	switch {
	case problem.status == http.StatusServiceUnavailable && problem.retryAfter != "" && slices.Contains(retriable, problem.code):
		return refusal
	case problem.status == http.StatusNotFound && problem.code == reasonUnassigned:
		return unassigned
	default:
		return dishonest
	}
}

func judgeStatus(s *status.Status) verdict {
	reason, retry := details(s)
	switch {
	case s.Code() == codes.Unavailable && reason == "":
		return refusal // the connection's own word
	case s.Code() == codes.Canceled && reason == "":
		return refusal // what gRPC's C++ server says to a call that arrives in the moment in which it shuts down
	case s.Code() == codes.Unavailable && retry && slices.Contains(retriable, reason):
		return refusal
	case s.Code() == codes.NotFound && reason == reasonUnassigned:
		return unassigned
	default:
		return dishonest
	}
}

func details(s *status.Status) (reason string, retry bool) {
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.RetryInfo:
			retry = true
		}
	}
	return reason, retry
}

// judgeReason is judge for an entry of a batch.
func judgeReason(reason string) verdict {
	switch {
	case slices.Contains(retriable, reason):
		return refusal
	case reason == reasonUnassigned:
		return unassigned
	default:
		return dishonest
	}
}
