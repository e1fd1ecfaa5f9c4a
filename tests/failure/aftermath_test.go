package failure

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mab/tests/harness"
)

// awaitDrained waits until the journal has nothing that PostgreSQL has not.
func awaitDrained(t testing.TB, stack *harness.Stack) time.Duration {
	t.Helper()
	return harness.Await(t, time.Minute, func() (bool, string) {
		lag, err := journalLag(stack.Client)
		return err == nil && lag == 0, fmt.Sprintf("lag %d, %v", lag, err)
	})
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

// restartFromJournal kills the assignment service: what it knows is in its journal.
func (r *run) restartFromJournal() {
	r.stack.Assignment.Kill()
	check(r.t, r.stack.Assignment.Start())
	check(r.t, r.stack.AwaitHealthy())
	r.askAgain("kill -9")
}

// restartFromDatabase starts the assignment service with nothing but PostgreSQL.
func (r *run) restartFromDatabase() {
	awaitDrained(r.t, r.stack)
	check(r.t, r.stack.Assignment.Stop())
	data := filepath.Join(r.disturb.disk.Dir(), "data")
	check(r.t, os.RemoveAll(data))
	check(r.t, r.stack.Assignment.Start())
	check(r.t, r.stack.AwaitHealthy())
	r.askAgain("starting with an empty directory")
}

const sampleMax = 500

// askAgain asks for a sample of the visitors: each has what he was told.
func (r *run) askAgain(after string) {
	everybody := r.ledger.everybody()
	step := max(1, len(everybody)/sampleMax)
	expose := false
	for i := 0; i < len(everybody); i += step {
		who := everybody[i]
		for key, known := range who.lives[len(who.lives)-1].records {
			if known.assigned == nil {
				continue
			}
			if !r.load.assign(who, r.gateway, key, &expose) {
				r.t.Fatalf("after %s: %s is refused in %s", after, who.id, key)
			}
			if known.drawn > 1 {
				r.ledger.find("after %s: %s is drawn again in %s", after, who.id, key)
			}
		}
	}
	r.tell()
}
