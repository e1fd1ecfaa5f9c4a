package integration

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// An experiment that was archived more than a day ago loses its visitors' rows, under the admin service's own role in the
// database; its report stays as it was, and everything that reads rows says that they are gone.
func TestRowsOfAnArchivedExperimentGoAndItsReportStays(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"MAB_RETENTION_DAYS=1"}})
	old := stack.StartExperiment(t, nil)
	live := stack.StartExperiment(t, nil)
	for i := range 40 {
		stack.Assign(t, old.Key, user(i))
		stack.Assign(t, live.Key, user(i))
	}
	stack.Convert(t, old.Key, user(0))
	stack.AwaitTotals(t, old.ID, 40, 1)
	stack.AwaitTotals(t, live.ID, 40, 0)
	stack.Act(t, &old, "complete", map[string]any{"winner": old.Variants[0].Key})
	stack.Act(t, &old, "archive", nil)
	before := numbersOf(t, stack, old.ID)

	stack.Postgres.Query(t, "UPDATE mab.experiments SET update_time = now() - interval '25 hours' WHERE id = '"+old.ID+"'")
	check(t, stack.Admin.Stop())
	check(t, stack.Admin.Start())
	check(t, stack.AwaitHealthy())
	harness.Await(t, 60*time.Second, func() (bool, string) {
		return rawRows(t, stack, old.ID) == "0", "the rows of the archived experiment are still there"
	})

	if rows := rawRows(t, stack, live.ID); rows != "80" {
		t.Errorf("the experiment that lives has %s rows", rows)
	}
	if after := numbersOf(t, stack, old.ID); after != before {
		t.Errorf("the report was %s and is %s", before, after)
	}
	var read struct {
		RowsRetireTime *time.Time `json:"rows_retire_time"`
	}
	stack.Private(t, "GET", "/api/experiments/"+old.ID, nil, &read)
	if read.RowsRetireTime == nil || time.Since(*read.RowsRetireTime) > time.Minute {
		t.Errorf("rows_retire_time is %v", read.RowsRetireTime)
	}
	lookup := stack.Call(t, "POST", "/api/experiments/"+old.ID+"/assignments:lookup", stack.Token(t), map[string]any{"user_id": user(0)})
	if lookup.Status != 404 || !strings.Contains(lookup.Problem(t).Detail, "were deleted from") {
		t.Errorf("a lookup answered %d %s", lookup.Status, lookup.Body)
	}
	var audit struct {
		Entries []struct {
			SubjectID string `json:"subject_id"`
		} `json:"entries"`
	}
	stack.Private(t, "GET", "/api/audit?action=experiment.retire_rows", nil, &audit)
	if len(audit.Entries) != 1 || audit.Entries[0].SubjectID != old.ID {
		t.Errorf("the audit log has %+v", audit.Entries)
	}

	runAdmin(t, stack, 0, old.Key+" ("+old.ID+"): rows retired on ", "totals")
	runAdmin(t, stack, 0, "The totals are those of the rows of 40 exposures", "totals", "--repair")
	runAdmin(t, stack, 0, "rows retired on ", "replay", old.Key)
	if after := numbersOf(t, stack, old.ID); after != before {
		t.Errorf("after a repair the report was %s and is %s", before, after)
	}
}

func rawRows(t *testing.T, stack *harness.Stack, id string) string {
	t.Helper()
	return stack.Postgres.Value(t, strings.ReplaceAll("SELECT (SELECT count(*) FROM mab.assignments WHERE experiment_id = '$') + "+
		"(SELECT count(*) FROM mab.exposures WHERE experiment_id = '$') + (SELECT count(*) FROM mab.conversions WHERE experiment_id = '$')", "$", id))
}

// numbersOf is what a report says of each variant, but for what time alone moves.
func numbersOf(t *testing.T, stack *harness.Stack, id string) string {
	t.Helper()
	var report struct {
		Exposures   float64 `json:"exposures"`
		Conversions float64 `json:"conversions"`
		Variants    []struct {
			Variant     harness.Variant `json:"variant"`
			Exposures   float64         `json:"exposures"`
			Conversions float64         `json:"conversions"`
			Rate        float64         `json:"rate"`
		} `json:"variants"`
	}
	stack.Private(t, "GET", "/api/experiments/"+id+"/analytics", nil, &report)
	text, err := json.Marshal(report)
	check(t, err)
	return string(text)
}
