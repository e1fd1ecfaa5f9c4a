package main

import (
	"context"
	"path"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	mabv1 "mab/gen/go/mab/v1"
)

const (
	// restartWait is how long a call waits for a service that is starting or starting again.
	restartWait = 3 * time.Second
	// repeatMin and repeatMax bound the pause before a call is sent again.
	repeatMin, repeatMax = 10 * time.Millisecond, 200 * time.Millisecond
)

// outliveRestart lets a call outlive a restart of its service, but not wait out its whole deadline for one that is gone:
// then it fails as UNAVAILABLE. What only reads is sent again where its connection broke. Health asks how it is now, and
// does not wait.
func outliveRestart(ctx context.Context, method string, request, response any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if method == mabv1.SystemService_GetStatus_FullMethodName {
		return invoke(ctx, method, request, response, conn, options...)
	}
	waiting, cancel := context.WithTimeout(ctx, restartWait)
	defer cancel()
	for pause := repeatMin; ; pause = min(2*pause, repeatMax) {
		awaitConnection(waiting, conn)
		err := invoke(ctx, method, request, response, conn, options...)
		if !connectionBroke(ctx, err) || !onlyReads(method) {
			return err
		}
		select {
		case <-waiting.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func awaitConnection(ctx context.Context, conn *grpc.ClientConn) {
	for state := conn.GetState(); state != connectivity.Ready; state = conn.GetState() {
		conn.Connect()
		if !conn.WaitForStateChange(ctx, state) {
			return
		}
	}
}

// connectionBroke says whether the error is the connection's, and neither the service's word nor the caller's leaving.
// A call that comes in the moment in which gRPC's C++ server shuts down is CANCELED.
func connectionBroke(ctx context.Context, err error) bool {
	s, ok := status.FromError(err)
	return ok && (s.Code() == codes.Unavailable || s.Code() == codes.Canceled) && len(s.Details()) == 0 && ctx.Err() == nil
}

// onlyReads says whether a call may be made twice: by the names that the contract gives.
func onlyReads(method string) bool {
	name := path.Base(method)
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Lookup")
}
