package failure

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"mab/tests/harness"
)

// disturbances spoil the system at random moments until they are stopped, and leave it whole. Processes, the database
// and the rest are disturbed independently of one another, so that they fail together as well.
type disturbances struct {
	stack         *harness.Stack
	supervisor    *supervisor
	databaseLink  *proxy // between the services and PostgreSQL
	assignmentWay *proxy // between the gateway and the assignment service
	disk          disk
	// diskFree is what a full disk still has.
	diskFree int64
	ledger   *ledger
	seed     uint64

	mu     sync.Mutex
	counts map[string]int
	// longestStop is what the slowest clean stop took.
	longestStop time.Duration
	// diskTrouble: the disk is full, or was a moment ago.
	diskTrouble time.Time

	ending  chan struct{}
	running sync.WaitGroup
}

// disturbance is one way to spoil something; it mends it before it returns.
type disturbance struct {
	weight int
	do     func(random *rand.Rand) error
}

// Start disturbing.
func (d *disturbances) Start() {
	d.counts = map[string]int{}
	d.ending = make(chan struct{})
	for i, lane := range [][]disturbance{d.ofProcesses(), d.ofDatabase(), d.ofTheRest()} {
		random := rand.New(rand.NewPCG(d.seed, uint64(i)))
		d.running.Go(func() { d.run(lane, random) })
	}
}

// Stop returns when everything is mended.
func (d *disturbances) Stop() {
	close(d.ending)
	d.running.Wait()
}

func (d *disturbances) run(lane []disturbance, random *rand.Rand) {
	for {
		select {
		case <-d.ending:
			return
		case <-time.After(between(random, 100, 1500)):
		}
		if err := choose(lane, random).do(random); err != nil {
			d.ledger.find("disturbing: %v", err)
			return
		}
	}
}

func choose(lane []disturbance, random *rand.Rand) disturbance {
	sum := 0
	for _, one := range lane {
		sum += one.weight
	}
	at := random.IntN(sum)
	for _, one := range lane {
		if at -= one.weight; at < 0 {
			return one
		}
	}
	panic("weights")
}

// between is a random time in milliseconds.
func between(random *rand.Rand, least, most int) time.Duration {
	return time.Duration(least+random.IntN(most-least)) * time.Millisecond
}

func (d *disturbances) count(kind string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[kind]++
}

// diskMayEndProcesses says whether an assignment service may end with an error: its disk is full, or was.
func (d *disturbances) diskMayEndProcesses() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Before(d.diskTrouble)
}

func (d *disturbances) noteDiskTrouble(until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.diskTrouble = until
}

// of sums the counts of the kinds that begin so.
func (d *disturbances) of(prefix string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	sum := 0
	for kind, n := range d.counts {
		if strings.HasPrefix(kind, prefix) {
			sum += n
		}
	}
	return sum
}

// outages of PostgreSQL and of the connections.
func (d *disturbances) outages() int { return d.of("outage") + d.of("link") }

func (d *disturbances) noteStop(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.longestStop = max(d.longestStop, took)
}

func (d *disturbances) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(d.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", kind, d.counts[kind]))
	}
	parts = append(parts, fmt.Sprintf("longest clean stop %v", d.longestStop.Round(time.Millisecond)))
	return strings.Join(parts, ", ")
}
