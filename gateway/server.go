package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"

	"mab/gateway/address"
	"mab/gateway/api"
	"mab/gateway/coalesce"
	"mab/gateway/config"
	"mab/gateway/health"
	"mab/gateway/middleware"
	"mab/gateway/ofrep"
	"mab/gateway/ratelimit"
	"mab/gateway/static"
	"mab/gateway/telemetry"
	"mab/gateway/website"
	mabv1 "mab/gen/go/mab/v1"
)

const (
	publicTimeout  = 2 * time.Second
	privateTimeout = 10 * time.Second
	// leaveTimeout bounds how long, at the end, a client keeps a connection on which it asks nothing.
	leaveTimeout = time.Second
	// drainTimeout bounds the wait for requests in flight at the end.
	drainTimeout = 15 * time.Second
	// shareOfStreams: streams of events, which stay, take no more than a quarter of all connections.
	shareOfStreams = 4
)

// server is the gateway, listening.
type server struct {
	public, metrics               *http.Server
	publicListener, metricsListen net.Listener
	redirectListener              net.Listener // nil where none is asked for
	connections                   *connections
	health                        *health.Handler
	events                        *ofrep.Events
	closers                       []io.Closer // in the order in which they are to be closed
	logger                        *slog.Logger
}

// newServer wires everything and opens the ports, so that a port in use is an error here. dist has the pages, now
// is the clock of what is allowed when.
func newServer(options config.Config, dist fs.FS, now func() time.Time, logger *slog.Logger) (*server, error) {
	files, err := static.Load(dist)
	if err != nil {
		return nil, fmt.Errorf("reading the built-in pages: %w", err)
	}
	transport, err := serviceTransport(options.ServiceTLS, logger)
	if err != nil {
		return nil, err
	}
	assignment, err := dial(options.AssignmentAddress, transport, api.TellCaller)
	if err != nil {
		return nil, fmt.Errorf("MAB_ASSIGNMENT_ADDRESS: %w", err)
	}
	admin, err := dial(options.AdminAddress, transport, api.TellClientAddress(options.InternalSecret))
	if err != nil {
		return nil, fmt.Errorf("MAB_ADMIN_ADDRESS: %w", err)
	}
	metrics := telemetry.NewMetrics(version)
	calls, callsCloser, err := newCalls(options, assignment, transport, metrics, logger)
	if err != nil {
		return nil, fmt.Errorf("MAB_ASSIGNMENT_ADDRESS: %w", err)
	}
	limits, shared, err := newLimits(options, now, metrics, logger)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	checker := health.NewChecker(mabv1.NewSystemServiceClient(assignment), mabv1.NewSystemServiceClient(admin), version, time.Now)
	s := &server{
		connections: newConnections(placesFor(options.MaxConnections, openFiles(), logger), options.AddressConnections, metrics.ConnectionRefused),
		health:      health.NewHandler(checker),
		closers:     []io.Closer{callsCloser, assignment, admin, shared},
		logger:      logger,
	}
	leaving := func() bool { return s.health.Draining() || s.connections.scarce() }
	s.events = ofrep.NewEvents(ofrep.EventsOptions{Assignment: mabv1.NewSystemServiceClient(assignment),
		Max: cap(s.connections.places) / shareOfStreams, Leaving: leaving, Now: now})
	metrics.WatchEventStreams(s.events.Open)
	jsonAPI, err := api.New(api.Backends{
		Assignment: ratelimit.Assignments(calls, limits),
		Experiment: mabv1.NewExperimentServiceClient(admin),
		Analytics:  mabv1.NewAnalyticsServiceClient(admin),
		Forecast:   mabv1.NewForecastServiceClient(admin),
		Lookup:     mabv1.NewLookupServiceClient(admin),
		Visitor:    mabv1.NewVisitorServiceClient(admin),
		Audit:      mabv1.NewAuditServiceClient(admin),
		APIKey:     mabv1.NewApiKeyServiceClient(admin),
		Account:    mabv1.NewAccountServiceClient(admin),
		Session:    mabv1.NewSessionServiceClient(admin),
		Operations: health.Operations(mabv1.NewOperationsServiceClient(admin), checker),
		Website:    website.Client(mabv1.NewWebsiteServiceClient(admin), options.WebsiteReach),
	}, api.Options{
		Production:     options.Production,
		CORSOrigins:    options.CORSOrigins,
		MaxBodyBytes:   options.MaxBodyBytes,
		PublicTimeout:  publicTimeout,
		PrivateTimeout: privateTimeout,
		Limits:         limits,
		Bots:           api.BotOptions{Mark: options.MarkBots, Limits: limits, Marked: metrics.BotMarked},
		Endpoints: ofrep.Endpoints(ofrep.Options{Assignment: ratelimit.Assignments(mabv1.NewAssignmentServiceClient(assignment), limits),
			Limits: limits, Events: s.events, EventsPath: options.EventsPath}),
		Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	readAPI, err := compressed(jsonAPI)
	if err != nil {
		return nil, err
	}
	middlewares := []func(http.Handler) http.Handler{
		middleware.RequestID,
		middleware.ClientAddress(address.Trust{Hops: options.TrustedHops}),
		middleware.Observe(metrics, logger),
		middleware.Leave(leaving),
		middleware.SecurityHeaders(options.Production, scriptFolder),
		middleware.Recover(logger),
	}
	if options.TLSCertFile != "" || options.Production && options.TrustedHops > 0 {
		middlewares = append(middlewares, middleware.RequireTLS(tlsPort(options)))
	}
	s.public = newHTTPServer(chain(&router{api: readAPI, ofrep: jsonAPI, health: s.health, files: files}, middlewares...), logger)
	s.public.ConnState = s.connections.watch
	if err := s.useTLS(options, now); err != nil {
		return nil, err
	}
	s.metrics = newHTTPServer(metricsOnly(metrics.Handler()), logger)
	return s, s.listen(options)
}

func newAssignmentClient(conn *grpc.ClientConn, secret string, metrics *telemetry.Metrics, logger *slog.Logger) *coalesce.Client {
	client := coalesce.New(mabv1.NewAssignmentServiceClient(conn), coalesce.Options{
		Secret:    secret,
		BatchSent: metrics.BatchSent,
		StreamBroken: func(err error, unanswered int) {
			metrics.StreamBroken()
			logger.Warn("a stream to the assignment service ended", "error", err, "unanswered_calls", unanswered)
		},
	})
	metrics.WatchPending(client.Pending)
	return client
}

func newHTTPServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // what strangers' broken connections cause
	}
}

