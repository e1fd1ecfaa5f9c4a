package failure

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// Every process is restarted (SIGTERM, start), one after the other and three times, and no visitor and nobody who looks at the
// dashboard meets a failed request. The gateway has two replicas, behind a balancer that goes to the other one only where
// a connection is refused.
func TestRollingRestartFailsNoRequest(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"LOG_LEVEL=warning"}})
	second, address := stack.Replica(t)
	experiment := stack.StartExperiment(t, nil)
	balanced := newBalancer(stack.GatewayAddress, address)
	load := &steadyLoad{
		via:        &jsonCaller{url: "http://gateway", http: &http.Client{Transport: balanced}},
		experiment: experiment.Key, workers: 12, pause: 5 * time.Millisecond, pages: pages(t, stack, balanced, experiment),
	}
	load.Start()
	for round := range 3 {
		for _, process := range []*harness.Process{stack.Assignment, stack.Admin, stack.Gateway, second} {
			began := time.Now()
			check(t, process.Stop())
			stopped := time.Since(began)
			check(t, process.Start())
			check(t, stack.AwaitHealthy())
			awaitReady(t, address)
			t.Logf("round %d: %s stopped in %v, all well again after %v", round, process.Name, stopped.Round(time.Millisecond),
				time.Since(began).Round(time.Millisecond))
		}
	}
	load.Stop()
	for _, kind := range []string{"assign", "convert", "page"} {
		t.Logf("%s: %v", kind, load.Take(kind))
	}
	t.Logf("%d connections refused by a gateway that was restarting", balanced.refused.Load())
	if failed := load.Failed(); len(failed) > 0 {
		t.Errorf("%d requests failed:\n%s", len(failed), strings.Join(failed[:min(len(failed), 20)], "\n"))
	}
	awaitDrained(t, stack)
	l := &ledger{}
	verifyTotals(t, l, stack.Postgres)
	if found := l.found(); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}

// pages are what the dashboard asks for, signed in, through the balancer.
func pages(t *testing.T, stack *harness.Stack, balanced *balancer, experiment harness.Experiment) func(i int) error {
	client := harness.NewClient("http://gateway")
	client.HTTP = &http.Client{Transport: balanced, Timeout: answerLimit}
	token := stack.Token(t)
	paths := []string{"/api/experiments", "/api/experiments/" + experiment.ID, "/api/experiments/" + experiment.ID + "/analytics", "/api/auth/me"}
	return func(i int) error {
		path := paths[i%len(paths)]
		response, err := client.Try("GET", path, token, nil)
		return statusError("GET", path, response.Status, response.Body, err)
	}
}

func awaitReady(t *testing.T, address string) {
	t.Helper()
	client := harness.NewClient("http://" + address)
	harness.Await(t, answerLimit, func() (bool, string) {
		response, err := client.Try("GET", "/health/ready", "", nil)
		return err == nil && response.Status == http.StatusOK, string(slices.Concat([]byte(address+": "), response.Body))
	})
}
