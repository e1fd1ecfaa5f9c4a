package failure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

// awaitDrained waits until the journal has nothing that PostgreSQL has not, by the assignment service's own word: what
// /health says may be a second old.
func awaitDrained(t testing.TB, stack *harness.Stack) time.Duration {
	t.Helper()
	system := mabv1.NewSystemServiceClient(dial(t, stack.AssignmentAddress))
	return harness.Await(t, time.Minute, func() (bool, string) {
		ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
		defer cancel()
		status, err := system.GetStatus(ctx, &mabv1.GetStatusRequest{})
		lag, told := status.GetChecks()["journal"].GetMeasurements()["lag_events"]
		return err == nil && told && lag == 0, fmt.Sprintf("lag %v, told %v, %v", lag, told, err)
	})
}

// expectRetention wants no more segments than may stay: the others were rotated, drained, covered by a checkpoint, and
// deleted, while everything else happened.
func (r *run) expectRetention() {
	r.t.Helper()
	journal := filepath.Join(r.disturb.disk.Dir(), "data", "journal")
	var segments []string
	harness.Await(r.t, 30*time.Second, func() (bool, string) {
		checkpoint, err := os.Stat(filepath.Join(journal, "sticky_map.checkpoint"))
		check(r.t, err)
		// A few at the journal's end, and what grows until the next checkpoint is due: as much as the last one has.
		mayStay := 5 + int(checkpoint.Size()/segmentBytes)
		segments, err = filepath.Glob(filepath.Join(journal, "*.log"))
		check(r.t, err)
		return len(segments) > 0 && len(segments) <= mayStay, fmt.Sprintf("%d segments, %d may stay", len(segments), mayStay)
	})
	slices.Sort(segments)
	first := parse(strings.TrimSuffix(filepath.Base(segments[0]), ".log"))
	r.t.Logf("%d segments, the first one begins at record %d", len(segments), first)
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
