package main

import (
	"maps"
	"strings"
	"testing"

	"mab/gateway/config"
)

// What a browser is told of each kind of answer.
const (
	page = iota
	data
	forOthers // public answers and the script, which other sites may use
)

func TestEveryAnswerHasItsSecurityHeaders(t *testing.T) {
	g := startGateway(t, limited(0, 1, 0))
	tag := g.do("GET", "/assets/app-1234.js", "").header.Get("ETag")
	if got := g.do("POST", "/api/auth/refresh", "{}"); got.status != 200 {
		t.Fatalf("got %d", got.status)
	}
	for _, test := range []struct {
		method, path, body string
		headers            []string
		status, kind       int
	}{
		{"GET", "/", "", nil, 200, page},
		{"HEAD", "/", "", nil, 200, page},
		{"GET", "/login", "", nil, 200, page},
		{"GET", "/experiments/e", "", nil, 200, page},
		{"GET", "/docs", "", nil, 200, page},
		{"GET", "/assets/app-1234.js", "", nil, 200, page},
		{"GET", "/assets/app-1234.js", "", []string{"If-None-Match", tag}, 304, page},
		{"GET", "/assets/nothing.js", "", nil, 404, page},
		{"GET", "/nothing", "", nil, 404, page},
		{"GET", "/..%2f..%2fetc/passwd", "", nil, 404, page},
		{"GET", "//", "", nil, 404, page},
		{"GET", "/apis", "", nil, 404, page},
		{"POST", "/", "{}", nil, 405, page},
		{"BREW", "/docs", "", nil, 405, page},
		{"OPTIONS", "/", "", nil, 405, page},
		{"GET", "/health", "", nil, 200, data},
		{"GET", "/health/live", "", nil, 200, data},
		{"GET", "/health/ready", "", nil, 200, data},
		{"POST", "/health", "{}", nil, 405, data},
		{"GET", "/api/experiments/e", "", nil, 200, data},
		{"GET", "/api/experiments/e?bogus=1", "", nil, 400, data},
		{"POST", "/api/experiments", "{", nil, 400, data},
		{"GET", "/api/nothing", "", nil, 404, data},
		{"BREW", "/api/experiments", "", nil, 405, data},
		{"OPTIONS", "/api/experiments", "", nil, 204, data},
		{"POST", "/api/experiments", strings.Repeat(" ", 2<<20), nil, 413, data},
		{"POST", "/api/experiments", "x", []string{"Content-Type", "text/html"}, 415, data},
		{"GET", "/api/experiments/e", "", []string{"Authorization", "Bearer " + strings.Repeat("x", 20000)}, 431, data},
		{"POST", "/api/auth/login", "{}", []string{"Sec-Fetch-Site", "cross-site"}, 403, data},
		{"POST", "/api/auth/logout", "{}", []string{"X-Request-Id", "limited"}, 429, data},
		{"POST", "/api/experiments/e/assign", `{"user_id": "u"}`, nil, 200, forOthers},
		{"POST", "/api/experiments/e/assign", `{`, nil, 400, forOthers},
		{"POST", "/api/assign", `{"user_id": 1}`, nil, 400, forOthers},
		{"OPTIONS", "/api/assign", "", []string{"Origin", "https://shop.example", "Access-Control-Request-Method", "POST"}, 204, forOthers},
		{"GET", "/static/frontend/gtm/mab-script.js", "", nil, 200, forOthers},
		{"HEAD", "/static/frontend/gtm/mab-script-0123456789ab.js", "", nil, 200, forOthers},
		{"GET", "/static/frontend/gtm/mab-script.js.map", "", nil, 200, forOthers},
		{"GET", "/static/frontend/gtm/mab-script.json", "", nil, 200, forOthers},
		{"GET", "/static/frontend/gtm/nothing.js", "", nil, 404, forOthers},
		{"POST", "/static/frontend/gtm/mab-script.js", "{}", nil, 405, forOthers},
		{"GET", "/static/frontend/other.json", "", nil, 404, page},
	} {
		got := g.do(test.method, test.path, test.body, test.headers...)
		if got.status != test.status {
			t.Errorf("%s %s: got %d %s", test.method, test.path, got.status, got.body)
		}
		for name, want := range wantedHeaders(test.kind) {
			if values := got.header.Values(name); strings.Join(values, ", ") != want {
				t.Errorf("%s %s: %s: %q", test.method, test.path, name, values)
			}
		}
		if test.kind == forOthers {
			continue
		}
		policy := got.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http") ||
			(test.kind == page) != strings.Contains(policy, "script-src 'self'") {
			t.Errorf("%s %s: %q", test.method, test.path, policy)
		}
		if !strings.Contains(got.header.Get("Permissions-Policy"), "camera=()") || got.header.Get("Server") != "" {
			t.Errorf("%s %s: %v", test.method, test.path, got.header)
		}
	}
}

// wantedHeaders are the exact ones; "" is none.
func wantedHeaders(kind int) map[string]string {
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "",
		"Access-Control-Allow-Credentials": "", "Strict-Transport-Security": "",
	}
	if kind == forOthers {
		for name := range want {
			want[name] = ""
		}
		maps.Copy(want, map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*",
			"Content-Security-Policy": "", "Permissions-Policy": ""})
	}
	return want
}

func TestAnOriginThatIsNotListedGetsAClosedAnswer(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.CORSOrigins = []string{"https://shop.example"} })
	for origin, want := range map[string]string{"https://shop.example": "cross-origin", "https://evil.example": "same-origin", "null": "same-origin"} {
		got := g.do("POST", "/api/experiments/e/assign", `{"user_id": "u"}`, "Origin", origin)
		if got.header.Get("Cross-Origin-Resource-Policy") != want || got.header.Get("Vary") != "Origin" {
			t.Errorf("%s: %v", origin, got.header)
		}
	}
}

func TestStrictTransportIsForTLSInProduction(t *testing.T) {
	for _, test := range []struct {
		options []option
		scheme  string
		want    string
	}{
		{[]option{production, hops(1)}, "https", "max-age=31536000; includeSubDomains"},
		{[]option{production}, "https", ""}, // anybody could have said so
		{[]option{hops(1)}, "https", ""},
	} {
		g := startGateway(t, test.options...)
		for _, path := range []string{"/", "/nothing", "/api/nothing", "/health/live"} {
			if got := g.do("GET", path, "", "X-Forwarded-Proto", test.scheme).header.Get("Strict-Transport-Security"); got != test.want {
				t.Errorf("%s: got %q", path, got)
			}
		}
	}
}
