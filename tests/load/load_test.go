package load

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mab/tests/harness"
)

// The options of ./mab bench. Without any it is the short form, which tells whether all of it works.
var (
	rounds  = flag.Int("rounds", 1, "how often each subject is measured, 1 to 99")
	seconds = flag.Float64("seconds", 0.15, "how long each run is, 0.1 to 60")
	only    = flag.String("only", "", "a regular expression: measure these subjects alone")
	parts   = flag.String("parts", "closed,half,overload", "which parts are measured")
	users   = flag.Uint64("users", 20_000, "known users of the largest setting, at most 10,000,000")
	many    = flag.Int("experiments", 20, "running experiments of the setting with many, at most 2,000")
	file    = flag.String("file", "", "where the report is written: FILE.json and FILE.txt")
	at      = flag.String("connections", "1,64,256", "numbers of connections")
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	harness.RemoveStaged()
	os.Exit(code)
}

func TestSystemUnderLoad(t *testing.T) {
	checkOptions(t)
	report := Report{Machine: describeMachine(), Rounds: *rounds, Seconds: *seconds}
	if hasPart("closed") {
		t.Run("ClosedLoop", report.measureClosed)
	}
	// A system of its own, which has seen nobody yet.
	if !t.Failed() && (hasPart("half") || hasPart("overload")) {
		t.Run("ConstantRate", report.measureConstant)
	}
	if t.Failed() {
		return
	}
	report.print(os.Stdout)
	if *file != "" {
		if err := report.write(*file); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *Report) measureClosed(t *testing.T) {
	system := openSystem(t)
	chosen, connections := chosenSubjects(t), chosenConnections(t)
	r.Runs = measureRounds(t, system, chosen, connections, *rounds, *seconds)
	r.Rows = rowsOf(r.Runs, chosen, connections)
	var err error
	if r.Memory, err = system.memory(); err != nil {
		t.Fatal(err)
	}
	r.Users = system.users(t)
}

func (r *Report) measureConstant(t *testing.T) {
	system := openSystem(t)
	capacity := capacityOf(t, system, r.Rows)
	if hasPart("half") {
		r.Paced = measurePaced(t, system, settings(), capacity/2, *rounds, *seconds)
	}
	if hasPart("overload") {
		r.Over = measureOverload(t, system, capacity, 3**seconds)
	}
}

// settings of the half load: from next to nothing to much.
func settings() []setting {
	return []setting{
		{"1 experiment, 10,000 known users", 1, knownUsers},
		{fmt.Sprintf("%d experiments, 10,000 known users", *many), *many, knownUsers},
		{fmt.Sprintf("%d experiments, %d known users", *many, *users), *many, *users},
	}
}

// capacityOf JSON assign: the most that was measured, or, where it was not, what is measured here.
func capacityOf(t *testing.T, s *system, rows []Row) float64 {
	var most float64
	for _, row := range rows {
		if row.Subject == "assign_20" {
			most = max(most, row.PerSecond)
		}
	}
	if most == 0 {
		most = measure(t, s, subjectOf("assign_20"), 64, *seconds).PerSecond
	}
	return most
}

func checkOptions(t *testing.T) {
	if *rounds < 1 || *rounds > 99 || *seconds < 0.1 || *seconds > 60 || *users < 1 || *users > 10_000_000 || *many < 1 || *many > 2000 {
		t.Fatal("rounds must be 1 to 99, seconds 0.1 to 60, users 1 to 10,000,000, experiments 1 to 2,000")
	}
	for _, part := range strings.Split(*parts, ",") {
		if !slices.Contains([]string{"closed", "half", "overload"}, part) {
			t.Fatalf("parts are closed, half and overload, and not %q", part)
		}
	}
}

func hasPart(name string) bool { return slices.Contains(strings.Split(*parts, ","), name) }

func chosenSubjects(t *testing.T) []subject {
	pattern, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	chosen := slices.DeleteFunc(subjects(), func(s subject) bool { return !pattern.MatchString(s.name) })
	if len(chosen) == 0 {
		t.Fatalf("nothing is called %q", *only)
	}
	return chosen
}

func chosenConnections(t *testing.T) []int {
	var counts []int
	for _, text := range strings.Split(*at, ",") {
		var count int
		if _, err := fmt.Sscan(text, &count); err != nil || count < 1 || count > 4000 {
			t.Fatalf("connections must be numbers of 1 to 4000, and are %q", *at)
		}
		counts = append(counts, count)
	}
	return counts
}
