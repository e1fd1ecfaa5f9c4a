package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

type lookup struct {
	ExperimentKey string          `json:"experiment_key"`
	Variant       harness.Variant `json:"variant"`
	Version       float64         `json:"version"`
	Propensity    float64         `json:"propensity"`
	AssignedAt    time.Time       `json:"assigned_at"`
	ExposedAt     *time.Time      `json:"exposed_at"`
	Conversion    *struct {
		ConvertedAt time.Time `json:"converted_at"`
		Credited    bool      `json:"credited"`
	} `json:"conversion"`
	Replay *struct {
		Agrees     bool            `json:"agrees"`
		Finding    string          `json:"finding"`
		Path       string          `json:"path"`
		Winner     harness.Variant `json:"winner"`
		Propensity *float64        `json:"propensity"`
		Variants   []struct {
			Variant    harness.Variant `json:"variant"`
			Allocation float64         `json:"allocation"`
			DrawnRate  *float64        `json:"drawn_rate"`
		} `json:"variants"`
	} `json:"replay"`
}

func lookUp(t *testing.T, stack *harness.Stack, experiment, user string) lookup {
	t.Helper()
	var found lookup
	stack.Private(t, "POST", "/api/experiments/"+experiment+"/assignments:lookup", map[string]any{"user_id": user, "replay": true}, &found)
	return found
}

// runAdmin is one of the admin service's commands on the system's database.
func runAdmin(t *testing.T, stack *harness.Stack, wantCode int, wantText string, arguments ...string) {
	t.Helper()
	output, code, err := stack.RunAdmin(arguments...)
	check(t, err)
	if code != wantCode || !strings.Contains(output, wantText) {
		t.Errorf("%v ended with %d, not %d, or lacks %q:\n%s", arguments, code, wantCode, wantText, output)
	}
}

// Visitors are drawn under each policy while the posteriors move; then each of them is proved, one by one and all.
func TestEveryAssignmentCanBeProved(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	const users = 400
	var experiments []harness.Experiment
	answers := map[string]harness.Assignment{}
	for _, policy := range []string{"THOMPSON", "TOP_TWO_THOMPSON", "FIXED"} {
		experiment := stack.StartExperiment(t, map[string]any{"policy": policy, "floor": 0.1, "variants": harness.Variants("a", "b", "c")})
		experiments = append(experiments, experiment)
		for i := range users {
			answers[experiment.Key+user(i)] = stack.Assign(t, experiment.Key, user(i))
			if i%3 == 0 {
				stack.Convert(t, experiment.Key, user(i))
			}
			if i%100 == 0 {
				time.Sleep(1100 * time.Millisecond) // a new version, perhaps
			}
		}
	}
	versions := map[float64]bool{}
	for _, experiment := range experiments {
		stack.AwaitTotals(t, experiment.ID, users, (users+2)/3)
		for i := 0; i < users; i += 29 {
			answer, found := answers[experiment.Key+user(i)], lookUp(t, stack, experiment.Key, user(i))
			versions[found.Version] = true
			if found.Variant.Key != answer.Variant.Key || found.Version != answer.Version || found.Propensity != answer.Propensity ||
				found.ExperimentKey != experiment.Key || found.ExposedAt == nil || !found.AssignedAt.Equal(*answer.AssignedAt) {
				t.Errorf("%s %s: on record is %+v, answered was %+v", experiment.Key, user(i), found, answer)
			}
			if converted := found.Conversion != nil && found.Conversion.Credited; converted != (i%3 == 0) {
				t.Errorf("%s %s: conversion %+v", experiment.Key, user(i), found.Conversion)
			}
			if found.Replay == nil || !found.Replay.Agrees || found.Replay.Winner.Key != answer.Variant.Key || *found.Replay.Propensity != answer.Propensity ||
				len(found.Replay.Variants) != 3 || found.Replay.Path == "PATH_UNSPECIFIED" {
				t.Errorf("%s %s: replay %+v", experiment.Key, user(i), found.Replay)
			}
		}
	}
	if len(versions) < 4 {
		t.Errorf("only %d versions were drawn from", len(versions))
	}

	runAdmin(t, stack, 2, "replay takes one experiment", "replay", "")
	runAdmin(t, stack, 0, fmt.Sprintf("%d of %d assignments agree", 3*users, 3*users), "replay")
	runAdmin(t, stack, 0, fmt.Sprintf("%d of %d assignments agree", users, users), "replay", experiments[1].Key)
	runAdmin(t, stack, 2, `no experiment has the key "nowhere"`, "replay", "nowhere")
	altered := fmt.Sprintf("UPDATE mab.assignments SET variant_index = 1 - variant_index WHERE experiment_id = '%s' AND user_hash = "+
		"(SELECT user_hash FROM mab.assignments WHERE experiment_id = '%[1]s' AND variant_index < 2 LIMIT 1)", experiments[0].ID)
	stack.Postgres.Query(t, altered)
	runAdmin(t, stack, 1, "1 disagree", "replay")
	runAdmin(t, stack, 0, "0 disagree", "replay", experiments[2].Key)

	// The ids of visitors are nowhere but in the bodies of requests.
	if logs := stack.Logs(); strings.Contains(logs, user(29)) {
		t.Errorf("a log names a visitor")
	}
}

func TestALookupOfNobodyIsNotFound(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	path := "/api/experiments/" + experiment.ID + "/assignments:lookup"
	for name, test := range map[string]struct {
		path   string
		body   map[string]any
		status int
		code   string
	}{
		"a stranger":            {path, map[string]any{"user_id": "nobody"}, 404, "ASSIGNMENT_NOT_FOUND"},
		"an unknown experiment": {"/api/experiments/nowhere/assignments:lookup", map[string]any{"user_id": "nobody"}, 404, "EXPERIMENT_NOT_FOUND"},
		"no user":               {path, map[string]any{"replay": true}, 400, "INVALID_ARGUMENT"},
		"a long id":             {path, map[string]any{"user_id": strings.Repeat("u", 257)}, 400, "INVALID_ARGUMENT"},
	} {
		response := stack.Call(t, "POST", test.path, stack.Token(t), test.body)
		if response.Status != test.status || response.Problem(t).Code != test.code {
			t.Errorf("%s: %d %s", name, response.Status, response.Body)
		}
	}
}
