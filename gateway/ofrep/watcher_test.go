package ofrep

import (
	"context"
	"errors"
	"testing"
	"time"
)

// served is an assignment service that a test turns.
type served struct {
	fingerprint uint64
	err         error
}

func (s *served) ask(context.Context) (uint64, error) { return s.fingerprint, s.err }

func isClosed(changed <-chan struct{}) bool {
	select {
	case <-changed:
		return true
	default:
		return false
	}
}

func TestAChangeIsNoticedOnce(t *testing.T) {
	service, now := &served{fingerprint: 7}, time.Unix(1000, 0)
	w := newWatcher(service.ask, func() time.Time { return now })
	if known, news, _ := w.state(); known != 0 || !news {
		t.Errorf("before the first answer: %d, %v", known, news)
	}
	w.poll(context.Background())
	known, news, changed := w.state()
	if known != 7 || !news {
		t.Errorf("whoever came before may have evaluated something else: %d, %v", known, news)
	}
	now = now.Add(recent)
	w.poll(context.Background())
	if _, news, _ := w.state(); news || isClosed(changed) {
		t.Error("nothing has changed")
	}
	service.fingerprint = 8
	w.poll(context.Background())
	if known, news, next := w.state(); known != 8 || !news || !isClosed(changed) || isClosed(next) {
		t.Errorf("a change went by: %d, %v", known, news)
	}
}

func TestAServiceThatIsAwayChangesNothing(t *testing.T) {
	service := &served{fingerprint: 7}
	w := newWatcher(service.ask, time.Now)
	w.poll(context.Background())
	_, _, changed := w.state()
	for _, away := range []served{{0, nil}, {9, errors.New("away")}} {
		*service = away
		w.poll(context.Background())
	}
	*service = served{fingerprint: 7}
	w.poll(context.Background())
	if known, _, _ := w.state(); known != 7 || isClosed(changed) {
		t.Errorf("it changed to %d", known)
	}
}
