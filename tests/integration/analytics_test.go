package integration

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// report is the whole answer of the analytics, as the contract has it.
type report struct {
	Exposures   float64 `json:"exposures"`
	Conversions float64 `json:"conversions"`
	Variants    []struct {
		Variant            harness.Variant `json:"variant"`
		Exposures          float64         `json:"exposures"`
		PendingExposures   float64         `json:"pending_exposures"`
		Trials             float64         `json:"trials"`
		ProbabilityBest    float64         `json:"probability_best"`
		ConfidenceSequence interval        `json:"confidence_sequence"`
		CredibleInterval   interval        `json:"credible_interval"`
		VersusControl      *struct {
			Difference struct {
				Mean float64 `json:"mean"`
				interval
			} `json:"difference"`
			Lift struct {
				Median float64 `json:"median"`
				interval
			} `json:"lift"`
			ProbabilityBetter float64 `json:"probability_better"`
		} `json:"versus_control"`
	} `json:"variants"`
	ValueRemaining struct {
		Quantile float64 `json:"quantile"`
		Relative float64 `json:"relative"`
	} `json:"value_remaining"`
	Verdict struct {
		Code           string  `json:"code"`
		Recommendation string  `json:"recommendation"`
		Winner         string  `json:"winner"`
		Leader         string  `json:"leader"`
		Text           string  `json:"text"`
		Threshold      float64 `json:"threshold"`
	} `json:"verdict"`
	Gain *struct {
		Conversions float64 `json:"conversions"`
		interval
	} `json:"gain"`
	Comparison struct {
		Basis string `json:"basis"`
		Text  string `json:"text"`
	} `json:"comparison"`
	Delays struct {
		WindowSeconds      float64 `json:"window_seconds"`
		PendingExposures   float64 `json:"pending_exposures"`
		MedianSeconds      float64 `json:"median_seconds"`
		NinthDecileSeconds float64 `json:"ninth_decile_seconds"`
	} `json:"delays"`
	NotCredited struct {
		Late         float64 `json:"late"`
		NeverExposed float64 `json:"never_exposed"`
		Duplicates   float64 `json:"duplicates"`
	} `json:"not_credited"`
	Health struct {
		Status string `json:"status"`
		Checks []struct {
			Code      string   `json:"code"`
			Status    string   `json:"status"`
			PValue    *float64 `json:"p_value"`
			Threshold float64  `json:"threshold"`
			Text      string   `json:"text"`
		} `json:"checks"`
	} `json:"health"`
	ErrorEstimate float64 `json:"error_estimate"`
}

type interval struct {
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

func (i interval) contains(value float64) bool { return i.Lower <= value && value <= i.Upper }

// readReport of an experiment, strictly: every field of the answer's first level is known.
func readReport(t *testing.T, stack *harness.Stack, id string) report {
	t.Helper()
	var raw json.RawMessage
	stack.Private(t, "GET", "/api/experiments/"+id+"/analytics", nil, &raw)
	for _, forbidden := range []string{"NaN", "Infinity"} {
		if strings.Contains(string(raw), forbidden) {
			t.Errorf("the analytics have %s: %s", forbidden, raw)
		}
	}
	var got report
	check(t, json.Unmarshal(raw, &got))
	return got
}

// expose and perhaps convert users, and wait until all of it is counted.
func fill(t *testing.T, stack *harness.Stack, id string, users int, converts func(i int, variant string) bool) report {
	t.Helper()
	conversions := 0
	for i := range users {
		name := fmt.Sprintf("filled-%d", i)
		if converts(i, stack.Assign(t, id, name).Variant.Key) {
			stack.Convert(t, id, name)
			conversions++
		}
	}
	stack.AwaitTotals(t, id, users, conversions)
	return readReport(t, stack, id)
}

func TestAnalyticsSayWhatTheContractSays(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"variants": harness.Variants("today", "new", "other"), "policy": "FIXED"})
	got := fill(t, stack, experiment.ID, 300, func(i int, variant string) bool {
		return i%4 == 0 || (variant == "new" && i%2 == 0)
	})

	best := 0.0
	for i, variant := range got.Variants {
		best += variant.ProbabilityBest
		if (variant.VersusControl == nil) != variant.Variant.IsControl {
			t.Errorf("versus_control of %s is %+v", variant.Variant.Key, variant.VersusControl)
		}
		if variant.Trials <= 0 || variant.Trials > variant.Exposures || variant.PendingExposures <= 0 {
			t.Errorf("%s has %v trials, %v pending", variant.Variant.Key, variant.Trials, variant.PendingExposures)
		}
		if variant.ConfidenceSequence != (interval{0, 1}) {
			t.Errorf("nothing has matured in a week's window, and the confidence sequence is %+v", variant.ConfidenceSequence)
		}
		if versus := got.Variants[i].VersusControl; versus != nil {
			if !versus.Difference.contains(versus.Difference.Mean) || !versus.Lift.contains(versus.Lift.Median) ||
				(versus.Lift.Median > 0) != (versus.ProbabilityBetter > 0.5) {
				t.Errorf("versus_control of %s is %+v", variant.Variant.Key, versus)
			}
		}
	}
	if math.Abs(best-1) > 1e-12 {
		t.Errorf("the probabilities of being best add up to %v", best)
	}
	if got.ValueRemaining.Quantile != 0.95 || got.ValueRemaining.Relative < 0 {
		t.Errorf("value remaining: %+v", got.ValueRemaining)
	}
	if got.Verdict.Leader != "new" || got.Verdict.Text == "" || got.Verdict.Threshold != 0.0005 {
		t.Errorf("the verdict is %+v", got.Verdict)
	}
	if got.Gain == nil || !got.Gain.contains(got.Gain.Conversions) {
		t.Errorf("the gain is %+v", got.Gain)
	}
	if got.Comparison.Basis != "POOLED" || got.Comparison.Text == "" {
		t.Errorf("the comparison is %+v", got.Comparison)
	}
	if got.Delays.WindowSeconds != 604800 || got.Delays.MedianSeconds > 60 || got.Delays.NinthDecileSeconds < got.Delays.MedianSeconds {
		t.Errorf("the delays are %+v", got.Delays)
	}
	if got.Health.Status != "OK" || len(got.Health.Checks) != 8 {
		t.Errorf("the health is %+v", got.Health)
	}
	if got.ErrorEstimate < 0 || got.ErrorEstimate > 1e-9 {
		t.Errorf("the error estimate is %v", got.ErrorEstimate)
	}
	t.Log(got.Verdict.Text)
}

