package main

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"mab/gateway/api"
	"mab/gateway/servicetls"
)

// maxAnswerBytes of one message: a batch of calls may answer with a payload each.
const maxAnswerBytes = 64 << 20

// serviceTransport is how services are reached that are not on Unix sockets: by TLS where there is.
func serviceTransport(files servicetls.Files, logger *slog.Logger) (credentials.TransportCredentials, error) {
	if !files.Enabled() {
		return insecure.NewCredentials(), nil
	}
	return servicetls.New(files, logger)
}

// dial returns a connection to "host:port", or, without the transport, to "unix:/path", that is opened when it is first used
// and reopened as often as it breaks. interceptors see what is left of a request's metadata.
func dial(address string, transport credentials.TransportCredentials, interceptors ...grpc.UnaryClientInterceptor) (*grpc.ClientConn, error) {
	target := address
	if strings.HasPrefix(address, "unix:") {
		transport = insecure.NewCredentials()
	} else {
		target = "dns:///" + address
	}
	return grpc.NewClient(target,
		grpc.WithTransportCredentials(transport),
		grpc.WithNoProxy(),
		grpc.WithChainUnaryInterceptor(slices.Concat(
			[]grpc.UnaryClientInterceptor{api.KeepForwarded}, interceptors, []grpc.UnaryClientInterceptor{outliveRestart})...),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		// A machine that vanished without a word is noticed in seconds.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 2 * time.Second,
		}))
}
