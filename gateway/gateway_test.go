package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"mab/gateway/config"
)

// gateway is a whole one, on ports of its own, in front of fake services.
type gateway struct {
	t           *testing.T
	url         string
	metricsURL  string
	services    *fakeServices
	stopBackend func()
	log         *bytes.Buffer
	server      *server
	stop        func() error // ends it as SIGTERM would
}

// ownSecret is the MAB_INTERNAL_SECRET of these gateways.
const ownSecret = "the-secret-of-the-gateways-own-tests"

type option func(*config.Config)

func startGateway(t *testing.T, options ...option) *gateway {
	t.Helper()
	return startGatewayAt(t, time.Now, options...)
}

func startGatewayAt(t *testing.T, now func() time.Time, options ...option) *gateway {
	t.Helper()
	services := &fakeServices{}
	address, stopBackend := services.serve(t)
	c := config.Config{Listen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0", AssignmentAddress: address, AdminAddress: address,
		LogLevel: "info", CORSOrigins: []string{"*"}, MaxBodyBytes: 1 << 20,
		InternalSecret: ownSecret, MaxConnections: 16384, EventsPath: "/ofrep/v1/events"}
	for _, o := range options {
		o(&c)
	}
	log := &bytes.Buffer{}
	s, err := newServer(c, pages(), now, slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	g := &gateway{t: t, url: "http://" + s.publicListener.Addr().String(), metricsURL: "http://" + s.metricsListen.Addr().String(),
		services: services, stopBackend: stopBackend, log: log, server: s}
	g.stop = func() error {
		cancel()
		err := <-done
		done <- err
		return err
	}
	t.Cleanup(func() { _ = g.stop() })
	return g
}

var script = bytes.Repeat([]byte("(()=>{})();\n"), 200)

func pages() fs.FS {
	return fstest.MapFS{
		".keep":                       {Data: []byte("hidden")},
		"index.html":                  {Data: []byte("<!doctype html><title>MAB</title>")},
		"docs/index.html":             {Data: []byte("<!doctype html><title>API</title>")},
		"assets/app-1234.js":          {Data: bytes.Repeat([]byte("export const a = 1;\n"), 200)},
		"static/frontend/other.json":  {Data: []byte("{}")},
		"static/frontend/gtm/.hidden": {Data: []byte("hidden")},

		"static/frontend/gtm/mab-script.js":                 {Data: script},
		"static/frontend/gtm/mab-script-0123456789ab.js":    {Data: script},
		"static/frontend/gtm/mab-script-0123456789ab.js.gz": {Data: []byte("as the build compressed it")},
		"static/frontend/gtm/mab-script.js.map":             {Data: []byte(`{"version": 3}`)},
		"static/frontend/gtm/mab-script.json":               {Data: []byte(`{"file": "mab-script-0123456789ab.js"}`)},
	}
}

// answer is an HTTP answer, read.
type answer struct {
	status int
	header http.Header
	body   string
}

// do asks as somebody who is signed in; a header of "" is left out.
func (g *gateway) do(method, path, body string, headers ...string) answer {
	g.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequest(method, g.url+path, reader)
	if err != nil {
		g.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", "Bearer token")
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			request.Header.Del(headers[i])
		} else {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(content)}
}

// json returns the body's top-level object.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(a.body), &object); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
	return object
}

// problem checks that the answer is one, and returns its code and the first field it names.
func (a answer) problem(t *testing.T) (code, field, description string) {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("%d with Content-Type %q: %s", a.status, got, a.body)
	}
	p := a.json(t)
	if p["type"] != "about:blank" || p["title"] == "" || p["detail"] == "" || int(p["status"].(float64)) != a.status ||
		p["request_id"] != a.header.Get("X-Request-Id") || p["request_id"] == "" {
		t.Errorf("not the shape of a problem: %s", a.body)
	}
	if retry := a.header.Get("Retry-After"); (a.status == 503 || a.status == 429) != (retry != "") {
		t.Errorf("%d with Retry-After %q", a.status, retry)
	}
	if errors, ok := p["errors"].([]any); ok {
		first := errors[0].(map[string]any)
		field, description = first["field"].(string), first["description"].(string)
	}
	return p["code"].(string), field, description
}

// logger writes where nobody looks.
func (g *gateway) logger() *slog.Logger { return slog.New(slog.DiscardHandler) }
