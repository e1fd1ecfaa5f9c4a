package main

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"mab/gateway/api"
	mabv1 "mab/gen/go/mab/v1"
)

const (
	// connectionWait is how long a call waits for a service that is starting or starting again.
	connectionWait = 3 * time.Second
	// maxAnswerBytes of one message: a batch of calls may answer with a payload each.
	maxAnswerBytes = 64 << 20
)

// dial returns a connection to "host:port" or "unix:/path" that is opened when it is first used and reopened as often as
// it breaks.
func dial(address string) (*grpc.ClientConn, error) {
	target := address
	if !strings.HasPrefix(address, "unix:") {
		target = "dns:///" + address
	}
	return grpc.NewClient(target,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithChainUnaryInterceptor(api.KeepForwarded, waitForConnection),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		// A machine that vanished without a word is noticed in seconds.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 2 * time.Second,
		}))
}

// waitForConnection lets a call outlive a restart of its service, but not wait out its whole deadline for one that is
// gone: then it fails as UNAVAILABLE. Health asks how it is now, and does not wait.
func waitForConnection(ctx context.Context, method string, request, response any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if method == mabv1.SystemService_GetStatus_FullMethodName {
		return invoke(ctx, method, request, response, conn, options...)
	}
	waiting, cancel := context.WithTimeout(ctx, connectionWait)
	defer cancel()
	for state := conn.GetState(); state != connectivity.Ready; state = conn.GetState() {
		conn.Connect()
		if !conn.WaitForStateChange(waiting, state) {
			break
		}
	}
	return invoke(ctx, method, request, response, conn, options...)
}
