package failure

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// load is many visitors at once. Start it, then Stop it.
type load struct {
	ledger *ledger
	// experiments by key.
	experiments []string
	// via are the ways to the assignment service.
	via []service
	// erase is nil where nobody is erased.
	erase   eraser
	workers int
	seed    uint64

	events  atomic.Int64 // numbers event ids
	running sync.WaitGroup
	ending  chan struct{}
}

// Start the visitors.
func (l *load) Start() {
	l.ending = make(chan struct{})
	for i := range l.workers {
		random := rand.New(rand.NewPCG(l.seed, uint64(i)+1000))
		l.running.Go(func() {
			for !l.over() {
				l.session(random)
				time.Sleep(between(random, 5, 40))
			}
		})
	}
}

// Stop lets each visitor finish what he is at. From now on what is refused is given up, but for an erasure.
func (l *load) Stop() {
	close(l.ending)
	l.running.Wait()
}

func (l *load) over() bool {
	select {
	case <-l.ending:
		return true
	default:
		return false
	}
}

// session is a visitor's visit: mostly a new one's, at times one who was here not long ago.
func (l *load) session(random *rand.Rand) {
	v := l.ledger.recent(random.Float64())
	if v == nil || random.Float64() < 0.4 {
		v = l.ledger.newVisitor()
		l.arrive(v, random)
	}
	for range 1 + random.IntN(4) {
		l.act(v, random)
	}
	if l.erase != nil && random.Float64() < 0.04 {
		l.eraseVisitor(v, random)
	}
}

// arrive is a first visit: often several requests at once.
func (l *load) arrive(v *visitor, random *rand.Rand) {
	together := 1
	if random.Float64() < 0.4 {
		together = 2 + random.IntN(3)
	}
	experiment := l.anyExperiment(random)
	l.together(together, random, func(random *rand.Rand) {
		via, expose := l.anyWay(random), maybe(random)
		if random.Float64() < 0.2 {
			l.persist(v, random, func() bool { return l.batchAssign(v, via, expose) })
			return
		}
		l.persist(v, random, func() bool { return l.assign(v, via, experiment, expose) })
	})
}

// act is one thing that a visitor does. Half the conversions come more than once, or several at the same time.
func (l *load) act(v *visitor, random *rand.Rand) {
	experiment, via := l.anyExperiment(random), l.anyWay(random)
	switch random.IntN(8) {
	case 0, 1:
		expose := maybe(random)
		l.persist(v, random, func() bool { return l.assign(v, via, experiment, expose) })
	case 2:
		l.persist(v, random, func() bool { return l.expose(v, via, experiment) })
	case 3:
		expose := maybe(random)
		l.persist(v, random, func() bool { return l.batchAssign(v, via, expose) })
	case 4:
		l.persist(v, random, func() bool { return l.batchExpose(v, via) })
	default:
		l.together(1+random.IntN(2), random, func(random *rand.Rand) {
			via := l.anyWay(random)
			for range 1 + random.IntN(2) {
				what := l.newClaim(random)
				l.persist(v, random, func() bool { return l.convert(v, via, experiment, what) })
			}
		})
	}
}

// together runs work n times at once, each with random numbers of its own.
func (l *load) together(n int, random *rand.Rand, work func(random *rand.Rand)) {
	var all sync.WaitGroup
	for range n {
		own := rand.New(rand.NewPCG(random.Uint64(), random.Uint64()))
		all.Go(func() { work(own) })
	}
	all.Wait()
}

// persist tries a call until it is answered, or its visitor loses patience.
func (l *load) persist(v *visitor, random *rand.Rand, call func() bool) {
	for {
		v.gate.RLock()
		done := call()
		v.gate.RUnlock()
		if done || l.over() || random.Float64() < 0.1 {
			return
		}
		time.Sleep(time.Duration(20+random.IntN(100)) * time.Millisecond)
	}
}

func (l *load) anyExperiment(random *rand.Rand) string {
	return l.experiments[random.IntN(len(l.experiments))]
}

func (l *load) anyWay(random *rand.Rand) service { return l.via[random.IntN(len(l.via))] }

func (l *load) newClaim(random *rand.Rand) claim {
	what := claim{eventID: fmt.Sprintf("event-%d", l.events.Add(1))}
	if random.Float64() < 0.7 {
		value := float64(random.IntN(100000)) / 100
		what.value = &value
	}
	return what
}

// maybe says whether to expose at once: yes by default, yes, or no.
func maybe(random *rand.Rand) *bool {
	answer := random.IntN(3)
	if answer == 2 {
		return nil
	}
	yes := answer == 1
	return &yes
}
