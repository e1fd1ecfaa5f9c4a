package integration

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mab/tests/harness"
)

type erasure struct {
	ErasureID   string     `json:"erasure_id"`
	State       string     `json:"state"`
	Assignments int        `json:"assignments"`
	ErasedAt    time.Time  `json:"erased_at"`
	ClearBy     time.Time  `json:"clear_by"`
	ClearedAt   *time.Time `json:"cleared_at"`
}

// filesWith are the files below dir that contain any of the texts.
func filesWith(t *testing.T, dir string, texts ...[]byte) []string {
	t.Helper()
	var found []string
	check(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(content, text) {
				found = append(found, path+": "+string(text))
			}
		}
		return err
	}))
	return found
}

// A visitor with an assignment and a conversion is erased. Nothing keeps him: no table, no log, and, once the journal's
// time is over, no file of the assignment service, however little else happens and whatever is restarted meanwhile.
func TestAnErasedVisitorIsForgottenEverywhere(t *testing.T) {
	stack := harness.Start(t, harness.Options{Environment: []string{"MAB_JOURNAL_RETAIN=2s", "LOG_LEVEL=debug"}})
	experiment := stack.StartExperiment(t, nil)
	const who = "ann-of-green-gables"
	stack.Assign(t, experiment.Key, who)
	stack.Post(t, "/api/experiments/"+experiment.Key+"/convert",
		map[string]any{"user_id": who, "event_id": "her-order-1907"}, &harness.Conversion{})
	stack.Assign(t, experiment.Key, "another")
	stack.AwaitTotals(t, experiment.ID, 2, 1)
	hash, err := hex.DecodeString(stack.Postgres.Value(t, "SELECT encode(user_hash, 'hex') FROM mab.conversions"))
	check(t, err)
	data, journal := filepath.Join(stack.Dir, "data"), filepath.Join(stack.Dir, "data", "journal")
	if len(filesWith(t, journal, hash)) == 0 {
		t.Fatal("the journal does not have the visitor's hash: this test would see nothing")
	}

	var erased, now erasure
	stack.Private(t, "POST", "/api/visitors:erase", map[string]any{"user_id": who}, &erased)
	if erased.State != "PENDING" || erased.Assignments != 1 || erased.ClearedAt != nil {
		t.Fatalf("erased: %+v", erased)
	}
	if within := erased.ClearBy.Sub(erased.ErasedAt); within < 2*time.Second || within > 2*time.Minute {
		t.Errorf("clear within %v, with a retention of 2 s", within)
	}
	lookup := stack.Call(t, "POST", "/api/experiments/"+experiment.Key+"/assignments:lookup", stack.Token(t),
		map[string]any{"user_id": who})
	harness.Await(t, startedWithin, func() (bool, string) {
		lookup = stack.Call(t, "POST", "/api/experiments/"+experiment.Key+"/assignments:lookup", stack.Token(t),
			map[string]any{"user_id": who})
		return lookup.Status == http.StatusNotFound, string(lookup.Body)
	})
	if code := lookup.Problem(t).Code; code != "ASSIGNMENT_NOT_FOUND" {
		t.Errorf("the lookup says %s", code)
	}
	for _, table := range []string{"assignments", "exposures", "conversions"} {
		if n := stack.Postgres.Value(t, "SELECT count(*) FROM mab."+table+" WHERE user_hash = '\\x"+hex.EncodeToString(hash)+"'"); n != "0" {
			t.Errorf("%s has %s rows of the visitor", table, n)
		}
	}
	if left := stack.Postgres.Value(t, "SELECT count(*) FROM mab.conversions WHERE erased AND event_id IS NULL"); left != "1" {
		t.Errorf("%s erased conversions without an event id", left)
	}

	// Everything is restarted: who waits for the journal still learns of it.
	check(t, stack.Assignment.Stop())
	check(t, stack.Admin.Stop())
	check(t, stack.Admin.Start())
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
	harness.Await(t, 2*time.Minute, func() (bool, string) {
		response := stack.Call(t, "GET", "/api/visitors/erasures/"+erased.ErasureID, stack.Token(t), nil)
		if response.Status != http.StatusOK {
			return false, string(response.Body)
		}
		response.Decode(t, &now)
		return now.State == "CLEAR", string(response.Body)
	})
	if now.ClearedAt == nil || now.ClearedAt.After(erased.ClearBy) {
		t.Errorf("clear by %v, and cleared at %v", erased.ClearBy, now.ClearedAt)
	}
	for _, where := range filesWith(t, data, hash, []byte(hex.EncodeToString(hash)), []byte(who)) {
		t.Errorf("the visitor is still in %s", where)
	}
	for _, process := range []string{"assignment", "admin", "gateway", "postgres"} {
		for _, where := range filesWith(t, filepath.Join(stack.Dir, process+".log"), []byte(hex.EncodeToString(hash)), []byte(who)) {
			t.Errorf("a log names the visitor: %s", where)
		}
	}
	rows := stack.Postgres.Query(t, "SELECT subject_type, subject_id, coalesce(before::text, ''), coalesce(after::text, '') FROM mab.audit_log WHERE action = 'visitor.erase'")
	if len(rows) != 1 || rows[0][0] != "erasure" || rows[0][1] != erased.ErasureID || rows[0][2]+rows[0][3] != "" {
		t.Errorf("the audit log has %v", rows)
	}

	// He comes again: a new user.
	if again := stack.Assign(t, experiment.Key, who); again.Returning {
		t.Error("he was known")
	}
}

func TestNobodyIsErasedWhileTheAssignmentServiceIsAway(t *testing.T) {
	stack := harness.Start(t, harness.Options{})
	token := stack.Token(t)
	stack.Assignment.Kill()
	response := stack.Call(t, "POST", "/api/visitors:erase", token, map[string]any{"user_id": "ann"})
	if response.Status != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", response.Status, response.Body)
	}
	if n := stack.Postgres.Value(t, "SELECT count(*) FROM mab.audit_log WHERE action = 'visitor.erase'"); n != "0" {
		t.Errorf("%s erasures on record", n)
	}
	check(t, stack.Assignment.Start())
	check(t, stack.AwaitHealthy())
	harness.Await(t, startedWithin, func() (bool, string) {
		again := stack.Call(t, "POST", "/api/visitors:erase", token, map[string]any{"user_id": "ann"})
		return again.Status == http.StatusOK, string(again.Body)
	})
}
