package main

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"mab/gateway/config"
	"mab/gateway/ratelimit"
	mabv1 "mab/gen/go/mab/v1"
)

const (
	ofrepFlag = "/ofrep/v1/evaluate/flags/hero-title"
	ofrepBulk = "/ofrep/v1/evaluate/flags"
	ofrepUser = `{"context": {"targetingKey": "visitor-42", "plan": "pro"}}`
)

func TestAFlagIsEvaluatedAsTheProtocolHasIt(t *testing.T) {
	g := startGateway(t)
	got := g.do("POST", ofrepFlag, ofrepUser)
	want := `{"key":"hero-title","value":{"text":"Ship today"},"reason":"SPLIT","variant":"b","metadata":` +
		`{"experiment_id":"0198","version":1795392000123,"propensity":0.4182,"counted":false,"returning":false}}`
	if got.status != 200 || got.body != want || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if asked := g.services.assigned; asked.GetUserId() != "visitor-42" || asked.GetExperiment() != "hero-title" || asked.Expose != nil {
		t.Errorf("the service was asked %v", asked)
	}
}

// The key goes on as it came, and nothing that would open more than it does.
func TestTheServiceDecidesByTheCallersKey(t *testing.T) {
	g := startGateway(t)
	for _, path := range []string{ofrepFlag, ofrepBulk} {
		for _, headers := range [][]string{
			{"Authorization", "Bearer mab_secret"},
			{"Authorization", "", "X-API-Key", "mab_secret"},
			{"Authorization", "Bearer mab_secret", "X-API-Key", "mab_other"},
		} {
			if got := g.do("POST", path, ofrepUser, append(headers, "Mab-Internal-Secret", ownSecret, "Grpc-Metadata-Mab-Internal-Secret", ownSecret)...); got.status != 200 {
				t.Fatalf("%s %v: %d %s", path, headers, got.status, got.body)
			}
			told := g.services.lastMetadata()
			if key := told.Get("authorization"); len(key) != 1 || key[0] != "Bearer mab_secret" || len(told.Get("mab-internal-secret")) != 0 {
				t.Errorf("%s %v: the service was shown %v", path, headers, told)
			}
		}
		g.services.failWith(failure(codes.Unauthenticated, "UNAUTHENTICATED", "the API key is unknown"))
		if got := g.do("POST", path, ofrepUser); got.status != 401 || got.json(t)["errorCode"] != "GENERAL" || got.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
		g.services.failWith(nil)
	}
}

func TestWithoutAKeyNothingIsReadOrAsked(t *testing.T) {
	g := startGateway(t)
	for _, path := range []string{ofrepFlag, ofrepBulk} {
		for _, headers := range [][]string{{"Authorization", ""}, {"Authorization", "", "X-API-Key", "mab_\x80"}, {"Authorization", "Bearer mab_ü"}} {
			got := g.do("POST", path, `not JSON`, headers...)
			if got.status != 401 || got.json(t)["errorCode"] != "GENERAL" || got.json(t)["errorDetails"] == "" {
				t.Errorf("%s %q: got %d %s", path, headers, got.status, got.body)
			}
		}
		if got := g.do("POST", path, ofrepUser, "Authorization", "", "X-API-Key", strings.Repeat("k", 9<<10)); got.status != 431 {
			t.Errorf("%s: a key of 9 KiB: %d", path, got.status)
		}
	}
	if told := g.services.lastMetadata(); told != nil {
		t.Errorf("the service was asked with %v", told)
	}
}

