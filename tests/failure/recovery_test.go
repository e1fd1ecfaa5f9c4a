package failure

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// What a start finds, and what it makes of it.

// segmentBytes is the least that a segment may have.
const segmentBytes = 64 << 10

// small segments and checkpoints, so that a few hundred visitors fill several.
var small = []string{fmt.Sprintf("MAB_JOURNAL_SEGMENT_BYTES=%d", segmentBytes), "MAB_CHECKPOINT_BYTES=65536"}

func journalDirectory(stack *harness.Stack) string {
	return filepath.Join(stack.Dir, "data", "journal")
}

func segments(t *testing.T, stack *harness.Stack) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(journalDirectory(stack), "*.log"))
	check(t, err)
	return files
}

// known wants the first n users of that name to be who they were.
func areKnown(t *testing.T, stack *harness.Stack, experiment harness.Experiment, name string, n int) {
	t.Helper()
	for i := range n {
		user := fmt.Sprintf("%s-%d", name, i)
		if assigned := stack.Assign(t, experiment.ID, user); !assigned.Returning {
			t.Fatalf("%s is a stranger", user)
		}
		if converted := stack.Convert(t, experiment.ID, user); !converted.Duplicate {
			t.Fatalf("the conversion of %s is new", user)
		}
	}
}

func TestOldSegmentsGoAndWhoIsInThemStaysKnown(t *testing.T) {
	stack := quietStack(t, append(small, "MAB_JOURNAL_RETAIN=0s")...)
	experiment := stack.StartExperiment(t, nil)
	newcomers(t, stack, experiment, "early", 600)
	harness.Await(t, 30*time.Second, func() (bool, string) {
		// How many are left depends on where in the journal the last checkpoint was due.
		files := segments(t, stack)
		return len(files) > 0 && filepath.Base(files[0]) != "00000000000000000001.log", fmt.Sprint(files)
	})
	newcomers(t, stack, experiment, "late", 50)
	stack.Assignment.Kill()
	// With nobody else there: what is in no segment any more is in the checkpoint.
	check(t, stack.Postgres.Stop())
	check(t, stack.Admin.Stop())
	check(t, stack.Assignment.Start())
	_, err := stack.TryAssign(experiment.ID, "early-0")
	check(t, err)
	areKnown(t, stack, experiment, "early", 600)
	areKnown(t, stack, experiment, "late", 50)
	check(t, stack.Postgres.Start())
	check(t, stack.Admin.Start())
	check(t, stack.AwaitHealthy())
	stack.AwaitTotals(t, experiment.ID, 650, 650)
}

func TestACleanStopLeavesNothingToReplay(t *testing.T) {
	stack := quietStack(t)
	experiment := stack.StartExperiment(t, nil)
	newcomers(t, stack, experiment, "user", 100)
	check(t, stack.Assignment.Stop())
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
	metric := func(name string) float64 { return harness.Metric(t, stack.AssignmentMetricsAddress, name) }
	if covered, appended := metric("mab_checkpoint_sequence"), metric("mab_journal_appended_sequence"); covered != appended || covered < 200 {
		t.Errorf("the checkpoint covers %v of %v records", covered, appended)
	}
	areKnown(t, stack, experiment, "user", 100)
}

func TestADamagedCheckpointIsReplacedFromPostgreSQL(t *testing.T) {
	stack := quietStack(t, append(small, "MAB_JOURNAL_RETAIN=0s")...)
	experiment := stack.StartExperiment(t, nil)
	newcomers(t, stack, experiment, "user", 500)
	stack.AwaitTotals(t, experiment.ID, 500, 500)
	check(t, stack.Assignment.Stop())
	flip(t, filepath.Join(journalDirectory(stack), "sticky_map.checkpoint"), 5000)
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
	areKnown(t, stack, experiment, "user", 500)
	stack.AwaitTotals(t, experiment.ID, 500, 500)
}

func TestADamagedJournalIsRefusedWithInstructions(t *testing.T) {
	stack := quietStack(t)
	experiment := stack.StartExperiment(t, nil)
	newcomers(t, stack, experiment, "user", 200)
	stack.Assignment.Kill()
	// A start that needs the records again: nobody knows them but the journal.
	check(t, os.Remove(filepath.Join(journalDirectory(stack), "sticky_map.checkpoint")))
	segment := segments(t, stack)[0]
	flip(t, segment, 3000)
	before, err := os.ReadFile(segment)
	check(t, err)
	check(t, stack.Assignment.Start())
	awaitEnd(t, stack.Assignment, "exit status 1")
	said := stack.Logs()
	for _, words := range []string{"the journal is damaged at", "nothing was changed", "restore this file"} {
		if !strings.Contains(said, words) {
			t.Errorf("it did not say %q", words)
		}
	}
	after, err := os.ReadFile(segment)
	check(t, err)
	if string(before) != string(after) {
		t.Error("the segment was changed")
	}
	flip(t, segment, 3000)
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
	areKnown(t, stack, experiment, "user", 200)
	stack.AwaitTotals(t, experiment.ID, 200, 200)
}

