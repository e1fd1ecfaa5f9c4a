package ratelimit

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// ways is how many buckets have one place of the table in common.
	ways = 8
	// stripes is how many locks the places share.
	stripes = 256
)

// table has the buckets of this process, in memory that it never outgrows. A key has eight possible slots; where all
// are taken by buckets that are not full, the new one takes the slot of the fullest: what is forgotten is whoever asked
// least. Safe for concurrent use.
type table struct {
	now       func() time.Time
	began     time.Time
	places    []place
	locks     [stripes]paddedMutex
	forgotten atomic.Uint64
}

type slot struct {
	key  key
	full time.Duration // since the table began; never where the slot is free
}

type place [ways]slot

// paddedMutex has a cache line of its own.
type paddedMutex struct {
	sync.Mutex
	_ [56]byte
}

// newTable returns a table of at least that many buckets.
func newTable(buckets int, now func() time.Time) *table {
	t := &table{now: now, began: now(), places: make([]place, 1<<bits.Len(uint(max(1, (buckets-1)/ways))))}
	for i := range t.places {
		for j := range t.places[i] {
			t.places[i][j].full = never
		}
	}
	return t
}

// take a token of the key's bucket, or say how long until there is one.
func (t *table) take(k key, limit Limit) (wait time.Duration) {
	t.withBucket(k, func(full, now time.Duration) time.Duration {
		var next time.Duration
		if next, wait = limit.take(full, now); wait > 0 {
			return full
		}
		return next
	})
	return wait
}

// spend a token of the key's bucket, and say whether there was none.
func (t *table) spend(k key, limit Limit) (over bool) {
	t.withBucket(k, func(full, now time.Duration) (next time.Duration) {
		next, over = limit.spend(full, now)
		return next
	})
	return over
}

// withBucket changes when the key's bucket will be full.
func (t *table) withBucket(k key, change func(full, now time.Duration) time.Duration) {
	now := t.now().Sub(t.began)
	index := k.low & uint64(len(t.places)-1)
	lock := &t.locks[index%stripes]
	lock.Lock()
	defer lock.Unlock()
	found := t.places[index].find(k)
	if found.key != k {
		if found.full > now {
			t.forgotten.Add(1)
		}
		*found = slot{key: k, full: never}
	}
	found.full = change(found.full, now)
}

// find returns the key's slot, or the one that it may take.
func (p *place) find(k key) *slot {
	fullest := &p[0]
	for i := range p {
		if p[i].key == k {
			return &p[i]
		}
		if p[i].full < fullest.full {
			fullest = &p[i]
		}
	}
	return fullest
}