func TestFailuresAreTheProtocolsOwn(t *testing.T) {
	g := startGateway(t)
	for body, want := range map[string]string{
		`{"context": `:                          "PARSE_ERROR",
		strings.Repeat("[", 40):                 "PARSE_ERROR",
		`{"context": {}}`:                       "TARGETING_KEY_MISSING",
		`{"context": {"targetingKey": 1}}`:      "INVALID_CONTEXT",
		`{"context": "visitor-42"}`:             "INVALID_CONTEXT",
		`[` + strings.Repeat("1,", 1000) + `1]`: "PARSE_ERROR",
	} {
		for path, key := range map[string]any{ofrepFlag: "hero-title", ofrepBulk: nil} {
			got := g.do("POST", path, body)
			if object := got.json(t); got.status != 400 || object["errorCode"] != want || object["key"] != key || object["errorDetails"] == "" ||
				got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %.40s: got %d %s", path, body, got.status, got.body)
			}
		}
	}
	for _, test := range []struct {
		reason string
		code   codes.Code
		status int
		want   string
	}{
		{"EXPERIMENT_NOT_FOUND", codes.NotFound, 404, "FLAG_NOT_FOUND"},
		{"EXPERIMENT_NOT_RUNNING", codes.FailedPrecondition, 404, "FLAG_NOT_FOUND"},
		{"ORIGIN_NOT_ALLOWED", codes.PermissionDenied, 403, "GENERAL"},
		{"UNAVAILABLE", codes.Unavailable, 503, "GENERAL"},
		{"JOURNAL_FULL", codes.Unavailable, 503, "GENERAL"},
		{"INTERNAL", codes.Internal, 500, "GENERAL"},
	} {
		g.services.failWith(failure(test.code, test.reason, "why"))
		got := g.do("POST", ofrepFlag, ofrepUser)
		if got.status != test.status || got.json(t)["errorCode"] != test.want || (got.status == 503) != (got.header.Get("Retry-After") != "") {
			t.Errorf("%s: got %d %s", test.reason, got.status, got.body)
		}
	}
	if got := g.do("POST", ofrepBulk+"/"+strings.Repeat("k", 65), ofrepUser); got.status != 404 || got.json(t)["errorCode"] != "FLAG_NOT_FOUND" {
		t.Errorf("a key that no flag has: %d %s", got.status, got.body)
	}
	if got := g.do("POST", ofrepFlag, ofrepUser, "Content-Type", "text/xml"); got.status != 415 || got.json(t)["errorCode"] != "GENERAL" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := g.do("POST", ofrepFlag, `{"context": {"targetingKey": "`+strings.Repeat("x", 64<<10)+`"}}`); got.status != 413 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := g.do("GET", ofrepFlag, ""); got.status != 405 || got.header.Get("Allow") != "POST, OPTIONS" {
		t.Errorf("got %d %s", got.status, got.header.Get("Allow"))
	}
	if got := g.do("POST", "/ofrep/v1/configuration", "{}"); got.status != 404 {
		t.Errorf("got %d", got.status)
	}
}

func TestABulkEvaluationIsTheSameBytesUntilSomethingChanges(t *testing.T) {
	g := startGateway(t)
	first := g.do("POST", ofrepBulk, ofrepUser)
	want := `{"flags":[{"key":"hero-title","value":{"text":"Ship today"},"reason":"SPLIT","variant":"b","metadata":` +
		`{"experiment_id":"0198","version":1795392000123,"propensity":0.4182}}],"eventStreams":[{"type":"sse","endpoint":{"requestUri":"/ofrep/v1/events"}}]}`
	etag := first.header.Get("ETag")
	if first.status != 200 || first.body != want || etag == "" {
		t.Fatalf("got %d %s %s", first.status, etag, first.body)
	}
	known := assignment("hero-title")
	known.Returning, known.Counted = true, true
	g.services.change(&mabv1.AssignAllResponse{Assignments: []*mabv1.AssignResponse{known}}, 1)
	if got := g.do("POST", ofrepBulk, ofrepUser, "If-None-Match", etag); got.status != 304 || got.body != "" || got.header.Get("ETag") != etag {
		t.Errorf("who came again and was counted: %d %q", got.status, got.body)
	}
	known.Variant.Key = "c"
	if got := g.do("POST", ofrepBulk, ofrepUser, "If-None-Match", etag); got.status != 200 || got.header.Get("ETag") == etag {
		t.Errorf("another variant: %d", got.status)
	}
}

func TestABulkEvaluationNamesWhatItLacks(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.EventsPath = "" })
	failed := []*mabv1.BatchError{{ExperimentKey: "b", Code: "JOURNAL_FULL"}}
	g.services.change(&mabv1.AssignAllResponse{Assignments: []*mabv1.AssignResponse{assignment("a"), assignment("c")}, Errors: failed, Omitted: 3}, 1)
	got := g.do("POST", ofrepBulk, ofrepUser).json(t)
	var keys []string
	for _, flag := range got["flags"].([]any) {
		keys = append(keys, flag.(map[string]any)["key"].(string))
	}
	if strings.Join(keys, "") != "abc" || got["flags"].([]any)[1].(map[string]any)["errorCode"] != "GENERAL" ||
		got["metadata"].(map[string]any)["omitted"] != 3.0 || got["eventStreams"] != nil {
		t.Errorf("got %v", got)
	}
	g.services.change(&mabv1.AssignAllResponse{Errors: failed}, 1)
	if got := g.do("POST", ofrepBulk, ofrepUser); got.status != 503 || got.header.Get("Retry-After") == "" || got.header.Get("ETag") != "" {
		t.Errorf("where none can be answered: %d %s", got.status, got.body)
	}
	g.services.change(&mabv1.AssignAllResponse{}, 1)
	if got := g.do("POST", ofrepBulk, ofrepUser); got.status != 200 || got.body != `{"flags":[]}` {
		t.Errorf("where there are none: %d %s", got.status, got.body)
	}
}

