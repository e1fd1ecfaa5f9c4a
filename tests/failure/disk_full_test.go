package failure

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"mab/tests/harness"
)

// With a full disk, known users are answered; what can't be recorded is refused; nothing that was acknowledged is lost;
// and everything works again as soon as there is room, without a restart.
func TestDiskFull(t *testing.T) {
	for name, minimum := range map[string]int64{"no space left": 0, "as full as it may be": 8 << 20} {
		t.Run(name, func(t *testing.T) { fullDisk(t, minimum) })
	}
}

func fullDisk(t *testing.T, minimum int64) {
	var stack *harness.Stack
	small, err := newDisk(64<<20, func() *harness.Process { return stack.Assignment })
	check(t, err)
	t.Cleanup(small.Close)
	t.Logf("the disk is %v", small)
	stack = quietStack(t, "MAB_DATA_DIR="+filepath.Join(small.Dir(), "data"), "MAB_JOURNAL_SEGMENT_BYTES=65536",
		fmt.Sprintf("MAB_DISK_FREE_MIN_BYTES=%d", minimum))
	experiment := stack.StartExperiment(t, nil)
	newcomers(t, stack, experiment, "before", 200)
	known := stack.Assign(t, experiment.ID, "before-7")
	converted := stack.Convert(t, experiment.ID, "before-7")
	stack.Assign(t, experiment.ID, "undecided")

	check(t, small.Fill(max(0, minimum-4096)))
	accepted := fillSegment(t, stack, experiment)
	path := "/api/experiments/" + experiment.ID
	for i := range 20 {
		isRefused(t, stack.Call(t, "POST", path+"/assign", "", map[string]any{"user_id": fmt.Sprintf("refused-%d", i)}), "JOURNAL_FULL")
		isRefused(t, stack.Call(t, "POST", path+"/convert", "", map[string]any{"user_id": "undecided"}), "JOURNAL_FULL")
		if now := stack.Assign(t, experiment.ID, "before-7"); now.Variant != known.Variant || !now.AssignedAt.Equal(*known.AssignedAt) {
			t.Fatalf("a known user got %+v instead of %+v", now, known)
		}
		if now := stack.Convert(t, experiment.ID, "before-7"); !now.Duplicate || !now.ConvertedAt.Equal(converted.ConvertedAt) {
			t.Fatalf("a known conversion is %+v instead of %+v", now, converted)
		}
	}
	if ended, how := stack.Assignment.Ended(); ended {
		t.Fatalf("the assignment service ended: %s", how)
	}

	check(t, small.Free())
	harness.Await(t, 15*time.Second, func() (bool, string) {
		response := stack.Call(t, "POST", path+"/assign", "", map[string]any{"user_id": "recovered"})
		return response.Status == 200, string(response.Body)
	})
	newcomers(t, stack, experiment, "after", 200)
	stack.AwaitTotals(t, experiment.ID, 201+len(accepted)+1+200, 400)
	stack.Assignment.Kill()
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
	for _, user := range append(accepted, "before-7", "undecided", "after-7", "recovered") {
		if now := stack.Assign(t, experiment.ID, user); !now.Returning {
			t.Errorf("%s is new after a restart", user)
		}
	}
}

// fillSegment assigns new users until one is refused, and returns those who were not: there may be room in a segment.
func fillSegment(t *testing.T, stack *harness.Stack, experiment harness.Experiment) []string {
	t.Helper()
	var accepted []string
	for len(accepted) < 5000 {
		user := fmt.Sprintf("squeezed-%d", len(accepted))
		response := stack.Call(t, "POST", "/api/experiments/"+experiment.ID+"/assign", "", map[string]any{"user_id": user})
		if response.Status != 200 {
			isRefused(t, response, "JOURNAL_FULL")
			return accepted
		}
		accepted = append(accepted, user)
	}
	t.Fatal("5,000 new users were assigned on a full disk")
	return nil
}
