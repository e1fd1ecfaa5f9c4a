package ratelimit

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mabv1 "mab/gen/go/mab/v1"

	"google.golang.org/grpc"
)

// fakeClock stands still until it is told.
type fakeClock struct{ nanoseconds atomic.Int64 }

func (c *fakeClock) now() time.Time                { return time.Unix(0, c.nanoseconds.Load()) }
func (c *fakeClock) advance(elapsed time.Duration) { c.nanoseconds.Add(int64(elapsed)) }

func options(clock *fakeClock) Options {
	return Options{Address: Limit{PerSecond: 10, Burst: 5}, Session: Limit{PerSecond: 1, Burst: 2}, Experiment: Limit{PerSecond: 100, Burst: 3},
		Buckets: 1024, Secret: "secret", Now: clock.now}
}

var visitor = netip.MustParseAddr("192.0.2.1")

// granted of n calls at once.
func granted(l *Limits, class Class, client netip.Addr, n int) (count int) {
	for range n {
		if l.TakeAddress(context.Background(), class, client) == 0 {
			count++
		}
	}
	return count
}

func TestABucketGivesItsBurstAndThenItsRate(t *testing.T) {
	clock := &fakeClock{}
	l := New(options(clock), nil)
	if got := granted(l, Address, visitor, 20); got != 5 {
		t.Errorf("at once: %d", got)
	}
	if wait := l.TakeAddress(context.Background(), Address, visitor); wait != 100*time.Millisecond {
		t.Errorf("the wait is %v", wait)
	}
	clock.advance(99 * time.Millisecond)
	if got := granted(l, Address, visitor, 1); got != 0 {
		t.Error("a token came too early")
	}
	clock.advance(time.Millisecond)
	if got := granted(l, Address, visitor, 2); got != 1 {
		t.Errorf("after a tenth of a second: %d", got)
	}
	clock.advance(time.Hour)
	if got := granted(l, Address, visitor, 20); got != 5 {
		t.Errorf("after a pause: %d", got)
	}
	total := 0
	for range 1000 { // ten seconds of a client that never stops
		clock.advance(10 * time.Millisecond)
		total += granted(l, Address, visitor, 3)
	}
	if total != 100 {
		t.Errorf("in ten seconds: %d", total)
	}
}

func TestClientsAndClassesHaveBucketsOfTheirOwn(t *testing.T) {
	l := New(options(&fakeClock{}), nil)
	for _, client := range []string{"192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:2::1", "::c000:201"} {
		if got := granted(l, Address, netip.MustParseAddr(client), 9); got != 5 {
			t.Errorf("%s: %d", client, got)
		}
	}
	if got := granted(l, Session, visitor, 9); got != 2 {
		t.Errorf("the session's endpoints: %d", got)
	}
	// All addresses of a /64 are one customer's.
	if got := granted(l, Address, netip.MustParseAddr("2001:db8:0:1:ffff::2"), 9); got != 0 {
		t.Errorf("another address of the same network: %d", got)
	}
}

func TestZeroIsNoLimit(t *testing.T) {
	l := New(Options{Now: time.Now}, nil)
	if got := granted(l, Address, visitor, 10000); got != 10000 || l.table != nil {
		t.Errorf("got %d", got)
	}
	if waits := l.TakeExperiments(context.Background(), "a", "b"); waits[0] != 0 || waits[1] != 0 {
		t.Errorf("got %v", waits)
	}
}

// The table never grows. Whoever asks too much stays in it, however many others there are.
func TestTheTableIsBounded(t *testing.T) {
	clock := &fakeClock{}
	l := New(options(clock), nil)
	if got := len(l.table.places) * ways; got != 1024 {
		t.Fatalf("%d buckets", got)
	}
	granted(l, Address, visitor, 5)
	for i := range 100_000 {
		l.TakeAddress(context.Background(), Address, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if got := len(l.table.places) * ways; got != 1024 {
		t.Errorf("%d buckets", got)
	}
	if got := l.Forgotten(); got < 98_000 || got > 100_000 {
		t.Errorf("%d buckets were forgotten", got)
	}
	if got := granted(l, Address, visitor, 1); got != 0 {
		t.Error("the one who asked most was forgotten")
	}
	// A bucket that is full costs nobody his place.
	before := l.Forgotten()
	clock.advance(time.Second)
	for i := range 512 {
		l.TakeAddress(context.Background(), Address, netip.AddrFrom4([4]byte{11, 0, byte(i >> 8), byte(i)}))
	}
	if got := l.Forgotten() - before; got > 8 { // 512 in 128 places of eight: few places get more than eight
		t.Errorf("%d buckets were forgotten", got)
	}
}

func TestConcurrentCallsGetNoMoreThanTheBurst(t *testing.T) {
	l := New(options(&fakeClock{}), nil)
	var count atomic.Int64
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { count.Add(int64(granted(l, Address, visitor, 1000))) })
	}
	wait.Wait()
	if count.Load() != 5 {
		t.Errorf("got %d", count.Load())
	}
}

