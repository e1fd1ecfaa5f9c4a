package integration

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

// cookieCats is the file of the published Cookie Cats experiment: 90,189 players, with the first gate at level 30 or 40,
// and whether each came back after seven days.
func cookieCats(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MAB_TEST_DATA_DIR")
	if dir == "" {
		dir = filepath.Join(harness.RepositoryRoot(), "../shared/data")
	}
	path := filepath.Join(dir, "cookie_cats.csv.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: no %s; MAB_TEST_DATA_DIR names the folder that has cookie_cats.csv.gz", path)
	}
	return path
}

// recordedOutcomes of each variant: retained after seven days, or not.
func recordedOutcomes(t *testing.T, path string) map[string][]bool {
	t.Helper()
	file, err := os.Open(path)
	check(t, err)
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	check(t, err)
	reader := csv.NewReader(unpacked)
	_, err = reader.Read()
	check(t, err)
	outcomes := map[string][]bool{}
	for {
		row, err := reader.Read()
		if err == io.EOF {
			return outcomes
		}
		check(t, err)
		outcomes[row[1]] = append(outcomes[row[1]], row[3] == "1")
	}
}

func TestDemoReplaysCookieCatsAndTheBetterGateGetsMostOfTheTraffic(t *testing.T) {
	path := cookieCats(t)
	stack := shared(t)
	demo := exec.Command(filepath.Join(harness.BinaryDir(), "mab-demo"), "--url", stack.URL, "--data", path, "--outcome", "retained_day_7")
	demo.Env = append(os.Environ(), "JWT_SECRET="+harness.JWTSecret, "MAB_ADMIN_EMAIL=", "MAB_ADMIN_PASSWORD=")
	output, err := demo.CombinedOutput()
	t.Logf("%s", output)
	check(t, err)

	var list struct {
		Experiments []harness.Experiment `json:"experiments"`
	}
	stack.Private(t, "GET", "/api/experiments?q=retained_day_7", nil, &list)
	if len(list.Experiments) != 1 {
		t.Fatalf("%d experiments of the demo", len(list.Experiments))
	}
	analytics := stack.Analytics(t, list.Experiments[0].ID)
	better, worse := analytics.Of(t, "gate_30"), analytics.Of(t, "gate_40")
	if better.Allocation < 0.8 || better.Exposures < worse.Exposures {
		t.Errorf("gate_30 has %v visitors and %.3f of the traffic, gate_40 %v visitors", better.Exposures, better.Allocation, worse.Exposures)
	}
	if !strings.Contains(string(output), "An equal split of the same visitors gives") {
		t.Error("the demo does not compare with an equal split")
	}
}

// The whole file as what it was, a classic equal split: the same users of each variant, the same number retained.
func TestAnalyticsOfTheWholeFileSayThatGate30IsBest(t *testing.T) {
	outcomes := recordedOutcomes(t, cookieCats(t))
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"variants": harness.Variants("gate_30", "gate_40"), "policy": "FIXED"})

	// Users are drawn until each variant has as many as the file; those too many are never exposed.
	usersOf := map[string][]string{}
	drawn := 0
	for len(usersOf["gate_30"]) < len(outcomes["gate_30"]) || len(usersOf["gate_40"]) < len(outcomes["gate_40"]) {
		name := func(i int) string { return fmt.Sprintf("player-%d", drawn+i) }
		call := func(i int) *mabv1.StreamCall { return assignCall(experiment.ID, name(i), false) }
		streamCalls(t, stack, callsAMessage, call, func(i int, answer *mabv1.StreamAnswer) {
			key := answer.GetAssign().Variant.Key
			usersOf[key] = append(usersOf[key], name(i))
		})
		drawn += callsAMessage
	}
	exposures, conversions := 0, 0
	for key, recorded := range outcomes {
		users := usersOf[key]
		streamCalls(t, stack, len(recorded), func(i int) *mabv1.StreamCall { return exposeCall(experiment.ID, users[i]) },
			func(int, *mabv1.StreamAnswer) {})
		var retained []string
		for i, came := range recorded {
			if came {
				retained = append(retained, users[i])
			}
		}
		streamCalls(t, stack, len(retained), func(i int) *mabv1.StreamCall { return convertCall(experiment.ID, retained[i]) },
			func(int, *mabv1.StreamAnswer) {})
		exposures, conversions = exposures+len(recorded), conversions+len(retained)
	}

	analytics := stack.AwaitTotals(t, experiment.ID, exposures, conversions)
	for key, want := range map[string][2]float64{"gate_30": {44_700, 8_502}, "gate_40": {45_489, 8_279}} {
		if got := analytics.Of(t, key); got.Exposures != want[0] || got.Conversions != want[1] {
			t.Errorf("%s has %v users with %v retained instead of %v", key, got.Exposures, got.Conversions, want)
		}
	}
	best := analytics.Of(t, "gate_30")
	t.Logf("P(gate_30 best) = %.6f, interval %.5f to %.5f", best.ProbabilityBest, best.CredibleInterval.Lower, best.CredibleInterval.Upper)
	if best.ProbabilityBest <= 0.999 || best.ProbabilityBest >= 1 {
		t.Errorf("P(gate_30 best) is %v", best.ProbabilityBest)
	}
}
