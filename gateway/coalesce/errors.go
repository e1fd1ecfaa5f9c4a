package coalesce

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// orderly says whether the service ended a stream by its own word, as it does when it stops: what it had not answered it
// had not begun. (A call that comes in the moment in which gRPC's C++ server shuts down is CANCELED.)
func orderly(err error) bool {
	s, ok := status.FromError(err)
	if !ok {
		return false
	}
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return s.Code() == codes.Unavailable && info.GetReason() == "UNAVAILABLE"
		}
	}
	return s.Code() == codes.Canceled
}

// unavailable means: perhaps recorded, perhaps not; a repeat does no harm.
func unavailable(message string) error { return retriable("UNAVAILABLE", message) }

// overloaded means: not sent.
func overloaded() error { return retriable("OVERLOADED", "too many calls are waiting; try again") }

func retriable(reason, message string) error {
	s, err := status.New(codes.Unavailable, message).WithDetails(
		&errdetails.ErrorInfo{Reason: reason, Domain: "mab"},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
	if err != nil { // both details are known types
		panic(err)
	}
	return s.Err()
}