func TestRefusalsAreCounted(t *testing.T) {
	counts := map[Class]int{}
	o := options(&fakeClock{})
	o.Refused = func(class Class) { counts[class]++ }
	l := New(o, nil)
	granted(l, Address, visitor, 7)
	granted(l, Session, visitor, 3)
	l.TakeExperiments(context.Background(), "e", "e", "e", "e", "f")
	if fmt.Sprint(counts) != "map[address:2 session:1 experiment:1]" {
		t.Errorf("got %v", counts)
	}
}

// fakeAssignments answers everything, and keeps what it was asked.
type fakeAssignments struct {
	mabv1.AssignmentServiceClient
	batch *mabv1.BatchAssignRequest
}

func (f *fakeAssignments) BatchAssign(_ context.Context, r *mabv1.BatchAssignRequest, _ ...grpc.CallOption) (*mabv1.BatchAssignResponse, error) {
	f.batch = r
	return &mabv1.BatchAssignResponse{}, nil
}

func TestABatchIsAskedWithoutTheExperimentsOverTheirLimit(t *testing.T) {
	o := options(&fakeClock{})
	o.Experiment.Burst = 1
	fake := &fakeAssignments{}
	client := Assignments(fake, New(o, nil))
	ask := func(force map[string]string, experiments ...string) (*mabv1.BatchAssignResponse, error) {
		fake.batch = nil
		return client.BatchAssign(context.Background(), &mabv1.BatchAssignRequest{UserId: "u", Experiments: experiments, Force: force})
	}
	if got, err := ask(nil, "a", "b"); err != nil || len(got.GetErrors()) != 0 || len(fake.batch.GetExperiments()) != 2 {
		t.Fatalf("got %v, %v", got, err)
	}
	got, err := ask(map[string]string{"a": "x", "c": "y"}, "a", "c", "b")
	if err != nil || fmt.Sprint(fake.batch.GetExperiments()) != "[c]" || fmt.Sprint(fake.batch.GetForce()) != "map[c:y]" || fake.batch.GetUserId() != "u" ||
		len(got.GetErrors()) != 2 || got.GetErrors()[1].GetExperimentKey() != "b" || got.GetErrors()[1].GetCode() != "RATE_LIMITED" {
		t.Errorf("got %v, %v of %v", got, err, fake.batch)
	}
	if _, err := ask(nil, "a", "b"); err == nil || fake.batch != nil {
		t.Errorf("the batch of refused ones went on: %v", err)
	}
	// What the service refuses anyway is not counted.
	for _, n := range []int{0, experimentsMax + 1} {
		if _, err := ask(nil, make([]string, n)...); err != nil || len(fake.batch.GetExperiments()) != n {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestABulkCallCostsWhatBatchesWouldAndLeavesNoDebt(t *testing.T) {
	for _, test := range []struct{ experiments, left int }{{0, 5}, {100, 5}, {101, 4}, {200, 4}, {201, 3}, {500, 1}, {5000, 0}} {
		clock := &fakeClock{}
		l := New(options(clock), nil)
		l.NoteBulk(context.Background(), Address, visitor, test.experiments)
		if got := granted(l, Address, visitor, 9); got != test.left {
			t.Errorf("%d experiments leave %d of 5 calls", test.experiments, got)
		}
		clock.advance(100 * time.Millisecond)
		if got := granted(l, Address, visitor, 9); got != 1 {
			t.Errorf("%d experiments: a token's time later there are %d", test.experiments, got)
		}
	}
	New(Options{Now: time.Now}, nil).NoteBulk(context.Background(), Address, visitor, 500)
	(*Limits)(nil).NoteBulk(context.Background(), Address, visitor, 500)
}

func BenchmarkTakeAddress(b *testing.B) {
	o := options(&fakeClock{})
	o.Address, o.Buckets, o.Now = Limit{PerSecond: 100_000, Burst: 1_000_000}, 1<<18, time.Now
	l := New(o, nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		client := visitor
		for pb.Next() {
			client = client.Next()
			l.TakeAddress(context.Background(), Address, client)
		}
	})
}
