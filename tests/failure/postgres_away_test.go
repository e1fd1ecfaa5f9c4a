package failure

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// PostgreSQL is away under load, for MAB_AWAY_SECONDS (10): no assign and no convert fails, and afterwards the journal is
// drained to the last event. The latencies are there to be read.
func TestPostgreSQLAwayUnderLoad(t *testing.T) {
	stack := quietStack(t)
	experiment := stack.StartExperiment(t, nil)
	load := &steadyLoad{via: newJSONCaller("http://" + stack.GatewayAddress), experiment: experiment.Key, workers: 8, pause: 10 * time.Millisecond}
	away := time.Duration(number("MAB_AWAY_SECONDS", 10)) * time.Second
	beside := max(3*time.Second, away/4)
	load.Start()
	time.Sleep(time.Second) // connections are opened, caches filled
	load.Take("assign")
	load.Take("convert")

	phase(t, load, "before", beside)
	check(t, stack.Postgres.Stop())
	phase(t, load, "PostgreSQL is away", away)
	harness.Await(t, 5*time.Second, func() (bool, string) {
		lag, err := journalLag(stack.Client)
		return err == nil && lag > 0, fmt.Sprintf("/health says of the journal: lag %d, %v", lag, err)
	})
	check(t, stack.Postgres.Start())
	phase(t, load, "PostgreSQL is back", beside)
	load.Stop()
	t.Logf("drained %v after the load's end", awaitDrained(t, stack).Round(10*time.Millisecond))

	if failed := load.Failed(); len(failed) > 0 {
		t.Errorf("%d calls failed:\n%s", len(failed), strings.Join(failed[:min(len(failed), 20)], "\n"))
	}
	check(t, stack.AwaitHealthy())
	visitors := int(load.users.Load())
	stack.AwaitTotals(t, experiment.ID, visitors, visitors)
	l := &ledger{}
	verifyTotals(t, l, stack.Postgres)
	if found := l.found(); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}

func phase(t *testing.T, load *steadyLoad, name string, duration time.Duration) {
	t.Helper()
	time.Sleep(duration)
	t.Logf("%s, %v: assign %v; convert %v", name, duration, load.Take("assign"), load.Take("convert"))
}

// journalLag is what /health says. Its word may be a second old.
func journalLag(client *harness.Client) (int, error) {
	response, err := client.Try("GET", "/health", "", nil)
	if err != nil {
		return 0, err
	}
	var health struct {
		Checks struct {
			Journal *struct {
				Lag int `json:"lag_events"`
			} `json:"journal"`
		} `json:"checks"`
	}
	if err := json.Unmarshal(response.Body, &health); err != nil {
		return 0, err
	}
	if health.Checks.Journal == nil {
		return 0, fmt.Errorf("/health says nothing of the journal: %s", response.Body)
	}
	return health.Checks.Journal.Lag, nil
}
