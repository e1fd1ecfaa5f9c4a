package load

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"mab/tests/harness"
)

// Machine is what the figures were measured on, and with.
type Machine struct {
	Date   string `json:"date"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Memory string `json:"memory"`
	// Disk is the file system of the journal and of PostgreSQL.
	Disk string `json:"disk"`
	// Load are the averages over 1, 5 and 15 minutes before anything was measured: who else was at work.
	Load     string            `json:"load_before"`
	Versions map[string]string `json:"versions"`
}

func describeMachine() Machine {
	return Machine{
		Date:   time.Now().UTC().Format(time.RFC3339),
		CPU:    fieldOf("/proc/cpuinfo", "model name"),
		Cores:  runtime.NumCPU(),
		Kernel: firstLine("/proc/sys/kernel/osrelease"),
		Memory: fieldOf("/proc/meminfo", "MemTotal"),
		Disk:   output("findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", os.TempDir()),
		Load:   firstLine("/proc/loadavg"),
		Versions: map[string]string{
			"mab": output("git", "-C", harness.RepositoryRoot(), "describe", "--always", "--dirty"), "go": runtime.Version(),
			"postgres": output("/usr/lib/postgresql/15/bin/postgres", "--version"), "nginx": output("/usr/sbin/nginx", "-v"),
			"grpc": output("dpkg-query", "-W", "-f=${Version}", "libgrpc++-dev"), "compiler": output("c++", "--version"),
		},
	}
}

// fieldOf is the value of "name : value" in a file of /proc.
func fieldOf(file, name string) string {
	content, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer content.Close()
	for lines := bufio.NewScanner(content); lines.Scan(); {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstLine(file string) string {
	content, _ := os.ReadFile(filepath.Clean(file))
	line, _, _ := strings.Cut(string(content), "\n")
	return line
}

// output is the first line that a program prints, or "" where it can't be run.
func output(program string, arguments ...string) string {
	text, _ := exec.Command(program, arguments...).CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return strings.Join(strings.Fields(line), " ")
}
