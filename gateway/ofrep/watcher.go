package ofrep

import (
	"context"
	"sync"
	"time"
)

const (
	// pollEvery is how often the assignment service is asked whether what it serves has changed.
	pollEvery = time.Second
	// recent is how long after a change a client is told of it that comes then: it may have evaluated before.
	recent = 10 * time.Second
)

// watcher knows when the set of served experiments changes. Safe for concurrent use.
type watcher struct {
	// fingerprint asks the assignment service; 0 or an error: it does not know.
	fingerprint func(context.Context) (uint64, error)
	now         func() time.Time

	mutex     sync.Mutex
	known     uint64        // 0: not yet
	changedAt time.Time     // when known became what it is
	changed   chan struct{} // is closed with the next change
}

func newWatcher(fingerprint func(context.Context) (uint64, error), now func() time.Time) *watcher {
	return &watcher{fingerprint: fingerprint, now: now, changed: make(chan struct{})}
}

// run polls until ctx ends.
func (w *watcher) run(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		w.poll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// poll asks once. A service that does not answer has changed nothing.
func (w *watcher) poll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pollEvery)
	defer cancel()
	fingerprint, err := w.fingerprint(ctx)
	if err != nil || fingerprint == 0 {
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if fingerprint == w.known {
		return
	}
	w.known, w.changedAt = fingerprint, w.now()
	close(w.changed)
	w.changed = make(chan struct{})
}

// state is what is served now, whether that is news to somebody who evaluated a moment ago, and what is closed with the next
// change. What was found out just now may be news: nobody watched before.
func (w *watcher) state() (known uint64, news bool, changed <-chan struct{}) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.known, w.known == 0 || w.now().Sub(w.changedAt) < recent, w.changed
}
