package integration

import (
	"slices"
	"testing"
	"time"

	"mab/tests/harness"
)

type timeline struct {
	Step        string            `json:"step"`
	AsOf        time.Time         `json:"as_of"`
	HoursBefore time.Time         `json:"hours_before"`
	PendingFrom time.Time         `json:"pending_from"`
	Variants    []harness.Variant `json:"variants"`
	Rows        []struct {
		Start    time.Time `json:"start"`
		End      time.Time `json:"end"`
		Version  float64   `json:"version"`
		Variants []struct {
			Exposures        float64 `json:"exposures"`
			Conversions      float64 `json:"conversions"`
			CumulativeRate   float64 `json:"cumulative_rate"`
			CredibleInterval struct {
				Lower float64 `json:"lower"`
				Upper float64 `json:"upper"`
			} `json:"credible_interval"`
			ProbabilityBest *float64 `json:"probability_best"`
			Allocation      *float64 `json:"allocation"`
		} `json:"variants"`
	} `json:"rows"`
	Changes []struct {
		Time       time.Time `json:"time"`
		Kind       string    `json:"kind"`
		VariantKey string    `json:"variant_key"`
	} `json:"changes"`
}

func timelineOf(t *testing.T, stack *harness.Stack, experiment, query string) timeline {
	t.Helper()
	var answer timeline
	stack.Private(t, "GET", "/api/experiments/"+experiment+"/timeline"+query, nil, &answer)
	return answer
}

func TestTheTimelineEndsWithWhatTheAnalyticsSay(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	const users = 90
	harness.Each(t, users, 8, func(i int) error { return visit(stack, experiment.ID, i) })
	analytics := stack.AwaitTotals(t, experiment.ID, users, users/3)
	for _, query := range []string{"", "?step=1m", "?step=1h", "?step=7d"} {
		answer := timelineOf(t, stack, experiment.Key, query)
		if len(answer.Rows) == 0 || len(answer.Variants) != 2 || answer.Step == "" || !answer.PendingFrom.Before(answer.AsOf) {
			t.Fatalf("%s: %+v", query, answer)
		}
		for i, variant := range answer.Variants {
			exposures, conversions := 0.0, 0.0
			for j, row := range answer.Rows {
				exposures += row.Variants[i].Exposures
				conversions += row.Variants[i].Conversions
				if !row.End.After(row.Start) || j > 0 && !row.Start.Equal(answer.Rows[j-1].End) {
					t.Errorf("%s: row %d is from %v to %v", query, j, row.Start, row.End)
				}
			}
			want, last := analytics.Of(t, variant.Key), answer.Rows[len(answer.Rows)-1]
			got := last.Variants[i]
			if exposures != want.Exposures || conversions != want.Conversions || got.CumulativeRate != want.Rate {
				t.Errorf("%s %s: %v exposures, %v conversions, rate %v, and by the analytics %+v", query, variant.Key, exposures, conversions, got.CumulativeRate, want)
			}
			if got.CredibleInterval.Lower <= 0 || got.CredibleInterval.Upper >= 1 || got.CredibleInterval.Lower >= got.CredibleInterval.Upper {
				t.Errorf("%s %s: interval %+v", query, variant.Key, got.CredibleInterval)
			}
			if last.Version == 0 || got.ProbabilityBest == nil || got.Allocation == nil || *got.Allocation <= 0 {
				t.Errorf("%s %s: version %v, %v, %v", query, variant.Key, last.Version, got.ProbabilityBest, got.Allocation)
			}
		}
	}
}

func TestTheTimelineAnswersAPart(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	all := timelineOf(t, stack, experiment.ID, "?step=1m")
	start := all.Rows[0].Start
	if later := timelineOf(t, stack, experiment.ID, "?step=1m&start="+start.Add(time.Hour).Format(time.RFC3339)); len(later.Rows) != 0 {
		t.Errorf("%d rows of the future", len(later.Rows))
	}
	if first := timelineOf(t, stack, experiment.ID, "?step=1m&end="+start.Add(time.Minute).Format(time.RFC3339)); len(first.Rows) != 1 {
		t.Errorf("%d rows of one minute", len(first.Rows))
	}
}

func TestADraftHasAnEmptyTimeline(t *testing.T) {
	stack := shared(t)
	experiment := stack.CreateExperiment(t, nil)
	if answer := timelineOf(t, stack, experiment.Key, ""); answer.Rows == nil || len(answer.Rows) != 0 || len(answer.Variants) != 2 {
		t.Errorf("%+v", answer)
	}
}

func TestTheTimelineMarksWhatWasDone(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	if changes := timelineOf(t, stack, experiment.ID, "").Changes; len(changes) != 1 || changes[0].Kind != "STARTED" || changes[0].VariantKey != "" {
		t.Fatalf("after the start: %+v", changes)
	}
	path := "/api/experiments/" + experiment.ID
	stack.Act(t, &experiment, "pause", nil)
	stack.Act(t, &experiment, "resume", nil)
	stack.Private(t, "PATCH", path, map[string]any{"name": "Another name"}, &experiment)
	stack.Private(t, "PATCH", path, map[string]any{"traffic_share": 0.5}, &experiment)
	winner := experiment.Variants[1].Key
	stack.Act(t, &experiment, "complete", map[string]any{"winner": winner})
	changes := timelineOf(t, stack, experiment.ID, "").Changes
	var kinds []string
	for _, change := range changes {
		kinds = append(kinds, change.Kind)
	}
	if want := []string{"STARTED", "PAUSED", "RESUMED", "CHANGED", "COMPLETED"}; !slices.Equal(kinds, want) || changes[4].VariantKey != winner {
		t.Errorf("got %+v, want %v", changes, want)
	}
}
