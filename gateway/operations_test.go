package main

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"mab/gateway/config"
	mabv1 "mab/gen/go/mab/v1"
)

func TestHealthSaysWhetherVisitorsAreServed(t *testing.T) {
	ok := map[string]*mabv1.SystemCheck{
		"journal":  {Status: mabv1.SystemCheck_OK, Measurements: map[string]float64{"lag_events": 3}},
		"database": {Status: mabv1.SystemCheck_OK, Measurements: map[string]float64{"latency_ms": 0.4}},
		"system":   {Status: mabv1.SystemCheck_OK, Measurements: map[string]float64{"memory_mb": 41}}}
	for _, test := range []struct {
		name, part    string
		status        mabv1.SystemCheck_Status
		adminDown     bool
		want          int
		says, checked string
	}{
		{"all is well", "journal", mabv1.SystemCheck_OK, false, 200, "ok", "ok"},
		{"the database is away", "database", mabv1.SystemCheck_DOWN, false, 200, "degraded", "down"},
		{"the journal is slow", "journal", mabv1.SystemCheck_DEGRADED, false, 200, "degraded", "degraded"},
		{"no snapshot", "snapshot", mabv1.SystemCheck_DOWN, false, 503, "down", "down"},
		{"admin is away", "admin", mabv1.SystemCheck_OK, true, 200, "degraded", "down"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := startGateway(t, func(c *config.Config) {
				if test.adminDown {
					c.AdminAddress = "127.0.0.1:1"
				}
			})
			reported := maps.Clone(ok)
			if test.part != "admin" {
				reported[test.part] = &mabv1.SystemCheck{Status: test.status, Measurements: ok[test.part].GetMeasurements()}
			}
			g.services.report(reported)
			got := g.do("GET", "/health", "")
			body := got.json(t)
			checks := body["checks"].(map[string]any)
			if got.status != test.want || body["status"] != test.says || checks[test.part].(map[string]any)["status"] != test.checked {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if checks["assignment"].(map[string]any)["memory_mb"] != 41.0 || checks["journal"].(map[string]any)["lag_events"] != 3.0 ||
				checks["system"].(map[string]any)["memory_mb"].(float64) <= 0 || body["version"] != "dev" {
				t.Errorf("got %s", got.body)
			}
			if ready := g.do("GET", "/health/ready", ""); ready.status != test.want {
				t.Errorf("ready: got %d", ready.status)
			}
		})
	}
}

// What goes on is for those who are signed in; /health, which anybody may ask, leaves it out.
func TestTheSystemIsShownToWhoeverIsSignedIn(t *testing.T) {
	g := startGateway(t)
	g.services.report(map[string]*mabv1.SystemCheck{
		"journal":     {Status: mabv1.SystemCheck_OK, Measurements: map[string]float64{"lag_events": 3, "lag_seconds": 0.2}},
		"experiments": {Status: mabv1.SystemCheck_OK, Measurements: map[string]float64{"running": 2}},
		"traffic": {Status: mabv1.SystemCheck_OK, Measurements: map[string]float64{
			"assigns_per_second": 120.5, "conversions_per_second": 4, "exposures_per_second": 80, "window_seconds": 10}},
	})
	got := g.do("GET", "/api/system", "")
	body := got.json(t)
	if got.status != 200 || body["status"] != "ok" || body["version"] != "dev" || body["uptime_seconds"].(float64) < 0 ||
		body["experiments"].(map[string]any)["running"] != 3.0 || body["experiments"].(map[string]any)["draft"] != 0.0 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	checks, traffic := body["checks"].(map[string]any), body["traffic"].(map[string]any)
	if checks["journal"].(map[string]any)["status"] != "ok" || checks["journal"].(map[string]any)["lag_seconds"] != 0.2 || checks["traffic"] != nil ||
		checks["experiments"].(map[string]any)["running"] != 2.0 || checks["system"].(map[string]any)["memory_mb"].(float64) <= 0 ||
		traffic["assigns_per_second"] != 120.5 || traffic["window_seconds"] != 10.0 {
		t.Errorf("got %s", got.body)
	}
	checks = g.do("GET", "/health", "").json(t)["checks"].(map[string]any)
	if checks["traffic"] != nil || checks["experiments"] != nil || checks["journal"] == nil {
		t.Errorf("/health says %v", checks)
	}
	if got := g.do("GET", "/api/system", "", "Authorization", ""); got.status != 401 || got.json(t)["code"] != "UNAUTHENTICATED" {
		t.Errorf("without a token: %d %s", got.status, got.body)
	}
	if got := g.do("GET", "/api/system?all=1", ""); got.status != 400 {
		t.Errorf("with a parameter: %d %s", got.status, got.body)
	}
	g.services.failWith(failure(codes.PermissionDenied, "PERMISSION_DENIED", "no"))
	if got := g.do("GET", "/api/system", ""); got.status != 403 {
		t.Errorf("refused by the service: %d %s", got.status, got.body)
	}
}

