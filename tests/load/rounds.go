package load

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// warmUpSeconds of load come before a run of so many seconds, and are not counted.
func warmUpSeconds(seconds float64) float64 { return min(0.5, seconds/4) }

// Run is one subject, once: so many connections for so long.
type Run struct {
	Subject     string  `json:"subject"`
	Connections int     `json:"connections"`
	Round       int     `json:"round"`
	PerSecond   float64 `json:"per_second"`
	Load        Load    `json:"load"`
	// CPUMicros a good answer, by process: with what came after the answers, until PostgreSQL had everything.
	CPUMicros map[string]float64 `json:"cpu_us"`
	// DrainSeconds is how long PostgreSQL took after the last answer.
	DrainSeconds float64 `json:"drain_seconds"`
}

// serverMicros is what all servers together used for an answer.
func (r Run) serverMicros() float64 {
	var total float64
	for name, micros := range r.CPUMicros {
		if name != "generator" {
			total += micros
		}
	}
	return total
}

// measureRounds measures every subject in each round, at each number of connections. What is compared stands next to each
// other in time; every other round goes the other way, so that nobody always comes after the same neighbour.
func measureRounds(t testing.TB, s *system, chosen []subject, connections []int, rounds int, seconds float64) []Run {
	t.Helper()
	var runs []Run
	for round := range rounds {
		for _, count := range connections {
			order := slices.Clone(chosen)
			if round%2 == 1 {
				slices.Reverse(order)
			}
			for _, subject := range order {
				run := measure(t, s, subject, count, seconds)
				run.Round = round
				runs = append(runs, run)
				fmt.Printf("round %d, %3d connections, %-10s %9.0f/s  p99 %8.3f ms\n", round+1, count, subject.name, run.PerSecond, run.Load.Latency.P99/1e6)
			}
		}
	}
	return runs
}

// measure one subject. A run with answers that are not good fails the test: it would look fast.
func measure(t testing.TB, s *system, of subject, connections int, seconds float64) Run {
	t.Helper()
	warmUp, arguments := warmUpOf(t, s, of, connections, seconds)
	if _, err := generate(warmUp.program, warmUp.arguments...); err != nil {
		t.Fatalf("%s, warming up: %v", of.name, err)
	}
	if of.writes() {
		s.awaitDrained(t)
	}
	before, err := s.cpu()
	if err != nil {
		t.Fatal(err)
	}
	found, err := generate(warmUp.program, arguments...)
	if err == nil {
		err = found.allGood()
	}
	if err != nil {
		t.Fatalf("%s at %d connections: %v", of.name, connections, err)
	}
	run := Run{Subject: of.name, Connections: connections, PerSecond: found.PerSecond(), Load: found}
	if of.writes() {
		ended := time.Now()
		s.awaitDrained(t)
		run.DrainSeconds = time.Since(ended).Seconds()
	}
	after, err := s.cpu()
	if err != nil {
		t.Fatal(err)
	}
	run.CPUMicros = microsEach(before, after, found)
	return run
}

type command struct {
	program   string
	arguments []string
}

// warmUpOf is the warm-up of a run, and the arguments of the run itself. Their new users are others.
func warmUpOf(t testing.TB, s *system, of subject, connections int, seconds float64) (warmUp command, arguments []string) {
	t.Helper()
	full := func(seconds float64) (string, []string) {
		program, arguments := of.load(s)
		atATime := "--connections"
		if of.grpc != "" {
			atATime = "--calls"
		}
		return program, append(arguments, fmt.Sprintf("%s=%d", atATime, connections), fmt.Sprintf("--seconds=%g", seconds))
	}
	program, first := full(warmUpSeconds(seconds))
	_, second := full(seconds)
	if of.prepared {
		// More than are converted in that time; where that is wrong the run ends when all have been, and counts as long as it was.
		each := uint64(min(1000*connections, 25_000))
		early, later := uint64(float64(each)*warmUpSeconds(seconds)), uint64(float64(each)*seconds)
		from := s.assignNew(t, early+later, s.spread)
		first = append(first, fmt.Sprintf("--convert_first=%d", from), fmt.Sprintf("--convert_count=%d", early))
		second = append(second, fmt.Sprintf("--convert_first=%d", from+early), fmt.Sprintf("--convert_count=%d", later))
	}
	return command{program, first}, second
}

// microsEach is what each process used between two looks, for each good answer.
func microsEach(before, after map[string]time.Duration, found Load) map[string]float64 {
	each := map[string]float64{"generator": micros(found.CPU, found.Good)}
	for name := range before {
		each[name] = micros(after[name]-before[name], found.Good)
	}
	return each
}

func micros(used time.Duration, answers uint64) float64 {
	return float64(used.Microseconds()) / float64(answers)
}
