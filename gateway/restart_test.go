package main

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// breakConnections makes each of the next n calls fail as it does when its service stops in that moment.
func breakConnections(g *gateway, n int, code codes.Code) {
	g.services.mu.Lock()
	defer g.services.mu.Unlock()
	g.services.failure, g.services.failures = status.Error(code, "CANCELLED"), n
}

func TestAReadOutlivesARestartOfItsService(t *testing.T) {
	for _, code := range []codes.Code{codes.Canceled, codes.Unavailable} {
		g := startGateway(t)
		breakConnections(g, 3, code)
		if got := g.do("GET", "/api/experiments/e", "", "Authorization", "Bearer t"); got.status != 200 {
			t.Errorf("%v: got %d %s", code, got.status, got.body)
		}
	}
}

// What changes something is the client's to send again: it may have been done.
func TestAWriteIsSentOnce(t *testing.T) {
	g := startGateway(t)
	breakConnections(g, 1, codes.Canceled)
	got := g.do("POST", "/api/experiments", `{"name": "n"}`, "Authorization", "Bearer t")
	if code, _, _ := got.problem(t); got.status != 503 || code != "UNAVAILABLE" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestAServiceThatIsGoneIsNotWaitedForLong(t *testing.T) {
	g := startGateway(t)
	g.stopBackend()
	began := time.Now()
	got := g.do("GET", "/api/experiments/e", "", "Authorization", "Bearer t")
	if got.status != 503 || time.Since(began) > 2*restartWait {
		t.Errorf("got %d after %v", got.status, time.Since(began))
	}
}

// A service's own word is no broken connection: PostgreSQL that is away is not asked for again.
func TestAServicesOwnWordIsTheAnswer(t *testing.T) {
	g := startGateway(t)
	g.services.failWith(failure(codes.Unavailable, "UNAVAILABLE", "the database is away"))
	began := time.Now()
	got := g.do("GET", "/api/experiments/e", "", "Authorization", "Bearer t")
	if got.status != 503 || time.Since(began) > restartWait/2 {
		t.Errorf("got %d after %v", got.status, time.Since(began))
	}
}
