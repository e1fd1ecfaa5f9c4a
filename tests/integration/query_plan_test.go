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

// hugeTables grow with visitors, or with the time that the system has been in use. No hot query may read one from end to end.
var hugeTables = []string{"versions", "assignments", "exposures", "conversions", "arm_totals", "delay_totals", "variant_totals",
	"refresh_tokens", "audit_log", "api_keys"}

// The plans are those of the queries that the services really run, told by PostgreSQL's auto_explain while visitors come,
// posteriors are refreshed, the analytics are read, people and programs sign in and look at what was done, and the rows of
// archived experiments go, on tables with 200,000 events of other experiments.
func TestNoHotQueryScansATable(t *testing.T) {
	stack := harness.Start(t, harness.Options{PostgresSettings: []string{
		"session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0", "auto_explain.log_nested_statements=on",
		"auto_explain.log_format=text",
	}, Environment: []string{"MAB_RETENTION_DAYS=1"}})
	loadEvents(t, stack, 200_000)
	archived := loadAdministration(t, stack)
	experiment := stack.StartExperiment(t, nil)
	mark := len(postgresLog(t, stack))

	harness.Each(t, 1500, 8, func(i int) error { return visit(stack, experiment.ID, i) })
	stack.AwaitTotals(t, experiment.ID, 1500, 500)
	// Long enough for a refresh and its next version.
	awaitQuietVersion(t, stack, experiment.ID)
	for _, path := range []string{"/api/experiments", "/api/experiments/" + experiment.Key, "/api/experiments?state=RUNNING", "/api/experiments/" + experiment.ID + "/analytics",
		"/api/experiments/" + experiment.ID + "/timeline", "/api/experiments:summaries?ids=" + experiment.ID + "&ids=archived-1"} {
		if response := stack.Call(t, "GET", path, stack.Token(t), nil); response.Status != 200 {
			t.Fatalf("%s: %d %s", path, response.Status, response.Body)
		}
	}
	lookUp(t, stack, experiment.Key, user(7))
	administer(t, stack, experiment)
	awaitRetention(t, stack, archived)
	plans := postgresLog(t, stack)[mark:]
	for _, table := range hugeTables {
		expectNoScan(t, plans, table)
	}
}

// administer signs in and out, calls with a key, and reads the audit log by each of its filters.
func administer(t *testing.T, stack *harness.Stack, experiment harness.Experiment) {
	t.Helper()
	token := stack.Token(t)
	var made struct {
		Key struct {
			ID string `json:"id"`
		} `json:"key"`
		Secret string `json:"secret"`
	}
	stack.Private(t, "POST", "/api/keys", map[string]any{"name": "plans", "scopes": []string{"READ"}}, &made)
	account := stack.Postgres.Value(t, "SELECT account_id FROM mab.audit_log WHERE account_id IS NOT NULL ORDER BY id DESC LIMIT 1")
	for _, path := range []string{"/api/auth/sessions", "/api/keys", "/api/audit", "/api/audit?action=experiment.start",
		"/api/audit?subject_type=experiment&subject_id=" + experiment.ID, "/api/audit?account_id=" + account,
		"/api/audit?api_key_id=" + made.Key.ID, "/api/audit?since=2026-01-01T00:00:00Z&until=2026-01-01T01:00:00Z"} {
		if response := stack.Call(t, "GET", path, token, nil); response.Status != 200 {
			t.Fatalf("%s: %d %s", path, response.Status, response.Body)
		}
	}
	if response := stack.Call(t, "GET", "/api/experiments", made.Secret, nil); response.Status != 200 {
		t.Fatalf("with a key: %d %s", response.Status, response.Body)
	}
}

