package harness

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// Internally makes a connection one of the system's own: each call shows the internal secret.
func Internally() []grpc.DialOption {
	show := func(ctx context.Context) context.Context {
		return metadata.AppendToOutgoingContext(ctx, "mab-internal-secret", InternalSecret)
	}
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, request, response any, conn *grpc.ClientConn,
			invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			return invoke(show(ctx), method, request, response, conn, options...)
		}),
		grpc.WithChainStreamInterceptor(func(ctx context.Context, description *grpc.StreamDesc, conn *grpc.ClientConn, method string,
			open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
			return open(show(ctx), description, conn, method, options...)
		}),
	}
}
