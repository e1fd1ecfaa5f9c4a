package load

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Row is a subject at one number of connections: medians of its runs.
type Row struct {
	Subject     string  `json:"subject"`
	Text        string  `json:"text"`
	Connections int     `json:"connections"`
	NewPercent  int     `json:"new_percent"`
	PerSecond   float64 `json:"per_second"`
	// The slowest and the fastest round: how much else went on.
	PerSecondMin float64            `json:"per_second_min"`
	PerSecondMax float64            `json:"per_second_max"`
	P50Millis    float64            `json:"p50_ms"`
	P99Millis    float64            `json:"p99_ms"`
	P999Millis   float64            `json:"p999_ms"`
	CPUMicros    map[string]float64 `json:"cpu_us"`
	// Ratios to the baselines, by their names: medians of the ratios of each round.
	Ratios map[string]Ratio `json:"ratios"`
}

// Ratio of a subject to a baseline: its throughput over the baseline's, what its servers use for an answer over what the
// baseline's do, and its p99 over the baseline's.
type Ratio struct {
	Throughput float64 `json:"throughput"`
	ServerCPU  float64 `json:"server_cpu"`
	P99        float64 `json:"p99"`
}

// median of the values; 0 of none.
func median[T any](of []T, value func(T) float64) float64 {
	values := make([]float64, len(of))
	for i, one := range of {
		values[i] = value(one)
	}
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return 0
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}

// rowsOf makes the table of the runs.
func rowsOf(runs []Run, chosen []subject, connections []int) []Row {
	var rows []Row
	for _, count := range connections {
		for _, s := range chosen {
			own := runsOf(runs, s.name, count)
			row := Row{Subject: s.name, Text: s.text, Connections: count, NewPercent: s.newPercent,
				PerSecond:  median(own, func(r Run) float64 { return r.PerSecond }),
				P50Millis:  median(own, func(r Run) float64 { return r.Load.Latency.P50 / 1e6 }),
				P99Millis:  median(own, func(r Run) float64 { return r.Load.Latency.P99 / 1e6 }),
				P999Millis: median(own, func(r Run) float64 { return r.Load.Latency.P999 / 1e6 }),
				CPUMicros:  map[string]float64{}, Ratios: map[string]Ratio{}}
			for _, r := range own {
				row.PerSecondMin, row.PerSecondMax = min(r.PerSecond, cmp.Or(row.PerSecondMin, r.PerSecond)), max(r.PerSecond, row.PerSecondMax)
			}
			for _, name := range []string{"gateway", "gateway_per_call", "nginx", "assignment", "admin", "postgres", "generator"} {
				row.CPUMicros[name] = median(own, func(r Run) float64 { return r.CPUMicros[name] })
			}
			for _, baseline := range s.against {
				if others := runsOf(runs, baseline, count); len(others) == len(own) {
					row.Ratios[baseline] = ratioOf(own, others)
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// runsOf a subject, by round.
func runsOf(runs []Run, name string, connections int) []Run {
	var own []Run
	for _, r := range runs {
		if r.Subject == name && r.Connections == connections {
			own = append(own, r)
		}
	}
	slices.SortFunc(own, func(a, b Run) int { return cmp.Compare(a.Round, b.Round) })
	return own
}

// ratioOf has the median of the rounds' ratios, not the ratio of medians: what disturbs a round disturbs both.
func ratioOf(own, baseline []Run) Ratio {
	rounds := make([]int, len(own))
	for i := range rounds {
		rounds[i] = i
	}
	of := func(value func(Run) float64) float64 {
		return median(rounds, func(i int) float64 {
			if below := value(baseline[i]); below > 0 {
				return value(own[i]) / below
			}
			return 0
		})
	}
	return Ratio{Throughput: of(func(r Run) float64 { return r.PerSecond }), ServerCPU: of(Run.serverMicros),
		P99: of(func(r Run) float64 { return r.Load.Latency.P99 })}
}

// writeRows is the table for people. The front is whatever speaks HTTP: nginx, or the gateway that is asked.
func writeRows(w io.Writer, rows []Row) {
	columns := []string{"", "answers/s", "(min–max)", "p50 ms", "p99 ms", "p99.9 ms", "CPU µs: front", "assignment", "PostgreSQL", "generator",
		"to nginx", "to empty handler", "to one RPC each", "to empty RPC"}
	connections := 0
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if row.Connections != connections {
			connections = row.Connections
			fmt.Fprintf(table, "\n%d connections\n%s\n", connections, strings.Join(columns, "\t"))
		}
		front := row.CPUMicros["gateway"]
		switch row.Subject {
		case "nginx", "per_call":
			front = row.CPUMicros[map[string]string{"nginx": "nginx", "per_call": "gateway_per_call"}[row.Subject]]
		}
		fmt.Fprintf(table, "%s\t%.0f\t(%.0f–%.0f)\t%.3f\t%.3f\t%.3f\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t%s\t%s\t%s\n", row.Text, row.PerSecond, row.PerSecondMin, row.PerSecondMax, row.P50Millis,
			row.P99Millis, row.P999Millis, front, row.CPUMicros["assignment"], row.CPUMicros["postgres"], row.CPUMicros["generator"],
			row.ratio("nginx"), row.ratio("empty"), row.ratio("per_call"), row.ratio("empty_rpc"))
	}
	table.Flush()
}

func (r Row) ratio(baseline string) string {
	if ratio, found := r.Ratios[baseline]; found {
		return fmt.Sprintf("%.2f / %.1f", ratio.Throughput, ratio.ServerCPU)
	}
	return ""
}
