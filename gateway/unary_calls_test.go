package main

import (
	"net/http"
	"slices"
	"testing"

	"mab/gateway/config"
)

func TestCallsThatAreNotCoalescedAreRPCsOfTheGatewaysOwn(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.UnaryCalls = true })
	answer := g.do("POST", "/api/experiments/hero-title/assign", `{"user_id": "visitor-42"}`, "Content-Type", "application/json",
		"Origin", "https://shop.example")
	if answer.status != http.StatusOK {
		t.Fatalf("got %d %s", answer.status, answer.body)
	}
	if call := g.services.lastCall(); call != nil {
		t.Errorf("a stream had the call %v", call)
	}
	told := g.services.lastMetadata()
	for name, want := range map[string]string{"mab-internal-secret": ownSecret, "mab-origin": "https://shop.example"} {
		if got := told.Get(name); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
