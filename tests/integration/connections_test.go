package integration

import (
	"fmt"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"mab/tests/harness"
)

// A server whose connections are nearly all in use by others: the system gets by with the few that are left, from its
// first start on.
func TestFewConnectionsAreEnough(t *testing.T) {
	const others, left = 100, 12
	stack := harness.Start(t, harness.Options{PostgresSettings: []string{
		fmt.Sprintf("max_connections=%d", others+left), "superuser_reserved_connections=0",
	}})
	occupy(t, stack, others)
	for _, process := range []*harness.Process{stack.Assignment, stack.Admin} {
		check(t, process.Stop())
		check(t, process.Start())
	}
	check(t, stack.AwaitHealthy())
	experiment := stack.StartExperiment(t, nil)
	harness.Each(t, 2000, 16, func(i int) error { return visit(stack, experiment.ID, i) })
	stack.AwaitTotals(t, experiment.ID, 2000, 667)

	ours, err := strconv.Atoi(stack.Postgres.Value(t,
		"SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND query NOT LIKE '%pg_sleep%'"))
	check(t, err)
	t.Logf("the system holds %d connections", ours)
	if ours > left {
		t.Errorf("the system holds %d connections", ours)
	}
}

// occupy opens that many connections, until the test ends.
func occupy(t *testing.T, stack *harness.Stack, n int) {
	t.Helper()
	for range n {
		session := exec.Command("/usr/lib/postgresql/15/bin/psql", "-X", "-q", "-d", stack.Postgres.URL(), "-c", "SELECT pg_sleep(3600)")
		check(t, session.Start())
		t.Cleanup(func() {
			session.Process.Kill()
			session.Wait()
		})
	}
	harness.Await(t, 30*time.Second, func() (bool, string) {
		open := stack.Postgres.Value(t, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
		return open == strconv.Itoa(n), open + " connections are open"
	})
}