// awaitRetention lets the admin service's job run, which it does a while after its start.
func awaitRetention(t *testing.T, stack *harness.Stack, archived string) {
	t.Helper()
	stack.Postgres.Query(t, "UPDATE mab.experiments SET state = 'ARCHIVED', update_time = now() - interval '2 days' WHERE key LIKE 'archived-%'")
	check(t, stack.Admin.Stop())
	check(t, stack.Admin.Start())
	check(t, stack.AwaitHealthy())
	// A look whose own plan is no scan.
	first := "SELECT count(*) FROM (SELECT FROM mab.assignments WHERE experiment_id = '" + archived + "' ORDER BY experiment_id, user_hash LIMIT 1) AS first"
	harness.Await(t, 120*time.Second, func() (bool, string) {
		return stack.Postgres.Value(t, first) == "0", "rows of an archived experiment are still there"
	})
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

// loadAdministration of years: sessions, entries of the audit log, keys that were revoked; and five experiments that are
// archived by and by, with rows of loadEvents. The id of the last of them.
func loadAdministration(t *testing.T, stack *harness.Stack) string {
	t.Helper()
	stack.Token(t) // The first account is made while there is none.
	for _, sql := range []string{
		`INSERT INTO mab.accounts (id, email, role, password_hash, create_time, update_time)
			SELECT md5('a' || i)::uuid, 'a' || i || '@example.com', 'VIEWER', '', now(), now() FROM generate_series(1, 500) AS i`,
		`INSERT INTO mab.refresh_tokens (token_hash, family_id, account_id, create_time, expire_time)
			SELECT sha256(i::text::bytea), md5('f' || i)::uuid, md5('a' || 1 + i % 500)::uuid, now() - interval '10 days', now() + (i - 2000) * interval '1 minute'
			FROM generate_series(1, 50000) AS i`,
		`INSERT INTO mab.audit_log (at, account_id, action, subject_type, subject_id, after)
			SELECT timestamptz '2026-01-01' + i * interval '1 minute', md5('a' || 1 + i % 500)::uuid, 'experiment.' || (ARRAY['create', 'start', 'update'])[1 + i % 3],
			'experiment', md5('e' || i % 1000)::uuid::text, '{}' FROM generate_series(1, 100000) AS i`,
		`INSERT INTO mab.api_keys (id, name, hint, secret_hash, can_read, can_write, can_assign, create_time, revoke_time)
			SELECT md5('k' || i)::uuid, 'k' || i, 'mab_AbCd', sha256(('k' || i)::bytea), true, false, false, now(), now() FROM generate_series(1, 20000) AS i`,
		`INSERT INTO mab.experiments (id, key, name, description, state, policy, floor, burn_in_exposures, traffic_share, prior_alpha, prior_beta,
			conversion_window_seconds, threshold_of_caring, salt, revision, create_time, update_time)
			SELECT md5('e' || i)::uuid, 'archived-' || i, '', '', 'COMPLETED', 'FIXED', 0, 0, 1, 1, 1, 3600, 0.1, decode(repeat('00', 16), 'hex'), 1, now(), now()
			FROM generate_series(1, 5) AS i`,
		`INSERT INTO mab.variants (id, experiment_id, variant_index, key, name, is_control, payload, weight)
			SELECT gen_random_uuid(), md5('e' || i)::uuid, v, 'v' || v, '', v = 0, 'null', 1 FROM generate_series(1, 5) AS i, generate_series(0, 1) AS v`,
		`ANALYZE`,
	} {
		stack.Postgres.Query(t, strings.TrimSpace(sql))
	}
	return stack.Postgres.Value(t, "SELECT id FROM mab.experiments WHERE key = 'archived-5'")
}

// loadEvents of 40 experiments that nobody knows, one after the other, as time lays them down, and a quarter of all, at the
// end, of one: volume for the planner to reckon with.
func loadEvents(t *testing.T, stack *harness.Stack, n int) {
	t.Helper()
	event := fmt.Sprintf(`md5('e' || CASE WHEN i > %d THEN 5 ELSE (i - 1) * 40 / %d END)::uuid, sha256(i::text::bytea), (i %% 2)::smallint, 1700000000000 + i %% 1000`, n-n/4, n)
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
			ARRAY[md5('a')::uuid, md5('b')::uuid], ARRAY[true, true], ARRAY[1, 1], ARRAY[1, 1], ARRAY[1, 1], ARRAY[0.5, 0.5], ARRAY[0.5, 0.5]` + from,
		`ANALYZE`,
	} {
		stack.Postgres.Query(t, strings.TrimSpace(sql))
	}
	t.Logf("loaded %d events of each kind in %v", n, time.Since(began))
}
