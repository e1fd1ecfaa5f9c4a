package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Process is a program that can be started, stopped and killed again and again. Its output is appended to NAME.log.
type Process struct {
	Name        string
	command     []string
	environment []string
	dir         string

	mutex   sync.Mutex
	current *exec.Cmd
	// ended is closed when current has ended; how says in which way.
	ended chan struct{}
	how   string
}

// NewProcess describes a process; nothing is started yet. Its working directory and its log are in dir.
func NewProcess(name, dir, program string, arguments, environment []string) *Process {
	return &Process{Name: name, dir: dir, command: append([]string{program}, arguments...), environment: environment}
}

// Another process of the same program, with settings of its own over those of the first.
func (p *Process) Another(name string, settings ...string) *Process {
	return NewProcess(name, p.dir, p.command[0], p.command[1:], slices.Concat(p.environment, settings))
}

// Start the process. It is an error where it runs already.
func (p *Process) Start() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.current != nil && !closed(p.ended) {
		return fmt.Errorf("%s runs already", p.Name)
	}
	log, err := os.OpenFile(filepath.Join(p.dir, p.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(p.command[0], p.command[1:]...)
	command.Dir = p.dir
	command.Env = append([]string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + p.dir}, p.environment...)
	command.Stdout, command.Stderr = log, log
	// Should the tests be killed, so is what they started.
	command.SysProcAttr = &syscall.SysProcAttr{Credential: serviceCredential(), Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	ended := make(chan struct{})
	p.current, p.ended = command, ended
	go func() {
		err := command.Wait()
		p.mutex.Lock()
		p.how = "exit status 0"
		if err != nil {
			p.how = err.Error()
		}
		p.mutex.Unlock()
		close(ended)
	}()
	return nil
}

// Run the process to its end; an exit status other than 0 is an error.
func (p *Process) Run(limit time.Duration) error {
	if err := p.Start(); err != nil {
		return err
	}
	if err := p.await(limit); err != nil {
		p.Kill()
		return err
	}
	if _, how := p.Ended(); how != "exit status 0" {
		return fmt.Errorf("%s: %s", p.Name, how)
	}
	return nil
}

// Stop asks the process to end (SIGTERM) and waits until it has. It must end with exit status 0.
func (p *Process) Stop() error { return p.end(syscall.SIGTERM, "exit status 0") }

// Kill ends the process at once (SIGKILL). Nothing happens where it has ended already.
func (p *Process) Kill() { _ = p.end(syscall.SIGKILL, "") }

func (p *Process) end(signal syscall.Signal, want string) error {
	if !p.signal(signal) {
		return nil
	}
	if err := p.await(startLimit); err != nil {
		return err
	}
	if _, how := p.Ended(); want != "" && how != want {
		return fmt.Errorf("%s ended with %s", p.Name, how)
	}
	return nil
}

// signal tells whether there was a process to send it to.
func (p *Process) signal(signal syscall.Signal) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.current != nil && !closed(p.ended) && p.current.Process.Signal(signal) == nil
}

func (p *Process) await(limit time.Duration) error {
	p.mutex.Lock()
	ended := p.ended
	p.mutex.Unlock()
	select {
	case <-ended:
		return nil
	case <-time.After(limit):
		return fmt.Errorf("%s has not ended after %v", p.Name, limit)
	}
}

// PID of the process; 0 where none runs.
func (p *Process) PID() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.current == nil || closed(p.ended) {
		return 0
	}
	return p.current.Process.Pid
}

// Ended tells whether the process has ended, and how.
func (p *Process) Ended() (bool, string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.current == nil || !closed(p.ended) {
		return false, ""
	}
	return true, p.how
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
