package failure

import (
	"fmt"
	"strings"
	"testing"
	"time"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

// The primary dies, and a standby is promoted that was behind: what the primary had taken is lost with it. The journal has
// it still, and the drainer goes on from the standby's own position.
func TestFailoverToAStandbyThatWasBehind(t *testing.T) {
	var standby *harness.Postgres
	stack := harness.Start(t, harness.Options{
		// A replay must read what was drained long before.
		Environment: []string{"LOG_LEVEL=warning", "MAB_JOURNAL_SEGMENT_BYTES=65536", "MAB_CHECKPOINT_BYTES=65536"},
		DatabaseURL: func(opening *harness.Stack) string {
			standby = opening.Postgres.NewStandby(t, opening.Dir)
			return opening.Postgres.URLWith(standby)
		},
	})
	experiment := stack.StartExperiment(t, nil)
	connection := dial(t, stack.AssignmentAddress)
	l := &load{
		ledger: &ledger{}, experiments: []string{experiment.Key}, workers: 12, seed: 1, erase: newEraser(connection),
		via: []service{newJSONCaller("http://" + stack.GatewayAddress), mabv1.NewAssignmentServiceClient(connection)},
	}
	l.Start()
	awaitMore(t, l.ledger, 2000)
	awaitPosition(t, standby, 1000)
	standby.StopReceiving(t)
	at := position(t, standby)
	awaitPosition(t, stack.Postgres, at+3000)
	lost := position(t, stack.Postgres) - at
	stack.Postgres.Kill()
	standby.Promote(t)
	t.Logf("the standby is at record %d, %d behind the primary", at, lost)
	awaitMore(t, l.ledger, l.ledger.acknowledged.Load()+2000)
	l.Stop()

	harness.Await(t, time.Minute, func() (bool, string) {
		now := position(t, standby)
		return now > at+lost, fmt.Sprintf("the standby is at record %d", now)
	})
	awaitDrained(t, stack)
	verify(l.ledger, l.experiments, readRows(t, standby, []harness.Experiment{experiment}))
	verifyTotals(t, l.ledger, standby)
	t.Logf("%d acknowledged, %d refused", l.ledger.acknowledged.Load(), l.ledger.refused.Load())
	if found := l.ledger.found(); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
	check(t, stack.AwaitHealthy())
}

// position of the journal in that server.
func position(t *testing.T, postgres *harness.Postgres) int64 {
	t.Helper()
	return parse(postgres.Value(t, "SELECT coalesce(max(position), 0) FROM mab.journal_positions"))
}

func awaitPosition(t *testing.T, postgres *harness.Postgres, least int64) {
	t.Helper()
	harness.Await(t, time.Minute, func() (bool, string) {
		now := position(t, postgres)
		return now >= least, fmt.Sprintf("record %d of %d", now, least)
	})
}
