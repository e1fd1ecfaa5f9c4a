package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mab/tests/harness"
)

// script runs ./mab with a data directory and ports of its own.
type script struct {
	dataDir string
	port    int
	// more is "NAME=value" for the script.
	more []string
}

// derivedPorts are what ./mab adds to PORT.
var derivedPorts = []int{0, 10, 11, 20, 21, 22}

func newScript(t *testing.T) *script {
	t.Helper()
	dir, err := os.MkdirTemp("", "mab-up-")
	check(t, err)
	s := &script{dataDir: filepath.Join(dir, "data"), port: freeBasePort(t)}
	check(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() {
		s.run("down")
		if t.Failed() {
			files, _ := filepath.Glob(filepath.Join(s.dataDir, "log/*.log"))
			for _, file := range files {
				content, _ := os.ReadFile(file)
				t.Logf("--- %s\n%s", filepath.Base(file), content[max(0, len(content)-3000):])
			}
		}
		os.RemoveAll(dir)
	})
	return s
}

func freeBasePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		base := 20_000 + rand.IntN(10_000)
		free := true
		for _, offset := range derivedPorts {
			listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+offset))
			if err != nil {
				free = false
				break
			}
			listener.Close()
		}
		if free {
			return base
		}
	}
	t.Fatal("no free ports")
	return 0
}

// run returns what ./mab printed and its exit code.
func (s *script) run(arguments ...string) (string, int) {
	command := exec.Command(filepath.Join(harness.RepositoryRoot(), "mab"), arguments...)
	command.Env = s.environment()
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err.Error(), -1
	}
	return string(output), command.ProcessState.ExitCode()
}

func (s *script) environment() []string {
	var environment []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		ours := strings.HasPrefix(name, "MAB_") || slices.Contains([]string{"PORT", "ENV", "DATABASE_URL", "JWT_SECRET", "JWT_SECRET_PREVIOUS", "LOG_LEVEL"}, name)
		if !ours {
			environment = append(environment, variable)
		}
	}
	// What is built is taken as it is, and a developer's .env does not matter.
	environment = append(environment, "MAB_DATA_DIR="+s.dataDir, fmt.Sprintf("PORT=%d", s.port), "MAB_BUILD=no", "MAB_ENV_FILE=/dev/null")
	return append(environment, s.more...)
}

type processStatus struct {
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Address string `json:"address"`
	Health  string `json:"health"`
}

func (s *script) status(t *testing.T) map[string]processStatus {
	t.Helper()
	output, _ := s.run("status", "--json")
	var all []processStatus
	if err := json.Unmarshal([]byte(output), &all); err != nil {
		t.Fatalf("%s: %v", output, err)
	}
	byName := map[string]processStatus{}
	for _, one := range all {
		byName[one.Name] = one
	}
	return byName
}

func (s *script) up(t *testing.T) {
	t.Helper()
	output, code := s.run("up", "-d")
	if code != 0 {
		t.Fatalf("up ended with %d:\n%s", code, output)
	}
	t.Logf("%s", output)
}

func TestUpStartsWatchesOverAndDownStopsEverything(t *testing.T) {
	s := newScript(t)
	s.up(t)
	running := s.status(t)
	if len(running) != 4 {
		t.Fatalf("the status is %+v", running)
	}
	for name, one := range running {
		if one.Health != "ok" || one.PID == 0 || one.Address == "" {
			t.Errorf("%s: %+v", name, one)
		}
		if owner := ownerOf(t, one.PID); owner == 0 {
			t.Errorf("%s runs as root", name)
		}
	}

	t.Run("a second up says so", func(t *testing.T) {
		output, code := s.run("up", "-d")
		if code != 0 || !strings.Contains(output, "running already") {
			t.Errorf("%d: %s", code, output)
		}
		for name, one := range s.status(t) {
			if one.PID != running[name].PID {
				t.Errorf("%s was started again", name)
			}
		}
	})
	t.Run("a port in use is one sentence", func(t *testing.T) {
		other := newScript(t)
		other.port = s.port
		output, code := other.run("up", "-d")
		want := fmt.Sprintf("port %d (PORT) is in use", s.port)
		if code == 0 || !strings.Contains(output, want) || strings.Count(strings.TrimSpace(output), "\n") != 0 {
			t.Errorf("%d: %s", code, output)
		}
		if _, err := os.Stat(filepath.Join(other.dataDir, "postgres")); err == nil {
			t.Error("something was started first")
		}
	})
	for _, name := range []string{"gateway", "assignment", "admin", "postgres"} {
		t.Run(name+" is started again", func(t *testing.T) { expectRestart(t, s, name) })
	}

	running = s.status(t)
	output, code := s.run("down")
	if code != 0 {
		t.Errorf("down ended with %d: %s", code, output)
	}
	order := []string{"gateway stopped", "assignment stopped", "admin stopped", "postgres stopped", "Stopped."}
	for i, line := range order {
		if at := strings.Index(output, line); at < 0 || i > 0 && at < strings.Index(output, order[i-1]) {
			t.Errorf("%q is missing or out of order in:\n%s", line, output)
		}
	}
	for name, one := range running {
		if isAlive(one.PID) {
			t.Errorf("%s is still there", name)
		}
	}
	if output, code := s.run("status"); code != 3 || !strings.Contains(output, "stopped") {
		t.Errorf("status after down: %d %s", code, output)
	}
	if output, code := s.run("down"); code != 0 || !strings.Contains(output, "not running") {
		t.Errorf("a second down: %d %s", code, output)
	}
}

