package main

import (
	"fmt"
	"strings"
	"sync/atomic"
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
	if by := g.services.lastMetadata().Get("mab-experiment-by"); len(by) != 1 || by[0] != "key" {
		t.Errorf("a flag's name is taken for %q", by)
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
	if got := g.do("POST", ofrepFlag, `{"context": {"targetingKey": "`+strings.Repeat("x", 64<<10)+`"}}`); got.status != 413 || got.json(t)["errorCode"] != "GENERAL" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	for path, key := range map[string]any{ofrepFlag: "hero-title", ofrepBulk: nil} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			got := g.do(method, path, "")
			if object := got.json(t); got.status != 405 || got.header.Get("Allow") != "POST, OPTIONS" || got.header.Get("Content-Type") != "application/json" ||
				object["errorCode"] != "GENERAL" || object["errorDetails"] != "this path takes POST, OPTIONS" || object["key"] != key {
				t.Errorf("%s %s: got %d %v %s", method, path, got.status, got.header, got.body)
			}
		}
	}
	if got := g.do("POST", "/ofrep/v1/events", ""); got.status != 405 || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("what has no protocol of its own: %d %s", got.status, got.body)
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
	// The service knows whether the key is a server's. What keys ask from an address says nothing of the pages there.
	for _, headers := range [][]string{{"Mab-Bot-Sign", "RATE", "Grpc-Metadata-Mab-Bot-Sign", "RATE"}, {"Origin", "https://shop.example"}} {
		for range 2 {
			if got := signOf(headers...); got != "" {
				t.Errorf("%q: within its rate it is %q", headers, got)
			}
		}
		if got := signOf(headers...); got != "RATE" {
			t.Errorf("%q: over its rate it is %q", headers, got)
		}
	}
	if got := signOf("User-Agent", googlebot); got != "USER_AGENT" {
		t.Errorf("got %q", got)
	}
	metrics := g.metrics()
	if !strings.Contains(metrics, `mab_bot_calls_total{sign="rate"} 1`) || !strings.Contains(metrics, `mab_bot_calls_total{sign="user_agent"} 1`) {
		t.Errorf("the metrics have what may be a server's:\n%s", metrics)
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

// A hundred flags are one call, as a batch of a hundred experiments is.
func TestABulkEvaluationCostsAsManyCallsAsBatchesWould(t *testing.T) {
	for _, test := range []struct{ flags, failed, cost int }{{0, 0, 1}, {1, 0, 1}, {100, 0, 1}, {101, 0, 2}, {60, 60, 2}, {200, 0, 2}, {500, 0, 5}} {
		g := startGatewayAt(t, standingStill, limited(8, 0, 0))
		all := &mabv1.AssignAllResponse{}
		for i := range test.flags {
			all.Assignments = append(all.Assignments, assignment(fmt.Sprintf("flag-%03d", i)))
		}
		for i := range test.failed {
			all.Errors = append(all.Errors, &mabv1.BatchError{ExperimentKey: fmt.Sprintf("gone-%03d", i), Code: "JOURNAL_FULL"})
		}
		g.services.change(all, 1)
		first := g.do("POST", ofrepBulk, ofrepUser)
		if first.status != 200 {
			t.Fatalf("got %d %s", first.status, first.body)
		}
		left := 0
		for ; g.do("POST", ofrepFlag, ofrepUser).status == 200; left++ {
			if left > 8 {
				t.Fatal("nothing is limited")
			}
		}
		if left != 8-test.cost {
			t.Errorf("%+v: it cost %d", test, 8-left)
		}
	}
}

// What was not changed was evaluated all the same; and what a bulk evaluation takes too much is no debt.
func TestWhatIs304CostsAsMuch(t *testing.T) {
	var elapsed atomic.Int64
	g := startGatewayAt(t, func() time.Time { return standingStill().Add(time.Duration(elapsed.Load())) }, limited(8, 0, 0))
	all := &mabv1.AssignAllResponse{}
	for i := range 500 {
		all.Assignments = append(all.Assignments, assignment(fmt.Sprintf("flag-%03d", i)))
	}
	g.services.change(all, 1)
	etag := g.do("POST", ofrepBulk, ofrepUser).header.Get("ETag")
	for i, want := range []int{304, 429} {
		if got := g.do("POST", ofrepBulk, ofrepUser, "If-None-Match", etag); got.status != want || (want == 429) != (got.header.Get("Retry-After") == "1") {
			t.Errorf("call %d: got %d %v", i, got.status, got.header)
		}
	}
	elapsed.Add(int64(time.Second)) // one token
	if got := g.do("POST", ofrepBulk, ofrepUser, "If-None-Match", etag); got.status != 304 {
		t.Errorf("after a second: %d", got.status)
	}
}
