package main

import (
	"io"
	"log/slog"
	"time"

	"mab/gateway/config"
	"mab/gateway/ratelimit"
	"mab/gateway/telemetry"
)

// newLimits returns the limits, and what has to be closed after the last call.
func newLimits(options config.Config, now func() time.Time, metrics *telemetry.Metrics, logger *slog.Logger) (*ratelimit.Limits, io.Closer, error) {
	own := ratelimit.Options{
		Address: options.AddressLimit, Session: options.SessionLimit, Private: options.PrivateLimit, Experiment: options.ExperimentLimit, Bot: options.BotLimit,
		Buckets: options.LimitBuckets, Secret: options.InternalSecret, Now: now,
		Refused: func(class ratelimit.Class) { metrics.RateLimited(class.String()) },
	}
	if options.RedisURL == "" {
		limits := ratelimit.New(own, nil)
		metrics.WatchRateLimits(func() bool { return false }, limits.Forgotten)
		logger.Info("rate limits are those of this gateway alone: REDIS_URL is not set", "per_address", options.AddressLimit.PerSecond,
			"per_session_address", options.SessionLimit.PerSecond, "per_private_address", options.PrivateLimit.PerSecond, "per_experiment", options.ExperimentLimit.PerSecond)
		return limits, closerFunc(func() {}), nil
	}
	shared, err := ratelimit.NewShared(ratelimit.SharedOptions{URL: options.RedisURL, Logger: logger, Failed: metrics.RedisFailed})
	if err != nil {
		return nil, nil, err
	}
	limits := ratelimit.New(own, shared)
	metrics.WatchRateLimits(shared.Answers, limits.Forgotten)
	return limits, shared, nil
}
