package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"mab/tests/harness"
)

// Load is what a generator found in one run: the JSON of generator/load_result.h.
type Load struct {
	Seconds  float64           `json:"seconds"`
	Good     uint64            `json:"good"`
	InTime   uint64            `json:"in_time"`
	Failed   uint64            `json:"failed"`
	Unsent   uint64            `json:"unsent"`
	NewUsers uint64            `json:"new_users"`
	Statuses map[string]uint64 `json:"statuses"`
	// Latency counts from the moment in which a call was to be sent, Service from that in which it was.
	Latency Quantiles `json:"latency_ns"`
	Service Quantiles `json:"service_ns"`
	// CPU of the generator itself.
	CPU time.Duration `json:"-"`
}

// Quantiles of a latency, in nanoseconds.
type Quantiles struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// PerSecond is how many good answers came in time, a second.
func (l Load) PerSecond() float64 {
	if l.Seconds == 0 {
		return 0
	}
	return float64(l.InTime) / l.Seconds
}

// answers that are not good, and calls without an answer.
func (l Load) bad() uint64 {
	bad := l.Failed
	for _, count := range l.Statuses {
		bad += count
	}
	return bad - l.Good
}

// allGood is an error where an answer was not 200 (of gRPC: OK), or there was none: that is no measurement.
func (l Load) allGood() error {
	if l.Good == 0 || l.bad() > 0 {
		return fmt.Errorf("%d good answers, %d calls failed, by status %v", l.Good, l.Failed, l.Statuses)
	}
	return nil
}

// generate runs a generator of the release build.
func generate(program string, arguments ...string) (Load, error) {
	command := exec.Command(filepath.Join(harness.BinaryDir(), program), arguments...)
	command.Env = append(os.Environ(), "MAB_INTERNAL_SECRET="+harness.InternalSecret)
	var output, errors bytes.Buffer
	command.Stdout, command.Stderr = &output, &errors
	if err := command.Run(); err != nil {
		return Load{}, fmt.Errorf("%s %v: %w: %s", program, arguments, err, errors.String())
	}
	var found Load
	if err := json.Unmarshal(output.Bytes(), &found); err != nil {
		return Load{}, fmt.Errorf("%s: %w: %s", program, err, output.String())
	}
	found.CPU = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	return found, nil
}
