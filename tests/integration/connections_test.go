package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	// Admin: four for requests, one for the refresher. Assignment: one for the map and the identity, one for the drainer.
	if ours > 7 {
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

const pgbouncer = "/usr/sbin/pgbouncer"

// A pooler in transaction mode gives each transaction another session; nothing that the system does may notice.
func TestAPoolerInFrontOfPostgreSQLChangesNothing(t *testing.T) {
	if _, err := os.Stat(pgbouncer); err != nil {
		t.Skipf("SKIPPED: no %s; ./mab test installs it", pgbouncer)
	}
	var pooler *harness.Process
	defer func() {
		if pooler != nil {
			pooler.Kill()
		}
	}()
	stack := harness.Start(t, harness.Options{DatabaseURL: func(stack *harness.Stack) string {
		settings := filepath.Join(stack.Dir, "pgbouncer.ini")
		text := fmt.Sprintf(`[databases]
mab = host=%s dbname=mab user=mab
[pgbouncer]
listen_port = 6432
unix_socket_dir = %s
auth_type = any
pool_mode = transaction
default_pool_size = 3
`, stack.Postgres.SocketDir, stack.Postgres.SocketDir)
		check(t, os.WriteFile(settings, []byte(text), 0o644))
		pooler = harness.NewProcess("pgbouncer", stack.Dir, pgbouncer, []string{settings}, nil)
		check(t, pooler.Start())
		harness.Await(t, 10*time.Second, func() (bool, string) {
			_, err := os.Stat(filepath.Join(stack.Postgres.SocketDir, ".s.PGSQL.6432"))
			return err == nil, fmt.Sprint(err)
		})
		return stack.Postgres.URL() + "&port=6432"
	}})
	experiment := stack.StartExperiment(t, nil)
	harness.Each(t, 3000, 16, func(i int) error { return visit(stack, experiment.ID, i) })
	stack.AwaitTotals(t, experiment.ID, 3000, 1000)
	check(t, stack.Assignment.Stop())
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
	awaitQuietVersion(t, stack, experiment.ID)
	if list := stack.Call(t, "GET", "/api/experiments", stack.Token(t), nil); list.Status != 200 {
		t.Errorf("the list: %d %s", list.Status, list.Body)
	}
}
