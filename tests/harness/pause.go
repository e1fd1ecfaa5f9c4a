package harness

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// pause is a server that hangs. Its guard wakes it up when the leash is closed, be it because this process died.
type pause struct {
	guard *exec.Cmd
	leash io.Closer
}

// Pause stops the server and all its sessions where they are (SIGSTOP): it answers nobody, and refuses nobody.
func (p *Postgres) Pause() error {
	if p.paused != nil || p.PID() == 0 {
		return fmt.Errorf("there is no server to be paused")
	}
	// The postmaster first, so that there are no more children than those that are found.
	if err := syscall.Kill(p.PID(), syscall.SIGSTOP); err != nil {
		return err
	}
	arguments := []string{"-c", `read -r _; kill -CONT "$@"`, "sh", strconv.Itoa(p.PID())}
	for _, child := range children(p.PID()) {
		if syscall.Kill(child, syscall.SIGSTOP) == nil {
			arguments = append(arguments, strconv.Itoa(child))
		}
	}
	guard := exec.Command("sh", arguments...)
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	leash, err := guard.StdinPipe()
	if err == nil {
		err = guard.Start()
	}
	p.paused = &pause{guard, leash}
	return err
}

// Resume ends a pause. Nothing happens where there is none.
func (p *Postgres) Resume() error {
	if p.paused == nil {
		return nil
	}
	p.paused.leash.Close()
	_ = p.paused.guard.Wait() // a child may be gone
	p.paused = nil
	return nil
}

// children of a process, by its number.
func children(parent int) []int {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	var found []int
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// "1234 (name, which may have spaces) S 1 ..."
		_, rest, _ := strings.Cut(string(content[strings.LastIndexByte(string(content), ')'):]), " ")
		fields := strings.Fields(rest)
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}
