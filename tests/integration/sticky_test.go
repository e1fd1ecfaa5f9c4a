package integration

import (
	"fmt"
	"testing"

	"mab/tests/harness"
)

const stickyUsers = 10_000

// everybody assigns all users and returns what each was told.
func everybody(t *testing.T, stack *harness.Stack, experiment string) []harness.Assignment {
	t.Helper()
	answers := make([]harness.Assignment, stickyUsers)
	harness.Each(t, stickyUsers, 32, func(i int) error {
		var err error
		answers[i], err = stack.TryAssign(experiment, user(i))
		return err
	})
	return answers
}

// expectSame asks for everybody again: each must get the assignment that he has, to the last field.
func expectSame(t *testing.T, stack *harness.Stack, experiment string, before []harness.Assignment, after string) {
	t.Helper()
	for i, now := range everybody(t, stack, experiment) {
		was := before[i]
		same := now.Variant.Key == was.Variant.Key && now.Version == was.Version && now.Propensity == was.Propensity &&
			now.AssignedAt.Equal(*was.AssignedAt) && now.Counted
		if !same || !now.Returning {
			t.Fatalf("after %s, %s got %+v instead of %+v", after, user(i), now, was)
		}
	}
}

func TestAssignIsStickyAcrossRestartsAndNewPosteriors(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	experiment := stack.StartExperiment(t, map[string]any{"variants": harness.Variants("a", "b", "c", "d"), "floor": 0.05})
	id := experiment.ID
	first := everybody(t, stack, id)
	seen := map[string]int{}
	for i, answer := range first {
		if answer.Returning || !answer.Counted || answer.AssignedAt == nil || answer.Version == 0 {
			t.Fatalf("%s was told %+v at his first visit", user(i), answer)
		}
		seen[answer.Variant.Key]++
	}
	if len(seen) != 4 {
		t.Errorf("of four equal variants, these were served: %v", seen)
	}
	expectSame(t, stack, id, first, "nothing")

	// Everybody on variant b converts: b gets nearly all of the new users, and the old ones keep what they have.
	harness.Each(t, stickyUsers, 32, func(i int) error {
		if first[i].Variant.Key != "b" {
			return nil
		}
		_, err := stack.TryConvert(id, user(i))
		return err
	})
	analytics := stack.AwaitTotals(t, id, stickyUsers, seen["b"])
	if b := analytics.Of(t, "b"); b.ProbabilityBest < 0.999 {
		t.Errorf("P(best) of b is %v", b.ProbabilityBest)
	}
	expectSame(t, stack, id, first, "new posteriors")

	for _, process := range []*harness.Process{stack.Assignment, stack.Admin, stack.Gateway} {
		check(t, process.Stop())
		check(t, process.Start())
		expectSame(t, stack, id, first, "a restart of "+process.Name)
		process.Kill()
		check(t, process.Start())
		expectSame(t, stack, id, first, "kill -9 of "+process.Name)
	}
	check(t, stack.Postgres.Stop())
	expectSame(t, stack, id, first, "PostgreSQL went away")
	check(t, stack.Postgres.Start())
	stack.Postgres.Kill()
	check(t, stack.Postgres.Start())
	check(t, stack.AwaitHealthy())
	expectSame(t, stack, id, first, "PostgreSQL crashed and came back")
	stack.AwaitTotals(t, id, stickyUsers, seen["b"])
}

func TestShareOfEachVariantIsItsAllocation(t *testing.T) {
	stack := shared(t)
	experiment := stack.StartExperiment(t, map[string]any{"variants": harness.Variants("a", "b", "c", "d"), "floor": 0.02})
	// Different records for the variants, then nobody is exposed any more: the version stays as it is.
	converted := map[string]int{}
	for i := range 400 {
		assignment := stack.Assign(t, experiment.ID, fmt.Sprintf("teacher-%d", i))
		if i%map[string]int{"a": 9, "b": 6, "c": 5, "d": 5}[assignment.Variant.Key] == 0 {
			stack.Convert(t, experiment.ID, fmt.Sprintf("teacher-%d", i))
			converted[assignment.Variant.Key]++
		}
	}
	total := 0
	for _, n := range converted {
		total += n
	}
	stack.AwaitTotals(t, experiment.ID, 400, total)
	version := awaitQuietVersion(t, stack, experiment.ID)
	analytics := stack.Analytics(t, experiment.ID)

	const users = 100_000
	served := drawUnexposed(t, stack, experiment.ID, users, version)
	chiSquare := 0.0
	for key, n := range served {
		variant := analytics.Of(t, key)
		want := variant.Allocation * users
		chiSquare += (float64(n) - want) * (float64(n) - want) / want
		t.Logf("%s: allocation %.5f, served %.5f", key, variant.Allocation, float64(n)/users)
	}
	// The 0.9999 quantile of chi-square with 3 degrees of freedom is 21.1: of 10,000 runs, one fails by chance.
	if len(served) != 4 || chiSquare > 21.1 {
		t.Errorf("chi-square is %.2f over %v", chiSquare, served)
	}
}
