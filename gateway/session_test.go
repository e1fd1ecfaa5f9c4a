package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"mab/gateway/config"
)

func production(c *config.Config) { c.Production = true }

func TestTheRefreshTokenIsACookieThatNoScriptReads(t *testing.T) {
	for _, test := range []struct {
		options []option
		want    string
	}{
		{nil, "mab_refresh=first; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict"},
		{[]option{production}, "__Host-mab_refresh=first; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict"},
	} {
		g := startGateway(t, test.options...)
		got := g.do("POST", "/api/auth/login", `{"email": "a@b.example", "password": "p"}`)
		if got.status != 200 || got.header.Get("Set-Cookie") != test.want || strings.Contains(got.body, "first") {
			t.Errorf("got %d %q %s", got.status, got.header.Get("Set-Cookie"), got.body)
		}
		for name := range got.header {
			if strings.HasPrefix(name, "Grpc-") || strings.EqualFold(name, "secret") || strings.HasPrefix(name, "Mab-") {
				t.Errorf("%s leaked", name)
			}
		}
	}
}

func TestRefreshRotatesTheCookieAndLogoutTakesItAway(t *testing.T) {
	g := startGateway(t)
	got := g.do("POST", "/api/auth/refresh", "", "Cookie", "mab_refresh=first")
	if token := g.services.metadata.Get("mab-refresh-token"); len(token) != 1 || token[0] != "first" {
		t.Errorf("the service got %q", token)
	}
	if !strings.HasPrefix(got.header.Get("Set-Cookie"), "mab_refresh=second;") {
		t.Errorf("got %v", got.header)
	}
	if got := g.do("POST", "/api/auth/logout", "", "Cookie", "mab_refresh=second"); !strings.HasPrefix(got.header.Get("Set-Cookie"), "mab_refresh=; Path=/; Max-Age=0;") {
		t.Errorf("got %v", got.header)
	}
	g.services.failWith(failure(codes.Unauthenticated, "UNAUTHENTICATED", "the session is over"))
	if got := g.do("POST", "/api/auth/refresh", "", "Cookie", "mab_refresh=old"); got.status != 401 || !strings.Contains(got.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

// Whoever mistypes a password in one tab stays signed in in the others.
func TestOnlyARefusedRefreshTakesTheCookieAway(t *testing.T) {
	g := startGateway(t)
	g.services.failWith(failure(codes.Unauthenticated, "UNAUTHENTICATED", "wrong e-mail address or password"))
	for path, cleared := range map[string]bool{"/api/auth/login": false, "/api/auth/setup": false, "/api/auth/password": false, "/api/auth/logout": false,
		"/api/auth/password:change": false, "/api/auth/refresh": true} {
		got := g.do("POST", path, `{}`, "Cookie", "mab_refresh=good")
		if got.status != 401 || (got.header.Get("Set-Cookie") != "") != cleared {
			t.Errorf("%s: got %d %v", path, got.status, got.header)
		}
	}
}

func TestTheCookieIsForwardedToSessionRoutesOnly(t *testing.T) {
	g := startGateway(t, production)
	for path, want := range map[string]int{"/api/auth/refresh": 1, "/api/experiments/e:start": 0} {
		g.do("POST", path, "", "Cookie", "__Host-mab_refresh=token; mab_refresh=other")
		if got := g.services.metadata.Get("mab-refresh-token"); len(got) != want {
			t.Errorf("%s: the service got %q", path, got)
		}
	}
	g.do("POST", "/api/auth/refresh", "", "Cookie", "__Host-mab_refresh="+strings.Repeat("x", 2000))
	if got := g.services.metadata.Get("mab-refresh-token"); len(got) != 0 {
		t.Errorf("the service got %d bytes", len(got[0]))
	}
}

func TestOtherSitesCantUseTheSession(t *testing.T) {
	g := startGateway(t)
	own := strings.TrimPrefix(g.url, "http://")
	for _, test := range []struct {
		headers []string
		want    int
	}{
		{nil, 200}, // no browser
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Sec-Fetch-Site", "none"}, 200},
		{[]string{"Origin", "http://" + own}, 200},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "http://" + own}, 403},
	} {
		for _, path := range []string{"/api/auth/login", "/api/auth/refresh", "/api/auth/logout"} {
			if got := g.do("POST", path, "{}", test.headers...); got.status != test.want {
				t.Errorf("%s with %v: got %d %s", path, test.headers, got.status, got.body)
			}
		}
	}
}

func TestCORSIsForPublicPathsOnly(t *testing.T) {
	preflight := []string{"Origin", "https://shop.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}
	listed := func(c *config.Config) { c.CORSOrigins = []string{"https://shop.example"} }
	for _, test := range []struct {
		name, method, path string
		options            []option
		headers            []string
		status             int
		origin             string
	}{
		{"preflight", "OPTIONS", "/api/experiments/e/assign", nil, preflight, 204, "*"},
		{"preflight of a batch", "OPTIONS", "/api/assign", nil, preflight, 204, "*"},
		{"preflight of a private path", "OPTIONS", "/api/experiments", nil, preflight, 204, ""},
		{"preflight of a session path", "OPTIONS", "/api/auth/login", nil, preflight, 204, ""},
		{"call", "POST", "/api/experiments/e/assign", nil, preflight[:2], 200, "*"},
		{"private call", "POST", "/api/experiments/e:start", nil, preflight[:2], 200, ""},
		{"listed", "OPTIONS", "/api/assign", []option{listed}, preflight, 204, "https://shop.example"},
		{"not listed", "OPTIONS", "/api/assign", []option{listed}, append([]string{"Origin", "https://evil.example"}, preflight[2:]...), 204, ""},
		{"call, not listed", "POST", "/api/experiments/e/assign", []option{listed}, []string{"Origin", "https://evil.example"}, 200, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := startGateway(t, test.options...)
			body := "{}"
			if test.method == http.MethodOptions {
				body = ""
			}
			got := g.do(test.method, test.path, body, test.headers...)
			if got.status != test.status || got.header.Get("Access-Control-Allow-Origin") != test.origin {
				t.Errorf("got %d %v", got.status, got.header)
			}
			preflighted := test.method == http.MethodOptions && test.origin != ""
			if (got.header.Get("Access-Control-Max-Age") != "") != preflighted || got.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("got %v", got.header)
			}
		})
	}
	// A page can read why a call failed.
	g := startGateway(t)
	if got := g.do("POST", "/api/assign", "{", "Origin", "https://shop.example"); got.status != 400 || got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

// Wrong passwords are delayed by the admin service, which says for how long.
func TestALoginThatMustWaitSaysHowLong(t *testing.T) {
	g := startGateway(t)
	refused, err := status.New(codes.ResourceExhausted, "too many failed attempts").WithDetails(
		&errdetails.ErrorInfo{Reason: "RATE_LIMITED", Domain: "mab"}, &errdetails.RetryInfo{RetryDelay: durationpb.New(89500 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	g.services.failWith(refused.Err())
	for _, path := range []string{"/api/auth/login", "/api/auth/password"} {
		got := g.do("POST", path, `{}`)
		if code, _, _ := got.problem(t); got.status != 429 || code != "RATE_LIMITED" || got.header.Get("Retry-After") != "90" {
			t.Errorf("%s: %d %v %s", path, got.status, got.header, got.body)
		}
	}
}
