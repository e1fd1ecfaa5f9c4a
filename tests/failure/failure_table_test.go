package failure

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// What happens when something is down or broken, row by row: "works" means that no call fails. Full disks and hostile
// requests have files of their own.

// signedInWithin bounds the answer of a signed-in call whose service is away.
const signedInWithin = 8 * time.Second

func quietStack(t *testing.T, environment ...string) *harness.Stack {
	t.Helper()
	return harness.Start(t, harness.Options{Environment: append([]string{"LOG_LEVEL=warning"}, environment...)})
}

// newcomers are assigned and convert, and nothing of it may fail.
func newcomers(t *testing.T, stack *harness.Stack, experiment harness.Experiment, name string, n int) {
	t.Helper()
	for i := range n {
		user := fmt.Sprintf("%s-%d", name, i)
		assigned := stack.Assign(t, experiment.ID, user)
		converted := stack.Convert(t, experiment.ID, user)
		if !assigned.Counted || !converted.Recorded || converted.Variant.Key != assigned.Variant.Key {
			t.Fatalf("%s got %+v and %+v", user, assigned, converted)
		}
	}
}

// isRefused wants a 503 problem with a hint when to try again.
func isRefused(t *testing.T, response harness.Response, code string) {
	t.Helper()
	if response.Status != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Fatalf("%d, Retry-After %q: %s", response.Status, response.Header.Get("Retry-After"), response.Body)
	}
	if got := response.Problem(t).Code; got != code {
		t.Fatalf("code %s instead of %s: %s", got, code, response.Body)
	}
}

func TestPostgreSQLDown(t *testing.T) {
	for name, down := range map[string]func(*harness.Postgres) error{
		"stopped": (*harness.Postgres).Stop,
		"hanging": (*harness.Postgres).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			stack := quietStack(t)
			experiment := stack.StartExperiment(t, nil)
			token := stack.Token(t)
			check(t, down(stack.Postgres))
			newcomers(t, stack, experiment, "during", 100)
			began := time.Now()
			isRefused(t, stack.Call(t, "GET", "/api/experiments", token, nil), "UNAVAILABLE")
			if took := time.Since(began); took > signedInWithin+3*time.Second {
				t.Errorf("a signed-in call was told so after %v", took)
			}
			newcomers(t, stack, experiment, "later", 100)
			check(t, stack.Postgres.Resume())
			if stack.Postgres.PID() == 0 {
				check(t, stack.Postgres.Start())
			}
			check(t, stack.AwaitHealthy())
			stack.AwaitTotals(t, experiment.ID, 200, 200)
		})
	}
}

func TestAdminDown(t *testing.T) {
	stack := quietStack(t)
	experiment := stack.StartExperiment(t, nil)
	token := stack.Token(t)
	stack.Admin.Kill()
	frozen := stack.Assign(t, experiment.ID, "first").Version
	newcomers(t, stack, experiment, "during", 100)
	harness.Await(t, 30*time.Second, func() (bool, string) {
		age := harness.Metric(t, stack.AssignmentMetricsAddress, "mab_snapshot_age_seconds")
		return age > 6, fmt.Sprintf("mab_snapshot_age_seconds is %v", age)
	})
	// A hundred conversions and six seconds later there would long be a new version.
	if now := stack.Assign(t, experiment.ID, "last").Version; now != frozen {
		t.Errorf("the version went from %v to %v without admin", frozen, now)
	}
	began := time.Now()
	isRefused(t, stack.Call(t, "GET", "/api/experiments", token, nil), "UNAVAILABLE")
	if took := time.Since(began); took > signedInWithin {
		t.Errorf("a signed-in call was told so after %v", took)
	}
	check(t, stack.Admin.Start())
	check(t, stack.AwaitHealthy())
	harness.Await(t, 30*time.Second, func() (bool, string) {
		age := harness.Metric(t, stack.AssignmentMetricsAddress, "mab_snapshot_age_seconds")
		return age < 6, fmt.Sprintf("mab_snapshot_age_seconds is %v", age)
	})
	harness.Await(t, 30*time.Second, func() (bool, string) {
		return stack.Assign(t, experiment.ID, "once more").Version != 0 &&
			stack.Analytics(t, experiment.ID).Version > frozen, "no new version"
	})
	stack.AwaitTotals(t, experiment.ID, 103, 100)
}

func TestAssignmentKilled(t *testing.T) {
	stack := quietStack(t)
	experiment := stack.StartExperiment(t, nil)
	newcomers(t, stack, experiment, "before", 100)
	known := stack.Assign(t, experiment.ID, "before-7")
	stack.Assignment.Kill()
	path := "/api/experiments/" + experiment.ID
	for _, call := range []string{"/assign", "/convert", "/expose"} {
		isRefused(t, stack.Call(t, "POST", path+call, "", map[string]any{"user_id": "before-7"}), "UNAVAILABLE")
	}
	if response := stack.Call(t, "GET", "/health/ready", "", nil); response.Status != http.StatusServiceUnavailable {
		t.Errorf("ready: %d %s", response.Status, response.Body)
	}
	began := time.Now()
	check(t, stack.Assignment.Start())
	now, err := stack.TryAssign(experiment.ID, "before-7")
	check(t, err)
	t.Logf("back after %v", time.Since(began).Round(time.Millisecond))
	if now.Variant.Key != known.Variant.Key || !now.AssignedAt.Equal(*known.AssignedAt) || !now.Returning {
		t.Errorf("got %+v instead of %+v", now, known)
	}
	newcomers(t, stack, experiment, "after", 10)
	stack.AwaitTotals(t, experiment.ID, 110, 110)
}

// One of two gateways is killed again and again. Who asks again is answered by the other, and everything that was
// acknowledged is there.
func TestGatewayKilled(t *testing.T) {
	stack := quietStack(t)
	_, address := stack.Replica(t)
	experiment := stack.StartExperiment(t, nil)
	balanced := newBalancer(stack.GatewayAddress, address)
	l := &load{
		ledger: &ledger{}, experiments: []string{experiment.Key}, workers: 12, seed: 1,
		via: []service{&jsonCaller{url: "http://gateway", http: &http.Client{Transport: balanced}}},
	}
	l.Start()
	for range 5 {
		before := l.ledger.acknowledged.Load()
		stack.Gateway.Kill()
		awaitMore(t, l.ledger, before+300)
		check(t, stack.Gateway.Start())
		check(t, stack.AwaitHealthy())
		awaitMore(t, l.ledger, before+600)
	}
	l.Stop()
	awaitDrained(t, stack)
	verify(l.ledger, l.experiments, readRows(t, stack.Postgres, []harness.Experiment{experiment}))
	verifyTotals(t, l.ledger, stack.Postgres)
	t.Logf("%d acknowledged, %d refused, %d connections refused", l.ledger.acknowledged.Load(), l.ledger.refused.Load(), balanced.refused.Load())
	if found := l.ledger.found(); len(found) > 0 {
		t.Error(strings.Join(found, "\n"))
	}
}

func awaitMore(t *testing.T, l *ledger, acknowledged int64) {
	t.Helper()
	harness.Await(t, answerLimit, func() (bool, string) {
		return l.acknowledged.Load() >= acknowledged, fmt.Sprintf("%d acknowledged", l.acknowledged.Load())
	})
}
