package main

import (
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"mab/gateway/api"
	"mab/gateway/servicetls"
)

// maxAnswerBytes of one message: a batch of calls may answer with a payload each.
const maxAnswerBytes = 64 << 20

// dial returns a connection to "host:port", by TLS where there is, or to "unix:/path", that is opened when it is first used and reopened as often as
// it breaks. interceptors see what is left of a request's metadata.
func dial(address string, files servicetls.Files, logger *slog.Logger, interceptors ...grpc.UnaryClientInterceptor) (*grpc.ClientConn, error) {
	target, transport := address, insecure.NewCredentials()
	if !strings.HasPrefix(address, "unix:") {
		target = "dns:///" + address
		if files.Enabled() {
			var err error
			if transport, err = servicetls.New(files, logger); err != nil {
				return nil, err
			}
		}
	}
	return grpc.NewClient(target,
		grpc.WithTransportCredentials(transport),
		grpc.WithNoProxy(),
		grpc.WithChainUnaryInterceptor(append(append([]grpc.UnaryClientInterceptor{api.KeepForwarded}, interceptors...), outliveRestart)...),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		// A machine that vanished without a word is noticed in seconds.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 2 * time.Second,
		}))
}
