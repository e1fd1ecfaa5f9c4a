// Package api is JSON over HTTP for the services' gRPC: grpc-gateway's generated handlers, with the contract's
// errors, routes and rules around them. Each middleware has its own file.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"mab/gateway/ratelimit"
	mabv1 "mab/gen/go/mab/v1"
)

// Backends are the services behind the API.
type Backends struct {
	Assignment mabv1.AssignmentServiceClient
	Experiment mabv1.ExperimentServiceClient
	Analytics  mabv1.AnalyticsServiceClient
	Forecast   mabv1.ForecastServiceClient
	Lookup     mabv1.LookupServiceClient
	Visitor    mabv1.VisitorServiceClient
	Audit      mabv1.AuditServiceClient
	APIKey     mabv1.ApiKeyServiceClient
	Account    mabv1.AccountServiceClient
	Session    mabv1.SessionServiceClient
	Operations mabv1.OperationsServiceClient
	Website    mabv1.WebsiteServiceClient
}

// Options of the API.
type Options struct {
	// Production asks for TLS where it matters: the session's cookie.
	Production bool
	// CORSOrigins may read public answers; "*" is everybody.
	CORSOrigins []string
	// MaxBodyBytes of a request.
	MaxBodyBytes int64
	// PublicTimeout and PrivateTimeout bound a request's time at the services.
	PublicTimeout, PrivateTimeout time.Duration
	// Limits of what each client may ask.
	Limits *ratelimit.Limits
	// Bots are calls that count nothing.
	Bots BotOptions
	// Endpoints are those that the contract's annotations don't have.
	Endpoints []Endpoint
	// Logger learns of failures that clients are told nothing about.
	Logger *slog.Logger
}

// New returns the handler of every path below /api/, and of the endpoints.
func New(backends Backends, options Options) (http.Handler, error) {
	routes, err := newRoutes(backends, options)
	if err != nil {
		return nil, err
	}
	return sanitize(routes, options.Endpoints), nil
}

func newRoutes(backends Backends, options Options) (*hotRoutes, error) {
	table, err := newRouteTable(options.Endpoints)
	if err != nil {
		return nil, err
	}
	cookie := newSessionCookie(options.Production)
	origins := corsOrigins(options.CORSOrigins)
	rules := []runtime.Middleware{
		cors(origins),
		refuseCrossSite(), // before the limit: other sites' pages can't use up somebody's sign-ins
		limitRate(options.Limits),
		requireCredential(),
		noteCaller(options.Bots),
		refuseQuery(),
		deadline(options.PublicTimeout, options.PrivateTimeout),
		readBody(options.MaxBodyBytes),
	}
	fail := handleError(cookie, options.Logger)
	mux := runtime.NewServeMux(
		runtime.SetQueryParameterParser(&queryParser{}),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newCodec()),
		runtime.WithMiddlewares(append([]runtime.Middleware{match(table)}, rules...)...),
		runtime.WithErrorHandler(fail),
		runtime.WithRoutingErrorHandler(routingError(origins)),
		runtime.WithIncomingHeaderMatcher(noHeader),
		runtime.WithOutgoingHeaderMatcher(noHeader),
		runtime.WithOutgoingTrailerMatcher(noHeader),
		runtime.WithMetadata(requestMetadata(cookie)),
		runtime.WithForwardResponseOption(cookie.forwardResponse),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
		runtime.WithWriteContentLength(),
	)
	if err := errors.Join(register(mux, backends), handle(mux, options.Endpoints)); err != nil {
		return nil, err
	}
	return newHotRoutes(mux, table, backends.Assignment, rules, fail), nil
}

func register(mux *runtime.ServeMux, backends Backends) error {
	ctx := context.Background() // used for nothing that ends
	return errors.Join(
		mabv1.RegisterAssignmentServiceHandlerClient(ctx, mux, backends.Assignment),
		mabv1.RegisterExperimentServiceHandlerClient(ctx, mux, backends.Experiment),
		mabv1.RegisterAnalyticsServiceHandlerClient(ctx, mux, backends.Analytics),
		mabv1.RegisterForecastServiceHandlerClient(ctx, mux, backends.Forecast),
		mabv1.RegisterLookupServiceHandlerClient(ctx, mux, backends.Lookup),
		mabv1.RegisterVisitorServiceHandlerClient(ctx, mux, backends.Visitor),
		mabv1.RegisterAuditServiceHandlerClient(ctx, mux, backends.Audit),
		mabv1.RegisterAccountServiceHandlerClient(ctx, mux, backends.Account),
		mabv1.RegisterSessionServiceHandlerClient(ctx, mux, backends.Session),
		mabv1.RegisterApiKeyServiceHandlerClient(ctx, mux, backends.APIKey),
		mabv1.RegisterOperationsServiceHandlerClient(ctx, mux, backends.Operations),
		mabv1.RegisterWebsiteServiceHandlerClient(ctx, mux, backends.Website),
	)
}
