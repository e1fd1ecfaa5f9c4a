package api

import (
	"context"
	"net/http"
	"regexp"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"mab/gateway/exchange"
	mabv1 "mab/gen/go/mab/v1"
)

// Names of what travels beside a message.
const (
	authorizationKey = "authorization"
	requestIDKey     = "x-request-id"
	traceparentKey   = "traceparent"
	refreshTokenKey  = "mab-refresh-token"
	clientAddressKey = "mab-client-address"
	originKey        = "mab-origin"
	botSignKey       = "mab-bot-sign"
	experimentByKey  = "mab-experiment-by"
)

// forwarded is all that a request may carry to a service. Everything else, whatever grpc-gateway makes of headers, is
// dropped on the way out (by KeepForwarded): what our services tell each other can't come from outside.
var forwarded = []string{authorizationKey, requestIDKey, traceparentKey, refreshTokenKey, experimentByKey}

var traceparentPattern = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// noHeader keeps grpc-gateway from turning headers into metadata and metadata into headers.
func noHeader(string) (string, bool) { return "", false }

// requestMetadata is what the services learn beside the message. The authorization header is forwarded by grpc-gateway
// itself.
func requestMetadata(cookie sessionCookie) func(context.Context, *http.Request) metadata.MD {
	return func(ctx context.Context, r *http.Request) metadata.MD {
		md := metadata.Pairs(requestIDKey, exchange.FromContext(ctx).RequestID)
		if trace := r.Header.Get("Traceparent"); traceparentPattern.MatchString(trace) {
			md.Set(traceparentKey, trace)
		}
		if routeOf(r).kind == session {
			if token := cookie.token(r); token != "" {
				md.Set(refreshTokenKey, token)
			}
		}
		return md
	}
}

// KeepForwarded is a client interceptor: it lets through the metadata that may be forwarded, and nothing else.
func KeepForwarded(ctx context.Context, method string, request, response any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	outgoing, _ := metadata.FromOutgoingContext(ctx)
	kept := metadata.MD{}
	for _, key := range forwarded {
		if values := outgoing.Get(key); len(values) > 0 {
			kept.Set(key, values...)
		}
	}
	return invoke(metadata.NewOutgoingContext(ctx, kept), method, request, response, conn, options...)
}

// TellClientAddress is a client interceptor, after KeepForwarded: it tells a service who asks, and shows the secret by
// which the service knows that it is the gateway's word. A call that no client asked for bears neither.
func TellClientAddress(secret string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, response any, conn *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		if client := exchange.FromContext(ctx).ClientAddress; client.IsValid() {
			ctx = metadata.AppendToOutgoingContext(ctx, clientAddressKey, client.String(), exchange.SecretKey, secret)
		}
		return invoke(ctx, method, request, response, conn, options...)
	}
}

// TellCaller is a client interceptor, after KeepForwarded: it tells the assignment service whose page asks, and why the caller
// is taken for a machine. The service takes that as anybody's word, for it only takes away what a call may do.
func TellCaller(ctx context.Context, method string, request, response any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	x := exchange.FromContext(ctx)
	if x.Origin != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, originKey, x.Origin)
	}
	if x.Bot != mabv1.StreamCall_BOT_SIGN_UNSPECIFIED {
		ctx = metadata.AppendToOutgoingContext(ctx, botSignKey, x.Bot.String())
	}
	return invoke(ctx, method, request, response, conn, options...)
}

// WithCredential returns a context in which a service is called with what the request shows, for endpoints.
func WithCredential(r *http.Request) context.Context {
	pairs := []string{authorizationKey, r.Header.Get("Authorization"), requestIDKey, exchange.FromContext(r.Context()).RequestID}
	if trace := r.Header.Get("Traceparent"); traceparentPattern.MatchString(trace) {
		pairs = append(pairs, traceparentKey, trace)
	}
	return metadata.AppendToOutgoingContext(r.Context(), pairs...)
}

// NamingByKey returns a context in which the assignment service takes an experiment's key for its name, and not its id.
func NamingByKey(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, experimentByKey, "key")
}
