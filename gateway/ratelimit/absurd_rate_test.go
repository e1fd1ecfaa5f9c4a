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
		if l.Exceeds(Bot, client) {
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
func TestAFloodIsAbsurdWithEachOfItsCalls(t *testing.T) {
	clock := &fakeClock{}
	l := absurd(clock, Limit{PerSecond: 10, Burst: 300})
	exceeding(l, clock, visitor, 100_000, time.Minute)
	if got := exceeding(l, clock, visitor, 1000, time.Second); got != 1000 {
		t.Errorf("of a flood %d of 1000 calls are too many", got)
	}
	if other := netip.MustParseAddr("192.0.2.2"); l.Exceeds(Bot, other) {
		t.Error("another address pays for it")
	}
	if l.Exceeds(KeyedBot, visitor) {
		t.Error("what keys ask is counted with what pages ask")
	}
}

// The more somebody goes on asking, the later he is within the limit: of a second he pays what he leaves of the rate.
func TestAnAbsurdRateIsForgivenByWhatIsLeftOfTheRate(t *testing.T) {
	for _, test := range []struct {
		pause, after time.Duration
	}{
		{59 * time.Second, 118 * time.Second}, // next to nothing: one more call is asked after a minute
		{time.Second, 67 * time.Second},
		{200 * time.Millisecond, 2 * time.Minute},
		{125 * time.Millisecond, 5 * time.Minute},
		{100 * time.Millisecond, 0}, // the rate itself: never
	} {
		clock := &fakeClock{}
		l := absurd(clock, Limit{PerSecond: 10, Burst: 300})
		exceeding(l, clock, visitor, 100_000, time.Minute)
		after := time.Duration(0)
		for waited := test.pause; waited < time.Hour && after == 0; waited += test.pause {
			clock.advance(test.pause)
			if !l.Exceeds(Bot, visitor) {
				after = waited
			}
		}
		if after != test.after {
			t.Errorf("with a call each %v it is forgiven after %v", test.pause, after)
		}
	}
}

func TestSilenceIsForgivenAfterAMinute(t *testing.T) {
	for silence, over := range map[time.Duration]bool{penalty: true, penalty + 100*time.Millisecond: false} {
		clock := &fakeClock{}
		l := absurd(clock, Limit{PerSecond: 10, Burst: 300})
		exceeding(l, clock, visitor, 100_000, time.Minute)
		clock.advance(silence)
		if l.Exceeds(Bot, visitor) != over {
			t.Errorf("after %v of silence: %v", silence, !over)
		}
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
