package main

import (
	"strings"
	"testing"

	"mab/gateway/config"
)

// hops trusts that many proxies.
func hops(n int) option { return func(c *config.Config) { c.TrustedHops = n } }

func TestAServiceIsToldWhoAsks(t *testing.T) {
	g := startGateway(t, hops(1))
	for _, call := range [][2]string{{"POST", "/api/auth/login"}, {"GET", "/api/experiments/e"}, {"POST", "/api/experiments/e:start"}} {
		body := "{}"
		if call[0] == "GET" {
			body = ""
		}
		g.do(call[0], call[1], body, "X-Forwarded-For", "203.0.113.7, 192.0.2.1")
		if got := g.services.metadata.Get("mab-client-address"); len(got) != 1 || got[0] != "192.0.2.1" {
			t.Errorf("%s: the service got %q", call[1], got)
		}
		if got := g.services.metadata.Get("mab-internal-secret"); len(got) != 1 || got[0] != ownSecret {
			t.Errorf("%s: the service got %q", call[1], got)
		}
	}
}

// Whatever a client says of itself, the services learn its connection's address and nothing else.
func TestNothingThatAClientSendsIsTakenForIdentity(t *testing.T) {
	const forged = "203.0.113.7"
	names := []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "Via",
		"Mab-Client-Address", "Mab-Internal-Secret", "Mab-Refresh-Token", "Grpc-Metadata-Mab-Client-Address",
		"Grpc-Metadata-Mab-Internal-Secret", "Grpc-Metadata-Mab-Refresh-Token", "Grpc-Metadata-Authorization",
		"Grpc-Metadata-X-Request-Id", "Grpcgateway-Authorization", "Grpcgateway-X-Forwarded-For", "Grpc-Metadata-X-Bin"}
	allowed := map[string]bool{"mab-client-address": true, "mab-internal-secret": true, "x-request-id": true, "content-type": true,
		"user-agent": true, ":authority": true, "grpc-accept-encoding": true, "authorization": true}
	for _, path := range []string{"/api/auth/login", "/api/auth/refresh", "/api/experiments/e:start"} {
		g := startGateway(t)
		var headers []string
		for _, name := range names {
			headers = append(headers, name, forged)
		}
		if got := g.do("POST", path, "{}", headers...); got.status != 200 {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		for key, values := range g.services.metadata {
			if !allowed[key] {
				t.Errorf("%s: the service got %s: %q", path, key, values)
			}
			if len(values) != 1 || strings.Contains(values[0], forged) {
				t.Errorf("%s: the service got %s: %q", path, key, values)
			}
		}
		if got := g.services.metadata.Get("authorization"); len(got) != 1 || got[0] != "Bearer token" {
			t.Errorf("%s: the service got %q", path, got)
		}
		if got := g.services.metadata.Get("mab-client-address"); len(got) != 1 || got[0] != "127.0.0.1" {
			t.Errorf("%s: the service got %q", path, got)
		}
	}
}

func TestTheLogHasNoAddress(t *testing.T) {
	g := startGateway(t, hops(1))
	g.do("POST", "/api/experiments/e/assign", `{"user_id": "u"}`, "X-Forwarded-For", "192.0.2.1")
	g.do("POST", "/api/auth/login", `{`, "X-Forwarded-For", "192.0.2.1")
	if err := g.stop(); err != nil || strings.Contains(g.log.String(), "192.0.2.1") {
		t.Errorf("%v; the log: %s", err, g.log)
	}
}
