package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"mab/gateway/config"
	"mab/gateway/ratelimit"
)

// standingStill is a clock at which no bucket gains a token.
func standingStill() time.Time { return time.Unix(1795392000, 0) }

// limited by that many calls; 0 is no limit.
func limited(address, session, experiment int) option {
	limit := func(burst int) ratelimit.Limit {
		if burst == 0 {
			return ratelimit.Limit{}
		}
		return ratelimit.Limit{PerSecond: 1, Burst: burst}
	}
	return func(c *config.Config) {
		c.AddressLimit, c.SessionLimit, c.ExperimentLimit, c.LimitBuckets = limit(address), limit(session), limit(experiment), 1024
	}
}

func (g *gateway) metrics() string {
	g.t.Helper()
	response, err := http.Get(g.metricsURL + "/metrics")
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(content)
}

func TestAnAddressThatAsksTooMuchIs429(t *testing.T) {
	g := startGatewayAt(t, standingStill, hops(1), limited(4, 2, 0))
	from := func(client string) []string {
		return []string{"X-Forwarded-For", client, "Origin", "https://shop.example"}
	}
	// Every public endpoint counts, whatever comes of it.
	for i, call := range [][3]string{{"/api/experiments/e/assign", `{"user_id": "u"}`, "200"}, {"/api/experiments/e/convert", `{"user_id": "u"}`, "200"},
		{"/api/assign", `{"user_id": "u", "experiments": ["e"]}`, "200"}, {"/api/experiments/e/assign", `{`, "400"}, {"/api/experiments/e/expose", `{`, "429"}} {
		got := g.do("POST", call[0], call[1], from("192.0.2.1")...)
		if strconv.Itoa(got.status) != call[2] {
			t.Fatalf("call %d: got %d %s", i, got.status, got.body)
		}
		if got.status != 429 {
			continue
		}
		code, _, _ := got.problem(t)
		retry, err := strconv.Atoi(got.header.Get("Retry-After"))
		if code != "RATE_LIMITED" || err != nil || retry != 1 || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("got %v %s", got.header, got.body)
		}
	}
	for client, want := range map[string]int{"192.0.2.2": 200, "192.0.2.1": 429, "203.0.113.1, 192.0.2.1": 429} {
		if got := g.do("POST", "/api/experiments/e/assign", `{"user_id": "u"}`, from(client)...); got.status != want {
			t.Errorf("%s: got %d", client, got.status)
		}
	}
	// What is not public has no such limit; a browser's question is not a call.
	for range 10 {
		if got := g.do("GET", "/api/experiments/e", "", from("192.0.2.1")...); got.status != 200 {
			t.Errorf("got %d", got.status)
		}
		if got := g.do("OPTIONS", "/api/assign", "", append(from("192.0.2.1"), "Access-Control-Request-Method", "POST")...); got.status != 204 {
			t.Errorf("got %d", got.status)
		}
	}
	if text := g.metrics(); !strings.Contains(text, `mab_rate_limited_total{limit="address"} 3`) ||
		!strings.Contains(text, "mab_rate_limit_shared 0") || !strings.Contains(text, "mab_rate_limit_forgotten_total 0") {
		t.Error("the metrics don't tell")
	}
	if err := g.stop(); err != nil || !strings.Contains(g.log.String(), "this gateway alone: REDIS_URL is not set") {
		t.Errorf("%v; the log: %s", err, g.log)
	}
}

func TestTheSessionHasAStricterLimit(t *testing.T) {
	g := startGatewayAt(t, standingStill, limited(0, 2, 0))
	// What another site's page asks does not count against the one who looks at it.
	for range 5 {
		if got := g.do("POST", "/api/auth/login", `{}`, "Sec-Fetch-Site", "cross-site"); got.status != 403 {
			t.Errorf("got %d", got.status)
		}
	}
	for i, want := range []int{200, 200, 429} {
		if got := g.do("POST", []string{"/api/auth/login", "/api/auth/refresh", "/api/auth/login"}[i], `{}`); got.status != want {
			t.Errorf("call %d: got %d %s", i, got.status, got.body)
		}
	}
	for range 5 {
		if got := g.do("POST", "/api/experiments/e/assign", `{"user_id": "u"}`); got.status != 200 {
			t.Errorf("got %d", got.status)
		}
	}
}

// A flood of changes, by somebody who may change things, is bounded as everybody's calls of private endpoints are.
func TestPrivateEndpointsHaveALimitOfTheirOwn(t *testing.T) {
	g := startGatewayAt(t, standingStill, hops(1), limited(0, 0, 0), func(c *config.Config) {
		c.PrivateLimit = ratelimit.Limit{PerSecond: 1, Burst: 3}
	})
	from := func(client, authorization string) []string {
		return []string{"X-Forwarded-For", client, "Authorization", authorization}
	}
	// Whatever comes of it, and whoever it is who asks from there.
	for i, call := range []struct {
		method, path, body, authorization string
		want                              int
	}{
		{"GET", "/api/experiments/e", "", "", 401}, {"PATCH", "/api/experiments/e", `{`, "Bearer a", 400}, {"PATCH", "/api/experiments/e", `{}`, "Bearer a", 200},
		{"PATCH", "/api/experiments/e", `{}`, "Bearer a", 429}, {"GET", "/api/auth/me", "", "Bearer b", 429}, {"GET", "/api/auth/me", "", "", 429},
	} {
		got := g.do(call.method, call.path, call.body, from("192.0.2.1", call.authorization)...)
		if got.status != call.want || (got.status == 429) != (got.header.Get("Retry-After") != "") {
			t.Errorf("call %d: got %d %v %s", i, got.status, got.header, got.body)
		}
	}
	if got := g.do("PATCH", "/api/experiments/e", `{}`, from("192.0.2.2", "Bearer a")...); got.status != 200 {
		t.Errorf("another address: got %d %s", got.status, got.body)
	}
	for _, path := range []string{"/api/experiments/e/assign", "/api/auth/login"} {
		if got := g.do("POST", path, `{}`, from("192.0.2.1", "")...); got.status != 200 {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
	if text := g.metrics(); !strings.Contains(text, `mab_rate_limited_total{limit="private"} 3`) {
		t.Error("the metrics don't tell")
	}
}

func TestAnExperimentThatIsAskedTooMuchIs429(t *testing.T) {
	g := startGatewayAt(t, standingStill, hops(1), limited(0, 0, 3))
	ask := func(i int, path, body string) answer {
		return g.do("POST", path, body, "X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i))
	}
	for i := range 3 {
		if got := ask(i, "/api/experiments/e/assign", `{"user_id": "u"}`); got.status != 200 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	}
	for i, path := range []string{"/api/experiments/e/assign", "/api/experiments/e/convert", "/api/experiments/e/expose"} {
		got := ask(i, path, `{"user_id": "u"}`)
		if code, _, _ := got.problem(t); got.status != 429 || code != "RATE_LIMITED" {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
	got := ask(9, "/api/assign", `{"user_id": "u", "experiments": ["e", "f"]}`)
	if got.status != 200 || !strings.Contains(got.body, `"experiment_key":"f"`) || !strings.Contains(got.body, `"errors":[{"experiment_key":"e","code":"RATE_LIMITED"}]`) {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := ask(9, "/api/assign", `{"user_id": "u", "experiments": ["e"]}`); got.status != 429 {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
