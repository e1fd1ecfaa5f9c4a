package failure

import (
	"strings"
	"sync"
	"time"

	"mab/tests/harness"
)

// supervisor starts processes again that ended by themselves, as an operator's does. Who takes one down on purpose holds
// its lock.
type supervisor struct {
	ledger *ledger
	// mayEnd says whether a process may have ended with an error now: the disk is full.
	mayEnd    func() bool
	processes []*supervised
	stop      chan struct{}
	running   sync.WaitGroup
}

type supervised struct {
	*harness.Process
	mu sync.Mutex // held while it is down on purpose
	// ended counts how often it did by itself. Guarded by mu.
	ended int
}

func (s *supervisor) Start() {
	s.stop = make(chan struct{})
	for _, one := range s.processes {
		s.running.Go(func() { s.watch(one) })
	}
}

// Stop watching. The processes go on.
func (s *supervisor) Stop() {
	close(s.stop)
	s.running.Wait()
}

func (s *supervisor) watch(one *supervised) {
	for {
		select {
		case <-s.stop:
			return
		case <-time.After(100 * time.Millisecond):
		}
		if one.mu.TryLock() {
			s.startAgain(one)
			one.mu.Unlock()
		}
	}
}

func (s *supervisor) startAgain(one *supervised) {
	ended, how := one.Ended()
	if !ended {
		return
	}
	one.ended++
	if strings.Contains(how, "signal") || !s.mayEnd() {
		s.ledger.find("%s ended by itself: %s", one.Name, how)
	}
	if err := one.Process.Start(); err != nil {
		s.ledger.find("starting %s again: %v", one.Name, err)
	}
}
