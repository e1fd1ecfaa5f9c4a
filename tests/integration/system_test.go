package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

type systemReport struct {
	Status  string                    `json:"status"`
	Version string                    `json:"version"`
	Checks  map[string]map[string]any `json:"checks"`
	Traffic *struct {
		Assigns     float64 `json:"assigns_per_second"`
		Conversions float64 `json:"conversions_per_second"`
		Exposures   float64 `json:"exposures_per_second"`
		Window      float64 `json:"window_seconds"`
	} `json:"traffic"`
	Experiments map[string]float64 `json:"experiments"`
}

func TestTheSystemSaysHowMuchIsGoingOn(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, nil)
	key := newKey(t, stack, "system", "READ")
	assigner := newKey(t, stack, "no reader", "ASSIGN")
	visitors := 0
	harness.Await(t, 30*time.Second, func() (bool, string) {
		for range 20 {
			visitors++
			stack.Assign(t, experiment.ID, fmt.Sprintf("system-%d", visitors))
		}
		stack.Convert(t, experiment.ID, fmt.Sprintf("system-%d", visitors))
		var report systemReport
		stack.Private(t, "GET", "/api/system", nil, &report)
		if report.Traffic == nil {
			return false, "no traffic"
		}
		rates := *report.Traffic
		return rates.Assigns > 0 && rates.Exposures > 0 && rates.Conversions > 0 && rates.Conversions < rates.Exposures && rates.Window >= 1 && rates.Window <= 10,
			fmt.Sprintf("the rates are %+v", rates)
	})
	response := stack.Call(t, "GET", "/api/system", key.Secret, nil)
	if response.Status != 200 {
		t.Fatalf("with a key: %d %s", response.Status, response.Body)
	}
	var report systemReport
	stack.Private(t, "GET", "/api/system", nil, &report)
	if report.Version == "" || report.Experiments["running"] < 1 {
		t.Errorf("got %+v", report)
	}
	for check, measurements := range map[string]string{
		"database": "latency_ms", "journal": "lag_events lag_seconds bytes", "snapshot": "age_seconds", "sticky_map": "entries", "refresher": "age_seconds",
		"experiments": "running version_age_seconds", "system": "memory_mb load", "assignment": "memory_mb load uptime_seconds latency_ms",
		"admin": "memory_mb load uptime_seconds latency_ms",
	} {
		for _, measurement := range strings.Fields(measurements) {
			if _, ok := report.Checks[check][measurement].(float64); !ok {
				t.Errorf("%s has no %s: %v", check, measurement, report.Checks[check])
			}
		}
	}
	if response := stack.Call(t, "GET", "/api/system", assigner.Secret, nil); response.Status != 403 {
		t.Errorf("with a key that may not read: %d %s", response.Status, response.Body)
	}
	if health := stack.Call(t, "GET", "/health", "", nil); strings.Contains(string(health.Body), "_per_second") || strings.Contains(string(health.Body), "version_age") {
		t.Errorf("/health says %s", health.Body)
	}
}
