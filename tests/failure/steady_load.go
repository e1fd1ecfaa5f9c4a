package failure

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	mabv1 "mab/gen/go/mab/v1"
)

// steadyLoad asks without ever trying again, and notes each failure and how long each answer took. Start it, then Stop
// it. Safe for concurrent use.
type steadyLoad struct {
	via        service
	experiment string
	workers    int
	// pause of each worker between two calls.
	pause time.Duration
	// pages, where given, are signed-in requests that two more workers make.
	pages func(i int) error

	users   atomic.Int64
	mu      sync.Mutex
	took    map[string][]time.Duration // by kind of call
	failed  []string
	running sync.WaitGroup
	ending  chan struct{}
}

func (l *steadyLoad) Start() {
	l.took = map[string][]time.Duration{}
	l.ending = make(chan struct{})
	for range l.workers {
		l.running.Go(func() { l.loop(l.visit) })
	}
	if l.pages != nil {
		for range 2 {
			l.running.Go(func() { l.loop(l.look) })
		}
	}
}

// Stop returns when each call is answered.
func (l *steadyLoad) Stop() {
	close(l.ending)
	l.running.Wait()
}

func (l *steadyLoad) loop(work func()) {
	for {
		select {
		case <-l.ending:
			return
		case <-time.After(l.pause):
			work()
		}
	}
}

// visit is a visitor who is assigned, and converts.
func (l *steadyLoad) visit() {
	user := fmt.Sprintf("steady-%d", l.users.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	var variant string
	l.time("assign", func() error {
		answer, err := l.via.Assign(ctx, &mabv1.AssignRequest{Experiment: l.experiment, UserId: user})
		variant = answer.GetVariant().GetKey()
		return err
	})
	if variant == "" {
		return // noted as failed
	}
	l.time("convert", func() error {
		answer, err := l.via.Convert(ctx, &mabv1.ConvertRequest{Experiment: l.experiment, UserId: user})
		if err == nil && answer.Variant.GetKey() != variant {
			return fmt.Errorf("%s converted on %s instead of %s", user, answer.Variant.GetKey(), variant)
		}
		return err
	})
}

func (l *steadyLoad) look() {
	l.time("page", func() error { return l.pages(int(l.users.Load())) })
}

func (l *steadyLoad) time(kind string, call func() error) {
	began := time.Now()
	err := call()
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed = append(l.failed, fmt.Sprintf("%s after %v: %v", kind, took.Round(time.Millisecond), err))
		return
	}
	l.took[kind] = append(l.took[kind], took)
}

// Take returns the latencies of a kind since the last time.
func (l *steadyLoad) Take(kind string) latencies {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.took[kind]
	l.took[kind] = nil
	slices.Sort(taken)
	return taken
}

// Failed returns all failures.
func (l *steadyLoad) Failed() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.failed)
}

// latencies in ascending order.
type latencies []time.Duration

func (l latencies) quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	return l[int(q*float64(len(l)-1))].Round(10 * time.Microsecond)
}

func (l latencies) String() string {
	return fmt.Sprintf("%d calls, p50 %v, p99 %v, longest %v", len(l), l.quantile(0.5), l.quantile(0.99), l.quantile(1))
}

// statusError is nil for 200.
func statusError(method, path string, status int, body []byte, err error) error {
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, path, status, body)
	}
	return err
}