func TestHealthIsDownWithoutAssignment(t *testing.T) {
	g := startGateway(t)
	g.stopBackend()
	if got := g.do("GET", "/health", ""); got.status != 503 || got.json(t)["status"] != "down" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := g.do("GET", "/health/ready", ""); got.status != 503 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := g.do("GET", "/health/live", ""); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestMetricsAreLabelledByPatternNeverByPath(t *testing.T) {
	g := startGateway(t)
	g.do("POST", "/api/experiments/secret-key/assign", `{"user_id": "u"}`)
	g.do("GET", "/api/experiments/secret-key", "")
	g.do("GET", "/api/nothing/secret-key", "")
	g.do("BREW", "/api/experiments/secret-key", "")
	g.do("GET", "/assets/secret-key.js", "")
	response, err := http.Get(g.metricsURL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for _, want := range []string{
		`mab_http_requests_total{code="200",method="POST",route="/api/experiments/{experiment}/assign"} 1`,
		`mab_http_requests_total{code="200",method="GET",route="/api/experiments/{id}"} 1`,
		`mab_http_requests_total{code="404",method="GET",route="unmatched"} 1`,
		`mab_http_requests_total{code="405",method="OTHER",route="/api/experiments/{`,
		`mab_http_requests_total{code="404",method="GET",route="/assets/*"} 1`,
		`mab_http_requests_in_flight 0`, `mab_coalescer_batch_calls_count 1`, `mab_coalescer_pending_calls 0`, `mab_build_info{version="dev"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in the metrics", want)
		}
	}
	if strings.Contains(text, "secret-key") {
		t.Error("a path became a label")
	}
	if got := g.do("GET", "/metrics", ""); got.status != 404 {
		t.Errorf("metrics are public: %d", got.status)
	}
}

func TestThePagesAreServed(t *testing.T) {
	g := startGateway(t, production)
	for path, want := range map[string]string{"/": "MAB", "/login": "MAB", "/accounts": "MAB", "/keys": "MAB", "/settings": "MAB", "/system": "MAB", "/website": "MAB", "/docs": "API", "/docs/": "API", "/docs/index.html": "API"} {
		got := g.do("GET", path, "")
		if got.status != 200 || !strings.Contains(got.body, "<title>"+want) || got.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: got %d %v %s", path, got.status, got.header, got.body)
		}
		policy := got.header.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Referrer-Policy") == "" {
			t.Errorf("%s: got %v", path, got.header)
		}
	}
	for _, path := range []string{"/static/frontend/other.json", "/static/frontend/gtm/", "/static/frontend/gtm/nothing.js", "/static/frontend/gtm/.hidden",
		"/static/frontend/gtm/../other.json", "/static/frontend/gtm/..%2fother.json", "/assets/", "/assets/../index.html",
		"/assets/%2e%2e/index.html", "/docs/../index.html", "/docs/..%2findex.html", "/assets/.keep", "/.keep", "/index.html/x"} {
		if got := g.do("GET", path, ""); got.status != 404 {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
}

func TestAnAssetIsCachedForeverAndSentCompressed(t *testing.T) {
	g := startGateway(t)
	const path = "/assets/app-1234.js"
	plain := g.do("GET", path, "")
	zipped := g.do("GET", path, "", "Accept-Encoding", "br, gzip;q=0.8")
	if len(plain.body) != 4000 || plain.header.Get("Content-Encoding") != "" || plain.header.Get("Content-Type") != "text/javascript; charset=utf-8" ||
		!strings.Contains(plain.header.Get("Cache-Control"), "immutable") || plain.header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("got %d bytes, %v", len(plain.body), plain.header)
	}
	if len(zipped.body) > 200 || zipped.header.Get("Content-Encoding") != "gzip" || zipped.header.Get("ETag") == plain.header.Get("ETag") {
		t.Errorf("got %d bytes, %v", len(zipped.body), zipped.header)
	}
	if got := g.do("GET", path, "", "If-None-Match", plain.header.Get("ETag")); got.status != 304 || got.body != "" {
		t.Errorf("got %d", got.status)
	}
	if got := g.do("GET", path, "", "Accept-Encoding", "gzip;q=0"); got.header.Get("Content-Encoding") != "" {
		t.Errorf("got %v", got.header)
	}
	if got := g.do("HEAD", path, ""); got.status != 200 || got.header.Get("Content-Length") != "4000" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

func TestEveryRequestIsOneLineWithoutTheUser(t *testing.T) {
	g := startGateway(t)
	g.do("POST", "/api/experiments/e/assign?token=secret", `{"user_id": "visitor-42"}`, "X-Request-Id", "r-1")
	g.do("GET", "/nothing", "")
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}
	var requests []map[string]any
	for line := range strings.Lines(g.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry["msg"] == "request" {
			requests = append(requests, entry)
		}
	}
	if len(requests) != 2 || requests[0]["request_id"] != "r-1" || requests[0]["status"] != 200.0 || requests[0]["path"] != "/api/experiments/e/assign" ||
		requests[1]["code"] != "NOT_FOUND" {
		t.Errorf("got %v", requests)
	}
	if strings.Contains(g.log.String(), "visitor-42") || strings.Contains(g.log.String(), "secret") {
		t.Error("the log knows the user or the query")
	}
}

func TestStoppingFinishesWhatIsInFlight(t *testing.T) {
	g := startGateway(t)
	g.services.hold = make(chan struct{})
	got := make(chan answer, 1)
	go func() { got <- g.do("GET", "/api/experiments/e", "") }()
	<-g.services.hold // it is in flight
	stopped := make(chan error, 1)
	go func() { stopped <- g.stop() }()
	// The port is closed before the request is done.
	for {
		response, err := http.Get(g.url + "/health/ready")
		if err != nil {
			break
		}
		_ = response.Body.Close()
	}
	<-g.services.hold
	if a := <-got; a.status != 200 {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// A client that keeps its connection is answered on it, and told to open another one, which it does elsewhere.
func TestStoppingAnswersOnConnectionsThatAreOpen(t *testing.T) {
	g := startGateway(t)
	connection, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	ask := func() *http.Response {
		request, _ := http.NewRequest("GET", g.url+"/health/live", nil)
		if err := request.Write(connection); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), request)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	if first := ask(); first.Close {
		t.Fatal("the connection is closed although nothing stops")
	}
	stopped := make(chan error, 1)
	go func() { stopped <- g.stop() }()
	for refused := false; !refused; {
		probe, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
		if refused = err != nil; !refused {
			_ = probe.Close()
		}
	}
	if second := ask(); second.StatusCode != 200 || !second.Close {
		t.Errorf("while it stops: %d, close %v", second.StatusCode, second.Close)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestAPortInUseIsOneClearError(t *testing.T) {
	g := startGateway(t)
	_, err := newServer(config.Config{Listen: strings.TrimPrefix(g.url, "http://"), MetricsListen: "127.0.0.1:0",
		AssignmentAddress: "127.0.0.1:1", AdminAddress: "127.0.0.1:1"}, pages(), time.Now, g.logger())
	if err == nil || !strings.Contains(err.Error(), "PORT") || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}
