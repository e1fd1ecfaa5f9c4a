package load

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU time in /proc/PID/stat (USER_HZ).
const tick = 10 * time.Millisecond

// cpuOf is what a process has used so far, with its children, dead or alive: PostgreSQL is many processes.
func cpuOf(pid int) (time.Duration, error) {
	tree, err := treeOf(pid)
	if err != nil {
		return 0, err
	}
	var total time.Duration
	for i, p := range tree {
		fields, err := statOf(p)
		if err != nil && i > 0 {
			continue // a child that has just ended: its parent counts it at the next look
		} else if err != nil {
			return 0, err
		}
		for _, column := range []int{11, 12, 13, 14} { // utime, stime, and those of children that were waited for
			value, err := strconv.ParseInt(fields[column], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("/proc/%d/stat: %w", p, err)
			}
			total += time.Duration(value) * tick
		}
	}
	return total, nil
}

// statOf are the fields of /proc/PID/stat from the state on, which is the third one.
func statOf(pid int) ([]string, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	end := bytes.LastIndexByte(content, ')')
	fields := strings.Fields(string(content[end+1:]))
	if len(fields) < 20 {
		return nil, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	return fields, nil
}

// treeOf is the process and its children, those of all its threads. Grandchildren are not looked for.
func treeOf(pid int) ([]int, error) {
	tree := []int{pid}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("process %d is not there: %v", pid, err)
	}
	for _, file := range files {
		content, _ := os.ReadFile(file) // a thread may end
		for _, text := range strings.Fields(string(content)) {
			if child, err := strconv.Atoi(text); err == nil {
				tree = append(tree, child)
			}
		}
	}
	return tree, nil
}

// memoryOf is what a process and its children have in memory, in bytes: the resident set of one process, and where there are
// several the sum of their proportional shares, for PostgreSQL's processes map the same buffers.
func memoryOf(pid int) (int64, error) {
	tree, err := treeOf(pid)
	if err != nil {
		return 0, err
	}
	field := "Rss:"
	if len(tree) > 1 {
		field = "Pss:"
	}
	var total int64
	for i, p := range tree {
		bytes, err := rollupOf(p, field)
		if err != nil && i == 0 {
			return 0, err
		}
		total += bytes
	}
	return total, nil
}

func rollupOf(pid int, field string) (int64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if parts := strings.Fields(lines.Text()); len(parts) == 3 && parts[0] == field {
			kib, err := strconv.ParseInt(parts[1], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/smaps_rollup has no %s", pid, field)
}