func TestVerdictFollowsTheExperimentsThresholds(t *testing.T) {
	stack := shared(t)
	draft := stack.CreateExperiment(t, map[string]any{"minimum_exposures": 1_000_000, "policy": "FIXED"})
	if got := readReport(t, stack, draft.ID).Verdict; got.Code != "NOT_STARTED" || got.Recommendation != "NONE" {
		t.Errorf("a draft: %+v", got)
	}
	stack.Act(t, &draft, "start", nil)
	stack.AwaitAssignable(t, draft)
	if got := readReport(t, stack, draft.ID); got.Verdict.Code != "NO_DATA" || got.Gain != nil {
		t.Errorf("before the first visitor: %+v, gain %+v", got.Verdict, got.Gain)
	}
	got := fill(t, stack, draft.ID, 60, func(_ int, variant string) bool { return variant == "b" })
	if got.Verdict.Code != "TOO_EARLY" || got.Verdict.Recommendation != "KEEP_RUNNING" || got.Verdict.Winner != "" {
		t.Errorf("with a minimum of a million: %+v", got.Verdict)
	}

	var experiment harness.Experiment
	stack.Private(t, "PATCH", "/api/experiments/"+draft.ID, map[string]any{"minimum_exposures": 1}, &experiment)
	if got := readReport(t, stack, draft.ID).Verdict; got.Code != "WEEK_INCOMPLETE" || got.Recommendation != "KEEP_RUNNING" || got.Leader != "b" {
		t.Errorf("a minute's data, in which b converts always and a never: %+v", got)
	}
	stack.Private(t, "PATCH", "/api/experiments/"+draft.ID, map[string]any{"minimum_exposures": 0, "threshold_of_caring": 1e-12}, &experiment)
	if got := readReport(t, stack, draft.ID).Verdict; got.Threshold != 1e-12 {
		t.Errorf("every loss matters: %+v", got)
	}

	stack.Act(t, &experiment, "complete", map[string]any{"winner": "a"})
	if got := readReport(t, stack, draft.ID).Verdict; got.Code != "COMPLETED" || got.Recommendation != "NONE" || got.Winner != "a" {
		t.Errorf("completed with a: %+v", got)
	}
}

func TestConversionsThatDoNotCountAreShownApart(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"conversion_window_seconds": 1})
	id := experiment.ID
	stack.Assign(t, id, "late")
	// On a busy machine an exposure and its conversion may be more than the window apart: then with another visitor.
	exposures, conversions, late := 1, 0, 0
	for attempt := 0; conversions == 0 && attempt < 30; attempt++ {
		prompt := fmt.Sprintf("prompt-%d", attempt)
		stack.Assign(t, id, prompt)
		exposures++
		switch conversion := stack.Convert(t, id, prompt); {
		case conversion.Credited:
			conversions++
			if again := stack.Convert(t, id, prompt); !again.Duplicate {
				t.Fatalf("again: %+v", again)
			}
		case conversion.Recorded:
			late++
		default:
			t.Fatalf("at once: %+v", conversion)
		}
	}
	if conversions == 0 {
		t.Fatalf("of %d conversions none came within a second of its exposure", late)
	}
	var unseen harness.Assignment
	stack.Post(t, "/api/experiments/"+id+"/assign", map[string]any{"user_id": "unseen", "expose": false}, &unseen)
	if conversion := stack.Convert(t, id, "unseen"); conversion.Credited {
		t.Fatalf("never exposed: %+v", conversion)
	}
	time.Sleep(1100 * time.Millisecond) // past the window
	if conversion := stack.Convert(t, id, "late"); conversion.Credited || !conversion.Recorded {
		t.Fatalf("after the window: %+v", conversion)
	}
	late++

	var got report
	harness.Await(t, 30*time.Second, func() (bool, string) {
		got = readReport(t, stack, id)
		apart := got.NotCredited
		return apart.Late == float64(late) && apart.NeverExposed == 1 && apart.Duplicates == 1, fmt.Sprintf("%+v", apart)
	})
	if got.Exposures != float64(exposures) || got.Conversions != float64(conversions) {
		t.Errorf("%v exposures and %v conversions instead of %d and %d", got.Exposures, got.Conversions, exposures, conversions)
	}
}
