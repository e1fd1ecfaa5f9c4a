package main

import (
	"reflect"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

func TestAnAssignmentHasTheShapeOfTheContract(t *testing.T) {
	g := startGateway(t)
	got := g.do("POST", "/api/experiments/hero-title/assign", `{"user_id": "visitor-42"}`)
	want := `{"experiment_id":"0198","experiment_key":"hero-title","variant":{"id":"0199","key":"b","name":"Short headline","is_control":false,` +
		`"payload":{"text":"Ship today"}},"returning":false,"counted":true,"propensity":0.4182,"version":1795392000123,"assigned_at":"2026-11-23T00:00:00.123Z","reason":"DRAWN"}`
	if got.status != 200 || got.body != want {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := g.do("POST", "/api/experiments/e/assign", `{"user_id": "u", "expose": false}`).json(t); got["counted"] != false {
		t.Errorf("expose: false was lost: %v", got)
	}
	// Zero values are there; what is optional and not set is not.
	if got := g.do("POST", "/api/experiments/e/expose", `{"user_id": "u"}`); got.body != `{"counted":false}` {
		t.Errorf("got %s", got.body)
	}
	if got := g.do("POST", "/api/assign", `{"user_id": "u", "experiments": ["a", "b"]}`).json(t); len(got["assignments"].([]any)) != 2 {
		t.Errorf("got %v", got)
	}
	if got := g.do("POST", "/api/expose", `{"user_id": "u", "experiments": ["a"]}`); got.body != `{"exposures":[],"errors":[]}` {
		t.Errorf("got %s", got.body)
	}
}

func TestAPublicEndpointTakesTextPlain(t *testing.T) {
	g := startGateway(t)
	if got := g.do("POST", "/api/experiments/e/assign", `{"user_id": "u"}`, "Content-Type", "text/plain;charset=UTF-8"); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestAnExperimentIsTheWholeBody(t *testing.T) {
	g := startGateway(t)
	got := g.do("POST", "/api/experiments", `{"name": "Hero", "variants": [{"key": "a", "payload": {"n": [1, null]}}, {"key": "b"}], "floor": 0}`)
	if got.status != 200 || got.json(t)["name"] != "Hero" || got.json(t)["floor"] != 0.0 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if g.services.created.Floor == nil || g.services.created.TrafficShare != nil {
		t.Error("what was given and what was not is not told apart")
	}
	if got := g.do("GET", "/api/experiments/hero:draft", ""); got.json(t)["id"] != "hero:draft" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %s", got.body)
	}
	if got := g.do("GET", "/api/experiments/a%2Fb", ""); got.json(t)["id"] != "a/b" {
		t.Errorf("got %s", got.body)
	}
	if got := g.do("HEAD", "/api/experiments/hero", ""); got.status != 200 || got.body != "" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := g.do("POST", "/api/experiments/hero:start", ""); got.json(t)["state"] != "RUNNING" {
		t.Errorf("got %s", got.body)
	}
	if got := g.do("GET", "/api/auth/me", "").json(t); got["email"] != "a@b.example" || got["role"] != "ADMIN" {
		t.Errorf("got %v", got)
	}
	g.do("GET", "/api/experiments?page_size=5&state=RUNNING&q=hero", "")
	if l := g.services.listed; l.GetPageSize() != 5 || l.GetState().String() != "RUNNING" || l.GetQ() != "hero" {
		t.Errorf("got %v", l)
	}
}

func TestAPatchNamesTheFieldsThatItHas(t *testing.T) {
	g := startGateway(t)
	got := g.do("PATCH", "/api/experiments/hero", `{"name": "New", "etag": "e1", "prior": {"alpha": 2}, "variants": [{"key": "a"}], "burnInExposures": 0, "minimum_exposures": null}`)
	if got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	paths := map[string]bool{}
	for _, path := range g.services.updated.GetUpdateMask().GetPaths() {
		paths[path] = true
	}
	// What is null is named and not set: it gets its default.
	want := map[string]bool{"name": true, "etag": true, "prior.alpha": true, "variants": true, "burn_in_exposures": true, "minimum_exposures": true}
	if !reflect.DeepEqual(paths, want) || g.services.updated.GetExperiment().GetId() != "hero" ||
		g.services.updated.GetExperiment().MinimumExposures != nil {
		t.Errorf("got %v of %s", paths, g.services.updated.GetExperiment().GetId())
	}
}

func TestAServicesErrorIsAProblem(t *testing.T) {
	g := startGateway(t)
	for _, path := range []string{"/api/experiments/e/assign", "/api/experiments/e:start"} {
		g.services.failWith(failure(codes.FailedPrecondition, "EXPERIMENT_NOT_RUNNING", "it is a draft"))
		if got := g.do("POST", path, `{}`); got.status != 409 {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
		g.services.failWith(failure(codes.InvalidArgument, "INVALID_ARGUMENT", "2 fields are invalid", "experiment.name", "user_id"))
		got := g.do("POST", path, `{}`)
		if _, field, _ := got.problem(t); got.status != 400 || field != "name" || len(got.json(t)["errors"].([]any)) != 2 {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
		g.services.failWith(failure(codes.Unavailable, "JOURNAL_FULL", "the journal is full"))
		if code, _, _ := g.do("POST", path, `{}`).problem(t); code != "JOURNAL_FULL" {
			t.Errorf("%s: got %s", path, code)
		}
		g.services.failWith(failure(codes.Internal, "INTERNAL", "a secret"))
		if got := g.do("POST", path, `{}`); got.status != 500 || strings.Contains(got.body, "secret") {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
	g.services.failWith(failure(codes.Unauthenticated, "UNAUTHENTICATED", "sign in"))
	if got := g.do("GET", "/api/experiments", ""); got.status != 401 || got.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

func TestAServiceThatIsDownIs503(t *testing.T) {
	g := startGateway(t)
	g.stopBackend()
	for _, path := range []string{"/api/experiments/e/assign", "/api/experiments/e:start"} {
		got := g.do("POST", path, `{}`)
		if code, _, _ := got.problem(t); got.status != 503 || code != "UNAVAILABLE" {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
}

func TestOnlyTheForwardedMetadataReachesAService(t *testing.T) {
	g := startGateway(t)
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	g.do("GET", "/api/experiments/e", "", "Authorization", "Bearer t", "X-Request-Id", "mine", "Traceparent", trace,
		"Grpc-Metadata-Mab-Internal-Secret", "s", "Mab-Internal-Secret", "s", "Mab-Refresh-Token", "r", "Cookie", "mab_refresh=c",
		"X-Forwarded-For", "10.0.0.1", "X-Forwarded-Host", "evil.example", "Grpc-Metadata-Authorization", "Bearer evil", "Grpc-Timeout", "1n")
	for name, want := range map[string][]string{"authorization": {"Bearer t"}, "x-request-id": {"mine"}, "traceparent": {trace},
		"mab-internal-secret": {ownSecret}, "mab-client-address": {"127.0.0.1"}, "mab-refresh-token": nil, "x-forwarded-for": nil, "x-forwarded-host": nil, "cookie": nil,
		"grpcgateway-cookie": nil, "grpcgateway-authorization": nil} {
		if got := g.services.metadata.Get(name); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for name := range g.services.metadata {
		if strings.HasPrefix(name, "grpcgateway") {
			t.Errorf("%s reached the service", name)
		}
	}
	g.do("GET", "/api/experiments/e", "", "Traceparent", "sane? no")
	if got := g.services.metadata.Get("traceparent"); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestARequestHasAnID(t *testing.T) {
	g := startGateway(t)
	if got := g.do("GET", "/health/live", "", "X-Request-Id", "mine-1"); got.header.Get("X-Request-Id") != "mine-1" {
		t.Errorf("got %v", got.header)
	}
	for _, id := range []string{"two words", strings.Repeat("x", 65), `"quoted"`} {
		if got := g.do("GET", "/health/live", "", "X-Request-Id", id).header.Get("X-Request-Id"); got == id || len(got) < 20 {
			t.Errorf("got %q for %q", got, id)
		}
	}
}
