package load

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func run(subject string, round int, perSecond, micros float64) Run {
	return Run{Subject: subject, Connections: 64, Round: round, PerSecond: perSecond,
		CPUMicros: map[string]float64{"gateway": micros, "generator": 1000}}
}

func TestARatioIsTheMedianOfTheRoundsRatios(t *testing.T) {
	chosen := []subject{{name: "nginx", text: "the baseline"}, {name: "assign_0", text: "the subject", against: []string{"nginx", "empty"}}}
	// The machine was three times as fast in the second round: that says nothing of the ratio.
	runs := []Run{run("nginx", 0, 100, 10), run("assign_0", 0, 50, 40), run("assign_0", 1, 180, 20), run("nginx", 1, 300, 5),
		run("nginx", 2, 100, 10), run("assign_0", 2, 70, 20)}
	rows := rowsOf(runs, chosen, []int{64})
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	row := rows[1]
	if got := row.Ratios["nginx"]; got.Throughput != 0.6 || got.ServerCPU != 4 {
		t.Errorf("ratio %+v", got)
	}
	if _, found := row.Ratios["empty"]; found {
		t.Error("there is a ratio to a baseline that was not measured")
	}
	if row.PerSecond != 70 || row.PerSecondMin != 50 || row.PerSecondMax != 180 || row.CPUMicros["gateway"] != 20 {
		t.Errorf("row %+v", row)
	}
	var text strings.Builder
	writeRows(&text, rows)
	if !strings.Contains(text.String(), "0.60 / 4.0") {
		t.Errorf("no ratio in:\n%s", text.String())
	}
}

func TestAnAnswerThatIsNotGoodIsAnError(t *testing.T) {
	for _, found := range []Load{{}, {Good: 5, Statuses: map[string]uint64{"200": 5, "503": 1}}, {Good: 5, Failed: 1, Statuses: map[string]uint64{"200": 5}}} {
		if found.allGood() == nil {
			t.Errorf("%+v is all good", found)
		}
	}
	if err := (Load{Good: 5, Statuses: map[string]uint64{"200": 5}}).allGood(); err != nil {
		t.Error(err)
	}
}

func TestTheCPUOfAProcessHasThatOfItsChildren(t *testing.T) {
	// A shell whose child burns what it takes until it is killed.
	command := exec.Command("sh", "-c", "sh -c 'while :; do :; done' & wait")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		children, _ := treeOf(command.Process.Pid)
		for _, pid := range children {
			if process, err := os.FindProcess(pid); err == nil {
				_ = process.Kill()
			}
		}
		_ = command.Wait()
	}()
	deadline := time.Now().Add(30 * time.Second)
	for used := time.Duration(0); used < 5*tick; {
		var err error
		if used, err = cpuOf(command.Process.Pid); err != nil || time.Now().After(deadline) {
			t.Fatalf("%v used, %v", used, err)
		}
	}
	if bytes, err := memoryOf(command.Process.Pid); err != nil || bytes <= 0 {
		t.Errorf("%d bytes, %v", bytes, err)
	}
}
