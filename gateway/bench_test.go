package main

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"mab/gateway/config"
)

// BenchmarkAssign is a whole request over a kept connection, with client, gateway and fake service in one process.
func BenchmarkAssign(b *testing.B) {
	services := &fakeServices{}
	address, _ := services.serve(b)
	s, err := newServer(config.Config{Listen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0", AssignmentAddress: address, AdminAddress: address,
		CORSOrigins: []string{"*"}, MaxBodyBytes: 1 << 20}, pages(), slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = s.run(b.Context()) }()
	url := "http://" + s.publicListener.Addr().String() + "/api/experiments/hero-title/assign"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
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
		}
	})
}