func TestAPageMayAskWithAKey(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.CORSOrigins = []string{"https://shop.example"} })
	for _, path := range []string{ofrepFlag, ofrepBulk} {
		preflight := g.do("OPTIONS", path, "", "Authorization", "", "Origin", "https://shop.example", "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "authorization,content-type,if-none-match")
		allowed := strings.ToLower(preflight.header.Get("Access-Control-Allow-Headers"))
		for _, name := range []string{"authorization", "content-type", "if-none-match", "x-api-key"} {
			if !strings.Contains(allowed, name) {
				t.Errorf("%s: %s is not among %q", path, name, allowed)
			}
		}
		got := g.do("POST", path, ofrepUser, "Origin", "https://shop.example")
		if exposed := got.header.Get("Access-Control-Expose-Headers"); got.status != 200 || !strings.Contains(exposed, "ETag") || !strings.Contains(exposed, "Retry-After") ||
			got.header.Get("Access-Control-Allow-Origin") != "https://shop.example" || got.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: got %d %v", path, got.status, got.header)
		}
		if told := g.services.lastMetadata().Get("mab-origin"); len(told) != 1 || told[0] != "https://shop.example" {
			t.Errorf("%s: the service was told %q", path, told)
		}
		if got := g.do("POST", path, ofrepUser, "Origin", "https://other.example"); got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: another site may read it", path)
		}
	}
	if other := g.do("OPTIONS", "/api/assign", "", "Authorization", "", "Origin", "https://shop.example", "Access-Control-Request-Method", "POST"); strings.Contains(other.header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("the other public endpoints allow %q", other.header.Get("Access-Control-Allow-Headers"))
	}
}

func TestAMachineThatEvaluatesIsMarked(t *testing.T) {
	g := startGateway(t, marking, func(c *config.Config) { c.BotLimit = ratelimit.Limit{PerSecond: 1, Burst: 2} })
	signOf := func(headers ...string) string {
		g.do("POST", ofrepBulk, ofrepUser, headers...)
		return strings.Join(g.services.lastMetadata().Get("mab-bot-sign"), ",")
	}
	if got := signOf("User-Agent", googlebot); got != "USER_AGENT" {
		t.Errorf("got %q", got)
	}
	for range 5 { // a server asks for all of its visitors
		if got := signOf("Mab-Bot-Sign", "RATE", "Grpc-Metadata-Mab-Bot-Sign", "RATE"); got != "" {
			t.Errorf("a server is %q", got)
		}
	}
	last := ""
	for range 5 {
		last = signOf("Origin", "https://shop.example")
	}
	if last != "RATE" {
		t.Errorf("an address whose pages ask more than people do is %q", last)
	}
}

func TestEvaluationsAreLimited(t *testing.T) {
	g := startGateway(t, func(c *config.Config) {
		c.ExperimentLimit = ratelimit.Limit{PerSecond: 1, Burst: 2}
	})
	for range 2 {
		if got := g.do("POST", ofrepBulk, ofrepUser); got.status != 200 {
			t.Fatalf("got %d %s", got.status, got.body)
		}
	}
	got := g.do("POST", ofrepFlag, ofrepUser)
	if got.status != 429 || got.header.Get("Retry-After") == "" || got.json(t)["errorCode"] != "GENERAL" || got.json(t)["key"] != "hero-title" {
		t.Errorf("bulk evaluations count in no experiment: %d %s", got.status, got.body)
	}
	if got := g.do("POST", ofrepBulk, ofrepUser); got.status != 200 {
		t.Errorf("a bulk evaluation was refused: %d %s", got.status, got.body)
	}
	limited := startGateway(t, func(c *config.Config) { c.AddressLimit = ratelimit.Limit{PerSecond: 1, Burst: 1} })
	limited.do("POST", ofrepBulk, ofrepUser)
	if got := limited.do("POST", ofrepBulk, ofrepUser); got.status != 429 || got.header.Get("Retry-After") == "" || got.json(t)["errorCode"] != "GENERAL" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

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
