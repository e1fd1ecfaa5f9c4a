package load

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"mab/tests/harness"
)

const (
	// rangeOfUsers is how many numbers of users a run may use: no two runs share any.
	rangeOfUsers = 10_000_000
	// knownUsers come back in runs with returning users.
	knownUsers = 10_000
	drainLimit = 20 * time.Minute
)

// system is what is measured: a stack, and the baselines beside it.
type system struct {
	stack *harness.Stack
	// perCall is a second gateway of the same stack, which makes one unary RPC a request.
	perCall        *harness.Process
	perCallAddress string
	nginx          *nginx

	nextUser    uint64
	experiments int
	// Who comes back: known users from knownFirst on, spread over that many experiments.
	knownFirst, known uint64
	spread            int
}

// openSystem starts everything, with one running experiment and its known users.
func openSystem(t testing.TB) *system {
	t.Helper()
	stack := harness.Start(t, harness.Options{Environment: []string{"LOG_LEVEL=warning"}})
	s := &system{stack: stack}
	s.createExperiments(t, 1)
	s.fill(t, knownUsers, 1)

	var err error
	if s.perCallAddress, err = freeAddress(); err != nil {
		t.Fatal(err)
	}
	metrics, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s.perCall = stack.Gateway.Another("gateway-per-call", "PORT="+portOf(s.perCallAddress), "MAB_GATEWAY_METRICS_LISTEN="+metrics,
		"MAB_COALESCE=off")
	if err := s.perCall.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.perCall.Kill)
	if err := awaitAnswer("http://"+s.perCallAddress+"/health/ready", s.perCall); err != nil {
		t.Fatal(err)
	}
	response := stack.Call(t, "POST", "/api/experiments/load-000000/assign", "", map[string]string{"user_id": "visitor-000000000000"})
	if s.nginx, err = startNginx(stack.Dir, len(response.Body)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.nginx.end)
	return s
}

// createExperiments until that many run: load-000000, load-000001, …
func (s *system) createExperiments(t testing.TB, count int) {
	t.Helper()
	var last harness.Experiment
	for ; s.experiments < count; s.experiments++ {
		last = s.stack.CreateExperiment(t, map[string]any{"key": fmt.Sprintf("load-%06d", s.experiments)})
		s.stack.Act(t, &last, "start", nil)
	}
	if last.ID != "" {
		s.stack.AwaitAssignable(t, last)
	}
}

// newUsers are numbers that nobody has used.
func (s *system) newUsers(count uint64) (first uint64) {
	first = s.nextUser
	s.nextUser += max(count, rangeOfUsers)
	return first
}

// fill assigns that many users, spread over the experiments; from then on they are those who come back.
func (s *system) fill(t testing.TB, count uint64, experiments int) {
	t.Helper()
	s.knownFirst, s.known, s.spread = s.assignNew(t, count, experiments), count, experiments
}

// assignNew assigns that many new users, and waits until PostgreSQL has them.
func (s *system) assignNew(t testing.TB, count uint64, experiments int) (first uint64) {
	t.Helper()
	first = s.newUsers(count)
	found, err := generate("http_load", "--address="+s.stack.GatewayAddress, "--connections=256", "--seconds=86400",
		fmt.Sprintf("--experiments=%d", experiments), "--new_percent=100", fmt.Sprintf("--new_first=%d", first), fmt.Sprintf("--new_count=%d", count))
	if err == nil {
		err = found.allGood()
	}
	if err == nil && found.Good != count {
		err = fmt.Errorf("%d assigned", found.Good)
	}
	if err != nil {
		t.Fatalf("assigning %d users: %v", count, err)
	}
	s.awaitDrained(t)
	return first
}

// awaitDrained waits until PostgreSQL has everything.
func (s *system) awaitDrained(t testing.TB) {
	t.Helper()
	synced := harness.Metric(t, s.stack.AssignmentMetricsAddress, "mab_journal_appended_sequence")
	harness.Await(t, drainLimit, func() (bool, string) {
		drained := harness.Metric(t, s.stack.AssignmentMetricsAddress, "mab_journal_drained_sequence")
		return drained >= synced, fmt.Sprintf("%.0f of %.0f records are in PostgreSQL", drained, synced)
	})
}

// gateways, services and servers by the names under which the table has them.
func (s *system) processes() map[string]*harness.Process {
	return map[string]*harness.Process{"gateway": s.stack.Gateway, "gateway_per_call": s.perCall, "nginx": s.nginx.Process,
		"assignment": s.stack.Assignment, "admin": s.stack.Admin, "postgres": s.stack.Postgres.Process}
}

// cpu that each process has used so far.
func (s *system) cpu() (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	for name, process := range s.processes() {
		total, err := cpuOf(process.PID())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		used[name] = total
	}
	return used, nil
}

// users that PostgreSQL has, and so the assignment service's memory.
func (s *system) users(t testing.TB) int {
	t.Helper()
	count, err := strconv.Atoi(s.stack.Postgres.Value(t, "SELECT count(*) FROM mab.assignments"))
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// memory of each process, in bytes.
func (s *system) memory() (map[string]int64, error) {
	resident := map[string]int64{}
	for name, process := range s.processes() {
		bytes, err := memoryOf(process.PID())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		resident[name] = bytes
	}
	return resident, nil
}