func TestTwoProcessesDoNotShareAJournal(t *testing.T) {
	stack := quietStack(t)
	second := stack.Assignment.Another("second", "MAB_ASSIGNMENT_LISTEN=127.0.0.1:0", "MAB_ASSIGNMENT_METRICS_LISTEN=127.0.0.1:0")
	t.Cleanup(second.Kill)
	check(t, second.Start())
	awaitEnd(t, second, "exit status 1")
	log, err := os.ReadFile(filepath.Join(stack.Dir, "second.log"))
	check(t, err)
	if !strings.Contains(string(log), "open in another process") {
		t.Errorf("it said: %s", log)
	}
	check(t, stack.AwaitHealthy())
}

func TestAJournalAtItsLimitRefusesAndRecovers(t *testing.T) {
	stack := quietStack(t, "MAB_JOURNAL_MAX_BYTES=1048576")
	experiment := stack.StartExperiment(t, nil)
	newcomers(t, stack, experiment, "before", 100)
	path := "/api/experiments/" + experiment.ID
	unseen := map[string]any{"user_id": "unseen", "expose": false}
	stack.Post(t, path+"/assign", unseen, &harness.Assignment{})
	stack.AwaitTotals(t, experiment.ID, 100, 100)
	check(t, stack.Postgres.Stop())
	// A mebibyte is some 12,000 assignments.
	answers := make([]harness.Response, 13_000)
	harness.Each(t, len(answers), 16, func(i int) (err error) {
		answers[i], err = stack.Try("POST", "/api/experiments/"+experiment.ID+"/assign", "", map[string]any{"user_id": fmt.Sprintf("filler-%d", i)})
		return err
	})
	accepted, refused := 0, 0
	for _, answer := range answers {
		if answer.Status == 200 {
			accepted++
			continue
		}
		refused++
		isRefused(t, answer, "JOURNAL_FULL")
	}
	if accepted < 10_000 || refused == 0 {
		t.Fatalf("%d were assigned and %d refused", accepted, refused)
	}
	isRefused(t, stack.Call(t, "POST", "/api/experiments/"+experiment.ID+"/assign", "", map[string]any{"user_id": "one more"}), "JOURNAL_FULL")
	areKnown(t, stack, experiment, "before", 100)
	// Who is known, and was not exposed yet, is answered uncounted; an exposure of its own is refused.
	if answer := stack.Assign(t, experiment.ID, "unseen"); !answer.Returning || answer.Counted {
		t.Errorf("a known user got %+v", answer)
	}
	isRefused(t, stack.Call(t, "POST", path+"/expose", "", map[string]any{"user_id": "unseen"}), "JOURNAL_FULL")

	check(t, stack.Postgres.Start())
	harness.Await(t, 30*time.Second, func() (bool, string) {
		response := stack.Call(t, "POST", "/api/experiments/"+experiment.ID+"/assign", "", map[string]any{"user_id": "one more"})
		return response.Status == 200, string(response.Body)
	})
	if answer := stack.Assign(t, experiment.ID, "unseen"); !answer.Returning || !answer.Counted {
		t.Errorf("with room again, a known user got %+v", answer)
	}
	stack.AwaitTotals(t, experiment.ID, 100+accepted+2, 100)
}

func TestADatabaseThatWasRestoredIsBroughtUpToDate(t *testing.T) {
	stack := quietStack(t, small...)
	experiment := stack.StartExperiment(t, nil)
	newcomers(t, stack, experiment, "before", 300)
	stack.AwaitTotals(t, experiment.ID, 300, 300)
	backup := filepath.Join(stack.Dir, "backup")
	data := filepath.Join(stack.Dir, "postgres")
	check(t, stack.Postgres.Stop())
	check(t, exec.Command("cp", "-a", data, backup).Run())
	check(t, stack.Postgres.Start())
	newcomers(t, stack, experiment, "after", 300)
	stack.AwaitTotals(t, experiment.ID, 600, 600)

	check(t, stack.Postgres.Stop())
	check(t, os.RemoveAll(data))
	check(t, os.Rename(backup, data))
	check(t, stack.Postgres.Start())
	newcomers(t, stack, experiment, "later", 100)
	stack.AwaitTotals(t, experiment.ID, 700, 700)
	areKnown(t, stack, experiment, "after", 300)
}

// flip turns one bit of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	check(t, err)
	defer file.Close()
	bytes := make([]byte, 1)
	_, err = file.ReadAt(bytes, at)
	check(t, err)
	bytes[0] ^= 0x10
	_, err = file.WriteAt(bytes, at)
	check(t, err)
}

func awaitEnd(t *testing.T, process *harness.Process, want string) {
	t.Helper()
	harness.Await(t, 30*time.Second, func() (bool, string) {
		ended, how := process.Ended()
		if ended && how != want {
			t.Fatalf("%s ended with %s", process.Name, how)
		}
		return ended, process.Name + " runs"
	})
}
