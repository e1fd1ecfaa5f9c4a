package integration

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"mab/tests/harness"
)

// Every answered assignment, exposure and conversion is in PostgreSQL once, and the totals are the rows, however often
// processes and database are stopped and killed meanwhile.
func TestEventsReachPostgreSQLExactlyOnceAcrossRestarts(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	experiment := stack.StartExperiment(t, nil)
	disturbed := make(chan error, 1)
	go func() { disturbed <- disturb(stack) }()
	users := 0
	for over := false; !over; users += 600 {
		select {
		case err := <-disturbed:
			check(t, err)
			over = true // and one more round, with all parts well
		default:
		}
		harness.Each(t, 600, 16, func(i int) error { return visit(stack, experiment.ID, users+i) })
	}
	t.Logf("%d visitors came meanwhile", users)
	stack.AwaitTotals(t, experiment.ID, users, users/3)

	count := func(sql string) int {
		n, err := strconv.Atoi(stack.Postgres.Value(t, fmt.Sprintf(sql, experiment.ID)))
		check(t, err)
		return n
	}
	for sql, want := range map[string]int{
		"SELECT count(*) FROM mab.assignments WHERE experiment_id = '%s'":                      users,
		"SELECT count(*) FROM mab.exposures WHERE experiment_id = '%s'":                        users,
		"SELECT count(*) FROM mab.conversions WHERE experiment_id = '%s' AND credited":         users / 3,
		"SELECT sum(exposures) FROM mab.variant_totals WHERE experiment_id = '%s'":             users,
		"SELECT sum(conversions) FROM mab.variant_totals WHERE experiment_id = '%s'":           users / 3,
		"SELECT sum(exposures) FROM mab.arm_totals WHERE experiment_id = '%s'":                 users,
		"SELECT sum(conversions) FROM mab.arm_totals WHERE experiment_id = '%s'":               users / 3,
		"SELECT sum(conversions) FROM mab.delay_totals WHERE experiment_id = '%s'":             users / 3,
		"SELECT round(sum(expected_exposures)) FROM mab.arm_totals WHERE experiment_id = '%s'": users,
		// Every version that somebody was drawn from is kept.
		"SELECT count(DISTINCT a.version) - count(DISTINCT v.version) FROM mab.assignments a LEFT JOIN mab.versions v USING (experiment_id, version) WHERE experiment_id = '%s'": 0,
	} {
		if got := count(sql); got != want {
			t.Errorf("%d instead of %d: %s", got, want, sql)
		}
	}
	for _, row := range stack.Postgres.Query(t, fmt.Sprintf(`
		SELECT t.variant_index, t.exposures, (SELECT count(*) FROM mab.exposures e WHERE e.experiment_id = t.experiment_id AND e.variant_index = t.variant_index)
		FROM mab.variant_totals t WHERE t.experiment_id = '%s'`, experiment.ID)) {
		if row[1] != row[2] {
			t.Errorf("variant %s: total %s, rows %s", row[0], row[1], row[2])
		}
	}
}

// visit is a user who is assigned, and converts if his number says so.
func visit(stack *harness.Stack, experiment string, i int) error {
	if _, err := stack.TryAssign(experiment, user(i)); err != nil {
		return err
	}
	if i%3 != 0 {
		return nil
	}
	_, err := stack.TryConvert(experiment, user(i))
	return err
}

// disturb restarts each part cleanly and uncleanly, while visitors come.
func disturb(stack *harness.Stack) error {
	restart := func(stop func() error, start func() error) error {
		if err := stop(); err != nil {
			return err
		}
		if err := start(); err != nil {
			return err
		}
		return stack.AwaitHealthy()
	}
	kill := func(process *harness.Process) func() error {
		return func() error { process.Kill(); return nil }
	}
	killPostgres := func() error { stack.Postgres.Kill(); return nil }
	steps := []struct{ stop, start func() error }{
		{kill(stack.Assignment), stack.Assignment.Start},
		{stack.Assignment.Stop, stack.Assignment.Start},
		{killPostgres, stack.Postgres.Start},
		{kill(stack.Assignment), stack.Assignment.Start},
		{stack.Postgres.Stop, stack.Postgres.Start},
		{kill(stack.Admin), stack.Admin.Start},
		{kill(stack.Gateway), stack.Gateway.Start},
	}
	for i, step := range steps {
		if err := restart(step.stop, step.start); err != nil {
			return fmt.Errorf("disturbance %d: %w", i, err)
		}
	}
	return nil
}

func TestVisitorsAreServedWhileAdminAndPostgreSQLAreAway(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	experiment := stack.StartExperiment(t, nil)
	stack.Assign(t, experiment.ID, "early")
	check(t, stack.Admin.Stop())
	check(t, stack.Postgres.Stop())
	stack.Assignment.Kill()
	check(t, stack.Assignment.Start())
	// The first call waits for the assignment service; from then on there is no waiting.
	_, err := stack.TryAssign(experiment.ID, "early")
	check(t, err)
	began := time.Now()
	for i := range 100 {
		stack.Assign(t, experiment.ID, user(i))
		stack.Convert(t, experiment.ID, user(i))
	}
	t.Logf("200 calls in %v without admin and PostgreSQL", time.Since(began))
	check(t, stack.Postgres.Start())
	check(t, stack.Admin.Start())
	check(t, stack.AwaitHealthy())
	stack.AwaitTotals(t, experiment.ID, 101, 100)
}
