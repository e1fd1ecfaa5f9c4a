package main

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// The assignment service learns whose page asks, by every public route, and nothing of the kind from elsewhere.
func TestTheServiceLearnsWhosePageAsks(t *testing.T) {
	g := startGateway(t)
	for path, body := range map[string]string{
		"/api/experiments/e/assign":  `{"user_id": "u"}`,
		"/api/experiments/e/expose":  `{"user_id": "u"}`,
		"/api/experiments/e/convert": `{"user_id": "u"}`,
		"/api/assign":                `{"user_id": "u", "experiments": ["e"]}`,
		"/api/expose":                `{"user_id": "u", "experiments": ["e"]}`,
	} {
		for _, test := range []struct {
			headers []string
			want    string
		}{
			{nil, ""},
			{[]string{"Origin", "https://shop.example"}, "https://shop.example"},
			{[]string{"Origin", "null"}, "null"},
			{[]string{"Origin", "https://" + strings.Repeat("a", 20000)}, "null"},
			{[]string{"Grpc-Metadata-Origin", "https://shop.example", "Referer", "https://shop.example/"}, ""},
		} {
			if got := g.do("POST", path, body, test.headers...); got.status != 200 {
				t.Fatalf("%s: %d %s", path, got.status, got.body)
			}
			if got := g.services.lastCall().GetOrigin(); got != test.want {
				t.Errorf("%s of %.60q: the service was told %q, not %q", path, test.headers, got, test.want)
			}
		}
	}
}

// A page that may not ask can read that it may not.
func TestARefusedOriginIs403ThatItsPageCanRead(t *testing.T) {
	g := startGateway(t)
	g.services.failWith(failure(codes.PermissionDenied, "ORIGIN_NOT_ALLOWED", "the experiment e does not allow pages of this website"))
	got := g.do("POST", "/api/experiments/e/assign", `{"user_id": "u"}`, "Origin", "https://other.example", "Content-Type", "text/plain")
	code, _, _ := got.problem(t)
	if got.status != 403 || code != "ORIGIN_NOT_ALLOWED" || got.header.Get("Access-Control-Allow-Origin") != "*" ||
		got.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("got %d %v %s", got.status, got.header, got.body)
	}
}
