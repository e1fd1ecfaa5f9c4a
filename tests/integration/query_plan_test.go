package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mab/tests/harness"
)

// hugeTables grow with visitors. No hot query may read one from end to end.
var hugeTables = []string{"versions", "assignments", "exposures", "conversions", "arm_totals", "delay_totals", "variant_totals"}

// The plans are those of the queries that the services really run, told by PostgreSQL's auto_explain while visitors come,
// posteriors are refreshed and the analytics are read, on tables with 200,000 events of other experiments.
func TestNoHotQueryScansATable(t *testing.T) {
	stack := harness.Start(t, harness.Options{PostgresSettings: []string{
		"session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0", "auto_explain.log_nested_statements=on",
		"auto_explain.log_format=text",
	}})
	loadEvents(t, stack, 200_000)
	experiment := stack.StartExperiment(t, nil)
	mark := len(postgresLog(t, stack))

	harness.Each(t, 1500, 8, func(i int) error { return visit(stack, experiment.ID, i) })
	stack.AwaitTotals(t, experiment.ID, 1500, 500)
	// Long enough for a refresh and its next version.
	awaitQuietVersion(t, stack, experiment.ID)
	for _, path := range []string{"/api/experiments", "/api/experiments/" + experiment.Key, "/api/experiments?state=RUNNING", "/api/experiments/" + experiment.ID + "/analytics",
		"/api/experiments/" + experiment.ID + "/timeline"} {
		if response := stack.Call(t, "GET", path, stack.Token(t), nil); response.Status != 200 {
			t.Fatalf("%s: %d %s", path, response.Status, response.Body)
		}
	}
	lookUp(t, stack, experiment.Key, user(7))
	plans := postgresLog(t, stack)[mark:]
	for _, table := range hugeTables {
		expectNoScan(t, plans, table)
	}
}

func expectNoScan(t *testing.T, plans, table string) {
	t.Helper()
	scan := regexp.MustCompile(`(?m)^.*Seq Scan on (mab\.)?` + table + `\b.*$`)
	used := regexp.MustCompile(`(Insert|Update|Index Scan.*|Index Only Scan.*|Bitmap Heap Scan) on (mab\.)?` + table + `\b`)
	if found := scan.FindStringIndex(plans); found != nil {
		t.Errorf("a hot query scans %s:\n%s", table, plans[max(0, found[0]-2000):min(len(plans), found[1]+300)])
	}
	// That the table is used at all shows that the plans were there to be read.
	if !used.MatchString(plans) {
		t.Errorf("no hot query uses %s", table)
	}
}

func postgresLog(t *testing.T, stack *harness.Stack) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(stack.Dir, "postgres.log"))
	check(t, err)
	return string(content)
}

// loadEvents of 40 experiments that nobody knows: volume for the planner to reckon with.
func loadEvents(t *testing.T, stack *harness.Stack, n int) {
	t.Helper()
	event := `md5('e' || i % 40)::uuid, sha256(i::text::bytea), (i % 2)::smallint, 1700000000000 + i % 1000`
	when := `timestamptz '2026-01-01' + i * interval '1 second'`
	from := fmt.Sprintf(` FROM generate_series(1, %d) AS i`, n)
	began := time.Now()
	for _, sql := range []string{
		`INSERT INTO mab.assignments (experiment_id, user_hash, variant_index, version, propensity, assigned_at) SELECT ` + event + `, 0.5, ` + when + from,
		`INSERT INTO mab.exposures (experiment_id, user_hash, variant_index, version, exposed_at) SELECT ` + event + `, ` + when + from,
		`INSERT INTO mab.conversions (experiment_id, user_hash, variant_index, version, converted_at, exposed_at, credited) SELECT ` +
			event + `, ` + when + `, ` + when + `, true` + from,
		`INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures, expected_exposures, conversions) SELECT
			md5('e' || i % 40)::uuid, (i % 2)::smallint, timestamptz '2026-01-01' + i * interval '1 minute', 1, 0.5, 1` + from,
		`INSERT INTO mab.delay_totals (experiment_id, variant_index, hour, delay_bucket, conversions) SELECT
			md5('e' || i % 40)::uuid, (i % 2)::smallint, timestamptz '2026-01-01' + (i / 100) * interval '1 hour', (i % 100)::smallint, 1` + from + ` ON CONFLICT DO NOTHING`,
		`INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions) SELECT
			md5('t' || i)::uuid, 0::smallint, 1, 1 FROM generate_series(1, 20000) AS i`,
		`INSERT INTO mab.versions (experiment_id, version, policy, floor, salt, sampler_id, variant_ids, eligible, alphas, betas, weights, probabilities_best, allocations)
			SELECT md5('e' || i % 40)::uuid, 1700000000000 + i, 'THOMPSON', 0.01, '\x00'::bytea, 1,
			ARRAY[md5('a')::uuid, md5('b')::uuid], ARRAY[true, true], ARRAY[1, 1], ARRAY[1, 1], ARRAY[1, 1], ARRAY[0.5, 0.5], ARRAY[0.5, 0.5]
			FROM generate_series(1, 20000) AS i`,
		`ANALYZE`,
	} {
		stack.Postgres.Query(t, strings.TrimSpace(sql))
	}
	t.Logf("loaded %d events of each kind in %v", n, time.Since(began))
}
