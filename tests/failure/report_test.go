package failure

import (
	"fmt"
	"sync"
	"time"
)

// report a seed that ended well, or not.
func (r *run) report(took time.Duration) {
	l, d := r.ledger, r.disturb
	found := len(l.found())
	r.t.Logf("seed %d, %v: %d visitors, %d acknowledged (%d assigned, %d exposed, %d converted of which %d duplicates, %d erased), %d refused, "+
		"%d rows without an answer; %d kills, %d clean stops, %d outages, the disk (%v) full %d times; %d findings",
		r.seed, took.Round(time.Second), len(l.everybody()), l.acknowledged.Load(), l.assigns.Load(), l.exposes.Load(), l.converts.Load(),
		l.duplicates.Load(), l.erasures.Load(), l.refused.Load(), r.lateRows, d.of("kill"), d.of("clean"), d.outages(), d.disk, d.of("disk"), found)
	r.t.Logf("seed %d: %s", r.seed, d)
	all.add(r, found)
}

// totals of all seeds.
type totals struct {
	mu                                                 sync.Mutex
	seeds, kills, stops, outages, full, findings       int
	acknowledged, assigns, exposes, converts, erasures int64
}

var all totals

func (s *totals) add(r *run, found int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seeds++
	s.findings += found
	s.kills += r.disturb.of("kill")
	s.stops += r.disturb.of("clean")
	s.outages += r.disturb.outages()
	s.full += r.disturb.of("disk")
	s.acknowledged += r.ledger.acknowledged.Load()
	s.assigns += r.ledger.assigns.Load()
	s.exposes += r.ledger.exposes.Load()
	s.converts += r.ledger.converts.Load()
	s.erasures += r.ledger.erasures.Load()
}

// String is one line, which ./mab test repeats at its end.
func (s *totals) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("ledger: %d seeds, %d acknowledged (%d assigned, %d exposed, %d converted, %d erased), %d kills, %d clean stops, "+
		"%d outages, the disk full %d times: %d findings of something lost, doubled or changed", s.seeds, s.acknowledged, s.assigns, s.exposes,
		s.converts, s.erasures, s.kills, s.stops, s.outages, s.full, s.findings)
}
