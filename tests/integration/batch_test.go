package integration

import (
	"testing"
	"time"

	"mab/tests/harness"
)

type batchAnswer struct {
	Assignments []harness.Assignment `json:"assignments"`
	Errors      []struct {
		ExperimentKey string `json:"experiment_key"`
		Code          string `json:"code"`
	} `json:"errors"`
}

func TestBatchAssignAnswersEachExperiment(t *testing.T) {
	stack := shared(t)
	one, two := stack.StartExperiment(t, nil), stack.StartExperiment(t, nil)
	draft := stack.CreateExperiment(t, nil)
	body := map[string]any{"user_id": "pages", "experiments": []string{one.Key, two.ID, "no-such-thing", draft.Key}, "expose": false}
	var answer batchAnswer
	stack.Post(t, "/api/assign", body, &answer)
	if len(answer.Assignments) != 2 || answer.Assignments[0].ExperimentID != one.ID || answer.Assignments[1].ExperimentKey != two.Key {
		t.Errorf("the assignments are %+v", answer.Assignments)
	}
	codes := map[string]string{}
	for _, e := range answer.Errors {
		codes[e.ExperimentKey] = e.Code
	}
	if codes["no-such-thing"] != "EXPERIMENT_NOT_FOUND" || codes[draft.Key] == "" || len(codes) != 2 {
		t.Errorf("the errors are %+v", answer.Errors)
	}
	if single := stack.Assign(t, one.ID, "pages"); !single.Returning || single.Variant.Key != answer.Assignments[0].Variant.Key {
		t.Errorf("alone he gets %+v, in the batch %+v", single, answer.Assignments[0])
	}

	var exposed struct {
		Exposures []struct {
			ExperimentKey string     `json:"experiment_key"`
			Counted       bool       `json:"counted"`
			ExposedAt     *time.Time `json:"exposed_at"`
		} `json:"exposures"`
		Errors []struct {
			Code string `json:"code"`
		} `json:"errors"`
	}
	stack.Post(t, "/api/expose", map[string]any{"user_id": "pages", "experiments": []string{one.Key, two.Key, "no-such-thing"}}, &exposed)
	if len(exposed.Exposures) != 2 || !exposed.Exposures[0].Counted || exposed.Exposures[1].ExposedAt == nil || len(exposed.Errors) != 1 {
		t.Errorf("exposed: %+v", exposed)
	}
	stack.AwaitTotals(t, one.ID, 1, 0)
	stack.AwaitTotals(t, two.ID, 1, 0)
}

func TestForcedVariantsAreShownAndNotRecorded(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"variants": harness.Variants("a", "b", "c")})
	for _, key := range []string{"a", "b", "c"} {
		var answer batchAnswer
		stack.Post(t, "/api/assign", map[string]any{
			"user_id": "previewer", "experiments": []string{experiment.Key}, "force": map[string]string{experiment.Key: key},
		}, &answer)
		if len(answer.Assignments) != 1 || answer.Assignments[0].Variant.Key != key || answer.Assignments[0].Counted || answer.Assignments[0].AssignedAt != nil {
			t.Errorf("forced %s: %+v", key, answer)
		}
	}
	if first := stack.Assign(t, experiment.ID, "previewer"); first.Returning {
		t.Errorf("a preview was recorded: %+v", first)
	}
}
