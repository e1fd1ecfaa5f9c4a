// Package telemetry has the gateway's metrics and its log.
package telemetry

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	mabv1 "mab/gen/go/mab/v1"
)

// Metrics of one gateway. Every label is bounded. Safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	batch    prometheus.Histogram
	breaks   prometheus.Counter
	limited  *prometheus.CounterVec
	bots     *prometheus.CounterVec
	unshared prometheus.Counter
	refused  prometheus.Counter
}

// NewMetrics returns metrics of their own registry.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mab_http_requests_total", Help: "Requests answered, by route pattern, method and HTTP status."},
			[]string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mab_http_request_seconds", Help: "Time from the request's header to its answer, by route pattern.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}},
			[]string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mab_http_requests_in_flight", Help: "Requests that are being answered."}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mab_coalescer_batch_calls", Help: "Calls that went to the assignment service in one message.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9)}),
		breaks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mab_coalescer_stream_breaks_total", Help: "Streams to the assignment service that ended."}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mab_rate_limited_total", Help: "Calls that were over a limit, by what the limit counts."}, []string{"limit"}),
		bots: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mab_bot_calls_total", Help: "Calls of assign and expose that were taken for a machine's, by the sign. By their rate, without those that show an API key and no Origin."}, []string{"sign"}),
		unshared: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mab_rate_limit_redis_failures_total", Help: "Calls about which Redis was asked in vain."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mab_connections_refused_total", Help: "Connections of addresses that had as many as one may have."}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "mab_build_info", Help: "1, with the build's version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight, m.batch, m.breaks, m.limited, m.bots, m.unshared, m.refused, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics to Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Began counts a request that begins.
func (m *Metrics) Began() { m.inFlight.Inc() }

// Ended counts a request that was answered. An empty route stands for none that matched.
func (m *Metrics) Ended(route, method string, status int, took time.Duration) {
	m.inFlight.Dec()
	if route == "" {
		route = "unmatched"
	}
	method = boundedMethod(method)
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
}

// BatchSent counts a message to the assignment service.
func (m *Metrics) BatchSent(calls int) { m.batch.Observe(float64(calls)) }

// StreamBroken counts a stream that ended.
func (m *Metrics) StreamBroken() { m.breaks.Inc() }

// WatchPending shows how many calls wait for the assignment service.
func (m *Metrics) WatchPending(pending func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "mab_coalescer_pending_calls", Help: "Calls without an answer from the assignment service."},
		func() float64 { return float64(pending()) }))
}

// WatchEventStreams shows how many clients wait for changes.
func (m *Metrics) WatchEventStreams(open func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "mab_event_streams", Help: "Streams of events that OpenFeature clients have open."},
		func() float64 { return float64(open()) }))
}

// RateLimited counts a call that was over a limit.
func (m *Metrics) RateLimited(limit string) { m.limited.WithLabelValues(limit).Inc() }

// BotMarked counts a call that was taken for a machine's.
func (m *Metrics) BotMarked(sign mabv1.StreamCall_BotSign) {
	m.bots.WithLabelValues(strings.ToLower(sign.String())).Inc()
}

// RedisFailed counts a call about which Redis did not say whether it is within its limit.
func (m *Metrics) RedisFailed() { m.unshared.Inc() }

// ConnectionRefused counts a connection that was one too many of its address.
func (m *Metrics) ConnectionRefused() { m.refused.Inc() }

// WatchRateLimits shows whether Redis decides at the moment, and how many buckets were forgotten before they were full.
func (m *Metrics) WatchRateLimits(shared func() bool, forgotten func() uint64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "mab_rate_limit_shared", Help: "1 while the rate limits are those of all gateways, through Redis."},
		func() float64 {
			if shared() {
				return 1
			}
			return 0
		}), prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "mab_rate_limit_forgotten_total", Help: "Buckets that made room for others before they were full."},
		func() float64 { return float64(forgotten()) }))
}

// boundedMethod keeps a client from inventing label values.
func boundedMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "OTHER"
	}
}
