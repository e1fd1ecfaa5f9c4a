package integration

import (
	"math"
	"testing"
	"time"

	"mab/tests/harness"
)

type summaries struct {
	AsOf      time.Time `json:"as_of"`
	Summaries []struct {
		ExperimentID    string           `json:"experiment_id"`
		ExperimentKey   string           `json:"experiment_key"`
		Exposures       float64          `json:"exposures"`
		Conversions     float64          `json:"conversions"`
		Leader          *harness.Variant `json:"leader"`
		ProbabilityBest float64          `json:"probability_best"`
		VerdictCode     string           `json:"verdict_code"`
		Health          string           `json:"health"`
		Gain            *struct {
			Conversions float64 `json:"conversions"`
			interval
		} `json:"gain"`
		Traffic struct {
			Start     *time.Time `json:"start"`
			Step      string     `json:"step"`
			Exposures []float64  `json:"exposures"`
		} `json:"traffic"`
	} `json:"summaries"`
}

func TestTheSummariesSayWhatTheAnalyticsSay(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	draft := stack.CreateExperiment(t, nil)
	const users = 60
	harness.Each(t, users, 8, func(i int) error { return visit(stack, experiment.ID, i) })
	stack.AwaitTotals(t, experiment.ID, users, users/3)
	var answer summaries
	stack.Private(t, "GET", "/api/experiments:summaries?ids="+draft.ID+"&ids=nowhere&ids="+experiment.Key+"&ids="+experiment.ID, nil, &answer)
	var want report
	stack.Private(t, "GET", "/api/experiments/"+experiment.ID+"/analytics", nil, &want)
	if len(answer.Summaries) != 2 || answer.Summaries[0].ExperimentKey != draft.Key || answer.Summaries[1].ExperimentID != experiment.ID || answer.AsOf.IsZero() {
		t.Fatalf("got %+v", answer)
	}
	if got := answer.Summaries[0]; got.Leader != nil || got.Gain != nil || got.VerdictCode != "NOT_STARTED" || got.Traffic.Start != nil || len(got.Traffic.Exposures) != 0 {
		t.Errorf("a draft: %+v", got)
	}
	got := answer.Summaries[1]
	if got.Exposures != want.Exposures || got.Conversions != want.Conversions || got.VerdictCode != want.Verdict.Code || got.Health != "OK" ||
		got.Leader == nil || got.Leader.Key != want.Verdict.Leader || got.Gain == nil {
		t.Fatalf("got %+v, and by the analytics %+v", got, want)
	}
	// Between the two calls exposures aged by a moment.
	const moment = 0.01
	for _, variant := range want.Variants {
		if variant.Variant.Key == got.Leader.Key && math.Abs(got.ProbabilityBest-variant.ProbabilityBest) > moment {
			t.Errorf("the leader is best with probability %v, and by the analytics %v", got.ProbabilityBest, variant.ProbabilityBest)
		}
	}
	if math.Abs(got.Gain.Conversions-want.Gain.Conversions) > moment || math.Abs(got.Gain.Lower-want.Gain.Lower) > moment || math.Abs(got.Gain.Upper-want.Gain.Upper) > moment {
		t.Errorf("the gain is %+v, and by the analytics %+v", got.Gain, want.Gain)
	}
	sum := 0.0
	for _, exposures := range got.Traffic.Exposures {
		sum += exposures
	}
	if sum != users || got.Traffic.Step != "1m" || got.Traffic.Start == nil {
		t.Errorf("the traffic is %+v", got.Traffic)
	}
}
