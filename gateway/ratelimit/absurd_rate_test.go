package ratelimit

import (
	"net/netip"
	"testing"
	"time"
)

func absurd(clock *fakeClock, limit Limit) *Limits {
	return New(Options{Bot: limit, Buckets: 1024, Secret: "secret", Now: clock.now}, nil)
}

// exceeding of n calls, evenly over so long.
func exceeding(l *Limits, clock *fakeClock, client netip.Addr, n int, over time.Duration) (count int) {
	for range n {
		clock.advance(over / time.Duration(n))
		if l.Exceeds(client) {
			count++
		}
	}
	return count
}

func TestARateThatIsKeptUpIsAbsurdAndABurstIsNot(t *testing.T) {
	clock := &fakeClock{}
	l := absurd(clock, Limit{PerSecond: 10, Burst: 300})
	if got := exceeding(l, clock, visitor, 300, time.Millisecond); got != 0 {
		t.Errorf("%d calls of a burst are too many", got)
	}
	if got := exceeding(l, clock, visitor, 3600, 6*time.Minute); got > 1 {
		t.Errorf("%d calls of ten a second are too many", got)
	}
	clock.advance(time.Hour)
	if got := exceeding(l, clock, visitor, 6000, 5*time.Minute); got < 5300 || got > 5500 {
		t.Errorf("%d of 6000 calls of twenty a second are too many", got)
	}
}

// Whoever goes on is over the limit with every call, not with those beyond the rate alone.
func TestAnAbsurdRateIsForgivenAfterAMinuteOfCalm(t *testing.T) {
	clock := &fakeClock{}
	l := absurd(clock, Limit{PerSecond: 10, Burst: 300})
	exceeding(l, clock, visitor, 100_000, time.Minute)
	if got := exceeding(l, clock, visitor, 1000, time.Second); got != 1000 {
		t.Errorf("of a flood %d of 1000 calls are too many", got)
	}
	if other := netip.MustParseAddr("192.0.2.2"); l.Exceeds(other) {
		t.Error("another address pays for it")
	}
	clock.advance(penalty - time.Second)
	if !l.Exceeds(visitor) {
		t.Error("it is forgiven too early")
	}
	clock.advance(2 * time.Second)
	if l.Exceeds(visitor) {
		t.Error("it is not forgiven")
	}
}

func TestNoRateIsAbsurdWhereThereIsNone(t *testing.T) {
	clock := &fakeClock{}
	for _, l := range []*Limits{nil, absurd(clock, Limit{}), New(options(clock), nil)} {
		if exceeding(l, clock, visitor, 10_000, time.Millisecond) != 0 {
			t.Error("a call is too many")
		}
	}
}

// The calls that tell a machine use up nothing of what an address may ask.
func TestTheRateOfMachinesIsCountedByItself(t *testing.T) {
	clock := &fakeClock{}
	of := options(clock)
	of.Bot = Limit{PerSecond: 1, Burst: 1}
	l := New(of, nil)
	exceeding(l, clock, visitor, 100, 0)
	if got := granted(l, Address, visitor, 20); got != 5 {
		t.Errorf("granted %d", got)
	}
}
