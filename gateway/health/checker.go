// Package health answers how the system is, from the two services' own word.
package health

import (
	"context"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"time"

	mabv1 "mab/gen/go/mab/v1"
)

const (
	// checkTimeout bounds the wait for a service that does not answer.
	checkTimeout = time.Second
	// cacheFor keeps many probes from becoming many calls.
	cacheFor = time.Second
)

// Checker asks the services at most once a second. Safe for concurrent use.
type Checker struct {
	assignment mabv1.SystemServiceClient
	admin      mabv1.SystemServiceClient
	version    string
	now        func() time.Time
	began      time.Time

	mu     sync.Mutex // held while the services are asked: others wait for that answer
	cached *Report
	until  time.Time
}

// NewChecker returns a checker of a gateway of that version that starts now.
func NewChecker(assignment, admin mabv1.SystemServiceClient, version string, now func() time.Time) *Checker {
	return &Checker{assignment: assignment, admin: admin, version: version, now: now, began: now()}
}

// Report says how the system is, or was within the last second, with what only signed-in people see (internalChecks). The
// result is not to be changed.
func (c *Checker) Report() *Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cached == nil || !c.now().Before(c.until) {
		c.cached = c.ask()
		c.until = c.now().Add(cacheFor)
	}
	return c.cached
}

// ask has a context of its own: its answer is for all who wait, whoever began it.
func (c *Checker) ask() *Report {
	ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
	defer cancel()
	var assignment, admin map[string]Check
	var wait sync.WaitGroup
	wait.Go(func() { assignment = c.askOne(ctx, "assignment", c.assignment) })
	wait.Go(func() { admin = c.askOne(ctx, "admin", c.admin) })
	wait.Wait()

	report := &Report{Version: c.version, UptimeSeconds: c.now().Sub(c.began).Seconds(), Checks: map[string]Check{"system": ownSystem()}}
	for _, checks := range []map[string]Check{assignment, admin} {
		for name, check := range checks {
			report.Checks[name] = check
		}
	}
	report.Status = report.worst()
	return report
}

// askOne returns the service's own check under its name, and those that it reports.
func (c *Checker) askOne(ctx context.Context, name string, service mabv1.SystemServiceClient) map[string]Check {
	began := c.now()
	status, err := service.GetStatus(ctx, &mabv1.GetStatusRequest{})
	own := Check{"status": OK}
	checks := map[string]Check{name: own}
	if err != nil {
		own["status"] = Down
		return checks
	}
	own["latency_ms"] = float64(c.now().Sub(began).Microseconds()) / 1000
	own["version"] = status.GetVersion()
	own["uptime_seconds"] = status.GetUptimeSeconds()
	for part, reported := range status.GetChecks() {
		check := Check{"status": toStatus(reported.GetStatus())}
		if part == "system" { // each process has one: it goes with its service
			check = own
		}
		for measurement, value := range reported.GetMeasurements() {
			check[measurement] = value
		}
		checks[part] = check
	}
	delete(checks, "system")
	return checks
}

func toStatus(status mabv1.SystemCheck_Status) Status {
	switch status {
	case mabv1.SystemCheck_OK:
		return OK
	case mabv1.SystemCheck_DOWN:
		return Down
	default:
		return Degraded
	}
}

// ownSystem measures this process, in MiB that the runtime holds, and the machine's load of the last minute.
func ownSystem() Check {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	check := Check{"memory_mb": float64(sample[0].Value.Uint64()>>10) / 1024}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(text), " ")
		if load, err := strconv.ParseFloat(first, 64); err == nil {
			check["load"] = load
		}
	}
	return check
}