func expectRestart(t *testing.T, s *script, name string) {
	t.Helper()
	before := s.status(t)[name].PID
	check(t, syscall.Kill(before, syscall.SIGKILL))
	harness.Await(t, 30*time.Second, func() (bool, string) {
		all := s.status(t)
		well := true
		for _, one := range all {
			well = well && one.Health == "ok"
		}
		return well && all[name].PID != before, fmt.Sprintf("%+v", all)
	})
	for _, log := range []string{name, "supervisor"} {
		content, err := os.ReadFile(filepath.Join(s.dataDir, "log", log+".log"))
		check(t, err)
		if want := fmt.Sprintf("%s (pid %d) was ended by SIGKILL; it is started again", name, before); !strings.Contains(string(content), want) {
			t.Errorf("%s.log does not tell of the restart", log)
		}
	}
}

func TestUpTakesOverAfterItsSupervisorWasKilled(t *testing.T) {
	s := newScript(t)
	s.up(t)
	before := s.status(t)
	for _, name := range []string{"gateway", "assignment", "admin", "postgres"} {
		content, err := os.ReadFile(filepath.Join(s.dataDir, "run", name+".keeper.pid"))
		check(t, err)
		var keeper int
		_, err = fmt.Sscan(string(content), &keeper)
		check(t, err)
		check(t, syscall.Kill(keeper, syscall.SIGKILL))
	}
	// Visitors notice nothing.
	client := harness.NewClient(fmt.Sprintf("http://127.0.0.1:%d", s.port))
	if response := client.Call(t, "GET", "/health", "", nil); response.Status != 200 {
		t.Errorf("health is %d", response.Status)
	}
	s.up(t)
	for name, one := range s.status(t) {
		if one.Health != "ok" || one.PID == before[name].PID {
			t.Errorf("%s: %+v, before %+v", name, one, before[name])
		}
		if isAlive(before[name].PID) {
			t.Errorf("the old %s is still there", name)
		}
	}
}

func TestUpSaysWhatIsWrongInOneSentence(t *testing.T) {
	for name, with := range map[string]struct{ variable, want string }{
		"production without secrets": {"ENV=production", "JWT_SECRET MAB_INTERNAL_SECRET MAB_USER_HASH_KEY"},
		"an unknown environment":     {"ENV=staging", "must be development or production"},
		"a port that is none":        {"PORT=http", "it must be 1 to 65513"},
		"half an administrator":      {"MAB_ADMIN_EMAIL=a@example.com", "without MAB_ADMIN_PASSWORD"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			command := exec.Command(filepath.Join(harness.RepositoryRoot(), "mab"), "up", "-d")
			command.Env = append(s.environment(), with.variable)
			output, err := command.CombinedOutput()
			text := strings.TrimSpace(string(output))
			if err == nil || !strings.Contains(text, with.want) || strings.Count(text, "\n") != 0 {
				t.Errorf("%v: %s", err, text)
			}
		})
	}
}

func isAlive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func ownerOf(t *testing.T, pid int) uint32 {
	t.Helper()
	info, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	check(t, err)
	return info.Sys().(*syscall.Stat_t).Uid
}

func TestUpUsesTheDatabaseThatItIsGiven(t *testing.T) {
	stack := shared(t)
	stack.Postgres.Query(t, "CREATE DATABASE other")
	s := newScript(t)
	s.more = []string{"DATABASE_URL=" + strings.Replace(stack.Postgres.URL(), "/mab?", "/other?", 1)}
	s.up(t)
	running := s.status(t)
	if _, private := running["postgres"]; private || len(running) != 3 {
		t.Errorf("a private PostgreSQL runs too: %+v", running)
	}
	if tables := stack.Postgres.In(t, "other", "SELECT count(*) FROM pg_tables WHERE schemaname = 'mab'"); tables == "0" {
		t.Error("the database was not migrated")
	}
	if output, code := s.run("down"); code != 0 || strings.Contains(output, "postgres") {
		t.Errorf("down: %d %s", code, output)
	}
}

// A folder of a version that had one role in the database for everybody.
func TestUpGivesAnOlderFolderItsRoles(t *testing.T) {
	s := newScript(t)
	s.up(t)
	s.sql(t, "DROP OWNED BY mab_admin, mab_assignment; DROP ROLE mab_admin, mab_assignment")
	if output, code := s.run("down"); code != 0 {
		t.Fatalf("down: %d %s", code, output)
	}
	rules := filepath.Join(s.dataDir, "postgres", "pg_ident.conf")
	text, err := os.ReadFile(rules)
	check(t, err)
	user := strings.Fields(string(text))[1]
	check(t, os.WriteFile(rules, []byte("ours "+user+" mab\nours root mab\n"), 0o600))
	s.up(t)
	for name, one := range s.status(t) {
		if one.Health != "ok" {
			t.Errorf("%s: %+v", name, one)
		}
	}
	for _, name := range []string{"admin", "assignment"} {
		environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", s.status(t)[name].PID))
		check(t, err)
		if !strings.Contains(string(environment), "//mab_"+name+"@") || strings.Contains(string(environment), "//mab@") {
			t.Errorf("%s does not connect as its own role", name)
		}
	}
}

func TestTwoUpsAtOnceStartOneSystem(t *testing.T) {
	s := newScript(t)
	type result struct {
		output string
		code   int
	}
	results := make(chan result, 2)
	for range 2 {
		go func() {
			output, code := s.run("up", "-d")
			results <- result{output, code}
		}()
	}
	started := 0
	for range 2 {
		switch r := <-results; {
		case r.code == 0 && strings.Contains(r.output, "Starting"):
			started++
		case r.code == 0 && strings.Contains(r.output, "running already"):
		case r.code != 0 && strings.Contains(r.output, "another ./mab up or down is at work"):
		default:
			t.Errorf("%d: %s", r.code, r.output)
		}
	}
	if started != 1 {
		t.Errorf("%d of the two started the system", started)
	}
}
