package load

import (
	"fmt"
	"io"
	"testing"
	"text/tabwriter"
)

const (
	// pacedConnections are more than a paced load needs, so that no call waits for one.
	pacedConnections = 256
	// overloadConnections and overloadFactor are those of the overload run.
	overloadConnections, overloadFactor = 1000, 2
)

// setting is how much the system knows while it is asked at half of its capacity.
type setting struct {
	text        string
	experiments int
	users       uint64
}

// PacedRow is JSON assign at a constant rate: half of what was measured as capacity. Latencies count from the moment in which
// a call was to be sent.
type PacedRow struct {
	Setting    string  `json:"setting"`
	Rate       float64 `json:"rate"`
	P50Millis  float64 `json:"p50_ms"`
	P99Millis  float64 `json:"p99_ms"`
	P999Millis float64 `json:"p999_ms"`
	// Nginx99Millis is nginx's p99 at the same rate, in the same rounds.
	Nginx99Millis   float64 `json:"nginx_p99_ms"`
	AssignmentBytes int64   `json:"assignment_memory_bytes"`
	// Unsent calls of all rounds found no free connection within a second: the machine stood still, or had no capacity.
	Unsent uint64 `json:"unsent"`
	Runs   []Load `json:"runs"`
}

// Overload is what becomes of calls when twice as many are made as can be answered.
type Overload struct {
	Rate        float64           `json:"rate"`
	Connections int               `json:"connections"`
	PerSecond   float64           `json:"accepted_per_second"`
	P99Millis   float64           `json:"accepted_p99_ms"`
	Statuses    map[string]uint64 `json:"statuses"`
	Failed      uint64            `json:"failed"`
	// Unsent calls found no free connection within a second: closed connections ask no faster than they are answered.
	Unsent uint64 `json:"unsent"`
}

// measurePaced asks at that rate, in each setting; the system grows from one to the next.
func measurePaced(t testing.TB, s *system, settings []setting, rate float64, rounds int, seconds float64) []PacedRow {
	t.Helper()
	var rows []PacedRow
	for _, setting := range settings {
		s.createExperiments(t, setting.experiments)
		s.fill(t, setting.users, setting.experiments)
		rows = append(rows, pacedRow(t, s, setting.text, rate, rounds, seconds))
	}
	return rows
}

func pacedRow(t testing.TB, s *system, text string, rate float64, rounds int, seconds float64) PacedRow {
	t.Helper()
	var own, nginx []Load
	for range rounds {
		nginx = append(nginx, paced(t, s, "nginx", rate, seconds))
		own = append(own, paced(t, s, "assign_20", rate, seconds))
		s.awaitDrained(t)
	}
	memory, err := s.memory()
	if err != nil {
		t.Fatal(err)
	}
	row := PacedRow{Setting: text, Rate: rate, AssignmentBytes: memory["assignment"], Runs: own,
		P50Millis:     median(own, func(l Load) float64 { return l.Latency.P50 / 1e6 }),
		P99Millis:     median(own, func(l Load) float64 { return l.Latency.P99 / 1e6 }),
		P999Millis:    median(own, func(l Load) float64 { return l.Latency.P999 / 1e6 }),
		Nginx99Millis: median(nginx, func(l Load) float64 { return l.Latency.P99 / 1e6 })}
	for _, l := range own {
		row.Unsent += l.Unsent
	}
	fmt.Printf("half load, %-45s %9.0f/s  p99 %8.3f ms\n", text, rate, row.P99Millis)
	return row
}

// paced asks a subject at that rate; every answer must be good.
func paced(t testing.TB, s *system, name string, rate, seconds float64) Load {
	t.Helper()
	program, arguments := subjectOf(name).load(s)
	found, err := generate(program, append(arguments, fmt.Sprintf("--connections=%d", pacedConnections),
		fmt.Sprintf("--rate=%g", rate), fmt.Sprintf("--seconds=%g", seconds))...)
	if err == nil {
		err = found.allGood()
	}
	if err != nil {
		t.Fatalf("%s at %.0f/s: %v", name, rate, err)
	}
	return found
}

// measureOverload asks for more than there is. Answers may be 503, and nothing else than that and 200.
func measureOverload(t testing.TB, s *system, capacity, seconds float64) *Overload {
	t.Helper()
	program, arguments := subjectOf("assign_20").load(s)
	rate := overloadFactor * capacity
	found, err := generate(program, append(arguments, fmt.Sprintf("--connections=%d", overloadConnections),
		fmt.Sprintf("--rate=%g", rate), fmt.Sprintf("--seconds=%g", seconds))...)
	if err != nil {
		t.Fatalf("at %.0f/s: %v", rate, err)
	}
	for status, count := range found.Statuses {
		if status != "200" && status != "503" {
			t.Errorf("under overload %d answers were %s", count, status)
		}
	}
	s.awaitDrained(t)
	return &Overload{Rate: rate, Connections: overloadConnections, PerSecond: found.PerSecond(), P99Millis: found.Service.P99 / 1e6,
		Statuses: found.Statuses, Failed: found.Failed, Unsent: found.Unsent}
}

func writePaced(w io.Writer, rows []PacedRow) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\nJSON assign (20 %% new users) at half of the capacity, %.0f calls a second on %d connections\n", rows[0].Rate, pacedConnections)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tp50 ms\tp99 ms\tp99.9 ms\tnginx p99 ms\tassignment MiB\tunsent")
	for _, row := range rows {
		fmt.Fprintf(table, "%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.0f\t%d\n", row.Setting, row.P50Millis, row.P99Millis, row.P999Millis, row.Nginx99Millis,
			float64(row.AssignmentBytes)/(1<<20), row.Unsent)
	}
	table.Flush()
}

func (o Overload) print(w io.Writer) {
	fmt.Fprintf(w, "\nTwice the capacity: %.0f calls a second wanted on %d connections. %.0f answers/s, their p99 %.1f ms from sending; by status %v; "+
		"%d failed, %d could not be sent within a second.\n", o.Rate, o.Connections, o.PerSecond, o.P99Millis, o.Statuses, o.Failed, o.Unsent)
}