// chain puts middlewares around a handler, the first one outermost.
func chain(handler http.Handler, middlewares ...func(http.Handler) http.Handler) http.Handler {
	for i := len(middlewares) - 1; i >= 0; i-- {
		handler = middlewares[i](handler)
	}
	return handler
}

func metricsOnly(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	return mux
}

func (s *server) listen(options config.Config) error {
	var err error
	if s.publicListener, err = net.Listen("tcp", options.Listen); err != nil {
		return fmt.Errorf("PORT: %w", err)
	}
	s.publicListener = s.connections.limit(s.publicListener)
	if s.metricsListen, err = net.Listen("tcp", options.MetricsListen); err != nil {
		_ = s.publicListener.Close()
		return fmt.Errorf("MAB_GATEWAY_METRICS_LISTEN: %w", err)
	}
	if options.RedirectListen == "" {
		return nil
	}
	if s.redirectListener, err = net.Listen("tcp", options.RedirectListen); err != nil {
		_, _ = s.publicListener.Close(), s.metricsListen.Close()
		return fmt.Errorf("MAB_HTTP_REDIRECT_LISTEN: %w", err)
	}
	s.redirectListener = s.connections.limit(s.redirectListener)
	return nil
}

// run serves until ctx ends, then finishes what is in flight.
func (s *server) run(ctx context.Context) error {
	s.logger.Info("listening", "address", s.publicListener.Addr().String(), "metrics", s.metricsListen.Addr().String(),
		"tls", s.public.TLSConfig != nil, "version", version)
	failed := make(chan error, 3)
	go s.connections.endQuietOnes(ctx)
	go func() { failed <- s.servePublic() }()
	if s.redirectListener != nil {
		go func() { failed <- s.public.Serve(s.redirectListener) }()
	}
	go func() { failed <- s.metrics.Serve(s.metricsListen) }()
	select {
	case err := <-failed:
		return errors.Join(err, s.close())
	case <-ctx.Done():
		s.logger.Info("stopping")
		return s.close()
	}
}

// close says that it is not ready, refuses connections, and waits for the requests in flight. Those who have a connection
// get their next answer on it, and are told that it is the last. At the end it lets go of the services.
func (s *server) close() error {
	s.health.Drain()
	errs := []error{s.publicListener.Close(), s.events.Close()}
	if s.redirectListener != nil {
		errs = append(errs, s.redirectListener.Close())
	}
	s.leave()
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	errs = append(errs, ignoreClosed(s.public.Shutdown(ctx)))
	for _, closer := range s.closers {
		errs = append(errs, closer.Close())
	}
	errs = append(errs, s.metrics.Shutdown(ctx))
	s.logger.Info("stopped")
	return errors.Join(errs...)
}

func (s *server) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	s.connections.awaitNone(ctx)
}

// ignoreClosed is for a listener that was closed before its server.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

type closerFunc func()

func (f closerFunc) Close() error {
	f()
	return nil
}
