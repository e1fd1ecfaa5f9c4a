package health

import "maps"

// Status of the system or of a part.
type Status string

const (
	// OK means: all is well.
	OK Status = "ok"
	// Degraded means: visitors are still served.
	Degraded Status = "degraded"
	// Down means: visitors are not served.
	Down Status = "down"
)

// Report is the answer of /health.
type Report struct {
	Status        Status           `json:"status"`
	Version       string           `json:"version"`
	UptimeSeconds float64          `json:"uptime_seconds"`
	Checks        map[string]Check `json:"checks"`
}

// Check has a part's "status", where it has one, beside its measurements, for example "latency_ms".
type Check map[string]any

func (c Check) status() Status {
	if s, ok := c["status"].(Status); ok {
		return s
	}
	return OK
}

// internalChecks are what /health, which anybody may ask, does not say: how much is going on.
var internalChecks = []string{"experiments", "traffic"}

// public is the report without internalChecks.
func (r *Report) public() *Report {
	shown := *r
	shown.Checks = maps.Clone(r.Checks)
	for _, name := range internalChecks {
		delete(shown.Checks, name)
	}
	return &shown
}

// worst is how the system is. Visitors are served as long as the assignment service answers and has a snapshot.
func (r *Report) worst() Status {
	if r.Checks["assignment"].status() == Down || r.Checks["snapshot"].status() == Down {
		return Down
	}
	for _, check := range r.Checks {
		if check.status() != OK {
			return Degraded
		}
	}
	return OK
}
