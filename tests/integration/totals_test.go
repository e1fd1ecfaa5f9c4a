package integration

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sql runs a statement in the script's own database.
func (s *script) sql(t *testing.T, statement string) {
	t.Helper()
	command := exec.Command("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "mab", "-d", "mab",
		"-h", filepath.Join(s.dataDir, "run/postgres"), "-c", statement)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", statement, err, output)
	}
}

func (s *script) expectTotals(t *testing.T, wantCode int, wantText string, options ...string) {
	t.Helper()
	output, code := s.run(append([]string{"totals"}, options...)...)
	if code != wantCode || !strings.Contains(output, wantText) {
		t.Errorf("totals %v ended with %d, not %d, or lacks %q:\n%s", options, code, wantCode, wantText, output)
	}
}

func TestTotalsAreCheckedAndMendedWhetherTheSystemRunsOrNot(t *testing.T) {
	s := newScript(t)
	s.expectTotals(t, 2, "./mab up makes it")
	s.up(t)
	s.expectTotals(t, 0, "The totals are those of the rows")
	const corruption = "INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions) " +
		"VALUES ('00000000-0000-7000-8000-000000000001', 1, 5, 0)"
	s.sql(t, corruption)
	const difference = "variant 1: exposures stored 5, recomputed no row"
	s.expectTotals(t, 1, difference)
	s.expectTotals(t, 2, "totals takes --repair and nothing else", "--mend")
	s.expectTotals(t, 0, "Mended: 1 difference", "--repair")
	s.expectTotals(t, 0, "The totals are those of the rows")

	s.sql(t, corruption)
	if output, code := s.run("down"); code != 0 {
		t.Fatal(output)
	}
	s.expectTotals(t, 1, difference)
	s.expectTotals(t, 0, "Mended: 1 difference", "--repair")
	for name, one := range s.status(t) {
		if one.PID != 0 {
			t.Errorf("%s is left running: %+v", name, one)
		}
	}
	s.more = append(s.more, "DATABASE_URL=postgresql://mab@127.0.0.1:1/mab")
	s.expectTotals(t, 2, "PostgreSQL")
}
