package telemetry

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

func TestALineHasTheFieldsOfEveryService(t *testing.T) {
	var out bytes.Buffer
	NewLogger(&out, "info", true).Warn("something", "request_id", "r")
	var line map[string]string
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["message"] != "something" || line["level"] != "warning" || line["service"] != "gateway" || line["request_id"] != "r" ||
		!regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(line["time"]) {
		t.Errorf("got %s", out.String())
	}
}

func TestOnlyTheLevelAndAboveIsLogged(t *testing.T) {
	for level, want := range map[string]int{"debug": 4, "info": 3, "warning": 2, "error": 1} {
		var out bytes.Buffer
		logger := NewLogger(&out, level, false)
		logger.Debug("d")
		logger.Info("i")
		logger.Warn("w")
		logger.Error("e")
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("%s: %d lines", level, got)
		}
	}
}
