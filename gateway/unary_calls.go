package main

import (
	"context"
	"io"
	"log/slog"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"mab/gateway/api"
	"mab/gateway/config"
	"mab/gateway/exchange"
	"mab/gateway/telemetry"
	mabv1 "mab/gen/go/mab/v1"
)

// newCalls returns how visitors' calls reach the assignment service, and what has to be closed after the last one: coalesced,
// or, to measure what that saves, each as a unary RPC over a connection of its own that shows the internal secret.
func newCalls(options config.Config, coalesced *grpc.ClientConn, transport credentials.TransportCredentials, metrics *telemetry.Metrics,
	logger *slog.Logger) (mabv1.AssignmentServiceClient, io.Closer, error) {
	if !options.UnaryCalls {
		client := newAssignmentClient(coalesced, options.InternalSecret, metrics, logger)
		return client, closerFunc(client.Close), nil
	}
	logger.Warn("MAB_COALESCE is off: each call of a visitor is an RPC of its own, which is for measurements")
	own, err := dial(options.AssignmentAddress, transport, api.TellCaller, showSecret(options.InternalSecret))
	return mabv1.NewAssignmentServiceClient(own), own, err
}

// showSecret is a client interceptor, after KeepForwarded.
func showSecret(secret string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, response any, conn *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		return invoke(metadata.AppendToOutgoingContext(ctx, exchange.SecretKey, secret), method, request, response, conn, options...)
	}
}
