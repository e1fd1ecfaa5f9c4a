package ofrep

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"mab/gateway/address"
	"mab/gateway/exchange"
	mabv1 "mab/gen/go/mab/v1"
)

const (
	// streamsOfAddress is how many streams one address may have open: an office has one.
	streamsOfAddress = 100
	// heartbeatEvery keeps proxies from taking a stream for dead.
	heartbeatEvery = 15 * time.Second
	// writeTimeout is how long a client may take to read a few bytes.
	writeTimeout = 10 * time.Second
	// spread keeps all clients from evaluating at the same moment.
	spread = time.Second
)

// EventsOptions are what Events need.
type EventsOptions struct {
	// Assignment is asked what it serves.
	Assignment mabv1.SystemServiceClient
	// Max streams may be open at a time.
	Max int
	// Leaving says that connections are to end, for want of places or because the gateway stops.
	Leaving func() bool
	// Now is the clock.
	Now func() time.Time
}

// Events tell clients, by server-sent events, to evaluate again when the set of served experiments changes: its experiments,
// their states, their variants; not their versions. An event names nothing, so whoever reads it needs no credential.
// Safe for concurrent use.
type Events struct {
	watcher *watcher
	max     int
	leaving func() bool

	stop     context.CancelFunc
	stopping <-chan struct{}
	running  sync.WaitGroup

	mutex     sync.Mutex
	open      int
	ofAddress map[netip.Addr]int
}

// NewEvents watches from now on, until Close.
func NewEvents(options EventsOptions) *Events {
	ctx, stop := context.WithCancel(context.Background())
	e := &Events{
		watcher: newWatcher(func(ctx context.Context) (uint64, error) {
			status, err := options.Assignment.GetStatus(ctx, &mabv1.GetStatusRequest{})
			return status.GetExperimentsFingerprint(), err
		}, options.Now),
		max: options.Max, leaving: options.Leaving,
		stop: stop, stopping: ctx.Done(), ofAddress: map[netip.Addr]int{},
	}
	e.running.Go(func() { e.watcher.run(ctx) })
	return e
}

// Close ends the streams. It does not wait for them.
func (e *Events) Close() error {
	e.stop()
	e.running.Wait()
	return nil
}

// Open says how many streams there are.
func (e *Events) Open() int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.open
}

// enter takes a place of the address, and says whether there was one.
func (e *Events) enter(client netip.Addr) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.open >= e.max || e.ofAddress[client] >= streamsOfAddress || e.leaving() {
		return false
	}
	e.open++
	e.ofAddress[client]++
	return true
}

func (e *Events) leave(client netip.Addr) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.open--
	if e.ofAddress[client]--; e.ofAddress[client] == 0 {
		delete(e.ofAddress, client)
	}
}

// serve is the endpoint. Who has no place is told to come again: an error would have clients ask once a second.
func (e *Events) serve(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx passes on what comes
	s := &stream{w: w, control: http.NewResponseController(w)}
	client := address.Customer(exchange.FromContext(r.Context()).ClientAddress)
	if !e.enter(client) {
		h.Set("Connection", "close")
		s.comeAgain(15*time.Second + rand.N(10*time.Second))
		return
	}
	defer e.leave(client)
	e.tell(r.Context(), s, r.Header.Get("Last-Event-ID"))
}

// tell writes events until the client leaves, or has to.
func (e *Events) tell(ctx context.Context, s *stream, lastID string) {
	known, news, changed := e.watcher.state()
	if s.begin(known) != nil {
		return
	}
	if (news || lastID != "" && lastID != idOf(known)) && s.refetch(known) != nil {
		return
	}
	heartbeat := time.NewTicker(heartbeatEvery)
	defer heartbeat.Stop()
	var due <-chan time.Time
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-e.stopping:
			return
		case <-changed:
			known, _, changed = e.watcher.state()
			due = time.After(rand.N(spread))
		case <-due:
			err = s.refetch(known)
		case <-heartbeat.C:
			err = s.beat()
			if e.leaving() {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
