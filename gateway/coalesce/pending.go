package coalesce

import (
	"sync"

	mabv1 "mab/gen/go/mab/v1"
)

// call is one request on its way.
type call struct {
	message *mabv1.StreamCall
	// done gets the outcome once; whoever takes the call out of pending sends it.
	done chan outcome

	// Guarded by pending.mu.
	lane     *lane // the stream that it was last sent on; nil while it waits
	attempts int   // how often it was sent
}

type outcome struct {
	answer *mabv1.StreamAnswer
	err    error
}

func (c *call) finish(answer *mabv1.StreamAnswer, err error) { c.done <- outcome{answer, err} }

// pending has every call that has no answer yet, by id, whether it waits or was sent. Taking a call out is the right
// to end it: only one of the answer, the caller's deadline and a broken stream gets it. Safe for concurrent use.
type pending struct {
	max int

	mu     sync.Mutex
	calls  map[uint64]*call
	lastID uint64
	closed bool
}

// add gives the call its id. Fails as OVERLOADED at the limit.
func (p *pending) add(c *call) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return unavailable("the gateway is stopping")
	}
	if len(p.calls) >= p.max {
		return overloaded()
	}
	p.lastID++
	c.message.Id = p.lastID
	p.calls[c.message.Id] = c
	return nil
}

// take returns the call and forgets it; nil where it is gone already.
func (p *pending) take(id uint64) *call {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.calls[id]
	delete(p.calls, id)
	return c
}

// markSent notes that lane is about to send these calls, and returns those whose callers still wait. Reuses batch.
func (p *pending) markSent(batch []*call, lane *lane) []*call {
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := batch[:0]
	for _, c := range batch {
		if p.calls[c.message.GetId()] == c {
			c.lane = lane
			c.attempts++
			waiting = append(waiting, c)
		}
	}
	return waiting
}

// markUnsent takes markSent back.
func (p *pending) markUnsent(batch []*call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range batch {
		c.lane = nil
		c.attempts--
	}
}

// unanswered returns the calls that were sent on lane and have no answer: those to send again, and those that were
// sent again already, which are taken out. An attempt on a stream that ended orderly does not count: the service may be
// restarted as often as the caller waits.
func (p *pending) unanswered(lane *lane, orderly bool) (again, lost []*call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, c := range p.calls {
		switch {
		case c.lane != lane:
		case orderly:
			c.lane = nil
			c.attempts--
			again = append(again, c)
		case c.attempts < maxAttempts:
			c.lane = nil
			again = append(again, c)
		default:
			delete(p.calls, id)
			lost = append(lost, c)
		}
	}
	return again, lost
}

// close refuses calls from now on.
func (p *pending) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}

func (p *pending) takeAll() []*call {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*call, 0, len(p.calls))
	for _, c := range p.calls {
		all = append(all, c)
	}
	clear(p.calls)
	return all
}

func (p *pending) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}
