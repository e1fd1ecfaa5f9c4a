package failure

import (
	"testing"

	"mab/tests/harness"
)

// Each query returns where totals and rows differ.
var differencesSQL = map[string]string{
	"variant_totals": `
		WITH counted AS (
			SELECT experiment_id, variant_index, sum(exposures) AS exposures, sum(conversions) AS conversions FROM (
				SELECT experiment_id, variant_index, 1 AS exposures, 0 AS conversions FROM mab.exposures
				UNION ALL SELECT experiment_id, variant_index, 0, 1 FROM mab.conversions WHERE credited) AS events
			GROUP BY experiment_id, variant_index)
		SELECT * FROM counted FULL JOIN mab.variant_totals t USING (experiment_id, variant_index)
		WHERE (counted.exposures, counted.conversions) IS DISTINCT FROM (t.exposures::numeric, t.conversions::numeric)`,
	"arm_totals": `
		WITH counted AS (
			SELECT experiment_id, variant_index, minute, sum(exposures) AS exposures, sum(expected) AS expected, sum(conversions) AS conversions FROM (
				SELECT experiment_id, variant_index, date_bin('1 minute', exposed_at, 'epoch') AS minute, 1 AS exposures, 0::float8 AS expected, 0 AS conversions
				FROM mab.exposures
				UNION ALL SELECT experiment_id, (arm.ordinality - 1)::smallint, date_bin('1 minute', exposed_at, 'epoch'), 0, arm.allocation, 0
				FROM mab.exposures JOIN mab.versions USING (experiment_id, version)
				CROSS JOIN unnest(versions.allocations) WITH ORDINALITY AS arm (allocation, ordinality) WHERE arm.allocation > 0
				UNION ALL SELECT experiment_id, variant_index, date_bin('1 minute', exposed_at, 'epoch'), 0, 0, 1
				FROM mab.conversions WHERE credited) AS events
			GROUP BY experiment_id, variant_index, minute)
		SELECT * FROM counted FULL JOIN mab.arm_totals t USING (experiment_id, variant_index, minute)
		WHERE (counted.exposures, counted.conversions) IS DISTINCT FROM (t.exposures::numeric, t.conversions::numeric)
			OR abs(counted.expected - t.expected_exposures) > 1e-6 * (1 + counted.expected)`,
	"delay_totals": `
		WITH counted AS (
			SELECT experiment_id, variant_index, date_bin('1 hour', exposed_at, 'epoch') AS hour, mab.delay_bucket(exposed_at, converted_at) AS delay_bucket,
				count(*) AS conversions
			FROM mab.conversions WHERE credited GROUP BY 1, 2, 3, 4)
		SELECT * FROM counted FULL JOIN mab.delay_totals t USING (experiment_id, variant_index, hour, delay_bucket)
		WHERE counted.conversions IS DISTINCT FROM t.conversions`,
	// A conversion is credited to an exposure that came before it, within the window.
	"conversions": `
		SELECT c.*, e.exposed_at FROM mab.conversions c JOIN mab.experiments x ON x.id = c.experiment_id
		LEFT JOIN mab.exposures e USING (experiment_id, user_hash)
		WHERE (c.exposed_at IS NULL AND c.converted_at > e.exposed_at) OR c.exposed_at <> e.exposed_at
			OR c.credited IS DISTINCT FROM (c.exposed_at IS NOT NULL
				AND c.converted_at - c.exposed_at <= x.conversion_window_seconds * interval '1 second')`,
	"set_aside_records": `SELECT sequence, record_type, error FROM mab.set_aside_records`,
	"event_counts":      `SELECT * FROM mab.event_counts WHERE kind = 'CONFLICT'`,
	"versions": `
		SELECT DISTINCT experiment_id, version FROM mab.assignments LEFT JOIN mab.versions USING (experiment_id, version)
		WHERE versions.policy IS NULL`,
}

// verifyTotals notes every total that is not what the rows say, and every record that was set aside.
func verifyTotals(t testing.TB, l *ledger, postgres *harness.Postgres) {
	t.Helper()
	for table, sql := range differencesSQL {
		for _, row := range postgres.Query(t, sql) {
			l.find("%s: %v", table, row)
		}
	}
}
