package harness

import (
	"strconv"
	"strings"
	"testing"
)

// Metric is the value of a metric without labels, at that address's /metrics.
func Metric(t testing.TB, address, name string) float64 {
	t.Helper()
	response := NewClient("http://"+address).Call(t, "GET", "/metrics", "", nil)
	for line := range strings.Lines(string(response.Body)) {
		text, found := strings.CutPrefix(line, name+" ")
		if !found {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return value
	}
	t.Fatalf("%s has no %s", address, name)
	return 0
}
