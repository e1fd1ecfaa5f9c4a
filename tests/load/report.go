package load

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Report is the file that a run leaves, beside its table.
type Report struct {
	Machine Machine `json:"machine"`
	Rounds  int     `json:"rounds"`
	Seconds float64 `json:"seconds"`
	Rows    []Row   `json:"rows"`
	// Memory of each process after all rounds, in bytes; nobody is forgotten, so it is that of so many users.
	Memory map[string]int64 `json:"memory_bytes"`
	Users  int              `json:"users"`
	Paced  []PacedRow       `json:"paced,omitempty"`
	Over   *Overload        `json:"overload,omitempty"`
	Runs   []Run            `json:"runs"`
}

// write makes FILE.json, and FILE.txt for people.
func (r Report) write(file string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".json", append(content, '\n'), 0o644); err != nil {
		return err
	}
	var text strings.Builder
	r.print(&text)
	return os.WriteFile(file+".txt", []byte(text.String()), 0o644)
}

func (r Report) print(w io.Writer) {
	m := r.Machine
	fmt.Fprintf(w, "%s · %s, %d cores · Linux %s · %s · %s · load before: %s\n", m.Date, m.CPU, m.Cores, m.Kernel, m.Memory, m.Disk, m.Load)
	var names []string
	for name := range m.Versions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(w, "  %s: %s\n", name, m.Versions[name])
	}
	fmt.Fprintf(w, "Medians of %d rounds of %g s. The generators run on the same machine, and so does PostgreSQL, which takes all events meanwhile.\n"+
		"Ratios to a baseline of the same round: throughput / CPU of all servers for an answer.\n", r.Rounds, r.Seconds)
	writeRows(w, r.Rows)
	if len(r.Rows) > 0 {
		r.printMemory(w)
	}
	writePaced(w, r.Paced)
	if r.Over != nil {
		r.Over.print(w)
	}
}

func (r Report) printMemory(w io.Writer) {
	fmt.Fprintf(w, "\nMemory with %d users, MiB:", r.Users)
	for _, name := range []string{"gateway", "assignment", "admin", "postgres", "nginx"} {
		fmt.Fprintf(w, "  %s %.0f", name, float64(r.Memory[name])/(1<<20))
	}
	fmt.Fprintln(w)
}
