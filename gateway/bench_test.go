package main

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"mab/gateway/config"
	"mab/gateway/ratelimit"
)

// BenchmarkAssign is a whole request over a kept connection, with client, gateway and fake service in one process:
// without limits, with limits, and where REDIS_URL is set with limits that are shared.
func BenchmarkAssign(b *testing.B) {
	generous := ratelimit.Limit{PerSecond: 100_000, Burst: 1_000_000}
	b.Run("unlimited", func(b *testing.B) { benchmarkAssign(b, config.Config{}) })
	limited := config.Config{AddressLimit: generous, ExperimentLimit: generous, LimitBuckets: 1 << 18}
	b.Run("limited", func(b *testing.B) { benchmarkAssign(b, limited) })
	if limited.RedisURL = os.Getenv("REDIS_URL"); limited.RedisURL != "" {
		b.Run("shared", func(b *testing.B) { benchmarkAssign(b, limited) })
	}
}

func benchmarkAssign(b *testing.B, c config.Config) {
	services := &fakeServices{}
	address, _ := services.serve(b)
	c.Listen, c.MetricsListen, c.AssignmentAddress, c.AdminAddress = "127.0.0.1:0", "127.0.0.1:0", address, address
	c.CORSOrigins, c.MaxBodyBytes, c.InternalSecret = []string{"*"}, 1<<20, ownSecret
	c.MaxConnections = 16384
	s, err := newServer(c, pages(), time.Now, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = s.run(b.Context()) }()
	url := "http://" + s.publicListener.Addr().String() + "/api/experiments/hero-title/assign"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			response, err := client.Post(url, "application/json", strings.NewReader(`{"user_id": "visitor-42"}`))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusOK {
				b.Errorf("got %d", response.StatusCode)
				return
			}
		}
	})
}
