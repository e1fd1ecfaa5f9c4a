package main

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"mab/gateway/config"
)

// events opens the stream, and returns its lines as they come, until the test or the stream ends.
func (g *gateway) events(headers ...string) (lines <-chan string, header http.Header) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	request, err := http.NewRequestWithContext(ctx, "GET", g.url+"/ofrep/v1/events", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{}}
	response, err := client.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	read := make(chan string, 100)
	go func() {
		defer close(read)
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			read <- scanner.Text()
		}
	}()
	g.t.Cleanup(func() {
		cancel()
		_ = response.Body.Close()
		client.CloseIdleConnections()
	})
	return read, response.Header
}

// until reads the stream's lines to the one that begins so.
func until(t *testing.T, lines <-chan string, prefix string) string {
	t.Helper()
	for line := range lines {
		if strings.HasPrefix(line, prefix) {
			return line
		}
	}
	t.Fatalf("the stream ended before %q", prefix)
	return ""
}

func TestClientsAreToldToEvaluateAgain(t *testing.T) {
	g := startGateway(t)
	g.services.change(nil, 7)
	lines, header := g.events("Origin", "https://shop.example")
	if header.Get("Content-Type") != "text/event-stream" || header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %v", header)
	}
	until(t, lines, "retry: ")
	until(t, lines, "id: 0000000000000007")
	until(t, lines, `data: {"type":"refetchEvaluation"}`)
	g.services.change(nil, 8)
	until(t, lines, "id: 0000000000000008")
	until(t, lines, `data: {"type":"refetchEvaluation"}`)
	if metrics := g.metrics(); !strings.Contains(metrics, "mab_event_streams 1") {
		t.Error("the metrics do not have the stream")
	}
}

func TestStreamsEndWithTheGateway(t *testing.T) {
	g := startGateway(t)
	lines, _ := g.events()
	until(t, lines, "retry: ")
	began := time.Now()
	if err := g.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > drainTimeout/2 {
		t.Errorf("the gateway waited %v for them", took)
	}
	for range lines { // it ends
	}
}

func TestWhoHasNoPlaceIsToldToComeAgain(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.MaxConnections = 8 }) // two streams
	for range 2 {
		lines, _ := g.events()
		until(t, lines, "id: ")
	}
	lines, header := g.events()
	if got := until(t, lines, "retry: "); len(got) != len("retry: 15000") || header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("got %q, %v", got, header)
	}
	for line := range lines {
		if line != "" {
			t.Errorf("more is said: %q", line)
		}
	}
	if got := g.do("HEAD", "/ofrep/v1/events", ""); got.status != 405 {
		t.Errorf("HEAD of what has no end: %d", got.status)
	}
}
