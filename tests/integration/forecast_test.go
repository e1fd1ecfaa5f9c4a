package integration

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const forecastPath = "/api/experiments:forecast"

type forecastConversions struct {
	Mean          float64 `json:"mean"`
	StandardError float64 `json:"standard_error"`
	Lower         float64 `json:"lower"`
	Upper         float64 `json:"upper"`
}

type forecast struct {
	Runs          float64 `json:"runs"`
	DaysToVerdict struct {
		P10, P50, P90 *float64
	} `json:"days_to_verdict"`
	ShareDecided         float64             `json:"share_decided"`
	ShareWinner          float64             `json:"share_winner"`
	ShareNoDifference    float64             `json:"share_no_difference"`
	ShareRight           float64             `json:"share_right"`
	ShareWrong           float64             `json:"share_wrong"`
	Visitors             float64             `json:"visitors"`
	GainedOverEqualSplit forecastConversions `json:"gained_over_equal_split"`
	LostToBest           forecastConversions `json:"lost_to_best"`
}

func TestForecastSaysHowLongAnExperimentTakes(t *testing.T) {
	stack := shared(t)
	question := map[string]any{"rates": []float64{0.05, 0.1}, "visitors_per_day": 1000, "runs": 40}
	var answer, again forecast
	stack.Private(t, "POST", forecastPath, question, &answer)
	stack.Private(t, "POST", forecastPath, question, &again)

	days := answer.DaysToVerdict
	if days.P10 == nil || days.P50 == nil || days.P90 == nil {
		t.Fatalf("a rate twice the other has no verdict within 90 days: %+v", answer)
	}
	if *days.P10 > *days.P50 || *days.P50 > *days.P90 || *days.P90 > 30 {
		t.Errorf("days to the verdict: %v, %v, %v", *days.P10, *days.P50, *days.P90)
	}
	if answer.Runs < 10 || answer.ShareDecided != 1 || answer.ShareRight < 0.9 {
		t.Errorf("runs, decided and right: %+v", answer)
	}
	gained := answer.GainedOverEqualSplit
	if gained.Mean <= 0 || gained.StandardError <= 0 || gained.Lower > gained.Mean || gained.Upper < gained.Mean {
		t.Errorf("gained over an equal split: %+v", gained)
	}
	if answer.LostToBest.Mean <= 0 || answer.Visitors <= 0 {
		t.Errorf("lost %+v of %v visitors", answer.LostToBest, answer.Visitors)
	}
	if answer.Runs != 40 || again.Runs != 40 {
		t.Logf("a busy machine: %v and %v runs", answer.Runs, again.Runs)
	} else if *again.DaysToVerdict.P50 != *days.P50 || again.GainedOverEqualSplit != gained {
		t.Errorf("the same question has two answers: %+v, %+v", answer, again)
	}
}

func TestForecastSaysWhenThereIsNoVerdict(t *testing.T) {
	stack := shared(t)
	var answer forecast
	stack.Private(t, "POST", forecastPath, map[string]any{
		"rates": []float64{0.05, 0.051}, "visitors_per_day": 10, "maximum_days": 14, "policy": "FIXED", "weights": []float64{3, 1},
	}, &answer)
	if answer.ShareDecided != 0 || answer.DaysToVerdict.P10 != nil || answer.Visitors != 140 {
		t.Errorf("of 140 visitors: %+v", answer)
	}
}

func TestForecastOfTheLargestExperimentIsAnsweredInTime(t *testing.T) {
	stack := shared(t)
	rates := make([]float64, 100)
	for i := range rates {
		rates[i] = 0.05 + float64(i)*1e-5
	}
	began := time.Now()
	response := stack.Call(t, "POST", forecastPath, stack.Token(t), map[string]any{
		"rates": rates, "visitors_per_day": 2e7, "maximum_days": 365, "mean_delay_seconds": 86400, "runs": 1000,
	})
	took := time.Since(began)
	if took > 9*time.Second {
		t.Errorf("the answer took %v", took)
	}
	if response.Status == 503 && response.Problem(t).Code == "OVERLOADED" {
		t.Skipf("the machine is too busy for three runs: after %v %s", took, response.Body)
	}
	var answer forecast
	check(t, json.Unmarshal(response.Body, &answer))
	if response.Status != 200 || answer.Runs < 3 || answer.Runs == 1000 {
		t.Errorf("%d, %v runs", response.Status, answer.Runs)
	}
	t.Logf("%v runs in %v", answer.Runs, took)
}

func TestForecastNamesEveryFieldThatIsWrong(t *testing.T) {
	stack := shared(t)
	response := stack.Call(t, "POST", forecastPath, stack.Token(t), map[string]any{
		"rates": []float64{0.05, 1.5}, "visitors_per_day": 0, "maximum_days": 366, "floor": 0.6, "weights": []float64{1},
		"burn_in_exposures": 1_000_001, "prior": map[string]any{"alpha": 0, "beta": 1}, "threshold_of_caring": 0,
		"minimum_exposures": 1_000_000_001, "mean_delay_seconds": -1, "conversion_window_seconds": 0, "runs": 1001,
	})
	if response.Status != 400 {
		t.Fatalf("%d %s", response.Status, response.Body)
	}
	problem := response.Problem(t)
	named := map[string]bool{}
	for _, e := range problem.Errors {
		named[e.Field] = e.Description != ""
	}
	for _, field := range strings.Fields("rates[1] visitors_per_day maximum_days floor weights burn_in_exposures prior.alpha " +
		"threshold_of_caring minimum_exposures mean_delay_seconds conversion_window_seconds runs") {
		if !named[field] {
			t.Errorf("%s is not named: %s", field, response.Body)
		}
	}
	if len(problem.Errors) != 12 {
		t.Errorf("%d errors instead of 12: %s", len(problem.Errors), response.Body)
	}

	for body, field := range map[string]string{
		`{}`: "rates", `{"rates": [0.1]}`: "rates", `{"rates": "0.1"}`: "rates", `{"rates": [0.1, 0.2], "policy": "BEST"}`: "policy",
		`{"rates": [0.1, 0.2], "visitors_per_day": 1e999}`: "visitors_per_day", `{"rates": [0.1, 0.2], "visitors": 5}`: "visitors",
		`{"rates": [0.1, 0.2], "visitors_per_day": 1e8, "maximum_days": 365}`: "maximum_days",
	} {
		response := stack.Call(t, "POST", forecastPath, stack.Token(t), body)
		if response.Status != 400 || !strings.Contains(string(response.Body), `"field":"`+field+`"`) {
			t.Errorf("%s: %d %s", body, response.Status, response.Body)
		}
	}
}

func TestForecastNeedsASignIn(t *testing.T) {
	response := shared(t).Call(t, "POST", forecastPath, "", map[string]any{"rates": []float64{0.05, 0.06}, "visitors_per_day": 1000})
	if response.Status != 401 || response.Problem(t).Code != "UNAUTHENTICATED" {
		t.Errorf("%d %s", response.Status, response.Body)
	}
}
