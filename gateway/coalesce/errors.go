package coalesce

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

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
